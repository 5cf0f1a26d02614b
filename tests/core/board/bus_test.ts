import { assertEquals, assertThrows } from "@std/assert";
import { Bus } from "../../../core/board/bus.ts";
import type { Device } from "../../../core/board/device.ts";

/** A device that records accesses and reads as its offset times 0x11. */
function probe(size: number) {
  const seen: string[] = [];
  const it: Device = {
    kind: "probe",
    size,
    read(offset, width, from) {
      seen.push(`r${width}@${offset} by ${from}`);
      return (offset * 0x11) % 2 ** (width * 8);
    },
    write: (offset, width, value, from) =>
      void seen.push(`w${width}@${offset}=${value.toString(16)} by ${from}`),
    reset: () => {},
    snapshot: () => ({}),
    restore: () => {},
  };
  return Object.assign(it, { seen });
}

function rig() {
  const bus = new Bus();
  const [low, high] = [probe(0x10), probe(0x10)];
  bus.map("high", 0x8_0000_0010, high);
  bus.map("low", 0x8_0000_0000, low);
  return { bus, low, high };
}

Deno.test("bus: an address finds the region around it", () => {
  const { bus } = rig();
  const name = (at: number) => bus.find(at)?.name;
  assertEquals(
    [0x7_ffff_ffff, 0x8_0000_0000, 0x8_0000_000f, 0x8_0000_0010, 0x8_0000_0020].map(name),
    [undefined, "low", "low", "high", undefined],
  );
  assertEquals([...bus].map((r) => r.name), ["low", "high"]);
});
Deno.test("bus: accesses carry offset, width and core", () => {
  const { bus, high } = rig();
  assertEquals(bus.read(0x8_0000_0014, 2, 3), 0x44n);
  assertEquals(bus.write(0x8_0000_0011, 1, 0x1ffn, 1), true);
  assertEquals(high.seen, ["r2@4 by 3", "w1@1=ff by 1"]);
});
Deno.test("bus: eight bytes are two words, low word first", () => {
  const { bus, low } = rig();
  assertEquals(bus.read(0x8_0000_0008, 8, 0), 0x0000_00cc_0000_0088n);
  bus.write(0x8_0000_0000, 8, 0xffff_ffff_0000_0001n, 0);
  assertEquals(low.seen, ["r4@8 by 0", "r4@12 by 0", "w4@0=1 by 0", "w4@4=ffffffff by 0"]);
});
Deno.test("bus: an access that crosses a word is one for each byte, over regions too", () => {
  const { bus, low, high } = rig();
  assertEquals(bus.read(0x8_0000_000e, 4, 0), 0x1100_ffeen);
  assertEquals([low.seen, high.seen], [["r1@14 by 0", "r1@15 by 0"], ["r1@0 by 0", "r1@1 by 0"]]);
});
Deno.test("bus: what is not wholly mapped is neither read nor written", () => {
  const { bus, high } = rig();
  assertEquals(bus.read(0x8_0000_001c, 8, 0), undefined);
  assertEquals(bus.write(0x8_0000_001e, 4, 0n, 0), false);
  assertEquals(bus.read(0, 4, 0), undefined);
  assertEquals(high.seen, []);
});
Deno.test("bus: overlaps and repeated names are refused, naming both", () => {
  const { bus } = rig();
  assertThrows(
    () => bus.map("rtc", 0x8_0000_0008, probe(4)),
    RangeError,
    'Cannot map "rtc" at [0x0008_0000_0008, 0x0008_0000_000c): ' +
      '"low" is at [0x0008_0000_0000, 0x0008_0000_0010)',
  );
  assertThrows(() => bus.map("low", 0, probe(4)), RangeError, "that name is taken by");
});
