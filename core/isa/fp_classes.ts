/** Scalar floating point and its Advanced SIMD members: all their encoding classes. @module */

import { fpConversions } from "./fp_conversions.ts";
import { fpScalar } from "./fp_scalar.ts";
import type { AnyInsn } from "./insn.ts";
import { simdFpThreeSame } from "./simd_fp_three_same.ts";

/** The definitions of these files. */
export const floatingPoint: readonly AnyInsn[] = [
  ...fpScalar,
  ...fpConversions,
  ...simdFpThreeSame,
];
