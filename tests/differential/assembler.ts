/** Puts instruction words into a memory image, with labels. @module */

import { identify } from "../../core/isa/decode.ts";
import { instructionClasses } from "../../core/isa/classes.ts";
import type { AnyInsn } from "../../core/isa/insn.ts";

const byName = new Map<string, AnyInsn>(instructionClasses.map((insn) => [insn.name, insn]));

/** Field values by name. */
export type FieldValues = Readonly<Record<string, number>>;

/**
 * The word of an encoding class with these fields.
 *
 * @throws {RangeError} When there is no class of that name, or the word belongs to another.
 */
export function encode(name: string, fields: FieldValues): number {
  const insn = byName.get(name);
  if (!insn) throw new RangeError(`Cannot encode ${name}: there is no such class`);
  const word = insn.pattern.encode(fields as never);
  if (identify(word)?.insn !== insn) {
    throw new RangeError(`Cannot encode ${name}: ${JSON.stringify(fields)} is something else`);
  }
  return word;
}

/** A place in the code, known when bound. */
export interface Label {
  address: number | undefined;
}

interface Fixup {
  readonly at: number;
  readonly label: Label;
  readonly make: (offset: number) => number;
}

/** Writes code from an address upwards. */
export class Assembler {
  readonly #view: DataView;
  readonly #base: number;
  readonly #fixups: Fixup[] = [];
  readonly #pointers: { readonly at: number; readonly label: Label }[] = [];
  /** Address of the next word. */
  at: number;

  constructor(image: Uint8Array, base: number, at: number) {
    this.#view = new DataView(image.buffer);
    this.#base = base;
    this.at = at;
  }

  word(...words: number[]): void {
    for (const word of words) {
      this.#view.setUint32(this.at - this.#base, word, true);
      this.at += 4;
    }
  }
  insn(name: string, fields: FieldValues): void {
    this.word(encode(name, fields));
  }
  label(): Label {
    return { address: undefined };
  }
  bind(label: Label): void {
    label.address = this.at;
  }
  here(): Label {
    return { address: this.at };
  }
  #to(label: Label, make: (offset: number) => number): void {
    this.#fixups.push({ at: this.at, label, make });
    this.at += 4;
  }
  b(label: Label, link = 0): void {
    this.#to(label, (o) => encode("Unconditional branch (immediate)", { op: link, imm26: o / 4 }));
  }
  bCond(cond: number, label: Label): void {
    this.#to(label, (o) => encode("Conditional branch (immediate)", { cond, imm19: o / 4 }));
  }
  cb(op: number, sf: number, Rt: number, label: Label): void {
    this.#to(label, (o) => encode("Compare and branch (immediate)", { op, sf, Rt, imm19: o / 4 }));
  }
  tb(op: number, bit: number, Rt: number, label: Label): void {
    const place = { b5: bit >> 5, b40: bit & 31 };
    this.#to(
      label,
      (o) => encode("Test and branch (immediate)", { op, ...place, Rt, imm14: o / 4 }),
    );
  }
  adr(Rd: number, label: Label): void {
    this.#to(
      label,
      (o) => encode("PC-rel. addressing", { op: 0, immlo: o & 3, immhi: o >> 2, Rd }),
    );
  }
  /** Sets a register to a constant in as many words as that takes. */
  mov(Rd: number, value: bigint | number): void {
    const v = BigInt.asUintN(64, BigInt(value));
    let opc = 2;
    for (let hw = 0; hw < 4; hw++) {
      const imm16 = Number((v >> BigInt(hw * 16)) & 0xffffn);
      if (imm16 === 0 && !(opc === 2 && hw === 3)) continue;
      this.insn("Move wide (immediate)", { sf: 1, opc, hw, imm16, Rd });
      opc = 3;
    }
  }
  /** Writes a 64-bit address of `label` at `at`. */
  pointer(at: number, label: Label): void {
    this.#pointers.push({ at, label });
  }
  /** Fills in what refers to labels; those not bound are `otherwise`. */
  finish(otherwise: number): void {
    for (const { at, label, make } of this.#fixups) {
      this.#view.setUint32(at - this.#base, make((label.address ?? otherwise) - at), true);
    }
    for (const { at, label } of this.#pointers) {
      this.#view.setBigUint64(at - this.#base, BigInt(label.address ?? otherwise), true);
    }
  }
}
