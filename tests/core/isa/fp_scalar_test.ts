import { assertEquals } from "@std/assert";

import { expandImmediate, immediateText } from "../../../core/isa/fp_scalar.ts";
import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

const one = "3ff0000000000000";
const two = "4000000000000000";
const three = "4008000000000000";
const garbage = "ffffffffffffffff";

Deno.test("scalar floating point: instructions print as objdump prints them", () => {
  assertTexts({
    "1e2042a0": "fmov s0, s21",
    "1e22c191": "fcvt d17, s12",
    "1e634073": "bfcvt h19, s3",
    "1e28c10f": "frint32x s15, s8",
    "1efe2830": "fadd h16, h1, h30",
    "1e738be5": "fnmul d5, d31, d19",
    "1f147df0": "fmadd s16, s15, s20, s31",
    "1e772068": "fcmp d3, #0.0",
    "1e3421e0": "fcmp s15, s20",
    "1e7022f0": "fcmpe d23, d16",
    "1e2d97ce": "fccmp s30, s13, #0xe, ls",
    "1e7b8c83": "fcsel d3, d4, d27, hi",
    "1e7bd006": "fmov d6, #-4.687500000000000000e-01",
  });
});

Deno.test("scalar floating point: reserved words do not decode", () => {
  // ftype 10; FCVT to the same precision; FRINT32Z of a half; two-source opcode 9; E bits of FCMP.
  assertReserved(0x1ea02820, 0x1e224020, 0x1ee84020, 0x1e629820, 0x1e622021);
});

Deno.test("FADD (scalar): the rest of the register becomes zero", () => {
  const before = { v1: garbage + one, v2: two, v0: garbage + garbage };
  assertEffect(0x1e622820, before, { v0: three });
});

Deno.test("FMSUB: the product is taken away from the addend", () => {
  assertEffect(0x1f428c20, { v1: one, v2: two, v3: three }, { v0: one });
});

Deno.test("FCMP: a quiet NaN is unordered, and invalid only for FCMPE", () => {
  const nan = "7ff8000000000000";
  assertEffect(0x1e622020, { v1: nan, v2: one }, { nzcv: "30000000" });
  assertEffect(0x1e622030, { v1: nan, v2: one }, { nzcv: "30000000", fpsr: "1" });
  assertEffect(0x1e622020, { v1: one, v2: two }, { nzcv: "80000000" });
  assertEffect(0x1e622020, { v1: two, v2: two }, { nzcv: "60000000" });
});

Deno.test("FCCMP: flags are the immediate when the condition fails", () => {
  assertEffect(0x1e62042a, { v1: one, v2: one, nzcv: "0" }, { nzcv: "a0000000" });
  assertEffect(0x1e62042a, { v1: one, v2: one, nzcv: "40000000" }, { nzcv: "60000000" });
});

Deno.test("FABS and FNEG: NaNs keep their bits but for the sign", () => {
  assertEffect(0x1e60c020, { v1: "fff0000000000001" }, { v0: "7ff0000000000001" });
  assertEffect(0x1e214020, { v1: "7f800001" }, { v0: "ff800001" });
});

Deno.test("FMOV (register): single precision drops what lies above", () => {
  assertEffect(0x1e204020, { v1: garbage }, { v0: "ffffffff" });
});

Deno.test("FMOV (immediate): the eight bits expand to every precision", () => {
  assertEquals(expandImmediate(0x70, 64), 0x3ff0_0000_0000_0000n);
  assertEquals(expandImmediate(0x70, 32), 0x3f80_0000n);
  assertEquals(expandImmediate(0x70, 16), 0x3c00n);
  assertEquals(expandImmediate(0x80, 32), 0xc000_0000n);
  assertEquals(immediateText(0xc0), "#-1.250000000000000000e-01");
  assertEquals(immediateText(0x3f), "#3.100000000000000000e+01");
});
