import { assertEquals } from "@std/assert";
import { EventQueue } from "../../core/board/clock.ts";
import { pl031 } from "../../devices/pl031.ts";

function rig(epochSeconds = 1_700_000_000) {
  const clock = new EventQueue();
  const levels: boolean[] = [];
  const rtc = pl031({
    clock,
    epochSeconds,
    irq: { set: (l) => void (levels.at(-1) === l || levels.push(l)) },
    log: () => {},
  });
  const put = (at: number, value: number) => rtc.write(at, 4, value, 0);
  const get = (at: number) => rtc.read(at, 4, 0);
  return { rtc, clock, levels, put, get };
}

Deno.test("pl031: RTCDR counts seconds of virtual time from the epoch", () => {
  const { clock, get } = rig();
  clock.advanceTo(2.999e9);
  assertEquals(get(0), 1_700_000_002);
  clock.advanceTo(3e9);
  assertEquals(get(0), 1_700_000_003);
});
Deno.test("pl031: RTCLR sets the time", () => {
  const { clock, get, put } = rig();
  clock.advanceTo(5.5e9);
  put(8, 100);
  assertEquals([get(0), get(8)], [100, 100]);
  clock.advanceTo(6e9);
  assertEquals(get(0), 101);
});
Deno.test("pl031: the count wraps at 32 bits", () => {
  const { clock, get, put } = rig();
  put(8, 0xffff_ffff);
  clock.advanceTo(1e9);
  assertEquals(get(0), 0);
});
Deno.test("pl031: a match interrupts when it is due, if unmasked, until cleared", () => {
  const { clock, levels, get, put } = rig();
  put(4, 1_700_000_010);
  clock.advanceTo(9.9e9);
  assertEquals(get(0x14), 0);
  clock.advanceTo(10e9);
  assertEquals([get(0x14), get(0x18), levels], [1, 0, [false]]);
  put(0x10, 1);
  assertEquals([get(0x18), levels], [1, [false, true]]);
  put(0x1c, 1);
  assertEquals([get(0x14), levels], [0, [false, true, false]]);
});
Deno.test("pl031: setting the time moves a match that is due", () => {
  const { clock, get, put } = rig(0);
  put(4, 100);
  put(8, 98);
  clock.advanceTo(2e9);
  assertEquals(get(0x14), 1);
});
Deno.test("pl031: a match with the present second interrupts at once", () => {
  const { get, put } = rig(7);
  put(4, 7);
  assertEquals(get(0x14), 1);
});
Deno.test("pl031: a restored clock keeps its time and its match", () => {
  const a = rig(0);
  a.put(0x10, 1);
  a.put(4, 3);
  a.clock.advanceTo(1e9);
  const b = rig(0);
  b.clock.restore(1e9);
  b.rtc.restore(a.rtc.snapshot());
  b.clock.advanceTo(3e9);
  assertEquals([b.get(0), b.levels], [3, [false, true]]);
});
Deno.test("pl031: identification registers spell a PrimeCell RTC, and it is always enabled", () => {
  const { get } = rig();
  const ids = Array.from({ length: 8 }, (_, i) => get(0xfe0 + 4 * i));
  assertEquals([ids, get(0xc)], [[0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1], 1]);
});
