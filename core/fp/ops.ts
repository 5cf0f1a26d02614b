/**
 * The floating-point operations of A64 on bit patterns of 16, 32 or 64 bits, bit for bit and flag
 * for flag (DDI 0487 shared/functions/float).
 *
 * Operands may have anything above their size, results have zeros there. Of two ways to a result
 * the quick one is tried first; both give the same.
 *
 * @module
 */

import {
  addExact,
  divideExact,
  multiplyAddExact,
  multiplyExact,
  squareRootExact,
  stepExact,
  type Target,
} from "./arithmetic.ts";
import { chooseExact, compareExact, Order, type OrderFlags } from "./compare.ts";
import { convertExact } from "./convert.ts";
import { reciprocalEstimate, reciprocalExponent, reciprocalRootEstimate } from "./estimate.ts";
import { fromFixedExact, toFixedExact } from "./fixed.ts";
import {
  currentRounding,
  formatOf,
  type FpEnv,
  type FpSize,
  Rounding,
  type RoundingMode,
} from "./format.ts";
import { roundToIntegral, roundToIntegralWithin } from "./integral.ts";
import {
  quickAdd,
  quickDivide,
  quickMultiply,
  quickMultiplyAdd,
  quickSquareRoot,
  quickSubtract,
} from "./quick.ts";
import {
  quickCompare,
  quickConvert,
  quickFromFixed,
  quickRoundToIntegral,
  quickToFixed,
} from "./quick_convert.ts";

export type { FpEnv, FpSize, OrderFlags, RoundingMode };
export { Order, Rounding };

function target(size: FpSize, env: FpEnv): Target {
  return { format: formatOf(size), mode: currentRounding(env) };
}

function resolve(mode: RoundingMode, env: FpEnv): RoundingMode {
  return mode === Rounding.current ? currentRounding(env) : mode;
}

/** Flips the sign, of NaNs too. */
export function fpNeg(a: bigint, size: FpSize): bigint {
  return BigInt.asUintN(size, a) ^ formatOf(size).signBit;
}

/** Clears the sign, of NaNs too. */
export function fpAbs(a: bigint, size: FpSize): bigint {
  return BigInt.asUintN(size - 1, a);
}

/** a + b. */
export function fpAdd(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return quickAdd(a, b, size, env) ?? addExact(a, b, target(size, env), env);
}

/** a - b; a NaN in b keeps its sign. */
export function fpSub(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return quickSubtract(a, b, size, env) ??
    addExact(a, b, { ...target(size, env), subtract: true }, env);
}

/** a * b. */
export function fpMul(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return quickMultiply(a, b, size, env) ?? multiplyExact(a, b, target(size, env), env);
}

/** a * b, where infinity times zero is two with the product's sign. */
export function fpMulX(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return quickMultiply(a, b, size, env) ?? multiplyExact(a, b, target(size, env), env, true);
}

/** a / b. */
export function fpDiv(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return quickDivide(a, b, size, env) ?? divideExact(a, b, target(size, env), env);
}

/** The square root. */
export function fpSqrt(a: bigint, size: FpSize, env: FpEnv): bigint {
  return quickSquareRoot(a, size, env) ?? squareRootExact(a, target(size, env), env);
}

/** addend + a * b, rounded once. */
export function fpMulAdd(
  addend: bigint,
  a: bigint,
  b: bigint,
  size: FpSize,
  env: FpEnv,
): bigint {
  return quickMultiplyAdd(addend, [a, b], size, env) ??
    multiplyAddExact(addend, [a, b], target(size, env), env);
}

/** 2 - a * b, rounded once (FRECPS). */
export function fpRecipStep(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return stepExact(2n, [a, b], target(size, env), env);
}

