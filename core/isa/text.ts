/** Pieces of assembler text, spelled as objdump does. @module */

const r = (sf: number) => (sf ? "x" : "w");

/** X or W register by `sf`; 31 is the zero register. */
export function gpr(n: number, sf: number): string {
  return n === 31 ? `${r(sf)}zr` : `${r(sf)}${n}`;
}

/** X or W register by `sf`; 31 is the stack pointer. */
export function gprOrSp(n: number, sf: number): string {
  return n === 31 ? (sf ? "sp" : "wsp") : `${r(sf)}${n}`;
}

/** An immediate in hexadecimal with `#`, negative ones with the sign first. */
export function hexImm(value: bigint | number): string {
  return value < 0 ? `#-0x${(-value).toString(16)}` : `#0x${value.toString(16)}`;
}

/** Condition names by number. */
export const Conditions = [
  "eq",
  "ne",
  "cs",
  "cc",
  "mi",
  "pl",
  "vs",
  "vc",
  "hi",
  "ls",
  "ge",
  "lt",
  "gt",
  "le",
  "al",
  "nv",
] as const;

/** Name of a condition. */
export const condition = (cond: number): string => Conditions[cond] as string;
