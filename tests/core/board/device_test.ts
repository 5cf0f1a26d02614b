import { assertEquals, assertThrows } from "@std/assert";
import { device, type Register, type State } from "../../../core/board/device.ts";

type S = { a: number; bank: number[]; seen: number[] };
const powerOn = (): S => ({ a: 0x10, bank: [1, 2, 3], seen: [] });

function rig(rows: readonly Register<S, null>[] = []) {
  const log: string[] = [];
  const settled: number[] = [];
  const chip = device<S, null>({
    kind: "probe",
    size: 0x100,
    reset: powerOn,
    stray: (message) => void log.push(message),
    registers: [
      { at: 0x00, name: "A", field: "a", mask: 0x0fff_ff0f },
      { at: 0x04, name: "BANK", field: "bank", mask: 0xff, count: 3, stride: 8 },
      { at: 0x20, name: "RO", read: (_s, _w, _i, from) => 0x8877_6600 | from },
      {
        at: 0x24,
        name: "WO",
        write: (s, _w, v, i, from, lanes) => void s.seen.push(v, i, from, lanes),
      },
      ...rows,
    ],
    settle: (s) => void settled.push(s.a),
  }, null);
  return { chip, log, settled };
}

Deno.test("device: a write changes only the bits of the mask", () => {
  const { chip } = rig();
  chip.write(0, 4, 0xffff_ffff, 0);
  assertEquals(chip.read(0, 4, 0), 0x0fff_ff1f);
});
Deno.test("device: bytes and halfwords reach their lanes of the word", () => {
  const { chip } = rig();
  chip.write(1, 1, 0xab, 0);
  chip.write(2, 2, 0xf123, 0);
  assertEquals(chip.read(0, 4, 0), 0x0123_ab10);
  assertEquals([chip.read(0, 1, 0), chip.read(1, 1, 0), chip.read(2, 2, 0)], [0x10, 0xab, 0x123]);
});
Deno.test("device: words with bit 31 set read unsigned", () => {
  const { chip } = rig();
  assertEquals([chip.read(0x20, 4, 0), chip.read(0x22, 2, 0)], [0x8877_6600, 0x8877]);
});
Deno.test("device: counted rows show the elements of a list, stride bytes apart", () => {
  const { chip } = rig();
  chip.write(0x0c, 4, 0x1ff, 0);
  assertEquals([0x04, 0x0c, 0x14].map((at) => chip.read(at, 4, 0)), [1, 0xff, 3]);
});
Deno.test("device: rows learn index, core and lanes of an access", () => {
  const { chip } = rig();
  chip.write(0x25, 1, 0xee, 3);
  assertEquals(chip.peek((s) => s.seen), [0xee00, 0, 3, 0xff00]);
  assertEquals(chip.read(0x20, 1, 5), 5);
});
Deno.test("device: every access, event, reset and restore settles", () => {
  const { chip, settled } = rig();
  chip.write(0, 4, 1, 0);
  chip.read(0, 4, 0);
  chip.poke((s) => void (s.a = 7));
  const saved = chip.snapshot();
  chip.reset();
  chip.restore(saved);
  assertEquals(settled, [0x10, 0x11, 0x11, 7, 0x10, 7]);
});
Deno.test("device: a read that changes nothing does not settle while it says so", () => {
  let settled = 0;
  const chip = device({
    kind: "counter",
    size: 4,
    reset: () => ({ reads: 0 }),
    registers: [{ at: 0, name: "R", read: (s) => ++s.reads, steady: (s) => s.reads >= 2 }],
    settle: () => void settled++,
    stray: () => {},
  }, {});
  const before = settled;
  assertEquals([1, 2, 3, 4].map(() => chip.read(0, 4, 0)), [1, 2, 3, 4]);
  assertEquals(settled - before, 2);
});
Deno.test("device: stray accesses read zero and are told once for each place", () => {
  const { chip, log } = rig();
  for (let i = 0; i < 2; i++) {
    assertEquals(chip.read(0x42, 2, 0), 0);
    chip.write(0x20, 4, 1, 0);
    assertEquals(chip.read(0x24, 4, 0), 0);
  }
  assertEquals(log, [
    "read16 at 0x0000_0042: no register there",
    "write32 0x0000_0001 at 0x0000_0020: RO is read-only",
    "read32 at 0x0000_0024: WO is write-only",
  ]);
});
Deno.test("device: a snapshot is a copy and restoring it brings the state back", () => {
  const { chip } = rig();
  const saved = chip.snapshot();
  chip.write(0x04, 4, 9, 0);
  chip.restore(saved);
  chip.write(0x0c, 4, 9, 0);
  assertEquals(saved, powerOn());
  assertEquals(chip.read(0x04, 4, 0), 1);
});
Deno.test("device: restore refuses a state of another shape, naming the member", () => {
  const { chip } = rig();
  const cases: [State, string][] = [
    [{ a: 1, bank: [1] }, "probe.seen: it must be a list, the snapshot has undefined"],
    [{ ...powerOn(), a: true }, "probe.a: it must be number, the snapshot has boolean"],
    [{ ...powerOn(), b: 1 }, "probe.b: it must be undefined, the snapshot has number"],
    [{ ...powerOn(), bank: [1n] }, "probe.bank[0]: it must be number, the snapshot has bigint"],
  ];
  for (const [state, message] of cases) {
    assertThrows(() => chip.restore(state), TypeError, `Cannot restore ${message}`);
  }
});
Deno.test("device: rows that collide, are crooked or lie outside are refused", () => {
  const place = (at: number) => () => rig([{ at, name: "X", mask: 0 }]);
  assertThrows(place(0x0c), RangeError, "Cannot place X at 0x0000_000c: BANK is there");
  assertThrows(place(0x42), RangeError, "an offset must be a multiple of 4");
  assertThrows(place(0x100), RangeError, "probe ends at 0x0000_0100");
});