/** (3 - a * b) / 2, rounded once (FRSQRTS). */
export function fpRSqrtStep(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint {
  return stepExact(3n, [a, b], target(size, env), env);
}

/** FRECPE. */
export function fpRecipEstimate(a: bigint, size: FpSize, env: FpEnv): bigint {
  return reciprocalEstimate(a, formatOf(size), env);
}

/** FRSQRTE. */
export function fpRSqrtEstimate(a: bigint, size: FpSize, env: FpEnv): bigint {
  return reciprocalRootEstimate(a, formatOf(size), env);
}

/** FRECPX. */
export function fpRecpX(a: bigint, size: FpSize, env: FpEnv): bigint {
  return reciprocalExponent(a, formatOf(size), env);
}

/** The NZCV of a comparison; `signalling` is FCMPE's, FCMGE's and FCMGT's way with quiet NaNs. */
export function fpCompare(
  a: bigint,
  b: bigint,
  { size, signalling }: { readonly size: FpSize; readonly signalling: boolean },
  env: FpEnv,
): OrderFlags {
  return quickCompare(a, b, size, env) ??
    compareExact(a, b, { format: formatOf(size), signalling }, env);
}

/** Which extreme: `numbers` lets a number win over a quiet NaN (FMAXNM, FMINNM). */
export interface Extreme {
  readonly size: FpSize;
  readonly larger: boolean;
  readonly numbers: boolean;
}

/** The larger or the smaller operand. */
export function fpExtreme(a: bigint, b: bigint, extreme: Extreme, env: FpEnv): bigint {
  const { size, larger, numbers } = extreme;
  const order = quickCompare(a, b, size, env);
  if (order === Order.less) return BigInt.asUintN(size, larger ? b : a);
  if (order === Order.greater) return BigInt.asUintN(size, larger ? a : b);
  return chooseExact(a, b, { format: formatOf(size), larger, numbers }, env);
}

/** To an integral value; `exact` sets IXC (FRINTX). */
export function fpRoundInt(
  a: bigint,
  rounding: { readonly size: FpSize; readonly mode: RoundingMode; readonly exact: boolean },
  env: FpEnv,
): bigint {
  const { size, exact } = rounding;
  const mode = resolve(rounding.mode, env);
  return quickRoundToIntegral(a, { size, mode, exact }, env) ??
    roundToIntegral(a, { format: formatOf(size), mode, exact }, env);
}

/** To an integral value that fits a signed integer of `bits` bits (FRINT32X and its like). */
export function fpRoundIntN(
  a: bigint,
  rounding: { readonly size: FpSize; readonly mode: RoundingMode; readonly bits: 32 | 64 },
  env: FpEnv,
): bigint {
  const { size, bits } = rounding;
  const mode = resolve(rounding.mode, env);
  return roundToIntegralWithin(a, { format: formatOf(size), mode, bits }, env);
}

/** Between formats. */
export function fpConvert(
  a: bigint,
  conversion: { readonly from: FpSize; readonly to: FpSize; readonly mode: RoundingMode },
  env: FpEnv,
): bigint {
  const { from, to } = conversion;
  const mode = resolve(conversion.mode, env);
  const quick = mode === Rounding.tieEven ? quickConvert(a, { from, to }, env) : undefined;
  return quick ?? convertExact(a, { from, to, mode }, env);
}

/** A conversion to or from an integer of `bits` bits, of which `fractionBits` are a fraction. */
export interface FixedConversion {
  readonly size: FpSize;
  readonly mode: RoundingMode;
  readonly bits: 16 | 32 | 64;
  readonly fractionBits: number;
  readonly unsigned: boolean;
}

/** To an integer, saturating; the result has `bits` bits. */
export function fpToFixed(a: bigint, conversion: FixedConversion, env: FpEnv): bigint {
  const mode = resolve(conversion.mode, env);
  return quickToFixed(a, { ...conversion, mode }, env) ??
    toFixedExact(a, { ...conversion, format: formatOf(conversion.size), mode }, env);
}

/** From an integer in the low `bits` bits. */
export function fixedToFp(a: bigint, conversion: FixedConversion, env: FpEnv): bigint {
  const mode = resolve(conversion.mode, env);
  const quick = mode === Rounding.tieEven ? quickFromFixed(a, conversion, env) : undefined;
  return quick ??
    fromFixedExact(a, { ...conversion, format: formatOf(conversion.size), mode }, env);
}
