/**
 * BFloat16 dot products and the widening multiply-adds
 * (DDI 0487 shared/functions/float: BFDotAdd, BFMatMulAdd, BFMulAddH, FPMulAddH).
 *
 * @module
 */

import { addExact, multiplyExact, type Target } from "./arithmetic.ts";
import { Formats, Fpcr, type FpEnv, Rounding } from "./format.ts";

const oddSingle: Target = { format: Formats.single, mode: Rounding.oddToInfinity };

/** A BFloat16 in the low 16 bits as single precision. */
export function brainToSingle(a: bigint): bigint {
  return (a & 0xffffn) << 16n;
}

/**
 * addend + a[0] * b[0] + a[1] * b[1] with pairs of BFloat16 in the low 32 bits: every step rounds
 * to odd, flushes subnormal numbers and makes default NaNs, whatever FPCR says, and FPSR stays.
 */
export function brainDotAdd(addend: bigint, a: bigint, b: bigint): bigint {
  const env: FpEnv = { fpcr: Fpcr.FZ | Fpcr.DN, fpsr: 0 };
  const low = multiplyExact(brainToSingle(a), brainToSingle(b), oddSingle, env);
  const high = multiplyExact(brainToSingle(a >> 16n), brainToSingle(b >> 16n), oddSingle, env);
  return addExact(addend, addExact(low, high, oddSingle, env), oddSingle, env);
}

/**
 * Half precision as single precision for FMLAL: the value is exact, a signalling NaN stays one, and
 * FPCR.FZ16 flushes subnormal numbers without a flag.
 */
export function halfToSingle(a: bigint, env: FpEnv): bigint {
  const sign = (a & 0x8000n) << 16n;
  const field = (a >> 10n) & 0x1fn;
  const fraction = a & 0x3ffn;
  if (field === 0x1fn) return sign | 0x7f80_0000n | (fraction << 13n);
  if (field !== 0n) return sign | ((field + 112n) << 23n) | (fraction << 13n);
  if (fraction === 0n || (env.fpcr & Fpcr.FZ16) !== 0) return sign;
  const shift = BigInt(Math.clz32(Number(fraction)) - 21);
  return sign | ((113n - shift) << 23n) | (((fraction << shift) & 0x3ffn) << 13n);
}
