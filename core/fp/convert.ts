/**
 * Conversions between formats
 * (DDI 0487 shared/functions/float: FPConvert, FPConvertNaN, FPConvertBF).
 *
 * @module
 */

import {
  type Format,
  formatOf,
  Formats,
  Fpcr,
  type FpEnv,
  type FpSize,
  Fpsr,
  type RoundingMode,
} from "./format.ts";
import { roundExact } from "./round.ts";
import { isNan, Kind, signedInfinity, signedZero, unpack } from "./unpack.ts";

/** The format of a conversion's operand or result: half precision depends on FPCR.AHP. */
function convertedFormat(size: FpSize, env: FpEnv): Format {
  if (size !== 16) return formatOf(size);
  return (env.fpcr & Fpcr.AHP) !== 0 ? Formats.alternativeHalf : Formats.convertedHalf;
}

/** A NaN's sign and as much of its payload's top as the other format holds, made quiet. */
function convertNan(bits: bigint, from: Format, to: Format): bigint {
  const sign = (bits & from.signBit) !== 0n ? to.signBit : 0n;
  const distance = BigInt(to.fractionBits - from.fractionBits);
  const fraction = bits & from.fractionMask;
  const payload = distance < 0n ? fraction >> -distance : fraction << distance;
  return sign | to.defaultNan | payload;
}

function convertFormat(
  a: bigint,
  { from, to, mode }: { readonly from: Format; readonly to: Format; readonly mode: RoundingMode },
  env: FpEnv,
): bigint {
  const x = unpack(a, from, env);
  const alternative = to === Formats.alternativeHalf;
  if (isNan(x)) {
    if (alternative || x.kind === Kind.signallingNan) env.fpsr |= Fpsr.IOC;
    if (alternative) return signedZero(x.negative, to);
    return (env.fpcr & Fpcr.DN) !== 0 ? to.defaultNan : convertNan(a, from, to);
  }
  if (x.kind === Kind.infinity) {
    if (!alternative) return signedInfinity(x.negative, to);
    env.fpsr |= Fpsr.IOC;
    return signedZero(x.negative, to) | to.largest;
  }
  if (x.kind === Kind.zero) return signedZero(x.negative, to);
  return roundExact(x, to, mode, env);
}

/** FCVT, FCVTL, FCVTN and, rounding to odd, FCVTXN. */
export function convertExact(
  a: bigint,
  { from, to, mode }: { readonly from: FpSize; readonly to: FpSize; readonly mode: RoundingMode },
  env: FpEnv,
): bigint {
  const formats = { from: convertedFormat(from, env), to: convertedFormat(to, env), mode };
  return convertFormat(a, formats, env);
}

/** Single precision to BFloat16 (BFCVT). */
export function convertToBrain(a: bigint, mode: RoundingMode, env: FpEnv): bigint {
  return convertFormat(a, { from: Formats.single, to: Formats.brain, mode }, env);
}
