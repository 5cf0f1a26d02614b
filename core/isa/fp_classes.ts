/** Scalar floating point and its Advanced SIMD members: all their encoding classes. @module */

import { fpConversions } from "./fp_conversions.ts";
import { fpScalar } from "./fp_scalar.ts";
import type { AnyInsn } from "./insn.ts";
import { simdFpBrain } from "./simd_fp_brain.ts";
import { simdFpComplex } from "./simd_fp_complex.ts";
import { simdFpFixedPoint } from "./simd_fp_fixed_point.ts";
import { simdFpIndexed } from "./simd_fp_indexed.ts";
import { simdFpLong } from "./simd_fp_long.ts";
import { simdFpThreeSame } from "./simd_fp_three_same.ts";
import { simdFpTwoRegister } from "./simd_fp_two_register.ts";
import { simdFpWidths } from "./simd_fp_widths.ts";

/** The definitions of these files. */
export const floatingPoint: readonly AnyInsn[] = [
  ...fpScalar,
  ...fpConversions,
  ...simdFpThreeSame,
  ...simdFpTwoRegister,
  ...simdFpWidths,
  ...simdFpFixedPoint,
  ...simdFpIndexed,
  ...simdFpLong,
  ...simdFpComplex,
  ...simdFpBrain,
];
