import { assertEquals, assertThrows } from "@std/assert";
import {
  clearBits,
  filled,
  lowestBit,
  putBits,
  refill,
  setBits,
} from "../../../devices/gic/words.ts";

Deno.test("words: bits are set, cleared and replaced within a mask", () => {
  const words = filled(2, 0x0f);
  setBits(words, 1, 0xf0);
  clearBits(words, 1, 0x01);
  putBits(words, 0, 0x33, 0xf1);
  assertEquals(words, [0x3f, 0xfe]);
});

Deno.test("lowestBit() finds every bit, the sign bit too", () => {
  for (let bit = 0; bit < 32; bit++) assertEquals(lowestBit((1 << bit) | (1 << 31)), bit);
});

Deno.test("refill() keeps the arrays and takes the numbers over", () => {
  const words = [1, 2];
  const target = { words, count: 3 };
  refill(target, { words: [4, 5], count: 6 }, "part");
  assertEquals([words, target.count], [[4, 5], 6]);
  assertThrows(
    () => refill(target, { words: [4], count: 6 }, "part"),
    TypeError,
    "Cannot restore part.words: it must have 2 elements, the snapshot has 1",
  );
});
