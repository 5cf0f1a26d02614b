/**
 * Comparison and conversion of ordinary operands on the host's numbers; `undefined` where a result
 * or its flags need the exact way.
 *
 * @module
 */

import { Order, type OrderFlags } from "./compare.ts";
import { Fpcr, type FpEnv, type FpSize, Fpsr, Rounding, type RoundingMode } from "./format.ts";
import { fromNumber, toNumber } from "./numbers.ts";
import { finishQuick } from "./quick.ts";

const flushing = Fpcr.FZ | Fpcr.FZ16;

/** How two numbers stand to each other; not for NaNs. */
export function quickCompare(
  a: bigint,
  b: bigint,
  size: FpSize,
  env: FpEnv,
): OrderFlags | undefined {
  if ((env.fpcr & flushing) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = toNumber(b, size);
  return x < y ? Order.less : x > y ? Order.greater : x === y ? Order.equal : undefined;
}

/** An ordinary value rounded to an integer. */
function nearby(value: number, mode: RoundingMode): number | undefined {
  switch (mode) {
    case Rounding.zero:
      return Math.trunc(value);
    case Rounding.plusInfinity:
      return Math.ceil(value);
    case Rounding.minusInfinity:
      return Math.floor(value);
    case Rounding.tieEven:
    case Rounding.tieAway: {
      const whole = Math.trunc(value);
      const rest = Math.abs(value - whole);
      const tie = mode === Rounding.tieAway || whole % 2 !== 0;
      return rest > 0.5 || (rest === 0.5 && tie) ? whole + Math.sign(value) : whole;
    }
    default:
      return undefined;
  }
}

/** Rounds to an integral value in the same format. */
export function quickRoundToIntegral(
  a: bigint,
  { size, mode, exact }: {
    readonly size: FpSize;
    readonly mode: RoundingMode;
    readonly exact: boolean;
  },
  env: FpEnv,
): bigint | undefined {
  if ((env.fpcr & flushing) !== 0) return undefined;
  const value = toNumber(a, size);
  if (!(Math.abs(value) < 2 ** 31)) return undefined;
  const result = nearby(value, mode);
  if (result === undefined) return undefined;
  if (exact && result !== value) env.fpsr |= Fpsr.IXC;
  return fromNumber(result, size);
}

/** To an integer or fixed point that the value surely fits. */
export function quickToFixed(
  a: bigint,
  { size, mode, bits, fractionBits, unsigned }: {
    readonly size: FpSize;
    readonly mode: RoundingMode;
    readonly bits: 16 | 32 | 64;
    readonly fractionBits: number;
    readonly unsigned: boolean;
  },
  env: FpEnv,
): bigint | undefined {
  if ((env.fpcr & flushing) !== 0) return undefined;
  const value = toNumber(a, size) * 2 ** fractionBits;
  if (!(Math.abs(value) < (bits === 16 ? 2 ** 15 - 1 : 2 ** 31 - 1))) return undefined;
  const result = nearby(value, mode);
  if (result === undefined || (unsigned && result < 0)) return undefined;
  if (result !== value) env.fpsr |= Fpsr.IXC;
  return BigInt.asUintN(bits, BigInt(result));
}

/** From an integer or fixed point, rounding to nearest. */
export function quickFromFixed(
  a: bigint,
  { size, bits, fractionBits, unsigned }: {
    readonly size: FpSize;
    readonly bits: 16 | 32 | 64;
    readonly fractionBits: number;
    readonly unsigned: boolean;
  },
  env: FpEnv,
): bigint | undefined {
  if ((env.fpcr & flushing) !== 0) return undefined;
  const value = Number(unsigned ? BigInt.asUintN(bits, a) : BigInt.asIntN(bits, a));
  // 2 ** 53 may itself be the rounding of its neighbour.
  if (!(Math.abs(value) < 2 ** 53)) return undefined;
  return finishQuick(value * 2 ** -fractionBits, 0, size, env);
}

/** Between formats, rounding to nearest. */
export function quickConvert(
  a: bigint,
  { from, to }: { readonly from: FpSize; readonly to: FpSize },
  env: FpEnv,
): bigint | undefined {
  if ((env.fpcr & (flushing | Fpcr.AHP)) !== 0) return undefined;
  return finishQuick(toNumber(a, from), 0, to, env);
}
