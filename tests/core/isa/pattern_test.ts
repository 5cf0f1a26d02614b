import { assertEquals, assertThrows } from "@std/assert";
import { pattern } from "../../../core/isa/pattern.ts";

Deno.test("pattern: reads fields from bit 31 down", () => {
  const p = pattern("sf:1 op:1 S:1 100010 sh:1 imm12:12 Rn:5 Rd:5");
  assertEquals([p.mask, p.match], [0x1f80_0000, 0x1100_0000]);
  // sub w3, w4, #1, lsl #12
  assertEquals(p.decode(0x5140_0483), { sf: 0, op: 1, S: 0, sh: 1, imm12: 1, Rn: 4, Rd: 3 });
});

Deno.test("pattern: keeps fields that reach bit 31 unsigned", () => {
  const p = pattern("all:32");
  assertEquals(p.decode(0xffff_fffe), { all: 0xffff_fffe });
  assertEquals(p.encode({ all: 0xffff_fffe }), 0xffff_fffe);
});

Deno.test("pattern: encodes into the fixed bits and cuts fields to their width", () => {
  const p = pattern("1 a:3 0000 b:24");
  assertEquals(p.encode({ a: 0xf, b: 1 }), 0xf000_0001);
});

Deno.test("pattern: must describe 32 bits and nothing else", () => {
  assertThrows(() => pattern("a:31"), SyntaxError, "must be 32 bits, got 31");
  assertThrows(() => pattern("a:32 0"), SyntaxError, "must be 32 bits, got 33");
  assertThrows(() => pattern("a:30 0x"), SyntaxError, '"0x" is not bits or name:width');
});
