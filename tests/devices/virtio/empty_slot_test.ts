import { assertEquals } from "@std/assert";
import { virtioMmioSlot } from "../../../devices/virtio/empty_slot.ts";

Deno.test("virtio-mmio: an empty slot has magic, version and vendor, and device 0", () => {
  const log: string[] = [];
  const slot = virtioMmioSlot((m) => void log.push(m));
  const words = [0, 4, 8, 12, 0x70, 0x1fc].map((at) => slot.read(at, 4, 0));
  assertEquals(words, [0x7472_6976, 2, 0, 0x554d_4551, 0, 0]);
  slot.write(0x70, 4, 1, 0);
  assertEquals([slot.read(0x70, 4, 0), slot.read(0x100, 1, 0), log], [0, 0, []]);
});
