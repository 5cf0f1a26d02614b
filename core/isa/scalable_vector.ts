/**
 * SVE instructions with which system software saves state it does not have: known by name, and
 * UNDEFINED on every core here.
 *
 * @module
 */

import { type AnyInsn, insn, inTypeScript } from "./insn.ts";
import type { Fields } from "./pattern.ts";
import { gpr, gprOrSp } from "./text.ts";

/** An instruction without behaviour. */
const absent = <const P extends string>(
  text: P,
  ref: string,
  asm: (f: Fields<P>) => string,
): AnyInsn =>
  insn<P, never, Record<never, never>>("SVE", text, {
    ref,
    shape: [],
    asm,
    operands: () => ({}),
    run: inTypeScript,
    execute: (c) => c.system.undefined(),
  });

const signed = (bits: number, value: number) => (value << (32 - bits)) >> (32 - bits);

/** A base register and a multiple of the vector length. */
function address(Rn: number, multiple: number): string {
  return `[${gprOrSp(Rn, 1)}${multiple ? `, #${multiple}, mul vl` : ""}]`;
}

const spill = (f: { high: number; low: number; Rn: number }) =>
  address(f.Rn, signed(9, (f.high << 3) | f.low));

const Spills = [["100", "ldr"], ["111", "str"]] as const;

/** The definitions of this part. */
export const scalableVector: readonly AnyInsn[] = [
  ...Spills.flatMap(([bits, name]) => [
    absent(
      `${bits} 0010110 high:6 010 low:3 Rn:5 Zt:5`,
      `${name.toUpperCase()} (vector)`,
      (f) => `${name} z${f.Zt}, ${spill(f)}`,
    ),
    absent(
      `${bits} 0010110 high:6 000 low:3 Rn:5 0 Pt:4`,
      `${name.toUpperCase()} (predicate)`,
      (f) => `${name} p${f.Pt}, ${spill(f)}`,
    ),
  ]),
  absent(
    "1010010 0000 0 imm4:4 101 Pg:3 Rn:5 Zt:5",
    "LD1B (scalar plus immediate)",
    (f) => `ld1b {z${f.Zt}.b}, p${f.Pg}/z, ${address(f.Rn, signed(4, f.imm4))}`,
  ),
  absent(
    "1110010 0000 0 imm4:4 111 Pg:3 Rn:5 Zt:5",
    "ST1B (scalar plus immediate)",
    (f) => `st1b {z${f.Zt}.b}, p${f.Pg}, ${address(f.Rn, signed(4, f.imm4))}`,
  ),
  absent("0010010100011000111001000000 Pd:4", "PFALSE", (f) => `pfalse p${f.Pd}.b`),
  absent("0010010100011001111100000000 Pd:4", "RDFFR (unpredicated)", (f) => `rdffr p${f.Pd}.b`),
  absent("00100101001010001001000 Pn:4 00000", "WRFFR", (f) => `wrffr p${f.Pn}.b`),
  absent(
    "0000010010111111 01010 imm6:6 Rd:5",
    "RDVL",
    (f) => `rdvl ${gpr(f.Rd, 1)}, #${signed(6, f.imm6)}`,
  ),
  absent(
    "00000100 size:2 10 0000 111000 11111 Rd:5",
    "CNTB, CNTD, CNTH, CNTW",
    (f) => `cnt${"bhwd"[f.size]} ${gpr(f.Rd, 1)}`,
  ),
  absent(
    "00100101 size:2 1 Rm:5 000 sf:1 11 Rn:5 eq:1 Pd:4",
    "WHILELO, WHILELS",
    (f) => {
      const bounds = `${gpr(f.Rn, f.sf)}, ${gpr(f.Rm, f.sf)}`;
      return `while${f.eq ? "ls" : "lo"} p${f.Pd}.${"bhsd"[f.size]}, ${bounds}`;
    },
  ),
];
