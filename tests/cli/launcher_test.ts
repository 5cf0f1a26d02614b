/**
 * The self-extracting launcher, with a shell script in the place of Deno's binary.
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { buildLauncher } from "../../cli/launcher.ts";

const encoder = new TextEncoder();
const ignore = Deno.build.os === "windows";

/** Says how it was started, and ends with 7. */
const runtime = `#!/bin/sh
for word in "$@"; do printf '<%s>' "$word"; done
printf '\\n%s\\n' "$PWD"
exit 7
`;

const parts = {
  program: encoder.encode("// the program"),
  runtime: encoder.encode(runtime),
  version: "9.8.7",
  flags: ["--allow-read", "--v8-flags=--a,--b"],
};

interface Rig {
  readonly dir: string;
  readonly file: string;
  start(args: string[], env?: Record<string, string>): Promise<{ code: number; text: string }>;
}

/** The launcher alone in a directory with a blank in its name. */
async function withLauncher(use: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "hv sim " }));
  try {
    const file = join(dir, "hvsim");
    await Deno.writeFile(file, await buildLauncher(parts), { mode: 0o755 });
    await use({
      dir,
      file,
      async start(args, env = { TMPDIR: dir }) {
        const command = new Deno.Command("./hvsim", { args, cwd: dir, env, clearEnv: true });
        const { code, stdout, stderr } = await command.output();
        return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
      },
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function names(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map((entry) => entry.name).sort();
}

Deno.test({
  name: "launcher: arguments, flags, directory and exit code come through",
  ignore,
  fn: () =>
    withLauncher(async ({ dir, start }) => {
      const { code, text } = await start(["--platform", "a b", "$HOME", ""]);
      assertEquals(code, 7);
      assertStringIncludes(text, "<run><--quiet>");
      assertStringIncludes(text, "<--allow-read><--v8-flags=--a,--b>");
      assertStringIncludes(text, "hvsim.js><--platform><a b><$HOME><>");
      assertStringIncludes(text, `\n${dir}\n`);
    }),
});

Deno.test({
  name: "launcher: it unpacks once, however many start at the same time",
  ignore,
  fn: () =>
    withLauncher(async ({ dir, start }) => {
      const env = { HVSIM_CACHE: join(dir, "cache") };
      const codes = await Promise.all([1, 2, 3, 4].map(async () => (await start([], env)).code));
      assertEquals(codes, [7, 7, 7, 7]);
      const [id, ...others] = names(env.HVSIM_CACHE);
      assertEquals(others, []);
      assertEquals(names(join(env.HVSIM_CACHE, id ?? "")), ["deno", "hvsim.js"]);
      const before = await Deno.stat(join(env.HVSIM_CACHE, id ?? "", "deno"));
      assertEquals((await start([], env)).code, 7);
      assertEquals((await Deno.stat(join(env.HVSIM_CACHE, id ?? "", "deno"))).ino, before.ino);
    }),
});

Deno.test({
  name: "launcher: without a home it unpacks into a directory of this user in TMPDIR",
  ignore,
  fn: () =>
    withLauncher(async ({ dir, start }) => {
      await Deno.writeTextFile(join(dir, "file"), "");
      const env = { TMPDIR: dir, HVSIM_CACHE: join(dir, "file"), HOME: join(dir, "file") };
      assertEquals((await start([], env)).code, 7);
      assertEquals(names(dir).filter((name) => name.startsWith("hvsim-")), [`hvsim-${Deno.uid()}`]);
      assertEquals(((await Deno.stat(join(dir, `hvsim-${Deno.uid()}`))).mode ?? 0) & 0o777, 0o700);
    }),
});

Deno.test({
  name: "launcher: where nothing can be written it says so",
  ignore,
  fn: () =>
    withLauncher(async ({ dir, start }) => {
      await Deno.writeTextFile(join(dir, "file"), "");
      const { code, text } = await start([], { TMPDIR: join(dir, "file") });
      assertEquals(code, 70);
      assertStringIncludes(text, "Cannot unpack hvsim");
    }),
});

Deno.test("launcher: the same parts give the same bytes", async () => {
  assertEquals(await buildLauncher(parts), await buildLauncher(parts));
});
