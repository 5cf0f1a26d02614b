/** CPU time and memory of a whole process, from the operating system. @module */

import type { CommandLine } from "./emulators.ts";
import type { Span } from "./workloads.ts";

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
 * The times are those of `span`, where there is one and the system tells (Linux: proc(5)).
 */
export async function measure(command: CommandLine, span?: Span): Promise<Ended> {
  const bash = await findShell();
  const start = performance.now();
  const child = new Deno.Command(bash, {
    args: ["-c", script, "bench", ...command],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const now = (): Moment => ({ wall: (performance.now() - start) / 1000, cpu: cpuOf(child.pid) });
  const watch = span && watchSpan(span, now);
  const [stdout, stderr, { code }] = await Promise.all([
    readText(child.stdout, watch?.see),
    new Response(child.stderr).text(),
    child.status,
  ]);
  const wallSeconds = (performance.now() - start) / 1000;
  await child.stdin.close();
  const whole = { cpuSeconds: childTime(stderr), wallSeconds };
  return { ...whole, ...watch?.times(), code, stdout, stderr };
}

/** Times since the process's start. */
interface Moment {
  readonly wall: number;
  /** Undefined where the system does not tell. */
  readonly cpu: number | undefined;
}

async function readText(
  stream: ReadableStream<Uint8Array>,
  see?: (text: string) => void,
): Promise<string> {
  let text = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    text += piece;
    see?.(text);
  }
  return text;
}

/** Looks for the span's ends in a growing text. */
export function watchSpan({ from, to }: Span, now: () => Moment): {
  see(text: string): void;
  times(): Pick<Ended, "cpuSeconds" | "wallSeconds"> | undefined;
} {
  let first: Moment | undefined = from === undefined ? { wall: 0, cpu: 0 } : undefined;
  let last: Moment | undefined;
  return {
    see(text) {
      if (from !== undefined && text.includes(from)) first ??= now();
      if (first && text.includes(to)) last ??= now();
    },
    times() {
      if (first?.cpu === undefined || last?.cpu === undefined) return undefined;
      return { cpuSeconds: last.cpu - first.cpu, wallSeconds: last.wall - first.wall };
    },
  };
}

/** Clock ticks in a second, as proc(5) counts. */
const Ticks = 100;

/** CPU seconds of the shell's child so far. */
function cpuOf(shell: number): number | undefined {
  try {
    const child = Deno.readTextFileSync(`/proc/${shell}/task/${shell}/children`).trim();
    const fields = Deno.readTextFileSync(`/proc/${child}/stat`).split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / Ticks;
  } catch {
    return undefined;
  }
}

/** User plus system time of the children, from the last line that `times` printed. */
export function childTime(text: string): number {
  const times = [...text.matchAll(/(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/gm)].at(-1);
  if (!times) throw new Error(`Cannot measure: the shell must print times, it printed "${text}"`);
  const [minutes = 0, seconds = 0, systemMinutes = 0, systemSeconds = 0] = times.slice(1)
    .map(Number);
  return (minutes + systemMinutes) * 60 + seconds + systemSeconds;
}
