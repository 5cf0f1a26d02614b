/**
 * Comparison, and the choice of the larger or smaller operand
 * (DDI 0487 shared/functions/float: FPCompare, FPCompareEQ/GE/GT, FPMax, FPMin, FPMaxNum,
 * FPMinNum).
 *
 * @module
 */

import { type Format, type FpEnv, Fpsr } from "./format.ts";
import {
  isNan,
  Kind,
  processNans,
  signedInfinity,
  signedZero,
  unpack,
  type Unpacked,
} from "./unpack.ts";

/** How two operands stand to each other, spelled as the NZCV that FCMP sets. */
export const Order = { less: 0b1000, equal: 0b0110, greater: 0b0010, unordered: 0b0011 } as const;

/** A value of `Order`. */
export type OrderFlags = (typeof Order)[keyof typeof Order];

/** Compares; IOC for a signalling NaN, or for any NaN when `signalling`. */
export function compareExact(
  a: bigint,
  b: bigint,
  { format, signalling }: { readonly format: Format; readonly signalling: boolean },
  env: FpEnv,
): OrderFlags {
  const x = unpack(a, format, env);
  const y = unpack(b, format, env);
  if (isNan(x) || isNan(y)) {
    const trips = signalling || x.kind === Kind.signallingNan || y.kind === Kind.signallingNan;
    if (trips) env.fpsr |= Fpsr.IOC;
    return Order.unordered;
  }
  const difference = rank(a, x, format) - rank(b, y, format);
  return difference < 0n ? Order.less : difference > 0n ? Order.greater : Order.equal;
}

/** An integer that orders bit patterns as their values are ordered; flushed operands are zero. */
function rank(bits: bigint, value: Unpacked, format: Format): bigint {
  if (value.kind === Kind.zero) return 0n;
  const magnitude = bits & (format.signBit - 1n);
  return value.negative ? -magnitude : magnitude;
}

/** Which operand to choose, and whether a lone quiet NaN loses to a number. */
export interface Choice {
  readonly format: Format;
  readonly larger: boolean;
  readonly numbers: boolean;
}

/** The larger or smaller operand. */
export function chooseExact(a: bigint, b: bigint, choice: Choice, env: FpEnv): bigint {
  const { format, larger } = choice;
  let x = unpack(a, format, env);
  let y = unpack(b, format, env);
  if (choice.numbers && (x.kind === Kind.quietNan) !== (y.kind === Kind.quietNan)) {
    const worst: Unpacked = { kind: Kind.infinity, negative: larger, mantissa: 0n, exponent: 0 };
    if (x.kind === Kind.quietNan) [x, a] = [worst, signedInfinity(larger, format)];
    else [y, b] = [worst, signedInfinity(larger, format)];
  }
  const nan = processNans([[a, x], [b, y]], format, env);
  if (nan !== undefined) return nan;
  if (x.kind === Kind.zero && y.kind === Kind.zero) {
    const negative = larger ? x.negative && y.negative : x.negative || y.negative;
    return signedZero(negative, format);
  }
  const first = (rank(a, x, format) > rank(b, y, format)) === larger;
  const [bits, value] = first ? [a, x] : [b, y];
  if (value.kind === Kind.zero) return signedZero(value.negative, format);
  return BigInt.asUintN(format.size, bits);
}
