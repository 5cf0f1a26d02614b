import { assertEquals, assertThrows } from "@std/assert";
import { assemble } from "../../platforms/assemble.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { assignSlots, type VirtioPlug } from "../../platforms/virtio.ts";
import { memoryDisk } from "../devices/virtio/rig.ts";

const block = (serial: string): VirtioPlug => {
  return { kind: "block", serial, backend: memoryDisk(8).backend };
};
const net: VirtioPlug = { kind: "net" };

Deno.test("assignSlots() gives the first device the highest slot on qemu-virt", () => {
  const slots = [...assignSlots(qemuVirt, [block("a"), net, block("b")]).keys()];
  assertEquals(slots, ["virtio31", "virtio30", "virtio29"]);
});

Deno.test("assignSlots() gives a device the slot that has its name on fvp", () => {
  const slots = [...assignSlots(fvp, [net, block("a"), block("b")]).keys()];
  assertEquals(slots, ["virtio-net", "virtio-block", "virtio-rng"]);
});

Deno.test("assignSlots() refuses more devices than a board has slots", () => {
  assertThrows(
    () => assignSlots(espressobin, [net]),
    RangeError,
    "Cannot plug in 1 virtio devices: espressobin has 0 slots",
  );
});

Deno.test("assemble() plugs devices in, interfaces with addresses of their own", () => {
  const board = assemble(qemuVirt, {
    cores: 1,
    memoryBytes: 2 ** 20,
    gicVersion: 2,
    epochSeconds: 0,
    virtio: [block("a"), net, net, { kind: "rng", seed: 1 }],
  }, { lines: () => {}, log: () => {} });
  const word = (slot: number, at: number) =>
    Number(board.bus.read(0xa00_0000 + slot * 0x200 + at, 4, 0));
  assertEquals([31, 30, 29, 28, 27].map((slot) => word(slot, 8)), [2, 1, 1, 4, 0]);
  assertEquals([30, 29].map((slot) => word(slot, 0x104) & 0xffff), [0x0000, 0x0100]);
  board.restore(board.snapshot());
});
