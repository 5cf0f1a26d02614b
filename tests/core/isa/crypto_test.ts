import { assertEquals } from "@std/assert";

import { substitutionBox } from "../../../core/isa/crypto_substitution.ts";
import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

/** A register from bytes in memory order. */
const register = (bytes: string) => (bytes.match(/../g) ?? []).reverse().join("");

Deno.test("cryptographic instructions print as objdump prints them", () => {
  assertTexts({
    "4e284820": "aese v0.16b, v1.16b",
    "5e280841": "sha1h s1, s2",
    "5e035041": "sha256h2 q1, q2, v3.4s",
    "cec08041": "sha512su0 v1.2d, v2.2d",
    "ce83fc41": "xar v1.2d, v2.2d, v3.2d, #63",
    "ce43ac41": "sm3tt2b v1.4s, v2.4s, v3.s[2]",
    "ce63c841": "sm4ekey v1.4s, v2.4s, v3.4s",
  });
});

Deno.test("cryptographic instructions: reserved words do not decode", () => {
  assertReserved(0x4e288820, 0x4e683820, 0x5e037041, 0x5e283820, 0xcec08841, 0xce63cc41);
});

Deno.test("AESE and AESMC: the first round of FIPS 197 appendix B", () => {
  const input = register("3243f6a8885a308d313198a2e0370734");
  const key = register("2b7e151628aed2a6abf7158809cf4f3c");
  const shifted = register("d4bf5d30e0b452aeb84111f11e2798e5");
  const mixed = register("046681e5e0cb199a48f8d37a2806264c");
  assertEffect(0x4e284820, { v0: input, v1: key }, { v0: shifted });
  assertEffect(0x4e286800, { v0: shifted }, { v0: mixed });
});

Deno.test("AESD and AESIMC: that round back", () => {
  const added = register("193de3bea0f4e22b9ac68d2ae9f84808");
  const shifted = register("d4bf5d30e0b452aeb84111f11e2798e5");
  const mixed = register("046681e5e0cb199a48f8d37a2806264c");
  assertEffect(0x4e287800, { v0: mixed }, { v0: shifted });
  assertEffect(0x4e285820, { v0: shifted }, { v0: added });
});

Deno.test("substitution boxes: that of SM4 holds the values of GB/T 32907", () => {
  const box = substitutionBox({ polynomial: 0x1f5, before: [0xa7, 0xd3], after: [0xa7, 0xd3] });
  assertEquals(box.slice(0, 4), [0xd6, 0x90, 0xe9, 0xfe]);
  assertEquals(box[0xff], 0x48);
  assertEquals(new Set(box).size, 256);
});

Deno.test("SM4E: four rounds of the example of GB/T 32907", () => {
  const words = (...w: string[]) => w.reverse().join("");
  const data = words("01234567", "89abcdef", "fedcba98", "76543210");
  const keys = words("f12186f9", "41662b61", "5a6ab19a", "7ba92077");
  const after = words("27fad345", "a18b4cb2", "11c1e22a", "cc13e2ee");
  assertEffect(0xcec08420, { v0: data, v1: keys }, { v0: after });
});
