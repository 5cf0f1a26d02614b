/**
 * `deno task build [--output FILE] [--target TRIPLE] [--launcher]`: makes one executable, by
 * `deno compile`, or as a self-extracting launcher where Deno's standalone runtime cannot be had.
 * @module
 */

import { parseArgs } from "@std/cli";
import { fromFileUrl, join, resolve } from "@std/path";
import project from "../deno.json" with { type: "json" };
import { buildLauncher } from "./launcher.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

/** The same permissions and V8 flags as `deno task hvsim` has. */
const flags = project.tasks.hvsim.command.split(" ").filter((word) => word.startsWith("--"));

const decoder = new TextDecoder();

interface Result {
  readonly code: number;
  readonly text: string;
}

function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; clearEnv?: boolean } = {},
): Promise<Result> {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: options.cwd ?? root,
      clearEnv: options.clearEnv ?? false,
      ...(options.clearEnv ? {} : { env: { NO_COLOR: "1" } }),
      stdin: "null",
    }).output();
    return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    return { code: 1, text: String(error) };
  }
}

async function compile(output: string, target: string | undefined): Promise<string | undefined> {
  // deno compile refuses to overwrite what it did not make.
  await Deno.remove(output).catch(() => {});
  const aimed = target === undefined ? [] : ["--target", target];
  const { code, text } = await run(Deno.execPath(), [
    ...["compile", "--quiet", "--no-prompt", ...flags, ...aimed],
    ...["--output", output, join(root, "main.ts")],
  ]);
  return code === 0 ? undefined : text.trim();
}

async function launcher(output: string): Promise<string | undefined> {
  const scratch = await Deno.makeTempDir({ prefix: "hvsim-build-" });
  try {
    const bundle = join(scratch, "hvsim.js");
    const { code, text } = await run(Deno.execPath(), [
      ...["bundle", "--quiet", "--platform", "deno", "--output", bundle, join(root, "main.ts")],
    ]);
    if (code !== 0) return text.trim();
    const bytes = await buildLauncher({
      program: await Deno.readFile(bundle),
      runtime: await Deno.readFile(Deno.execPath()),
      version: project.version,
      flags,
    });
    await Deno.remove(output).catch(() => {});
    await Deno.writeFile(output, bytes, { mode: 0o755 });
    return undefined;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Starts the executable alone: another directory, an empty environment. */
async function smokeTest(output: string): Promise<string | undefined> {
  const elsewhere = await Deno.makeTempDir({ prefix: "hvsim-smoke-" });
  try {
    const { code, text } = await run(output, ["--version"], { cwd: elsewhere, clearEnv: true });
    if (code === 0 && text.startsWith("hvsim ")) return undefined;
    return `--version ended with ${code} and said: ${text.trim()}`;
  } finally {
    await Deno.remove(elsewhere, { recursive: true });
  }
}

/** Makes the executable and says how; the exit code. */
export async function build(args: readonly string[]): Promise<number> {
  const options = parseArgs([...args], { string: ["output", "target"], boolean: ["launcher"] });
  const windows = (options.target ?? Deno.build.target).includes("windows");
  const output = resolve(options.output ?? join(root, windows ? "hvsim.exe" : "hvsim"));
  const foreign = options.target !== undefined && options.target !== Deno.build.target;

  const check = await run(Deno.execPath(), ["check", "--quiet", join(root, "main.ts")]);
  if (check.code !== 0) {
    say(`Cannot build ${output}: the program must pass the type check\n${check.text.trim()}`);
    return 1;
  }
  let how = "deno compile";
  let problem = options.launcher ? "not asked for" : await compile(output, options.target);
  if (problem === undefined && !foreign) problem = await smokeTest(output);
  if (problem !== undefined) {
    if (!options.launcher) {
      const reason = problem.split("\n").find((line) => /denort|error/i.test(line)) ?? problem;
      say(`deno compile made no executable: ${reason.trim()}`);
    }
    if (options.target !== undefined || windows) {
      say("Cannot build: for Windows and for a --target only deno compile makes executables");
      return 1;
    }
    how = "self-extracting launcher around Deno's binary";
    problem = await launcher(output) ?? await smokeTest(output);
  }
  if (problem !== undefined) {
    say(`Cannot build ${output}: ${problem}`);
    return 1;
  }
  const megabytes = ((await Deno.stat(output)).size / 1e6).toFixed(1);
  say(`${output}: ${megabytes} MB, made as ${how}${foreign ? ", not started here" : ""}`);
  return 0;
}

if (import.meta.main) Deno.exit(await build(Deno.args));
