import { assert, assertEquals } from "@std/assert";
import { accessSyndrome } from "../../../core/isa/access_syndrome.ts";
import { disassemble } from "../../../core/isa/disassemble.ts";

/** Word, text, then size, register, sign extension, 64-bit register, acquire or release. */
const valid = [
  [0x3940_0041, "ldrb w1, [x2]", 1, 1, false, false, false],
  [0x39c0_0041, "ldrsb w1, [x2]", 1, 1, true, false, false],
  [0x3980_0041, "ldrsb x1, [x2]", 1, 1, true, true, false],
  [0x7900_0041, "strh w1, [x2]", 2, 1, false, false, false],
  [0x7980_0041, "ldrsh x1, [x2]", 2, 1, true, true, false],
  [0xb940_041f, "ldr wzr, [x0, #4]", 4, 31, false, false, false],
  [0xb980_0041, "ldrsw x1, [x2]", 4, 1, true, true, false],
  [0xf900_0041, "str x1, [x2]", 8, 1, false, true, false],
  [0xf840_1041, "ldur x1, [x2, #1]", 8, 1, false, true, false],
  [0xb840_0841, "ldtr w1, [x2]", 4, 1, false, false, false],
  [0xf863_6841, "ldr x1, [x2, x3]", 8, 1, false, true, false],
  [0x3823_6841, "strb w1, [x2, x3]", 1, 1, false, false, false],
  [0x88df_fc41, "ldar w1, [x2]", 4, 1, false, false, true],
  [0xc89f_fc41, "stlr x1, [x2]", 8, 1, false, true, true],
  [0x1800_0041, "ldr w1, 0x8", 4, 1, false, false, false],
  [0x5800_0041, "ldr x1, 0x8", 8, 1, false, true, false],
  [0x9800_0041, "ldrsw x1, 0x8", 4, 1, true, true, false],
  [0x88df_7c41, "ldlar w1, [x2]", 4, 1, false, false, true],
  [0xc89f_7c41, "stllr x1, [x2]", 8, 1, false, true, true],
  [0x9900_1041, "stlur w1, [x2, #1]", 4, 1, false, false, true],
  [0x5980_0041, "ldapursh x1, [x2]", 2, 1, true, true, true],
  [0x38bf_c041, "ldaprb w1, [x2]", 1, 1, false, false, true],
  [0xf8bf_c041, "ldapr x1, [x2]", 8, 1, false, true, true],
] as const;

const invalid = [
  [0xf840_8441, "ldr x1, [x2], #8"],
  [0xf800_8c41, "str x1, [x2, #8]!"],
  [0xa940_0841, "ldp x1, x2, [x2]"],
  [0xc85f_7c41, "ldxr x1, [x2]"],
  [0xc803_7c41, "stxr w3, x1, [x2]"],
  [0xf823_0041, "ldadd x3, x1, [x2]"],
  [0xf823_8041, "swp x3, x1, [x2]"],
  [0xc8a3_7c41, "cas x3, x1, [x2]"],
  [0xfd40_0041, "ldr d1, [x2]"],
  [0x3dc0_0041, "ldr q1, [x2]"],
  [0x5c00_0041, "ldr d1, 0x8"],
  [0xfc63_6841, "ldr d1, [x2, x3]"],
  [0x4c40_7041, "ld1 {v1.16b}, [x2]"],
  [0xd503_201f, "nop"],
] as const;

Deno.test("access syndrome: is valid for one general register without writeback", () => {
  for (const [word, text, bytes, rt, signExtend, wide, acquireRelease] of valid) {
    assertEquals(disassemble(word, 0n), text);
    assertEquals(accessSyndrome(word), { bytes, rt, signExtend, wide, acquireRelease }, text);
  }
});

Deno.test("access syndrome: is not valid for anything else", () => {
  for (const [word, text] of invalid) {
    assertEquals(disassemble(word, 0n), text);
    assertEquals(accessSyndrome(word), undefined, text);
  }
  assert(invalid.length > 0);
});
