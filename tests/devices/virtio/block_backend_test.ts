import { assertEquals } from "@std/assert";
import { overlay } from "../../../devices/virtio/block_backend.ts";
import { memoryDisk, random } from "./rig.ts";

Deno.test("overlay: what is written is read, and the disk below stays as it was", () => {
  // The last cluster is not whole.
  const sectors = 53;
  const below = memoryDisk(sectors, true);
  below.bytes.forEach((_, i) => below.bytes[i] = i % 251);
  const before = below.bytes.slice();
  const model = below.bytes.slice();
  const disk = overlay(below.backend);
  const pick = random(7);
  for (let i = 0; i < 500; i++) {
    const sector = pick(sectors);
    const bytes = 512 * (1 + pick(sectors - sector));
    if (pick(2) === 0) {
      const data = new Uint8Array(bytes).fill(pick(256));
      assertEquals(disk.write(sector, data), true);
      model.set(data, sector * 512);
    } else {
      const into = new Uint8Array(bytes);
      assertEquals(disk.read(sector, into), true);
      assertEquals(into, model.slice(sector * 512, sector * 512 + bytes));
    }
  }
  assertEquals(below.bytes, before);
  assertEquals([disk.readOnly, disk.sectors, disk.flush(), below.asked.flushes], [
    false,
    53,
    true,
    0,
  ]);
});

Deno.test("overlay: a disk below that fails makes reads and first writes fail", () => {
  const below = memoryDisk(16);
  const disk = overlay(below.backend);
  disk.write(0, new Uint8Array(512));
  below.asked.broken = true;
  assertEquals([
    disk.read(0, new Uint8Array(512)),
    disk.read(8, new Uint8Array(512)),
    disk.write(1, new Uint8Array(512)),
    disk.write(8, new Uint8Array(512)),
  ], [true, false, true, false]);
});

Deno.test("overlay: renewed, it is as the disk below", () => {
  const below = memoryDisk(16);
  const disk = overlay(below.backend);
  const sector = new Uint8Array(512);
  disk.write(3, sector.fill(7));
  disk.renew?.();
  assertEquals(disk.read(3, sector), true);
  assertEquals(sector, new Uint8Array(512));
});
