/** Runs and prints single instructions, for tests that state their effect. @module */

import { assertEquals } from "@std/assert";

import { disassemble } from "../../../core/isa/disassemble.ts";
import { VectorRig } from "../../vectors/rig.ts";
import type { BaseState, Registers } from "../../vectors/vector.ts";

const base: BaseState = {
  x: Array.from({ length: 31 }, () => "0"),
  sp: "0",
  nzcv: "0",
  fpcr: "0",
  fpsr: "0",
  v: Array.from({ length: 32 }, () => "0"),
  mem: "",
};

let rig: VectorRig | undefined;

/** Checks what an instruction changes; registers are named as in vectors, all else starts as 0. */
export function assertEffect(word: number, before: Registers, after: Registers): void {
  rig ??= new VectorRig({
    pc: "10000",
    window: ["10000", "1000"],
    data: ["20000", "1000"],
    bases: [base],
  });
  const w = [word.toString(16)];
  assertEquals(rig.run({ id: 0, cls: "test", w, base: 0, in: before, out: after }), []);
}

/** Checks the text of words, by which their decoding is known. */
export function assertTexts(texts: Readonly<Record<string, string>>): void {
  const words = Object.keys(texts);
  const printed = words.map((w) => [w, disassemble(parseInt(w, 16), 0n)]);
  assertEquals(Object.fromEntries(printed), texts);
}

/** Checks that words are unallocated or reserved. */
export function assertReserved(...words: readonly number[]): void {
  const known = words.map((w) => disassemble(w, 0n)).filter((text) => !text.startsWith(".inst"));
  assertEquals(known, []);
}
