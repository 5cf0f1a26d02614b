/** Runs vectors, or compares their texts, and counts. @module */

import { Engines, VectorRig } from "./rig.ts";
import { compareText } from "./text.ts";
import type { Vector, VectorFile } from "./vector.ts";

/** A vector that does not behave as recorded. */
export interface Failure {
  readonly vector: Vector;
  /** What differs. */
  readonly problems: readonly string[];
}

/** What came of some vectors. */
export interface Outcome {
  readonly passed: number;
  readonly failures: readonly Failure[];
}

/** What runs vectors. */
export type EngineName = keyof typeof Engines;
/** All of them. */
export const engineNames = Object.keys(Engines) as readonly EngineName[];

/** Runs `vectors`, all in one rig. */
export function runVectors(rig: VectorRig, vectors: readonly Vector[]): Outcome {
  return check(vectors, (v) => rig.run(v));
}

/** Disassembles `vectors`. */
export function compareTexts(vectors: readonly Vector[]): Outcome {
  return check(vectors, compareText);
}

/** A rig for the vectors of a file. */
export function rigFor({ header }: VectorFile, engine: EngineName = "interpreter"): VectorRig {
  return new VectorRig(header, Engines[engine]);
}

function check(vectors: readonly Vector[], differences: (v: Vector) => string[]): Outcome {
  const failures: Failure[] = [];
  for (const vector of vectors) {
    const problems = guarded(() => differences(vector));
    if (problems.length > 0) failures.push({ vector, problems });
  }
  return { passed: vectors.length - failures.length, failures };
}

/** A throw is hvsim's own bug: it counts as a failure and hides no other vector. */
function guarded(run: () => string[]): string[] {
  try {
    return run();
  } catch (error) {
    return [String(error instanceof Error ? error.stack : error).split("\n", 3).join(" | ")];
  }
}

/** A failure as lines of text. */
export function describeFailure({ vector: v, problems }: Failure): string {
  const head = [v.id, v.cls, v.w.join(" "), v.asm].filter((part) => part !== undefined).join(" ");
  return [head, ...problems.slice(0, 6).map((problem) => `    ${problem}`)].join("\n");
}
