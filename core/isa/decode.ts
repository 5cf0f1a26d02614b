/** From instruction words to definitions: all encoding classes behind one lookup. @module */

import { instructionClasses } from "./classes.ts";
import type { AnyInsn, Feature, Operands } from "./insn.ts";

/** A word recognised. */
export interface Decoded {
  readonly insn: AnyInsn;
  /** Index in {@linkcode instructionClasses}. */
  readonly classIndex: number;
  readonly fields: Readonly<Record<string, number>>;
  readonly operands: Operands;
}

/** Classes by bits 31:21: few enough candidates in each to try in order. */
const buckets: (readonly number[])[] = [];

function candidates(key: number): readonly number[] {
  let list = buckets[key];
  if (!list) {
    const word = key << 21;
    const found: number[] = [];
    instructionClasses.forEach(({ pattern: p }, i) => {
      if (((word ^ p.match) & p.mask & 0xffe0_0000) === 0) found.push(i);
    });
    // Where one pattern lies inside another, the one with more fixed bits wins.
    found.sort((a, b) => fixedBits(b) - fixedBits(a));
    list = found;
    buckets[key] = list;
  }
  return list;
}

function fixedBits(index: number): number {
  let mask = (instructionClasses[index] as AnyInsn).pattern.mask;
  let count = 0;
  for (; mask; mask &= mask - 1) count++;
  return count;
}

/** The definition of a word and its fields, or undefined when it is unallocated or reserved. */
export function identify(
  word: number,
): { insn: AnyInsn; classIndex: number; fields: Record<string, number> } | undefined {
  for (const classIndex of candidates(word >>> 21)) {
    const insn = instructionClasses[classIndex] as AnyInsn;
    if (((word ^ insn.pattern.match) & insn.pattern.mask) !== 0) continue;
    const fields = insn.pattern.decode(word) as Record<string, number>;
    if (insn.undefined?.(fields)) return undefined;
    fields.sp = fields.Rn === 31 ? 1 : 0;
    return { insn, classIndex, fields };
  }
  return undefined;
}

/** Decodes a word for a core that has the extensions `has` tells; undefined means UNDEFINED. */
export function decode(word: number, has: (feature: Feature) => boolean): Decoded | undefined {
  const found = identify(word);
  if (!found) return undefined;
  const feature = found.insn.feature?.(found.fields);
  if (feature && !has(feature)) return undefined;
  return { ...found, operands: found.insn.operands(found.fields) };
}
