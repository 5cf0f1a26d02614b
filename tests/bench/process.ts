/** CPU time and memory of a whole process, from the operating system. @module */

import type { CommandLine } from "./emulators.ts";

/** A process that has ended. */
export interface Ended {
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Seconds of CPU time after which a process is killed. */
const LimitSeconds = 900;

/** Runs the arguments and says on stderr what they took (POSIX: `times`). */
const script = `ulimit -t ${LimitSeconds}; "$@"; code=$?; times >&2; exit $code`;

let shell: Promise<string> | undefined;

/** bash counts in milliseconds, other shells may count in hundredths of a second. */
function findShell(): Promise<string> {
  shell ??= new Deno.Command("bash", { args: ["-c", "true"] }).output()
    .then(() => "bash", () => "sh");
  return shell;
}

/**
 * Runs a command to its end.
 *
 * Its standard input stays open, without input: a guest that polls for some has not come to an end.
 */
export async function measure(command: CommandLine): Promise<Ended> {
  const bash = await findShell();
  const start = performance.now();
  const child = new Deno.Command(bash, {
    args: ["-c", script, "bench", ...command],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [stdout, stderr, { code }] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  const wallSeconds = (performance.now() - start) / 1000;
  await child.stdin.close();
  return { cpuSeconds: childTime(stderr), wallSeconds, code, stdout, stderr };
}

/** User plus system time of the children, from the last line that `times` printed. */
export function childTime(text: string): number {
  const times = [...text.matchAll(/(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/gm)].at(-1);
  if (!times) throw new Error(`Cannot measure: the shell must print times, it printed "${text}"`);
  const [minutes = 0, seconds = 0, systemMinutes = 0, systemSeconds = 0] = times.slice(1)
    .map(Number);
  return (minutes + systemMinutes) * 60 + seconds + systemSeconds;
}
