/** Substitution boxes of block ciphers: how they are made and looked up. @module */

import type { Val } from "./ops.ts";
import type { Lanes } from "./simd_lanes.ts";

/** An affine map on bits: a circulant matrix by its first row, and a constant. */
type Affine = readonly [row: number, constant: number];

const parity = (v: number) => {
  let bits = 0;
  for (; v; v &= v - 1) bits ^= 1;
  return bits;
};
const rotateByte = (v: number, by: number) => ((v << by) | (v >> (8 - by))) & 0xff;

/** Multiplies with a circulant matrix and adds the constant. */
function mapped([row, constant]: Affine, v: number): number {
  let result = 0;
  for (let i = 0; i < 8; i++) result |= parity(rotateByte(row, i) & v) << i;
  return result ^ constant;
}

function product(a: number, b: number, polynomial: number): number {
  let result = 0;
  for (let i = 0; i < 8; i++) {
    if (b & (1 << i)) result ^= a;
    a <<= 1;
    if (a & 0x100) a ^= polynomial;
  }
  return result;
}

/** The table of: an affine map, the inverse in GF(2^8), another affine map. */
export function substitutionBox(
  { polynomial, before = [1, 0], after }: { polynomial: number; before?: Affine; after: Affine },
): number[] {
  const times = (a: number, b: number) => product(a, b, polynomial);
  // v^254 is the inverse of v, and 0 for 0.
  const inverse = Array.from({ length: 256 }, (_, v) => {
    let result = 1;
    for (let i = 1, square = times(v, v); i < 8; i++, square = times(square, square)) {
      result = times(result, square);
    }
    return result;
  });
  return inverse.map((_, v) => mapped(after, inverse[mapped(before, v)] as number));
}

/** Every byte replaced by its entry: 16 lookups of 16 entries, of which one finds it. */
export function substituted(bytes: Lanes, table: readonly number[], v: Val): Val {
  const half = (from: number) =>
    table.slice(from, from + 8).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return Array.from({ length: 16 }, (_, k) => {
    const entries = bytes.op.v128(half(16 * k), half(16 * k + 8));
    return bytes.w("swizzle", entries, bytes.xor(v, bytes.every(BigInt(16 * k))));
  }).reduce((a, b) => bytes.or(a, b));
}
