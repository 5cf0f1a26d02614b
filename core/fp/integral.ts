/**
 * Rounding to an integral value in the same format
 * (DDI 0487 shared/functions/float: FPRoundInt, FPRoundIntN).
 *
 * @module
 */

import { type Format, type FpEnv, Fpsr, Rounding, type RoundingMode } from "./format.ts";
import { Lost, lostBits, type LostPart, roundExact, roundsUp } from "./round.ts";
import {
  isNan,
  Kind,
  processNan,
  signedInfinity,
  signedZero,
  unpack,
  type Unpacked,
} from "./unpack.ts";

/** An integer and what rounding to it lost. */
export interface Integral {
  readonly magnitude: bigint;
  readonly lost: LostPart;
}

/** A finite value times 2^`fractionBits`, rounded to an integer. */
export function toIntegral(value: Unpacked, fractionBits: number, mode: RoundingMode): Integral {
  const shift = -(value.exponent + fractionBits);
  if (shift <= 0) return { magnitude: value.mantissa << BigInt(-shift), lost: Lost.nothing };
  const kept = value.mantissa >> BigInt(shift);
  const lost = lostBits(value.mantissa, shift);
  const up = roundsUp(lost, { odd: (kept & 1n) !== 0n, negative: value.negative }, mode);
  return { magnitude: up ? kept + 1n : kept, lost };
}

/** How to round to an integral value. */
export interface IntegralTarget {
  readonly format: Format;
  readonly mode: RoundingMode;
  /** Whether an inexact result sets IXC. */
  readonly exact: boolean;
}

/** FRINTA, FRINTI, FRINTM, FRINTN, FRINTP, FRINTX, FRINTZ. */
export function roundToIntegral(a: bigint, target: IntegralTarget, env: FpEnv): bigint {
  const { format, mode, exact } = target;
  const x = unpack(a, format, env);
  if (isNan(x)) return processNan(a, x, format, env);
  if (x.kind === Kind.infinity) return signedInfinity(x.negative, format);
  if (x.kind === Kind.zero) return signedZero(x.negative, format);
  const integral = toIntegral(x, 0, mode);
  if (integral.lost !== Lost.nothing && exact) env.fpsr |= Fpsr.IXC;
  return pack(x.negative, integral.magnitude, format, env);
}

/** FRINT32X, FRINT32Z, FRINT64X, FRINT64Z: what does not fit becomes the most negative integer. */
export function roundToIntegralWithin(
  a: bigint,
  { format, mode, bits }: {
    readonly format: Format;
    readonly mode: RoundingMode;
    readonly bits: 32 | 64;
  },
  env: FpEnv,
): bigint {
  const x = unpack(a, format, env);
  if (x.kind === Kind.zero) return signedZero(x.negative, format);
  const limit = 1n << BigInt(bits - 1);
  if (x.kind === Kind.finite) {
    const { magnitude, lost } = toIntegral(x, 0, mode);
    if (x.negative ? magnitude <= limit : magnitude < limit) {
      if (lost !== Lost.nothing) env.fpsr |= Fpsr.IXC;
      return pack(x.negative, magnitude, format, env);
    }
  }
  env.fpsr |= Fpsr.IOC;
  return pack(true, limit, format, env);
}

function pack(negative: boolean, magnitude: bigint, format: Format, env: FpEnv): bigint {
  if (magnitude === 0n) return signedZero(negative, format);
  return roundExact({ negative, mantissa: magnitude, exponent: 0 }, format, Rounding.zero, env);
}
