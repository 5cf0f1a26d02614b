/** Names of Advanced SIMD registers, by element size (log2 of bytes). @module */

/** Scalar register, as in `s0`. */
export const scalar = (n: number, size: number): string => `${"bhsdq"[size]}${n}`;

/** Arrangement of a vector, as in `4s`. */
export const arrangement = (size: number, Q: number): string =>
  `${(Q ? 16 : 8) >> size}${"bhsdq"[size]}`;

/** Vector register with its arrangement, as in `v0.4s`. */
export const vector = (n: number, size: number, Q: number): string =>
  `v${n}.${arrangement(size, Q)}`;

/** Several vectors of one arrangement. */
export const vectors = (size: number, Q: number, ...numbers: readonly number[]): string =>
  numbers.map((n) => vector(n, size, Q)).join(", ");

/** One element of a vector register, as in `v0.s[1]`. */
export const element = (n: number, size: number, index: number): string =>
  `v${n}.${"bhsd"[size]}[${index}]`;

/** `count` consecutive registers in braces: a range from three on, unless it wraps around. */
export function registerList(first: number, count: number, suffix: string): string {
  const name = (i: number) => `v${(first + i) & 31}.${suffix}`;
  if (count > 2 && first + count <= 32) return `{${name(0)}-${name(count - 1)}}`;
  return `{${Array.from({ length: count }, (_, i) => name(i)).join(", ")}}`;
}
