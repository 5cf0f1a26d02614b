/** `deno task bench`: speed of hvsim beside that of qemu-system-aarch64. @module */

import { parseArgs } from "@std/cli";
import { guestPath } from "../real_guests.ts";
import { benchImage, hvsimCommand, qemuVersion } from "./emulators.ts";
import { linuxMemory } from "./memory_use.ts";
import { measure } from "./process.ts";
import { profile } from "./profile.ts";
import { reportJson, reportTable } from "./report.ts";
import { median, runRounds } from "./rounds.ts";
import { groups, type Workload, workloads } from "./workloads.ts";

const usage = `Usage: deno task bench [OPTION]...
Measures the CPU time of hvsim and, where it is installed, of qemu-system-aarch64: programs on the
bare machine and Debian's Linux (deno task guests fetches it).

  --only NAME[,NAME]  only these groups or workloads, start or resident
  --runs N            how often each is run (default 3)
  --json FILE         write the figures as JSON too
  --profile           instead, run each once in hvsim and show its hottest code
  --help              this text

Groups: ${groups.join(", ")}
Exit code: 0, 1 when a workload went wrong, 2 for wrong usage.`;

/** What is measured besides workloads. */
const extras = ["start", "resident"] as const;

interface Options {
  readonly only: readonly string[];
  readonly runs: number;
  readonly json: string | undefined;
  readonly profile: boolean;
}

function say(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function remark(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Options, or what is wrong with them; undefined when only help is wanted. */
function readOptions(args: readonly string[]): Options | string | undefined {
  const unknown: string[] = [];
  const found = parseArgs([...args], {
    string: ["only", "runs", "json"],
    boolean: ["profile", "help"],
    collect: ["only"],
    unknown: (arg) => unknown.push(arg) < 0,
  });
  if (found.help) return undefined;
  if (unknown.length > 0) return `Cannot measure: ${unknown.join(", ")} is no option`;
  const runs = found.runs ?? "3";
  if (!/^[1-9]\d*$/.test(runs)) {
    return `Cannot measure: --runs must be a number above 0, got "${runs}"`;
  }
  const only = (found.only as readonly string[]).flatMap((names) => names.split(","));
  const known = [...groups, ...extras, ...workloads.map(({ name }) => name)];
  const wrong = only.filter((name) => !known.includes(name));
  if (wrong.length > 0) {
    return `Cannot measure: --only must name ${known.join(", ")}, got ${wrong.join(", ")}`;
  }
  return { only, runs: Number(runs), json: found.json, profile: found.profile };
}

function isWanted({ only }: Options, names: readonly string[]): boolean {
  return only.length === 0 || names.some((name) => only.includes(name));
}

async function hasLinux(): Promise<boolean> {
  const files = [guestPath("Image"), guestPath("initramfs.cpio.gz")];
  const found = await Promise.all(
    files.map((file) => Deno.stat(file).then(() => true, () => false)),
  );
  return found.every(Boolean);
}

function chosenWorkloads(options: Options, withLinux: boolean): Workload[] {
  const wanted = workloads.filter(({ name, group }) => isWanted(options, [name, group]));
  const possible = wanted.filter(({ kind }) => kind !== "linux" || withLinux);
  if (possible.length < wanted.length) {
    remark("guests/cache has no Linux, so it is not measured: run deno task guests");
  }
  return possible;
}

/** CPU time until the first guest instruction has run. */
async function startTime(runs: number): Promise<number> {
  const command = hvsimCommand(["--kernel", benchImage, "--max-insns", "1"]);
  const seconds: number[] = [];
  for (let i = 0; i < runs; i++) seconds.push((await measure(command)).cpuSeconds);
  return median(seconds);
}

/** Runs the task; the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) return say(usage), 0;
  if (typeof options === "string") return remark(options), 2;
  const withLinux = await hasLinux();
  const chosen = chosenWorkloads(options, withLinux);
  const folder = await Deno.makeTempDir({ prefix: "hvsim-bench-" });
  try {
    if (options.profile) {
      for (const workload of chosen) say(await profile(workload, folder));
      return 0;
    }
    const qemu = await qemuVersion();
    const { runs } = options;
    const figures = await runRounds(chosen, {
      runs,
      withQemu: qemu !== undefined,
      folder,
      progress: remark,
    });
    const report = {
      figures,
      runs,
      qemu,
      startSeconds: isWanted(options, ["start"]) ? await startTime(runs) : undefined,
      memory: withLinux && isWanted(options, ["resident"]) ? await linuxMemory(folder) : undefined,
    };
    say(reportTable(report));
    if (options.json !== undefined) await Deno.writeTextFile(options.json, reportJson(report));
    return figures.some(({ problem }) => problem) ? 1 : 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
