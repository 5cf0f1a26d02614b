/** From instruction words to assembler text. @module */

import { identify } from "./decode.ts";

/** How text is wanted. */
export interface TextOptions {
  /** Print preferred aliases (`mov`, `lsl`, `cmp` ...), as objdump does by default. */
  readonly aliases: boolean;
}

/** Text of a word as objdump prints it; `.inst` for one that is no instruction. */
export function disassemble(
  word: number,
  pc: bigint,
  options: TextOptions = { aliases: true },
): string {
  const found = identify(word);
  if (!found) return `.inst 0x${(word >>> 0).toString(16).padStart(8, "0")} ; undefined`;
  const { insn, fields } = found;
  return (options.aliases ? insn.alias?.(fields, pc) : undefined) ?? insn.asm(fields, pc);
}
