import { assertEquals } from "@std/assert";
import { pcapHeader, pcapRecord } from "../../../devices/virtio/pcap.ts";

Deno.test("pcap: the header says Ethernet with nanoseconds, a record when and how long", () => {
  const words = (bytes: Uint8Array) => [...new Uint32Array(bytes.buffer, 0, bytes.length >> 2)];
  assertEquals(words(pcapHeader()), [0xa1b2_3c4d, 4 << 16 | 2, 0, 0, 262_144, 1]);
  const record = pcapRecord(3_000_000_007, Uint8Array.of(1, 2, 3, 4, 5));
  assertEquals(words(record.slice(0, 16)), [3, 7, 5, 5]);
  assertEquals([...record.subarray(16)], [1, 2, 3, 4, 5]);
});
