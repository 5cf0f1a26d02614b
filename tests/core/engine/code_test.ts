import { assertEquals } from "@std/assert";
import { Code } from "../../../core/engine/code.ts";

function written(write: (c: Code) => void): number[] {
  const code = new Code();
  write(code);
  return [...code.view()];
}

Deno.test("code: unsigned LEB128 takes integers below 2^53", () => {
  assertEquals(written((c) => c.uleb(0)), [0]);
  assertEquals(written((c) => c.uleb(127)), [0x7f]);
  assertEquals(written((c) => c.uleb(128)), [0x80, 1]);
  assertEquals(written((c) => c.uleb(624_485)), [0xe5, 0x8e, 0x26]);
  assertEquals(written((c) => c.uleb(2 ** 32)), [0x80, 0x80, 0x80, 0x80, 0x10]);
  assertEquals(written((c) => c.uleb(2 ** 53 - 1)), [...Array(7).fill(0xff), 0x0f]);
});

Deno.test("code: signed LEB128 of 32 bits keeps the sign in bit 6", () => {
  assertEquals(written((c) => c.sleb32(63)), [0x3f]);
  assertEquals(written((c) => c.sleb32(64)), [0xc0, 0]);
  assertEquals(written((c) => c.sleb32(-1)), [0x7f]);
  assertEquals(written((c) => c.sleb32(-64)), [0x40]);
  assertEquals(written((c) => c.sleb32(-65)), [0xbf, 0x7f]);
  assertEquals(written((c) => c.sleb32(-123_456)), [0xc0, 0xbb, 0x78]);
  assertEquals(written((c) => c.sleb32(0xffff_ffff)), [0x7f]);
});

Deno.test("code: signed LEB128 of 64 bits agrees with that of 32 and reaches both ends", () => {
  for (const value of [0, 63, 64, -64, -65, 2 ** 31 - 1, -(2 ** 31)]) {
    assertEquals(written((c) => c.sleb64(BigInt(value))), written((c) => c.sleb32(value)));
  }
  assertEquals(written((c) => c.sleb64(-(1n << 63n))), [...Array(9).fill(0x80), 0x7f]);
  assertEquals(written((c) => c.sleb64((1n << 63n) - 1n)), [...Array(9).fill(0xff), 0]);
  assertEquals(written((c) => c.sleb64((1n << 64n) - 1n)), [0x7f]);
});

Deno.test("code: grows and takes text with its length in bytes", () => {
  assertEquals(written((c) => c.text("né")), [3, 0x6e, 0xc3, 0xa9]);
  const code = new Code();
  for (let i = 0; i < 1000; i++) code.byte(i & 0xff);
  code.bytes(new Uint8Array(5000).fill(7));
  assertEquals(code.length, 6000);
  assertEquals([code.view()[999], code.view()[1000], code.view()[5999]], [999 & 0xff, 7, 7]);
  code.clear();
  assertEquals(code.view().length, 0);
});
