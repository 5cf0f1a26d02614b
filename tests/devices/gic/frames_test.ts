import { assertEquals } from "@std/assert";
import {
  bankedFamily,
  constant,
  frame,
  perBit,
  perField,
  type Row,
} from "../../../devices/gic/frames.ts";

function rig(rows: Row[]) {
  const log: string[] = [];
  let settled = 0;
  const device = frame("subject", 0x1000, rows, {
    settle: () => settled++,
    log: (message) => log.push(message),
  });
  return { device, log, settled: () => settled };
}

Deno.test("perField() packs fields by width and writes only the bytes accessed", () => {
  const slots = new Array(64).fill(0);
  const bankOf = (core: number, n: number) => n === 0 ? core : undefined;
  const family = (name: string, at: number, width: 2 | 8) =>
    bankedFamily(
      perField(name, at, width, bankOf, (slot) => slots[slot], (slot, v) => void (slots[slot] = v)),
    );
  const { device } = rig([family("BYTES", 0, 8), family("PAIRS", 0x400, 2)]);
  device.write(0x1f, 1, 0x02, 1);
  device.write(0x08, 4, 0x0302_0100, 1);
  assertEquals(slots.slice(40, 44), [0, 1, 2, 3]);
  assertEquals(slots[63], 2);
  assertEquals(device.read(0x404, 4, 1), 0x8000_0000);
  device.write(0x402, 2, 0x5555, 1);
  assertEquals(slots.slice(32 + 4, 48), [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  device.write(0x20, 4, 0xffff_ffff, 1);
  assertEquals(device.read(0x20, 4, 1), 0, "reserved");
  assertEquals(device.read(0x08, 4, 0), 0, "core 0 has a bank of its own");
});

Deno.test("perBit() hands on the word, the lanes and the bank", () => {
  const seen: number[][] = [];
  const bankOf = (core: number, n: number) => n < 2 ? core * 2 + n : undefined;
  const { device } = rig([
    bankedFamily(perBit("BITS", 0x80, bankOf, (bank) => bank, (...all) => seen.push(all))),
  ]);
  device.write(0x85, 1, 0xff, 3);
  device.write(0x88, 4, 1, 3);
  assertEquals(seen, [[7, 0xff00, 0xff00]]);
  assertEquals([device.read(0x80, 4, 3), device.read(0x88, 4, 3)], [6, 0]);
});

Deno.test("frame() settles after every access and names itself in remarks", () => {
  const { device, log, settled } = rig([constant("ID", 0xffc, 0x1234)]);
  const before = settled();
  assertEquals(device.read(0xffc, 4, 0), 0x1234);
  device.write(0xffc, 4, 1, 0);
  assertEquals(settled(), before + 2);
  device.write(0x10, 4, 1, 0);
  assertEquals(log, ["subject: write32 0x0000_0001 at 0x0000_0010: no register there"]);
});
