/** Names of floating-point and vector registers, spelled as objdump does, and sizes by `ftype`. @module */

import type { FpSize } from "../fp/table.ts";

const Letters = { 8: "b", 16: "h", 32: "s", 64: "d" } as const;

/** Scalar register by its size in bits. */
export const fpr = (n: number, size: FpSize): string => `${Letters[size]}${n}`;

/** Scalar registers of one size. */
export const fprs = (size: FpSize, ...numbers: number[]): string =>
  numbers.map((n) => fpr(n, size)).join(", ");

/** Vector register with its arrangement, as in `v0.4s`. */
export const vec = (n: number, lanes: number, size: FpSize): string =>
  `v${n}.${lanes}${Letters[size]}`;

/** One element of a vector register, as in `v0.s[1]`. */
export const element = (n: number, size: FpSize, index: number): string =>
  `v${n}.${Letters[size]}[${index}]`;

/** Operand size by `ftype`, for scalar instructions. */
export const sizeOf = (ftype: number): FpSize => ftype === 3 ? 16 : ftype === 1 ? 64 : 32;

/** `ftype` 10 names no format. */
export const noFormat = (f: { readonly ftype: number }): boolean => f.ftype === 2;

/** Arithmetic on half precision is an extension. */
export const halfFeature = (f: { readonly ftype: number }): "fullfp16" | undefined =>
  f.ftype === 3 ? "fullfp16" : undefined;
