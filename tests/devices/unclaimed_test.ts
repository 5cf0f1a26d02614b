import { assertEquals } from "@std/assert";
import { unclaimed } from "../../devices/unclaimed.ts";

Deno.test("unclaimed: reads zero, ignores writes and says so once", () => {
  const log: string[] = [];
  const window = unclaimed(0x400_0000, (m) => void log.push(m));
  window.write(0x300_0004, 4, 5, 0);
  assertEquals([window.read(0x300_0004, 4, 0), window.read(0, 1, 0)], [0, 0]);
  assertEquals(log, ["write32 at 0x0300_0004: not modelled, reads zero and ignores writes"]);
});
Deno.test("unclaimed: a window of ones reads ones in every width", () => {
  const window = unclaimed(0x1000, () => {}, "ones");
  assertEquals(([1, 2, 4] as const).map((w) => window.read(0, w, 0)), [0xff, 0xffff, 0xffff_ffff]);
});
