import { assertEquals } from "@std/assert";
import { bitmaskImmediate } from "../../../core/isa/bitmask.ts";

/** N:immr:imms of `and x0, x0, #value` as assemblers encode it. */
const known: readonly (readonly [value: bigint, n: number, immr: number, imms: number])[] = [
  [0x1n, 1, 0, 0],
  [0xffn, 1, 0, 7],
  [0x7fff_ffff_ffff_ffffn, 1, 0, 62],
  [0xffff_ffff_ffff_fffen, 1, 63, 62],
  [0x8000_0000_0000_0001n, 1, 1, 1],
  [0x5555_5555_5555_5555n, 0, 0, 0b111100],
  [0xaaaa_aaaa_aaaa_aaaan, 0, 1, 0b111100],
  [0x00ff_00ff_00ff_00ffn, 0, 0, 0b100111],
  [0xe0e0_e0e0_e0e0_e0e0n, 0, 3, 0b110010],
  [0x0000_000f_0000_000fn, 0, 0, 3],
];

Deno.test("bitmask: gives the values that assemblers encode", () => {
  for (const [value, n, immr, imms] of known) {
    assertEquals(bitmaskImmediate(n, imms, immr, 64), value);
  }
});

Deno.test("bitmask: has 5334 values of 64 bits and 1302 of 32", () => {
  for (const [size, count] of [[64, 5334], [32, 1302]] as const) {
    const values = new Set<bigint>();
    for (let code = 0; code < 2 ** 13; code++) {
      const value = bitmaskImmediate(code >> 12, code & 63, (code >> 6) & 63, size);
      if (value !== undefined) values.add(value);
    }
    assertEquals(values.size, count);
    const all = (1n << BigInt(size)) - 1n;
    assertEquals([...values].filter((v) => v === 0n || v >= all), []);
  }
});

Deno.test("bitmask: all ones of an element and N with 32 bits are reserved", () => {
  assertEquals(bitmaskImmediate(1, 63, 0, 64), undefined);
  assertEquals(bitmaskImmediate(0, 0b111101, 0, 64), undefined);
  assertEquals(bitmaskImmediate(0, 0b111111, 0, 64), undefined);
  assertEquals(bitmaskImmediate(1, 0, 0, 32), undefined);
});
