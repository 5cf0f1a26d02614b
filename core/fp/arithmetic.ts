/**
 * Add, multiply, divide, square root and fused multiply-add on exact values: the reference way,
 * good for every format, rounding and FPCR setting
 * (DDI 0487 shared/functions/float: FPAdd, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd).
 *
 * @module
 */

import { type Format, type FpEnv, Fpsr, Rounding, type RoundingMode } from "./format.ts";
import { bitLength, roundExact } from "./round.ts";
import {
  invalid,
  isNan,
  Kind,
  processNan,
  processNans,
  signedInfinity,
  signedZero,
  unpack,
  type Unpacked,
} from "./unpack.ts";

/** How to round and into what. */
export interface Target {
  readonly format: Format;
  readonly mode: RoundingMode;
}

/** The product of two operands neither of which is a NaN, unless it is infinity times zero. */
function product(a: Unpacked, b: Unpacked): Unpacked {
  const negative = a.negative !== b.negative;
  if (a.kind === Kind.finite && b.kind === Kind.finite) {
    return {
      kind: Kind.finite,
      negative,
      mantissa: a.mantissa * b.mantissa,
      exponent: a.exponent + b.exponent,
    };
  }
  const kind = a.kind === Kind.infinity || b.kind === Kind.infinity ? Kind.infinity : Kind.zero;
  return { kind, negative, mantissa: 0n, exponent: 0 };
}

/** Whether this is infinity times zero. */
function isInfinityTimesZero(a: Unpacked, b: Unpacked): boolean {
  return (a.kind === Kind.infinity && b.kind === Kind.zero) ||
    (a.kind === Kind.zero && b.kind === Kind.infinity);
}

/** Rounds a value that is not a NaN. */
function finish(value: Unpacked, { format, mode }: Target, env: FpEnv): bigint {
  if (value.kind === Kind.infinity) return signedInfinity(value.negative, format);
  if (value.kind === Kind.zero) return signedZero(value.negative, format);
  return roundExact(value, format, mode, env);
}

/** The rounded sum of two values that are not NaNs, divided by 2^`halvings`. */
function finishSum(
  a: Unpacked,
  b: Unpacked,
  target: Target,
  env: FpEnv,
  halvings = 0,
): bigint {
  const { format, mode } = target;
  if (a.kind === Kind.infinity || b.kind === Kind.infinity) {
    if (a.kind === b.kind && a.negative !== b.negative) return invalid(format, env);
    return signedInfinity(a.kind === Kind.infinity ? a.negative : b.negative, format);
  }
  if (a.kind === Kind.zero && b.kind === Kind.zero && a.negative === b.negative) {
    return signedZero(a.negative, format);
  }
  // A zero's exponent says nothing and must not stretch the other operand.
  const exponent = a.kind === Kind.zero
    ? b.exponent
    : b.kind === Kind.zero
    ? a.exponent
    : Math.min(a.exponent, b.exponent);
  const sum = signedMantissa(a, exponent) + signedMantissa(b, exponent);
  if (sum === 0n) return signedZero(mode === Rounding.minusInfinity, format);
  const negative = sum < 0n;
  const mantissa = negative ? -sum : sum;
  return roundExact({ negative, mantissa, exponent: exponent - halvings }, format, mode, env);
}

function signedMantissa(value: Unpacked, exponent: number): bigint {
  if (value.kind === Kind.zero) return 0n;
  const aligned = value.mantissa << BigInt(value.exponent - exponent);
  return value.negative ? -aligned : aligned;
}

/** a + b or, with `subtract`, a - b. */
export function addExact(
  a: bigint,
  b: bigint,
  target: Target & { readonly subtract?: boolean },
  env: FpEnv,
): bigint {
  const x = unpack(a, target.format, env);
  const y = unpack(b, target.format, env);
  const nan = processNans([[a, x], [b, y]], target.format, env);
  if (nan !== undefined) return nan;
  const second = target.subtract ? { ...y, negative: !y.negative } : y;
  return finishSum(x, second, target, env);
}

/** a * b; with `extended`, infinity times zero is two (FMULX). */
export function multiplyExact(
  a: bigint,
  b: bigint,
  target: Target,
  env: FpEnv,
  extended = false,
): bigint {
  const { format } = target;
  const x = unpack(a, format, env);
  const y = unpack(b, format, env);
  const nan = processNans([[a, x], [b, y]], format, env);
  if (nan !== undefined) return nan;
  if (isInfinityTimesZero(x, y)) {
    if (!extended) return invalid(format, env);
    return signedZero(x.negative !== y.negative, format) | constant(2n, 0, format);
  }
  return finish(product(x, y), target, env);
}

