import { assert } from "@std/assert";

import { instructionClasses } from "../../../core/isa/classes.ts";
import { floatingPoint } from "../../../core/isa/fp_classes.ts";
import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

Deno.test("SIMD floating point: instructions print as objdump prints them", () => {
  assertTexts({
    "4e39c409": "fmaxnm v9.4s, v0.4s, v25.4s",
    "7ebed552": "fabd s18, s10, s30",
    "6e4324ba": "fcmge v26.8h, v5.8h, v3.8h",
    "7e30cb5c": "fmaxnmp s28, v26.2s",
    "0e30cb13": "fmaxnmv h19, v24.4h",
    "5ee0d9e6": "fcmeq d6, d15, #0.0",
    "7e61696b": "fcvtxn s11, d11",
    "0f20e595": "scvtf v21.2s, v12.2s, #32",
    "7fca995f": "fmulx d31, d10, v10.d[1]",
    "0f32138f": "fmla v15.4h, v28.4h, v2.h[3]",
    "4e29ec4b": "fmlal v11.4s, v2.4h, v9.4h",
    "6fb18288": "fmlal2 v8.4s, v20.4h, v1.h[3]",
    "6ec5c4cb": "fcmla v11.2d, v6.2d, v5.2d, #0",
    "6f86523e": "fcmla v30.4s, v17.4s, v6.s[0], #180",
    "0f61fb3b": "bfdot v27.2s, v25.4h, v1.2h[3]",
    "6e46ecc2": "bfmmla v2.4s, v6.8h, v6.8h",
    "4fd0fa2f": "bfmlalt v15.4s, v17.8h, v0.h[5]",
  });
});

Deno.test("SIMD floating point: reserved words do not decode", () => {
  // FADD .1d; FMAXNMV .2s; FMLAL with sz = 1; FMUL .2d by element with L; FCADD of bytes; UCVTF
  // .1d with fraction bits; FRECPX of vectors.
  assertReserved(0x0e62d420, 0x2e30c820, 0x4e62ec20, 0x4fe29020, 0x6e02e420, 0x2f40e420);
  assertReserved(0x4ea1f820);
});

Deno.test("SIMD floating point: patterns are disjoint or nested", () => {
  for (const a of floatingPoint) {
    for (const b of instructionClasses) {
      const [p, q] = [a.pattern, b.pattern];
      const common = p.mask & q.mask;
      if (a === b || ((p.match ^ q.match) & common) !== 0) continue;
      const nested = common === (p.mask | 0) || common === (q.mask | 0);
      assert(nested && p.mask !== q.mask, `${a.name} and ${b.name} overlap`);
    }
  }
});

const ones = "3f8000003f8000003f8000003f800000";
const ramp = "4080000040400000400000003f800000";

Deno.test("FADD (vector): 64 bits clear the upper half", () => {
  assertEffect(0x0e22d420, { v0: ones, v1: ones, v2: ramp }, { v0: "4040000040000000" });
});

Deno.test("FADD (vector): the elements that take no part raise nothing", () => {
  const signalling = "7f8000017f8000013f8000003f800000";
  assertEffect(0x0e22d420, { v1: signalling, v2: ones }, { v0: "4000000040000000" });
});

Deno.test("FADDP: pairs of the first source come first", () => {
  assertEffect(0x6e22d420, { v1: ramp, v2: ones }, { v0: "400000004000000040e0000040400000" });
});

Deno.test("FMAXV: the largest element is found, NaNs win", () => {
  assertEffect(0x6e30f820, { v1: ramp }, { v0: "40800000" });
  assertEffect(0x6e30f820, { v1: "7fc00000" + ramp.slice(8) }, { v0: "7fc00000" });
});

Deno.test("FCMLE (zero): zero is compared with the element", () => {
  const mixed = "bf800000000000003f8000007fc00000";
  const before = { v1: mixed };
  assertEffect(0x6ea0d820, before, { v0: "ffffffffffffffff0000000000000000", fpsr: "1" });
});

Deno.test("FCVTN and FCVTL: the 2 forms use the upper half", () => {
  const v1 = "3ff00000000000004000000000000000";
  assertEffect(0x4e616820, { v0: ones, v1 }, { v0: "3f800000400000003f8000003f800000" });
  assertEffect(0x0e616820, { v0: ones, v1 }, { v0: "3f80000040000000" });
  const wide = "40100000000000004008000000000000";
  assertEffect(0x4e617820, { v1: ramp }, { v0: wide });
});

Deno.test("FMLA (by element): one element multiplies all", () => {
  const products = "41000000410000004100000041000000";
  // v2.s[3] = 4.
  assertEffect(0x4fa29820, { v1: "40000000".repeat(4), v2: ramp }, { v0: products });
});

Deno.test("FCADD: the second source turns by a quarter", () => {
  // (1 + 2i) + i(3 + 4i) = −3 + 5i
  const before = { v1: "400000003f800000", v2: "4080000040400000" };
  assertEffect(0x2e82e420, before, { v0: "40a00000c0400000" });
});

Deno.test("FCMLA: two rotations make a complex product", () => {
  // (1 + 2i)(3 + 4i) = −5 + 10i: rotation 0 gives 3 + 4i, rotation 90 adds −8 + 6i.
  const [v1, v2] = ["400000003f800000", "4080000040400000"];
  assertEffect(0x2e82c420, { v1, v2 }, { v0: "4080000040400000" });
  assertEffect(0x2e82cc20, { v0: "4080000040400000", v1, v2 }, { v0: "41200000c0a00000" });
});

Deno.test("FMLAL2: half precision from the upper half", () => {
  const halves = "4400420040003c000000000000000000";
  const squares = "41800000411000004080000040000000";
  assertEffect(0x6e22cc20, { v0: "3f800000", v1: halves, v2: halves }, { v0: squares });
});

Deno.test("BFDOT: pairs of products add up", () => {
  // 1 · 1 + 2 · 2, 3 · 3 + 4 · 4.
  const v1 = "40804040" + "40003f80";
  assertEffect(0x2e42fc20, { v1, v2: v1 }, { v0: "41c8000040a00000" });
});
