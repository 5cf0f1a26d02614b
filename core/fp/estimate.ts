/**
 * Reciprocal and reciprocal square root estimates, and FRECPX
 * (DDI 0487 shared/functions/float: FPRecipEstimate, RecipEstimate, FPRSqrtEstimate,
 * RecipSqrtEstimate, FPRecpX, UnsignedRecipEstimate, UnsignedRSqrtEstimate).
 *
 * @module
 */

import { currentRounding, type Format, type FpEnv, Fpsr, Rounding } from "./format.ts";
import { bitLength, overflowsToInfinity, roundExact } from "./round.ts";
import {
  invalid,
  isNan,
  Kind,
  processNan,
  signedInfinity,
  signedZero,
  unpack,
  type Unpacked,
} from "./unpack.ts";

/** 1/x as nine bits with the top one set, for x as nine bits with the top one set. */
function reciprocal(scaled: number): number {
  const divisor = scaled * 2 + 1;
  return (Math.floor(2 ** 19 / divisor) + 1) >> 1;
}

/** 1/sqrt(x) as nine bits with the top one set, for x in [128, 512). */
function reciprocalRoot(scaled: number): number {
  const middle = scaled < 256 ? scaled * 2 + 1 : ((scaled | 1) * 2);
  let root = 512;
  while (middle * (root + 1) * (root + 1) < 2 ** 28) root += 1;
  return (root + 1) >> 1;
}

/** The nine leading bits of a finite operand, and the weight of the first. */
function leading(value: Unpacked): { readonly scaled: number; readonly top: number } {
  const length = bitLength(value.mantissa);
  const nine = length > 9
    ? value.mantissa >> BigInt(length - 9)
    : value.mantissa << BigInt(9 - length);
  return { scaled: Number(nine), top: length - 1 + value.exponent };
}

/** An estimate is exact in its format and raises nothing. */
function pack(negative: boolean, estimate: number, top: number, format: Format): bigint {
  const value = { negative, mantissa: BigInt(estimate), exponent: top - 8 };
  return roundExact(value, format, Rounding.zero, { fpcr: 0, fpsr: 0 });
}

/** FRECPE. */
export function reciprocalEstimate(a: bigint, format: Format, env: FpEnv): bigint {
  const x = unpack(a, format, env);
  const bias = 1 - format.minExponent;
  if (isNan(x)) return processNan(a, x, format, env);
  if (x.kind === Kind.infinity) return signedZero(x.negative, format);
  if (x.kind === Kind.zero) {
    env.fpsr |= Fpsr.DZC;
    return signedInfinity(x.negative, format);
  }
  const { scaled, top } = leading(x);
  if (top < -(bias + 1)) {
    env.fpsr |= Fpsr.OFC | Fpsr.IXC;
    if (overflowsToInfinity(x.negative, currentRounding(env))) {
      return signedInfinity(x.negative, format);
    }
    return signedZero(x.negative, format) | format.largest;
  }
  if ((env.fpcr & format.flushMask) !== 0 && top >= bias - 1) {
    env.fpsr |= Fpsr.UFC;
    return signedZero(x.negative, format);
  }
  return pack(x.negative, reciprocal(scaled), -1 - top, format);
}

/** FRSQRTE. */
export function reciprocalRootEstimate(a: bigint, format: Format, env: FpEnv): bigint {
  const x = unpack(a, format, env);
  if (isNan(x)) return processNan(a, x, format, env);
  if (x.kind === Kind.zero) {
    env.fpsr |= Fpsr.DZC;
    return signedInfinity(x.negative, format);
  }
  if (x.negative) return invalid(format, env);
  if (x.kind === Kind.infinity) return 0n;
  const { scaled, top } = leading(x);
  // The bias is odd: an even exponent field is an odd power of two.
  const odd = (top & 1) !== 0;
  const estimate = reciprocalRoot(odd ? scaled : scaled >> 1);
  return pack(false, estimate, Math.floor((-1 - top) / 2), format);
}

/** FRECPX. */
export function reciprocalExponent(a: bigint, format: Format, env: FpEnv): bigint {
  const x = unpack(a, format, env);
  if (isNan(x)) return processNan(a, x, format, env);
  const sign = a & format.signBit;
  const field = a & format.infinity;
  if (field !== 0n) return sign | (field ^ format.infinity);
  return sign | (format.infinity & ~(format.fractionMask + 1n));
}

/** URECPE: the operand is a fraction of 2^32. */
export function unsignedReciprocalEstimate(a: bigint): bigint {
  const nine = Number((a >> 23n) & 0x1ffn);
  return nine < 0x100 ? 0xffff_ffffn : BigInt(reciprocal(nine)) << 23n;
}

/** URSQRTE: the operand is a fraction of 2^32. */
export function unsignedReciprocalRootEstimate(a: bigint): bigint {
  const nine = Number((a >> 23n) & 0x1ffn);
  return nine < 0x80 ? 0xffff_ffffn : BigInt(reciprocalRoot(nine)) << 23n;
}
