/** The ways to run code, and what a run leaves behind, which is the same in all of them. @module */

import { createHash } from "node:crypto";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import type { Simulator } from "../../platforms/simulator.ts";

/** Interpreted, translated at once, or translated by heat. */
export const engines: Readonly<Record<string, EngineOptions>> = {
  interpreted: { translate: false },
  translated: { translate: true, hotCount: 1 },
  default: { translate: true },
};

/** What is left of a run. */
export interface Remains {
  readonly result: string;
  readonly instructions: number;
  readonly timeNs: number;
  readonly console: string;
  /** A hash of RAM. */
  readonly memory: string;
  /** Of each core: PC, registers, flags. */
  readonly cores: readonly string[];
}

/** How many regions have been translated. */
export function regions({ machine }: Simulator): number {
  return machine.runner.engine.translator?.stats.regions ?? 0;
}

const Piece = 2 ** 24;

/** What is left of a run that ended by `result` and printed `console`. */
export function remains({ machine, ram }: Simulator, result: string, console: string): Remains {
  const hash = createHash("sha256");
  for (const { base, size } of ram.banks) {
    for (let at = 0; at < size; at += Piece) {
      hash.update(ram.slice(base + at, Math.min(Piece, size - at)));
    }
  }
  return {
    result,
    instructions: machine.instructions,
    timeNs: machine.nowNs,
    console,
    memory: hash.digest("hex"),
    cores: machine.cores.map(({ state }) =>
      [state.u64("pc"), state.nzcv(), state.u32("fpsr"), ...state.x.slice(0, 33), ...state.v]
        .map((value) => value.toString(16)).join(" ")
    ),
  };
}
