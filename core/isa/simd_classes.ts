/** Advanced SIMD on integers: all its encoding classes. @module */

import type { AnyInsn } from "./insn.ts";
import { simdLoadsStores } from "./simd_loads_stores.ts";
import { simdMoves } from "./simd_moves.ts";
import { simdPermutes } from "./simd_permutes.ts";
import { simdThreeSame } from "./simd_three_same.ts";

/** The definitions of these files. */
export const advancedSimd: readonly AnyInsn[] = [
  ...simdLoadsStores,
  ...simdMoves,
  ...simdPermutes,
  ...simdThreeSame,
];
