/**
 * Bit patterns to exact values, and the choice of NaN results
 * (DDI 0487 shared/functions/float: FPUnpackBase, FPProcessNaN, FPProcessNaNs, FPProcessNaNs3).
 *
 * @module
 */

import { type Format, Fpcr, type FpEnv, Fpsr } from "./format.ts";

/** What a bit pattern stands for. */
export const Kind = { zero: 0, finite: 1, infinity: 2, quietNan: 3, signallingNan: 4 } as const;

/** An operand: when finite, its magnitude is `mantissa` * 2^`exponent`; zero has no mantissa. */
export interface Unpacked {
  readonly kind: (typeof Kind)[keyof typeof Kind];
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Reads an operand, flushing a subnormal one where FPCR says so. */
export function unpack(bits: bigint, format: Format, env: FpEnv): Unpacked {
  const negative = (bits & format.signBit) !== 0n;
  const fraction = bits & format.fractionMask;
  const field = Number((bits & (format.signBit - 1n)) >> BigInt(format.fractionBits));
  const lowest = format.minExponent - format.fractionBits;
  if (field === format.specialExponent) {
    const kind = fraction === 0n
      ? Kind.infinity
      : (fraction & format.quietBit) !== 0n
      ? Kind.quietNan
      : Kind.signallingNan;
    return { kind, negative, mantissa: 0n, exponent: 0 };
  }
  if (field !== 0) {
    const mantissa = fraction | (format.fractionMask + 1n);
    return { kind: Kind.finite, negative, mantissa, exponent: lowest + field - 1 };
  }
  if (fraction === 0n) return { kind: Kind.zero, negative, mantissa: 0n, exponent: lowest };
  if ((env.fpcr & format.flushMask) !== 0) {
    env.fpsr |= format.flushedInputFlags;
    return { kind: Kind.zero, negative, mantissa: 0n, exponent: lowest };
  }
  return { kind: Kind.finite, negative, mantissa: fraction, exponent: lowest };
}

/** Whether the operand is a NaN. */
export function isNan(value: Unpacked): boolean {
  return value.kind >= Kind.quietNan;
}

/** The NaN that an invalid operation makes. */
export function invalid(format: Format, env: FpEnv): bigint {
  env.fpsr |= Fpsr.IOC;
  return format.defaultNan;
}

/** The result for a NaN operand. */
export function processNan(bits: bigint, value: Unpacked, format: Format, env: FpEnv): bigint {
  if (value.kind === Kind.signallingNan) env.fpsr |= Fpsr.IOC;
  if ((env.fpcr & Fpcr.DN) !== 0) return format.defaultNan;
  return BigInt.asUintN(format.size, bits) | format.quietBit;
}

/** The result when one of the operands is a NaN: a signalling one first, then in order. */
export function processNans(
  operands: readonly (readonly [bits: bigint, value: Unpacked])[],
  format: Format,
  env: FpEnv,
): bigint | undefined {
  for (const kind of [Kind.signallingNan, Kind.quietNan]) {
    for (const [bits, value] of operands) {
      if (value.kind === kind) return processNan(bits, value, format, env);
    }
  }
  return undefined;
}

/** A zero with this sign. */
export function signedZero(negative: boolean, format: Format): bigint {
  return negative ? format.signBit : 0n;
}

/** An infinity with this sign. */
export function signedInfinity(negative: boolean, format: Format): bigint {
  return negative ? format.signBit | format.infinity : format.infinity;
}
