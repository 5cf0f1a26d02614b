/** `deno task differential`: runs random programs in both tiers and names what differs. @module */

import { parseArgs } from "@std/cli";
import { describeDifference, runPrograms } from "./run.ts";

const usage = `Usage: deno task differential [OPTION]...
Runs random programs in the interpreter and in the translator and compares what they leave.

  --programs N  how many (default 1000)
  --seed S      seed of the first one (default 1); the next has S + 1
  --show N      how many differences to describe (default 5)
  --list        print the programs' code where they differ
  --help        this text

Ends with "seeds S to S: N passed, N failed"; the exit code is 0 when none failed, 1 when some did, 2 for wrong
usage.`;

function say(text: string): void {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Runs the command with `args`; returns its exit code. */
export function main(args: readonly string[]): number {
  const unknown: string[] = [];
  const found = parseArgs([...args], {
    string: ["programs", "seed", "show"],
    boolean: ["list", "help"],
    unknown: (arg) => void unknown.push(arg),
  });
  if (found.help) {
    say(usage);
    return 0;
  }
  const numbers = [found.programs ?? "1000", found.seed ?? "1", found.show ?? "5"];
  const odd = unknown[0] ?? numbers.find((text) => !/^\d+$/.test(text));
  if (odd !== undefined) {
    const text = `Cannot run programs: options take a number, got "${odd}"\n`;
    Deno.stderr.writeSync(new TextEncoder().encode(text));
    return 2;
  }
  const [programs, seed, show] = numbers.map(Number) as [number, number, number];
  let shown = 0;
  const outcome = runPrograms(seed, programs, {
    failed: (failure, twin) => {
      if (shown++ < show) say(describeDifference(failure, twin, found.list === true));
      else if (shown === show + 1) say("and more");
    },
    progress: (done, failed) => say(`${done} of ${programs}, ${failed} failed`),
  });
  const { passed, failed } = outcome;
  if (failed.length > 0) say(`failed: ${failed.join(", ")}`);
  const seeds = `seeds ${seed} to ${seed + programs - 1}`;
  say(`${seeds}: ${passed} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(main(Deno.args));
