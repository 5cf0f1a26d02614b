/** Runs many programs and describes those that differ. @module */

import { identify } from "../../core/isa/decode.ts";
import { disassemble } from "../../core/isa/disassemble.ts";
import { page, Pages, Ram } from "./layout.ts";
import { makeProgram, type Program } from "./program.ts";
import { differences, firstDifference, Twin } from "./twin.ts";

/** A program that differs. */
export interface Failure {
  readonly program: Program;
  /** What differs at its end. */
  readonly problems: readonly string[];
}

/** What is told while programs run. */
export interface Listener {
  failed?(failure: Failure, twin: Twin): void;
  progress?(done: number, failed: number): void;
}

/** Programs that one pair of simulators runs: their tables of handlers fill up. */
const ProgramsPerTwin = 10_000;
const ProgressEvery = 1000;

/** Runs `count` programs, seeded from `seed` upwards; tells the seeds of those that differ. */
export function runPrograms(
  seed: number,
  count: number,
  listener: Listener = {},
): { passed: number; failed: readonly number[] } {
  const failed: number[] = [];
  let twin = new Twin();
  for (let i = 0; i < count; i++) {
    if (i > 0 && i % ProgramsPerTwin === 0) twin = new Twin();
    const failure = runProgram(twin, makeProgram(seed + i));
    if (failure) {
      failed.push(seed + i);
      listener.failed?.(failure, twin);
      twin = new Twin();
    }
    if ((i + 1) % ProgressEvery === 0) listener.progress?.(i + 1, failed.length);
  }
  return { passed: count - failed.length, failed };
}

/** Runs one program; undefined when nothing differs. */
export function runProgram(twin: Twin, program: Program): Failure | undefined {
  try {
    const problems = differences(twin, program);
    return problems.length > 0 ? { program, problems } : undefined;
  } catch (error) {
    // A throw is hvsim's own bug: it counts and hides no other program.
    const text = String(error instanceof Error ? error.stack : error);
    return { program, problems: [text.split("\n", 6).join(" | ")] };
  }
}

/** A failure as lines of text: the program, what differs at its end and where it begins. */
export function describeDifference(failure: Failure, twin: Twin, listing: boolean): string {
  const { program, problems } = failure;
  const { seed, mode, lengthNs, cuts, cores, hotCount } = program;
  const where = problems[0]?.startsWith("Error") ? [] : firstDifference(twin, program);
  return [
    `seed ${seed}: ${JSON.stringify(mode)}, ${lengthNs} ns, ${cuts.length} cuts, ` +
    `${cores} cores, hot at ${hotCount}`,
    ...problems.slice(0, 8).map((line) => `  at the end: ${line}`),
    ...where.slice(0, 10).map((line) => `  first: ${line}`),
    ...(listing ? list(program) : []),
  ].join("\n");
}

/** The program's code. */
function list({ image, entry }: Program): string[] {
  const view = new DataView(image.buffer);
  const lines = [`entry ${entry.toString(16)}`];
  for (let at = page(Pages.code); at < page(Pages.targets); at += 4) {
    const word = view.getUint32(at - Ram, true);
    if (word === 0) continue;
    const text = identify(word) ? disassemble(word, BigInt(at)) : `.inst 0x${word.toString(16)}`;
    lines.push(`${at.toString(16)}: ${text}`);
  }
  return lines;
}
