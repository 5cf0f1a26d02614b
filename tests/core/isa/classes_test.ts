import { assert, assertEquals } from "@std/assert";
import { instructionClasses } from "../../../core/isa/classes.ts";
import { decode, identify } from "../../../core/isa/decode.ts";
import { disassemble } from "../../../core/isa/disassemble.ts";
import type { AnyInsn } from "../../../core/isa/insn.ts";
import { randomWords } from "./random_words.ts";

const WordsPerClass = 400;

/** Words that match a class's pattern, all fields random. */
function* wordsOf({ pattern }: AnyInsn, seed: number): Generator<number> {
  const words = randomWords(seed);
  for (let i = 0; i < WordsPerClass; i++) {
    yield ((words.next().value & ~pattern.mask) | pattern.match) >>> 0;
  }
}

function everyWord(check: (insn: AnyInsn, word: number) => void): void {
  instructionClasses.forEach((insn, i) => {
    for (const word of wordsOf(insn, i)) check(insn, word);
  });
}

Deno.test("isa: encoding decoded fields gives the word", () => {
  everyWord(({ name, pattern }, word) => {
    assertEquals(pattern.encode(pattern.decode(word)), word, name);
  });
});

Deno.test("isa: every class decodes some words to itself", () => {
  const met = new Set<AnyInsn>();
  everyWord((insn, word) => {
    if (!met.has(insn) && identify(word)?.insn === insn) met.add(insn);
  });
  const missing = instructionClasses.filter((insn) => !met.has(insn)).map(({ name }) => name);
  assertEquals(missing, []);
});

Deno.test("isa: shapes name fields of their pattern", () => {
  const wrong = instructionClasses.flatMap(({ name, shape, pattern }) => {
    const fields = { ...pattern.decode(0), sp: 0 };
    return shape.filter((field) => !Object.hasOwn(fields, field))
      .map((field) => `${name}: ${String(field)}`);
  });
  assertEquals(wrong, []);
});

Deno.test("isa: no word makes text, operands or features throw", () => {
  everyWord((insn, word) => {
    for (const aliases of [true, false]) {
      const text = disassemble(word, 0x40_0000n, { aliases });
      assert(!/undefined(?!$)|NaN|\s$|\s\s/.test(text), `${insn.name}: ${text}`);
    }
    const d = decode(word, () => true);
    if (!d) return;
    const { imm, a, p, q, list } = d.operands;
    const sharing = [imm !== undefined, a !== undefined || p !== undefined, list !== undefined];
    assert(sharing.filter(Boolean).length <= 1, `${insn.name}: operands share a record's bytes`);
    assert(!(a !== undefined && p !== undefined), `${insn.name}: a and p share bytes`);
    assert(!(q !== undefined && (imm !== undefined || list)), `${insn.name}: q shares bytes`);
  });
});

Deno.test("isa: what is no instruction has no operands and prints as .inst", () => {
  let count = 0;
  for (const [i, insn] of instructionClasses.entries()) {
    if (!insn.undefined) continue;
    for (const word of wordsOf(insn, i)) {
      const own = insn.undefined(insn.pattern.decode(word));
      if (!own || identify(word) !== undefined) continue;
      count++;
      assertEquals(decode(word, () => true), undefined);
      assert(disassemble(word, 0n).startsWith(".inst 0x"));
    }
  }
  assert(count > 1000);
});

Deno.test("isa: unallocated words of the top level stay undefined", () => {
  // op0 (bits 28:25) 0001 and 0011 are unallocated; 0000 with bit 31 clear is UDF and reserved.
  const words = randomWords(7);
  for (let i = 0; i < 2000; i++) {
    for (const op0 of [1, 3]) {
      const word = ((words.next().value & ~0x1e00_0000) | (op0 << 25)) >>> 0;
      assertEquals(identify(word)?.insn.name, undefined, word.toString(16));
    }
  }
});

Deno.test("isa: the classes that share a word agree which of them it is", () => {
  everyWord((insn, word) => {
    const found = identify(word);
    if (!found || found.insn === insn) return;
    const { mask, match } = found.insn.pattern;
    assertEquals((word & mask) >>> 0, match);
    assertEquals((mask & insn.pattern.mask) >>> 0, insn.pattern.mask, insn.name);
  });
});
