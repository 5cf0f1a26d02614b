import { assertEquals } from "@std/assert";
import { disassemble } from "../../../core/isa/disassemble.ts";

const Pc = 0xffff_8000_1000_0000n;

/** Word, text, preferred alias where there is one; texts at {@linkcode Pc}. */
const texts = [
  [0x1000_0020, "adr x0, 0xffff800010000004"],
  [0x90ff_ffe1, "adrp x1, 0xffff80000fffc000"],
  [0x9100_03fd, "add x29, sp, #0x0", "mov x29, sp"],
  [0xf100_045f, "subs xzr, x2, #0x1", "cmp x2, #0x1"],
  [0xd280_0540, "movz x0, #0x2a", "mov x0, #0x2a"],
  [0x9280_0000, "movn x0, #0x0", "mov x0, #0xffffffffffffffff"],
  [0xd37c_ec41, "ubfm x1, x2, #60, #59", "lsl x1, x2, #4"],
  [0xd65f_03c0, "ret"],
  [0x17ff_ffff, "b 0xffff80000ffffffc"],
  [0x5400_0040, "b.eq 0xffff800010000008", "b.eq 0xffff800010000008"],
  [0xb400_0040, "cbz x0, 0xffff800010000008"],
  [0x3618_0040, "tbz w0, #3, 0xffff800010000008"],
  [0xd400_0001, "svc #0x0"],
  [0xd503_207f, "hint #0x3", "wfi"],
  [0xd538_4240, "mrs x0, currentel"],
  [0xd508_871f, "sys #0, C8, C7, #0", "tlbi vmalle1"],
  [0xa9bf_7bfd, "stp x29, x30, [sp, #-16]!"],
  [0xf861_d840, "ldr x0, [x2, w1, sxtw #3]"],
  [0xc8e1_fc40, "casal x1, x0, [x2]"],
  [0x9ac1_2040, "lslv x0, x2, x1", "lsl x0, x2, x1"],
  [0x9a9f_17e0, "csinc x0, xzr, xzr, ne", "cset x0, eq"],
  [0x1e62_2820, "fadd d0, d1, d2"],
  [0x4ea1_1c20, "orr v0.16b, v1.16b, v1.16b", "mov v0.16b, v1.16b"],
  [0x4e28_4820, "aese v0.16b, v1.16b"],
  [0x0000_0000, "udf #0"],
] as const;

Deno.test("disassemble: prints instructions as objdump does, with and without aliases", () => {
  for (const [word, text, alias] of texts) {
    assertEquals(disassemble(word, Pc, { aliases: false }), text);
    assertEquals(disassemble(word, Pc), alias ?? text);
  }
});

Deno.test("disassemble: prints what is no instruction as its word", () => {
  assertEquals(disassemble(0x0203_0405, 0n), ".inst 0x02030405 ; undefined");
  assertEquals(disassemble(-1, 0n), ".inst 0xffffffff ; undefined");
});

Deno.test("disassemble: addresses wrap at 64 bits", () => {
  assertEquals(disassemble(0x17ff_ffff, 0n), "b 0xfffffffffffffffc");
});
