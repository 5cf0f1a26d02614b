/** Multiplications that Advanced SIMD has with vectors and with one element of a vector. @module */

import type { Val } from "./ops.ts";
import {
  addSaturated,
  doubled,
  doublingHigh,
  type HighPart,
  subSaturated,
} from "./simd_arithmetic.ts";
import type { Lanes, Unsigned } from "./simd_lanes.ts";

/** What an operation on vectors reads. */
export interface Sources {
  readonly n: Val;
  readonly m: Val;
  /** The destination before. */
  readonly d: Val;
}

/** An operation on elements of one size; the result is of that size. */
export type Same = (l: Lanes, u: Unsigned, s: Sources) => Val;

/** An operation on elements of one half of n and m; the result and d are twice as wide. */
export type Long = (l: Lanes, u: Unsigned, high: number, s: Sources) => Val;

export function multiply(l: Lanes, _u: Unsigned, { n, m }: Sources): Val {
  return l.mul(n, m);
}
export function multiplyAdd(l: Lanes, _u: Unsigned, { n, m, d }: Sources): Val {
  return l.add(d, l.mul(n, m));
}
export function multiplySub(l: Lanes, _u: Unsigned, { n, m, d }: Sources): Val {
  return l.sub(d, l.mul(n, m));
}

/** SQDMULH and its rounding and accumulating kin. */
export function multiplyHigh(how: HighPart): Same {
  return (l, _u, { n, m, d }) => doublingHigh(l, n, m, d, how);
}

export function multiplyLong(l: Lanes, u: Unsigned, high: number, { n, m }: Sources): Val {
  return l.timesWide(u, high, n, m);
}
export function multiplyAddLong(l: Lanes, u: Unsigned, high: number, s: Sources): Val {
  return l.wider.add(s.d, multiplyLong(l, u, high, s));
}
export function multiplySubLong(l: Lanes, u: Unsigned, high: number, s: Sources): Val {
  return l.wider.sub(s.d, multiplyLong(l, u, high, s));
}

/** Products are doubled and saturated; adding them saturates again. */
export function doublingLong(l: Lanes, _u: Unsigned, high: number, s: Sources): Val {
  return doubled(l.wider, multiplyLong(l, 0, high, s));
}
export function doublingAddLong(l: Lanes, u: Unsigned, high: number, s: Sources): Val {
  return addSaturated(l.wider, 0, s.d, doublingLong(l, u, high, s));
}
export function doublingSubLong(l: Lanes, u: Unsigned, high: number, s: Sources): Val {
  return subSaturated(l.wider, 0, s.d, doublingLong(l, u, high, s));
}

/** Signs of the elements of n and m. */
export type Signs = readonly [n: Unsigned, m: Unsigned];

/** Sums of four neighbouring products of bytes, added to the 32-bit elements of d. */
export function dotProduct(bytes: Lanes, [un, um]: Signs, { n, m, d }: Sources): Val {
  const half = (high: number) =>
    words.w("dot_i16x8_s", bytes.widened(un, high, n), bytes.widened(um, high, m));
  const words = bytes.wider.wider;
  return words.add(d, words.add(...words.pairs(half(0), half(1))));
}

/** Product of 2 × 8 bytes and 8 × 2 bytes, added to the 2 × 2 words of d. */
export function matrixProduct(bytes: Lanes, [un, um]: Signs, { n, m, d }: Sources): Val {
  const words = bytes.wider.wider;
  const cell = (row: number, column: number) =>
    words.w("dot_i16x8_s", bytes.widened(un, row, n), bytes.widened(um, column, m));
  const row = (i: number) => words.add(...words.pairs(cell(i, 0), cell(i, 1)));
  return words.add(d, words.add(...words.pairs(row(0), row(1))));
}
