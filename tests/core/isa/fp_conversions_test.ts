import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

Deno.test("conversions: instructions print as objdump prints them", () => {
  assertTexts({
    "1e640296": "fcvtas w22, d20",
    "9ee9028c": "fcvtpu x12, h20",
    "1e6200ca": "scvtf d10, w6",
    "9e182ba3": "fcvtzs x3, s29, #54",
    "1e03b44a": "ucvtf s10, w2, #19",
    "9eaf0302": "fmov v2.d[1], x24",
    "1e2600aa": "fmov w10, s5",
    "1e7e02f8": "fjcvtzs w24, d23",
  });
});

Deno.test("conversions: reserved words do not decode", () => {
  // ftype 10; SCVTF with rmode 1; FMOV X to S; FJCVTZS to X; 33 fraction bits of W.
  assertReserved(0x1ea00020, 0x1e6a0020, 0x9e270020, 0x9e7e0020, 0x1e027c20);
});

Deno.test("FCVTZS: what does not fit saturates and is invalid", () => {
  assertEffect(0x1e780020, { v1: "c1e0000000000000" }, { x0: "80000000" });
  assertEffect(0x1e780020, { v1: "c1f0000000000000" }, { x0: "80000000", fpsr: "1" });
  assertEffect(0x1e790020, { v1: "bff0000000000000" }, { x0: "0", fpsr: "1" });
});

Deno.test("FCVTAS: ties go away from zero, and IXC says so", () => {
  assertEffect(0x1e640020, { v1: "4004000000000000" }, { x0: "3", fpsr: "10" });
  const inexact = { v1: "4004000000000000", fpsr: "10" };
  assertEffect(0x1e640020, inexact, { x0: "3" });
});

Deno.test("FCVTZS (fixed-point): fraction bits scale the value", () => {
  assertEffect(0x9e58f020, { v1: "3ff8000000000000" }, { x0: "18" });
});

Deno.test("SCVTF: 64 bits round to nearest", () => {
  const before = { x1: "20000000000001" };
  assertEffect(0x9e620020, before, { v0: "4340000000000000", fpsr: "10" });
});

Deno.test("FMOV (general): the top half keeps the rest, the others clear it", () => {
  const v0 = "11111111111111112222222222222222";
  assertEffect(0x9eaf0020, { x1: "5", v0 }, { v0: "00000000000000052222222222222222" });
  assertEffect(0x9e670020, { x1: "5", v0 }, { v0: "5" });
  assertEffect(0x9ee60020, { v1: v0 }, { x0: "2222" });
});

Deno.test("FJCVTZS: Z says that the value was an integer", () => {
  assertEffect(0x1e7e0020, { v1: "41f0000000200000" }, { x0: "2", fpsr: "1" });
  assertEffect(0x1e7e0020, { v1: "4008000000000000" }, { x0: "3", nzcv: "40000000" });
});
