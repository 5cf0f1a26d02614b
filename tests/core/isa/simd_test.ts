import { assertEffect, assertReserved, assertTexts } from "./one_instruction.ts";

const garbage = "f".repeat(32);
const all = (digits: string) => digits.repeat(32 / digits.length);
const half = (digits: string) => digits.repeat(16 / digits.length);
const saturated = { fpsr: "8000000" };

Deno.test("Advanced SIMD: moves and permutes print as objdump prints them", () => {
  assertTexts({
    "0e020c20": "dup v0.4h, w1",
    "4e141c61": "mov v1.s[2], w3",
    "6e077c41": "mov v1.b[3], v2.b[15]",
    "4e0e2c41": "smov x1, v2.h[3]",
    "0e133c41": "umov w1, v2.b[9]",
    "4e183c41": "mov x1, v2.d[1]",
    "2f00e4a3": "movi d3, #0xff00ff",
    "6f00c4e3": "mvni v3.4s, #0x7, msl #8",
    "6f00b421": "bic v1.8h, #0x1, lsl #8",
    "6f07f701": "fmov v1.2d, #-1.500000000000000000e+00",
    "0e037841": "zip2 v1.8b, v2.8b, v3.8b",
    "6e036041": "ext v1.16b, v2.16b, v3.16b, #12",
    "0e0133c0": "tbx v0.8b, {v30.16b, v31.16b}, v1.8b",
    "4ea21c41": "mov v1.16b, v2.16b",
    "2e205841": "mvn v1.8b, v2.8b",
  });
});

Deno.test("Advanced SIMD: integer arithmetic prints as objdump prints it", () => {
  assertTexts({
    "0e220c20": "sqadd v0.8b, v1.8b, v2.8b",
    "6ee09841": "cmle v1.2d, v2.2d, #0",
    "6ea14841": "uqxtn2 v1.4s, v2.2d",
    "0ea06841": "sadalp v1.1d, v2.2s",
    "2e213841": "shll v1.8h, v2.8b, #8",
    "6eb03841": "uaddlv d1, v2.4s",
    "5ef1b841": "addp d1, v2.2d",
    "7f1d8c41": "sqrshrun h1, s2, #3",
    "6f404441": "sri v1.2d, v2.2d, #64",
    "6f08a441": "uxtl2 v1.8h, v2.16b",
    "0ee3e041": "pmull v1.1q, v2.1d, v3.1d",
    "6e234041": "raddhn2 v1.16b, v2.8h, v3.8h",
    "5f733841": "sqdmlal s1, h2, v3.h[7]",
    "6fbf4841": "mls v1.4s, v2.4s, v31.s[3]",
    "0f23f041": "sudot v1.2s, v2.8b, v3.4b[1]",
    "4e83ac41": "usmmla v1.4s, v2.16b, v3.16b",
    "2e428420": "sqrdmlah v0.4h, v1.4h, v2.4h",
  });
});

Deno.test("Advanced SIMD: reserved words do not decode", () => {
  // ADD.1D, MUL.2D, PMUL.4H, XTN to doublewords, SHADD.2D, ADDV.2S, SQDMULH.8B, EXT.8B #8,
  // UMOV of a doubleword to W, DUP without an element, FMOV.1D, USMMLA of 64 bits, PMULL.4S.
  assertReserved(0x0ee28420, 0x4ee29c20, 0x2e629c20, 0x0ee12820, 0x4ee20420, 0x0eb1b820);
  assertReserved(0x0e22b420, 0x2e024020, 0x0e083c20, 0x0e000400, 0x2f00f400, 0x0e82ac20);
  assertReserved(0x0e62e020);
});

Deno.test("SQADD: a saturated element sets QC", () => {
  const before = { v1: half("7f00"), v2: half("01") };
  assertEffect(0x0e220c20, before, { v0: half("7f01"), ...saturated });
});

Deno.test("SQADD: elements beyond the register's active half do not set QC", () => {
  const before = { v1: half("7f") + half("00"), v2: half("01") + half("01"), v0: garbage };
  assertEffect(0x0e220c20, before, { v0: half("01") });
});

Deno.test("SQADD (scalar): the sum of doublewords is limited", () => {
  const before = { v1: "8000000000000000", v2: "ffffffffffffffff" };
  assertEffect(0x5ee20c20, before, { v0: "8000000000000000", ...saturated });
});

Deno.test("USQADD: an unsigned accumulator does not go below zero", () => {
  assertEffect(0x7e203820, { v0: "5", v1: "f0" }, { v0: "0", ...saturated });
});

Deno.test("SQDMULH: the square of the least number is limited", () => {
  assertEffect(0x5e62b420, { v1: "8000", v2: "8000" }, { v0: "7fff", ...saturated });
});

Deno.test("SQABS: the least number is limited, others keep QC", () => {
  const before = { v1: "ffffffffffffffff" + "8000000000000000" };
  const after = { v0: "00000000000000017fffffffffffffff", ...saturated };
  assertEffect(0x4ee07820, before, after);
});

Deno.test("SQSHLU: negative elements become zero", () => {
  const before = { v1: "ffffffff" + "10000000" + "00000001" + "0f000000" };
  const after = { v0: "00000000" + "ffffffff" + "00000010" + "f0000000", ...saturated };
  assertEffect(0x6f246420, before, after);
});

Deno.test("UHADD: the carry of the sum is kept", () => {
  assertEffect(0x6e220420, { v1: all("ff"), v2: all("fe") }, { v0: all("fe") });
});

Deno.test("URSHL: a shift right by 64 leaves what is rounded up, by 65 nothing", () => {
  assertEffect(0x7ee25420, { v1: "8000000000000000", v2: "c0" }, { v0: "1" });
  assertEffect(0x7ee25420, { v1: "8000000000000000", v2: "bf", v0: "7" }, { v0: "0" });
});

Deno.test("USHR: a shift by all bits leaves zero", () => {
  assertEffect(0x6f400420, { v1: garbage, v0: garbage }, { v0: "0" });
});

Deno.test("SRI: a shift by all bits leaves the destination", () => {
  assertEffect(0x6f404441, { v2: garbage, v1: all("12") }, {});
});

Deno.test("CLS: bits equal to the sign are counted without it", () => {
  const before = { v1: "0000ffff0001fffe00ff80007fff4000" };
  assertEffect(0x4e604820, before, { v0: "000f000f000e000e0007000000000000" });
});

Deno.test("TBX: elements out of the table are kept, and the rest becomes zero", () => {
  const before = { v30: all("11"), v31: all("22"), v1: "2010ff1f0f000801", v0: garbage };
  assertEffect(0x0e0133c0, before, { v0: "ff22ff2211111111" });
});

Deno.test("PMULL: no carries pass between the bits of a product", () => {
  const ones = "f".repeat(16);
  assertEffect(0x0ee3e041, { v2: "3", v3: "3" }, { v1: "5" });
  assertEffect(0x0ee3e041, { v2: ones, v3: ones }, { v1: all("5") });
});

Deno.test("UADDLV: the sum is twice as wide as the elements", () => {
  assertEffect(0x6eb03841, { v2: garbage, v1: garbage }, { v1: "3fffffffc" });
});

Deno.test("INS (element): the other elements stay", () => {
  const before = { v1: all("11"), v2: "ee" + "0".repeat(30) };
  assertEffect(0x6e077c41, before, { v1: "1".repeat(24) + "ee111111" });
});
