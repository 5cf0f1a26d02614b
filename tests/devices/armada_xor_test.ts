import { assertEquals } from "@std/assert";
import { armadaXor } from "../../devices/armada_xor.ts";
import type { GuestMemory } from "../../devices/virtio/chain.ts";

const Owned = 0x8000_0000;
const Success = 0x4000_0000;
const Copy = 2 << 24;
const Tells = 0x8000_0000;

interface Descriptor {
  readonly status?: number;
  readonly command: number;
  readonly next?: number;
  readonly bytes?: number;
  readonly to?: number;
  readonly from?: readonly number[];
}

function rig() {
  const ram = new Uint8Array(0x1000);
  const view = new DataView(ram.buffer);
  const covers = (address: number, bytes: number) => address + bytes <= ram.length;
  const memory: GuestMemory = {
    covers,
    read(address, into) {
      if (covers(address, into.length)) into.set(ram.subarray(address, address + into.length));
      return covers(address, into.length);
    },
    write(address, bytes) {
      if (covers(address, bytes.length)) ram.set(bytes, address);
      return covers(address, bytes.length);
    },
  };
  const levels = [false, false];
  const log: string[] = [];
  const line = (i: number) => ({ set: (level: boolean) => void (levels[i] = level) });
  const chip = armadaXor({ memory, irqs: [line(0), line(1)], log: (m) => log.push(m) });
  chip.write(0x40, 4, 0x3f7_03f7, 0);
  return {
    ram,
    levels,
    log,
    describe(at: number, d: Descriptor) {
      const words = [d.status ?? Owned, 0, d.command, d.next ?? 0, d.bytes ?? 0, d.to ?? 0];
      [...words, ...(d.from ?? [])].forEach((w, i) => view.setUint32(at + 4 * i, w, true));
    },
    status: (at: number) => view.getUint32(at, true),
    run(channel: number, at: number, mode = 7) {
      chip.write(0x10 + 4 * channel, 4, mode, 0);
      chip.write(0x200 + 4 * channel, 4, at, 0);
      chip.write(0x20 + 4 * channel, 4, 1, 0);
      return chip.read(0x30, 4, 0);
    },
    clear: (word: number) => chip.write(0x30, 4, word, 0),
    current: (channel: number) => chip.read(0x210 + 4 * channel, 4, 0),
  };
}

Deno.test("armada xor: a chain of copies runs to its end and interrupts", () => {
  const { ram, levels, describe, status, run, clear, current } = rig();
  ram.set([1, 2, 3, 4], 0x800);
  describe(0x100, { command: Copy, next: 0x140, bytes: 4, to: 0x900, from: [0x800] });
  describe(0x140, { command: Copy | Tells, bytes: 3, to: 0x910, from: [0x900] });
  assertEquals(run(1, 0x100), 0x3_0000);
  assertEquals([...ram.subarray(0x910, 0x914)], [1, 2, 3, 0]);
  assertEquals([status(0x100), status(0x140), current(1)], [Success, Success, 0x140]);
  assertEquals(levels, [false, true]);
  clear(0xfffc_ffff);
  assertEquals(levels, [false, false]);
});

Deno.test("armada xor: the chosen sources are combined", () => {
  const { ram, describe, run } = rig();
  ram.set([0x0f, 0xff], 0x800);
  ram.set([0xaa, 0xaa], 0x810);
  ram.set([0x01, 0x02], 0x820);
  describe(0x100, { command: 0b101, bytes: 2, to: 0x900, from: [0x800, 0x810, 0x820] });
  assertEquals(run(0, 0x100), 2);
  assertEquals([...ram.subarray(0x900, 0x902)], [0x0e, 0xfd]);
});

Deno.test("armada xor: outside descriptor mode the configuration selects the operation", () => {
  const { ram, describe, run } = rig();
  ram.set([7], 0x800);
  describe(0x100, { command: 0, bytes: 1, to: 0x900, from: [0x800] });
  run(0, 0x100, 2);
  assertEquals(ram[0x900], 7);
});

Deno.test("armada xor: memory that is not there, and unknown operations, are decode errors", () => {
  for (
    const broken of [
      { command: Copy, bytes: 4, to: 0x900, from: [0x2000] },
      { command: Copy, bytes: 4, to: 0xfff, from: [0x800] },
      { command: 5 << 24, bytes: 4, to: 0x900, from: [0x800] },
    ]
  ) {
    const { describe, status, run, log } = rig();
    describe(0x100, broken);
    assertEquals([run(0, 0x100), status(0x100), log.length], [0x10, Owned, 1]);
  }
  assertEquals(rig().run(0, 0x4000_0000), 0x10);
});

Deno.test("armada xor: a chain that leads back to itself ends, its descriptors being done", () => {
  const { describe, run } = rig();
  describe(0x100, { command: Copy, next: 0x100 });
  assertEquals(run(0, 0x100), 0x80);
});
