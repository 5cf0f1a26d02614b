/**
 * Conversions to and from integers and fixed point
 * (DDI 0487 shared/functions/float: FPToFixed, FixedToFP, FPToFixedJS).
 *
 * @module
 */

import { type Format, Formats, type FpEnv, Fpsr, Rounding, type RoundingMode } from "./format.ts";
import { toIntegral } from "./integral.ts";
import { Lost, roundExact } from "./round.ts";
import { isNan, Kind, unpack } from "./unpack.ts";

/** An integer or fixed-point format, and how to round. */
export interface FixedTarget {
  readonly format: Format;
  readonly mode: RoundingMode;
  /** Width of the integer. */
  readonly bits: 16 | 32 | 64;
  readonly fractionBits: number;
  readonly unsigned: boolean;
}

/** Floating point to fixed point, saturating; the result has `bits` bits. */
export function toFixedExact(a: bigint, target: FixedTarget, env: FpEnv): bigint {
  const { format, bits, unsigned } = target;
  const x = unpack(a, format, env);
  if (x.kind === Kind.zero) return 0n;
  if (isNan(x)) {
    env.fpsr |= Fpsr.IOC;
    return 0n;
  }
  const lowest = unsigned ? 0n : -1n << BigInt(bits - 1);
  const highest = (1n << BigInt(unsigned ? bits : bits - 1)) - 1n;
  if (x.kind === Kind.finite) {
    const { magnitude, lost } = toIntegral(x, target.fractionBits, target.mode);
    const value = x.negative ? -magnitude : magnitude;
    if (value >= lowest && value <= highest) {
      if (lost !== Lost.nothing) env.fpsr |= Fpsr.IXC;
      return BigInt.asUintN(bits, value);
    }
  }
  env.fpsr |= Fpsr.IOC;
  return BigInt.asUintN(bits, x.negative ? lowest : highest);
}

/** Fixed point, of which the low `bits` bits count, to floating point. */
export function fromFixedExact(a: bigint, target: FixedTarget, env: FpEnv): bigint {
  const { format, bits, unsigned, fractionBits, mode } = target;
  const value = unsigned ? BigInt.asUintN(bits, a) : BigInt.asIntN(bits, a);
  if (value === 0n) return 0n;
  const negative = value < 0n;
  const mantissa = negative ? -value : value;
  return roundExact({ negative, mantissa, exponent: -fractionBits }, format, mode, env);
}

/** FJCVTZS: the low 32 bits of the result, and in bit 32 the Z flag. */
export function toFixedJavaScript(a: bigint, env: FpEnv): bigint {
  const x = unpack(a, Formats.double, env);
  // Only +0 itself is exact: not -0, nor a subnormal that was flushed.
  if (x.kind === Kind.zero) return BigInt.asUintN(64, a) === 0n ? 1n << 32n : 0n;
  if (x.kind !== Kind.finite) {
    env.fpsr |= Fpsr.IOC;
    return 0n;
  }
  const { magnitude, lost } = toIntegral(x, 0, Rounding.zero);
  const value = x.negative ? -magnitude : magnitude;
  const result = BigInt.asUintN(32, value);
  if (value !== BigInt.asIntN(32, value)) {
    env.fpsr |= Fpsr.IOC;
    return result;
  }
  if (lost === Lost.nothing) return result | (1n << 32n);
  env.fpsr |= Fpsr.IXC;
  return result;
}
