/** `deno task vectors`: runs vector files and names what differs. @module */

import { parseArgs } from "@std/cli";
import { vectorFiles } from "./files.ts";
import {
  compareTexts,
  describeFailure,
  type EngineName,
  engineNames,
  type Outcome,
  rigFor,
  runVectors,
} from "./run.ts";
import { readVectors, type Vector } from "./vector.ts";

const usage = `Usage: deno task vectors [OPTION]... [FILE]...
Runs the instruction vectors of FILE (JSON lines, gzip'd or not), by default of the files that
HVSIM_VECTORS names or that lie in ../shared/vectors.

  --engine NAME   interpreter (default) or translator: translated before the first execution
  --class PREFIX  only vectors whose class begins with PREFIX
  --show N        how many failures to describe (default 20)
  --text          compare the disassembly instead of running
  --help          this text

Ends with "N passed, N failed"; the exit code is 0 when none failed, 1 when some did, 2 for wrong
usage or input.`;

interface Options {
  readonly files: readonly string[];
  readonly prefix: string;
  readonly show: number;
  readonly text: boolean;
  readonly engine: EngineName;
}

function say(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function complain(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Options, the exit code of a run that is over already, or what is wrong. */
function readOptions(args: readonly string[]): Options | number | string {
  const unknown: string[] = [];
  const found = parseArgs([...args], {
    string: ["class", "show", "engine", "_"],
    boolean: ["text", "help"],
    unknown: (arg) => !arg.startsWith("-") || unknown.push(arg) < 0,
  });
  if (found.help) return 0;
  if (unknown.length > 0) return `Cannot run vectors: ${unknown.join(", ")} is no option`;
  const show = found.show ?? "20";
  if (!/^\d+$/.test(show)) {
    return `Cannot run vectors: --show must be a number, got "${show}"`;
  }
  const engine = engineNames.find((name) => name === (found.engine ?? "interpreter"));
  if (!engine) {
    const names = engineNames.join(" or ");
    return `Cannot run vectors: --engine must be ${names}, got "${found.engine}"`;
  }
  const named = found._.map(String);
  const files = named.length > 0 ? named : vectorFiles();
  if (files.length === 0) {
    return "Cannot run vectors: name a FILE, there is none in ../shared/vectors";
  }
  return {
    files,
    prefix: found.class ?? "",
    show: Number(show),
    text: found.text === true,
    engine,
  };
}

function chosen({ prefix }: Options, { cls }: Vector): boolean {
  return cls.split(",").some((name) => name.startsWith(prefix));
}

async function runFiles(options: Options): Promise<number> {
  const outcomes: Outcome[] = [];
  let left = options.show;
  for (const path of options.files) {
    const file = await readVectors(path);
    const vectors = file.vectors.filter((v) => chosen(options, v));
    const outcome = options.text
      ? compareTexts(vectors)
      : runVectors(rigFor(file, options.engine), vectors);
    for (const failure of outcome.failures.slice(0, left)) say(describeFailure(failure));
    left -= Math.min(left, outcome.failures.length);
    outcomes.push(outcome);
  }
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  const classes = Map.groupBy(failures, ({ vector }) => vector.cls);
  if (failures.length > 0) {
    say([...classes].map(([name, list]) => `${name}: ${list.length}`).sort().join(", "));
  }
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  say(`${passed} passed, ${failures.length} failed`);
  return failures.length === 0 ? 0 : 1;
}

/** Runs the command with `args`; returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (typeof options === "object") return await runFiles(options);
    if (typeof options === "number") {
      say(usage);
      return options;
    }
    complain(options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
    complain(error.message);
  }
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
