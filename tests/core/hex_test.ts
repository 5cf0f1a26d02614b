import { assertEquals } from "@std/assert";
import { byteCount, hex, hexRange } from "../../core/hex.ts";

Deno.test("hex: numbers print in groups of four digits, eight at least", () => {
  assertEquals(hex(0), "0x0000_0000");
  assertEquals(hex(0x900_0000), "0x0900_0000");
  assertEquals(hex(0x20_4000_0000), "0x0020_4000_0000");
  assertEquals(hex(0xffff_0000_4008_0000n), "0xffff_0000_4008_0000");
});

Deno.test("hexRange: the end is not part of the range", () => {
  assertEquals(hexRange(0x4000_0000, 0x100_0000), "[0x4000_0000, 0x4100_0000)");
});

Deno.test("byteCount: the largest unit that divides evenly is named", () => {
  assertEquals(byteCount(0x100_0000), "16 MiB");
  assertEquals(byteCount(0x4000_0000), "1 GiB");
  assertEquals(byteCount(0x1800), "6 KiB");
  assertEquals(byteCount(100), "100 bytes");
});
