/** Two VMs with the teaching OS in one run: each has a console of its own, and takes input there. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { connect } from "./console_client.ts";
import { hvsim, inRepository } from "./hvsim.ts";

/** Descriptions of two VMs with the teaching OS, one core each, in a new directory. */
async function twoVms(): Promise<{ folder: string; args: string[] }> {
  const folder = await Deno.makeTempDir();
  const text = await Deno.readTextFile(inRepository("guests/nimbos.toml"));
  const kernel = inRepository("guests/nimbos-aarch64.bin");
  const files = [1, 2].map(async (id) => {
    const file = join(folder, `vm${id}.toml`);
    const own = text.replace("id = 1", `id = ${id}`)
      .replace("phys_cpu_sets = [1]", `phys_cpu_sets = [${id}]`)
      .replace('image_location = "fs"', 'image_location = "memory"')
      .replace("nimbos-aarch64.bin", kernel);
    await Deno.writeTextFile(file, own);
    return ["--vm", file];
  });
  return { folder, args: (await Promise.all(files)).flat() };
}

Deno.test({
  name: "consoles: two VMs are typed to through sockets of their own at the same time",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { folder, args } = await twoVms();
    const sockets = [join(folder, "s1"), join(folder, "s2")] as const;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", "--allow-net"],
        ...[inRepository("main.ts"), ...args],
        ...["--serial", `vm1=unix:${sockets[0]}`, "--serial", `vm2=unix:${sockets[1]}`],
        ...["--wall-timeout", "100"],
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    try {
      const first = await connect(sockets[0]);
      const second = await connect(sockets[1]);
      await Promise.all([first.until(">> "), second.until(">> ")]);
      await Promise.all([first.type("hello_world\n"), second.type("fantastic_text\n")]);
      const [one, two] = await Promise.all([first.until("\n>> "), second.until("\n>> ")]);
      assertMatch(one, /hello_world[^]*Hello world from user mode program!/);
      assert(!two.includes("Hello world"), two);
      const late = await connect(sockets[0]);
      assertEquals((await late.until(one)).endsWith(one), true);
      late.close();
      await second.type("hello_c\n");
      assertMatch(await second.until("\n>> "), /hello_c[^]*exited with code 0/);
      first.close();
      second.close();
    } finally {
      child.kill("SIGTERM");
    }
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stdout)], [143, ""]);
    assertMatch(new TextDecoder().decode(stderr), /vm1: console on unix:[^]*vm2: console on unix:/);
    for (const path of sockets) await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("consoles: on a pipe, every line says whose it is, the same in every run", async () => {
  const { folder, args } = await twoVms();
  const run = () => hvsim(args, "hello_world\n");
  const [one, two] = [await run(), await run()];
  assertEquals([one.code, one.stdout], [0, two.stdout]);
  assertMatch(one.stdout, /\[vm1\] Hello world from user mode program!\r\n/);
  const lines = one.stdout.split("\r\n");
  assertEquals(lines.filter((line) => !/^\[vm[12]\]( |$)/.test(line)), []);
  assertEquals(lines.filter((line) => /\[vm[12]\].*\[vm[12]\]/.test(line)), []);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("consoles: a script types to the VM that it has heard", async () => {
  const { folder, args } = await twoVms();
  const run = await hvsim([
    ...args,
    ...["--serial", "vm1=null", "--expect", ">> ", "--send", "hello_world\\n"],
    ...["--expect", "Hello world", "--expect", ">> ", "--timeout", "60s"],
  ]);
  assertEquals(run.code, 0, run.stderr);
  await Deno.remove(folder, { recursive: true });
});
