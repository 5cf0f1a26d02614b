import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

const garbage = "f".repeat(32);

Deno.test("Advanced SIMD structures: lists print as objdump prints them", () => {
  assertTexts({
    "4cdf883f": "ld2 {v31.4s, v0.4s}, [x1], #32",
    "4dc20421": "ld1 {v1.b}[9], [x1], x2",
    "0d40c823": "ld1r {v3.2s}, [x1]",
    "4c9f66de": "st1 {v30.8h, v31.8h, v0.8h}, [x22], #48",
    "4cc42db1": "ld1 {v17.2d-v20.2d}, [x13], x4",
    "0db392fe": "st2 {v30.s, v31.s}[1], [x23], x19",
    "4dfae03e": "ld4r {v30.16b, v31.16b, v0.16b, v1.16b}, [x1], x26",
  });
});

Deno.test("Advanced SIMD structures: reserved words do not decode", () => {
  // LD2.1D, opcode 0001, ST1R, LD1.H with an odd size, LD1.D with S, an Rm without post-index.
  assertReserved(0x0c408c00, 0x4c401000, 0x0d00c000, 0x0d404400, 0x0d409400, 0x4c417000);
});

Deno.test("LD2: the list goes on with V0 after V31, and the base moves", () => {
  const before = { x1: "20000", v31: garbage, v0: garbage };
  assertEffect(0x4cdf883f, before, { x1: "20020", v31: "0", v0: "0" });
});

Deno.test("LD1 (single structure): one element changes, and the base moves by a register", () => {
  const before = { x1: "20000", x2: "fffffffffffffff0", v1: garbage };
  assertEffect(0x4dc20421, before, { x1: "1fff0", v1: "ffffffffffff00" + "f".repeat(18) });
});

Deno.test("LD1R: a 64-bit register has its upper half cleared", () => {
  assertEffect(0x0d40c823, { x1: "20000", v3: garbage }, { v3: "0" });
});
