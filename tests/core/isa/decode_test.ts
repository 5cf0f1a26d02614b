import { assert, assertEquals } from "@std/assert";

import { instructionClasses } from "../../../core/isa/classes.ts";
import { decode, identify } from "../../../core/isa/decode.ts";
import type { AnyInsn } from "../../../core/isa/insn.ts";

const within = (inner: AnyInsn, outer: AnyInsn) =>
  (inner.pattern.mask & outer.pattern.mask) === (outer.pattern.mask | 0);

/** Pairs of classes of which some words match both patterns. */
function* overlaps(): Generator<readonly [AnyInsn, AnyInsn]> {
  for (const [i, a] of instructionClasses.entries()) {
    for (const b of instructionClasses.slice(i + 1)) {
      const differing = (a.pattern.match ^ b.pattern.match) & a.pattern.mask & b.pattern.mask;
      if (differing === 0) yield [a, b];
    }
  }
}

Deno.test("decode: patterns overlap only where one lies in the other or no word is known", () => {
  const ambiguous: string[] = [];
  for (const [a, b] of overlaps()) {
    if (within(a, b) || within(b, a)) continue;
    const both = a.pattern.match | b.pattern.match;
    const free = ~(a.pattern.mask | b.pattern.mask);
    const words = [0, 0x5555_5555, 0xaaaa_aaaa, -1].map((bits) => (both | (bits & free)) >>> 0);
    if (words.some((word) => identify(word))) ambiguous.push(`${a.name} and ${b.name}`);
  }
  assertEquals(ambiguous, []);
});

Deno.test("decode: no pattern lies in another of the same bits", () => {
  const same = [...overlaps()].filter(([a, b]) => within(a, b) && within(b, a));
  assertEquals(same.map(([a, b]) => `${a.name} and ${b.name}`), []);
});

Deno.test("decode: an instruction of an absent extension is undefined", () => {
  const aese = 0x4e28_4820;
  assertEquals(decode(aese, () => false), undefined);
  assert(decode(aese, (feature) => feature === "aes"));
});

Deno.test("decode: the pattern with more fixed bits is tried first", () => {
  // LD1 post-indexed: Rm = 31 is the immediate form.
  assertEquals(
    [0x4cdf_7000, 0x4cc2_7000].map((word) => identify(word)?.insn.name),
    ["immediate", "register"].map((form) =>
      `Advanced SIMD load/store multiple structures (post-indexed, ${form})`
    ),
  );
});
