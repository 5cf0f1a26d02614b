import { assertEquals } from "@std/assert";
import { contains, joined, overlap, wholePages, without } from "../../../core/config/ranges.ts";

const range = (base: number, end: number) => ({ base, bytes: end - base });

Deno.test("overlap and contains: the end is not part of a range", () => {
  assertEquals(overlap(range(0, 4), range(4, 8)), false);
  assertEquals(overlap(range(0, 5), range(4, 8)), true);
  assertEquals(contains(range(0, 8), range(4, 8)), true);
  assertEquals(contains(range(0, 8), range(4, 9)), false);
});

Deno.test("joined: ranges that touch or overlap become one", () => {
  assertEquals(joined([range(8, 12), range(0, 4), range(4, 6), range(9, 10)]), [
    range(0, 6),
    range(8, 12),
  ]);
});

Deno.test("without: holes leave what is around them", () => {
  assertEquals(without(range(0, 10), [range(2, 4), range(3, 5), range(9, 20)]), [
    range(0, 2),
    range(5, 9),
  ]);
  assertEquals(without(range(0, 10), [range(0, 10)]), []);
  assertEquals(without(range(0, 10), [range(20, 30)]), [range(0, 10)]);
});

Deno.test("wholePages: a range grows to page boundaries", () => {
  assertEquals(wholePages(range(0xa00_0200, 0xa00_0400)), range(0xa00_0000, 0xa00_1000));
  assertEquals(wholePages(range(0x1000, 0x2000)), range(0x1000, 0x2000));
});
