/**
 * Exact values to bit patterns (DDI 0487 shared/functions/float: FPRoundBase).
 *
 * @module
 */

import { type Format, Formats, type FpEnv, Fpsr, Rounding, type RoundingMode } from "./format.ts";

const scratch = new BigUint64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** Number of bits of a positive integer. */
export function bitLength(value: bigint): number {
  let length = 0;
  if (value > 0xffff_ffff_ffff_ffffn) {
    length = (value.toString(16).length - 16) * 4;
    value >>= BigInt(length);
  }
  scratch[0] = value;
  const [low = 0, high = 0] = scratchWords;
  return length + (high !== 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(low));
}

/** What a shift to the right lost, against half of the last place kept. */
export const Lost = { nothing: 0, belowHalf: 1, half: 2, aboveHalf: 3 } as const;

/** A value of `Lost`. */
export type LostPart = (typeof Lost)[keyof typeof Lost];

/** What `value >> shift` loses. */
export function lostBits(value: bigint, shift: number): LostPart {
  if (shift <= 0) return Lost.nothing;
  const rest = value & ((1n << BigInt(shift)) - 1n);
  if (rest === 0n) return Lost.nothing;
  const half = 1n << BigInt(shift - 1);
  return rest < half ? Lost.belowHalf : rest === half ? Lost.half : Lost.aboveHalf;
}

/** Whether the magnitude goes up. Rounding to odd is not a question of up or down. */
export function roundsUp(
  lost: LostPart,
  magnitude: { readonly odd: boolean; readonly negative: boolean },
  mode: RoundingMode,
): boolean {
  switch (mode) {
    case Rounding.tieEven:
      return lost === Lost.aboveHalf || (lost === Lost.half && magnitude.odd);
    case Rounding.tieAway:
      return lost >= Lost.half;
    case Rounding.plusInfinity:
      return lost !== Lost.nothing && !magnitude.negative;
    case Rounding.minusInfinity:
      return lost !== Lost.nothing && magnitude.negative;
    default:
      return false;
  }
}

/** Whether what is too large for the format becomes an infinity. */
export function overflowsToInfinity(negative: boolean, mode: RoundingMode): boolean {
  switch (mode) {
    case Rounding.plusInfinity:
      return !negative;
    case Rounding.minusInfinity:
      return negative;
    case Rounding.zero:
    case Rounding.odd:
      return false;
    default:
      return true;
  }
}

/** A finite value that is not zero: its magnitude is `mantissa` * 2^`exponent`. */
export interface Exact {
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Rounds to the format and sets OFC, UFC and IXC; underflow is detected before rounding. */
export function roundExact(
  { negative, mantissa, exponent }: Exact,
  format: Format,
  mode: RoundingMode,
  env: FpEnv,
): bigint {
  const sign = negative ? format.signBit : 0n;
  const top = bitLength(mantissa) - 1 + exponent;
  const tiny = top < format.minExponent;
  if (tiny && (env.fpcr & format.flushMask) !== 0) {
    env.fpsr |= Fpsr.UFC;
    return sign;
  }
  const shift = Math.max(top, format.minExponent) - format.fractionBits - exponent;
  let kept = shift > 0 ? mantissa >> BigInt(shift) : mantissa << BigInt(-shift);
  const lost = lostBits(mantissa, shift);
  if (lost !== Lost.nothing) {
    if (mode === Rounding.odd || mode === Rounding.oddToInfinity) kept |= 1n;
    else if (roundsUp(lost, { odd: (kept & 1n) !== 0n, negative }, mode)) kept += 1n;
  }
  // The hidden bit and any carry add up into the exponent field.
  const below = tiny ? 0 : top - format.minExponent;
  const packed = (BigInt(below) << BigInt(format.fractionBits)) + kept;
  if (packed >> BigInt(format.fractionBits) < BigInt(format.specialExponent)) {
    if (lost !== Lost.nothing) env.fpsr |= tiny ? Fpsr.UFC | Fpsr.IXC : Fpsr.IXC;
    return sign | packed;
  }
  if (format === Formats.alternativeHalf) {
    env.fpsr |= Fpsr.IOC;
    return sign | format.largest;
  }
  env.fpsr |= Fpsr.OFC | Fpsr.IXC;
  return sign | (overflowsToInfinity(negative, mode) ? format.infinity : format.largest);
}
