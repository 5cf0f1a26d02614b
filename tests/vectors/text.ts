/** The disassembly of a vector's word against the text that was recorded with it. @module */

import { disassemble } from "../../core/isa/disassemble.ts";
import type { Vector } from "./vector.ts";

/**
 * What differs; nothing when a vector has no text or several words.
 *
 * The texts come from listings whose addresses are not recorded, and branches have lost their targets
 * altogether: an address in a text must be the right distance from some instruction's address.
 */
export function compareText({ w, asm }: Vector): string[] {
  if (asm === undefined || w.length !== 1) return [];
  const word = parseInt(w[0] as string, 16);
  const print = (pc: bigint) =>
    disassemble(word, pc, { aliases: false }).replace(NumberedPrfm, "$1");
  const at0 = print(0n);
  const same = asm.includes(" ")
    ? asm === at0 || printsSomewhere(print, asm)
    : at0.split(" ")[0] === asm;
  return same ? [] : [`want ${asm}`, `got  ${at0}`];
}

/** Of a PRFM (literal) without a name for its operation, the recorded texts lack the operation. */
const NumberedPrfm = /^(prfm #)0x[0-9a-f]+, (?=0x)/;

const Target = /[ #](0x[0-9a-f]+)$/;

function printsSomewhere(print: (pc: bigint) => string, asm: string): boolean {
  const [want, offset] = [asm, print(0n)].map((text) => Target.exec(text)?.[1]);
  if (want === undefined || offset === undefined) return false;
  const pc = BigInt.asUintN(64, BigInt(want) - BigInt(offset));
  return pc % 4n === 0n && print(pc) === asm;
}