/** a / b. */
export function divideExact(a: bigint, b: bigint, target: Target, env: FpEnv): bigint {
  const { format, mode } = target;
  const x = unpack(a, format, env);
  const y = unpack(b, format, env);
  const nan = processNans([[a, x], [b, y]], format, env);
  if (nan !== undefined) return nan;
  const negative = x.negative !== y.negative;
  if (x.kind === y.kind && x.kind !== Kind.finite) return invalid(format, env);
  if (x.kind === Kind.infinity || y.kind === Kind.zero) {
    if (x.kind !== Kind.infinity) env.fpsr |= Fpsr.DZC;
    return signedInfinity(negative, format);
  }
  if (x.kind === Kind.zero || y.kind === Kind.infinity) return signedZero(negative, format);
  // Two bits more than the format has, and a sticky one, decide every rounding.
  const wanted = format.fractionBits + 3;
  const shift = Math.max(0, wanted - bitLength(x.mantissa) + bitLength(y.mantissa));
  const dividend = x.mantissa << BigInt(shift);
  const quotient = dividend / y.mantissa;
  const sticky = quotient * y.mantissa === dividend ? 0n : 1n;
  const mantissa = (quotient << 1n) | sticky;
  const exponent = x.exponent - y.exponent - shift - 1;
  return roundExact({ negative, mantissa, exponent }, format, mode, env);
}

/** The square root. */
export function squareRootExact(a: bigint, { format, mode }: Target, env: FpEnv): bigint {
  const x = unpack(a, format, env);
  if (isNan(x)) return processNan(a, x, format, env);
  if (x.kind === Kind.zero) return signedZero(x.negative, format);
  if (x.negative) return invalid(format, env);
  if (x.kind === Kind.infinity) return format.infinity;
  let shift = Math.max(0, 2 * (format.fractionBits + 3) - bitLength(x.mantissa));
  if (((x.exponent - shift) & 1) !== 0) shift += 1;
  const radicand = x.mantissa << BigInt(shift);
  const root = integerSquareRoot(radicand);
  const mantissa = (root << 1n) | (root * root === radicand ? 0n : 1n);
  const exponent = (x.exponent - shift) / 2 - 1;
  return roundExact({ negative: false, mantissa, exponent }, format, mode, env);
}

/** The largest integer whose square is not above `value`, by Newton's method from above. */
function integerSquareRoot(value: bigint): bigint {
  let root = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** addend + a * b, rounded once. */
export function multiplyAddExact(
  addend: bigint,
  [a, b]: readonly [bigint, bigint],
  target: Target,
  env: FpEnv,
): bigint {
  const { format } = target;
  const z = unpack(addend, format, env);
  const x = unpack(a, format, env);
  const y = unpack(b, format, env);
  const nan = processNans([[addend, z], [a, x], [b, y]], format, env);
  if (isInfinityTimesZero(x, y) && (nan === undefined || z.kind === Kind.quietNan)) {
    return invalid(format, env);
  }
  return nan ?? finishSum(z, product(x, y), target, env);
}

/** (`whole` - a * b) / 2^`halvings`, rounded once (FPRecipStepFused, FPRSqrtStepFused). */
export function stepExact(
  whole: 2n | 3n,
  [a, b]: readonly [bigint, bigint],
  target: Target,
  env: FpEnv,
): bigint {
  const { format } = target;
  const halvings = whole === 3n ? 1 : 0;
  const negated = BigInt.asUintN(format.size, a) ^ format.signBit;
  const x = unpack(negated, format, env);
  const y = unpack(b, format, env);
  const nan = processNans([[negated, x], [b, y]], format, env);
  if (nan !== undefined) return nan;
  if (isInfinityTimesZero(x, y)) return constant(whole, -halvings, format);
  const start: Unpacked = { kind: Kind.finite, negative: false, mantissa: whole, exponent: 0 };
  return finishSum(start, product(x, y), target, env, halvings);
}

/** The bits of a small constant, exact in every format. */
function constant(mantissa: bigint, exponent: number, format: Format): bigint {
  const unread = { fpcr: 0, fpsr: 0 };
  return roundExact({ negative: false, mantissa, exponent }, format, Rounding.zero, unread);
}
