/** Advanced SIMD on integers: all its encoding classes. @module */

import type { AnyInsn } from "./insn.ts";
import { simdLoadsStores } from "./simd_loads_stores.ts";

/** The definitions of these files. */
export const advancedSimd: readonly AnyInsn[] = [
  ...simdLoadsStores,
];
