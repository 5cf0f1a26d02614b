import { assert, assertEquals } from "@std/assert";
import { virtioBlock } from "../../../devices/virtio/block.ts";
import { BufferBase, Driver, memoryDisk, wires } from "./rig.ts";

const Flush = 1n << 9n;
const Sectors = 64;
const Header = BufferBase;
const Data = BufferBase + 0x1000;
const StatusAt = BufferBase + 0x800;

function rig({ readOnly = false, features = Flush } = {}) {
  const parts = wires();
  const disk = memoryDisk(Sectors, readOnly);
  const chip = virtioBlock({ ...parts.virtio, backend: disk.backend, serial: "disk-1" });
  const driver = new Driver(chip, parts.memory).start(1, features);
  /** Makes a request; returns its status and the bytes reported as written. */
  const request = (type: number, sector: number, bytes: number): [number, number] => {
    const { view } = parts.memory;
    const at = Header - 0x4000_0000;
    view.setUint32(at, type, true);
    view.setBigUint64(at + 8, BigInt(sector), true);
    driver.store(StatusAt, [0xff]);
    driver.send(0, [
      { address: Header, bytes: 16 },
      ...bytes > 0 ? [{ address: Data, bytes, w: type !== 1 }] : [],
      { address: StatusAt, bytes: 1, w: true },
    ]);
    return [driver.load(StatusAt, 1)[0] as number, driver.used(0)[0]?.[1] as number];
  };
  return { ...parts, ...disk, chip, driver, request };
}

Deno.test("block: the configuration has the capacity in sectors and the limits", () => {
  const { driver } = rig();
  const words = [0, 4, 8, 12, 16, 20].map((at) => driver.get(0x100 + at));
  assertEquals(words, [Sectors, 0, 65536, 126, 0, 512]);
});

Deno.test("block: what is written is read, and is on the disk", () => {
  const { driver, request, bytes } = rig();
  const data = Array.from({ length: 1536 }, (_, i) => i * 7 & 0xff);
  driver.store(Data, data);
  assertEquals(request(1, 5, 1536), [0, 1]);
  assertEquals([...bytes.subarray(5 * 512, 8 * 512)], data);
  driver.store(Data, new Uint8Array(1536));
  assertEquals(request(0, 5, 1536), [0, 1537]);
  assertEquals(driver.load(Data, 1536), data);
});

Deno.test("block: requests of more than 64 KiB are whole", () => {
  const parts = wires();
  const disk = memoryDisk(300);
  const chip = virtioBlock({ ...parts.virtio, backend: disk.backend, serial: "" });
  const driver = new Driver(chip, parts.memory).start(1, Flush);
  disk.bytes.forEach((_, i) => disk.bytes[i] = i >> 9);
  driver.store(Header, new Uint8Array(16));
  const bytes = 0x1_8000;
  driver.send(0, [{ address: Header, bytes: 16 }, { address: Data, bytes: bytes + 1, w: true }]);
  assertEquals(driver.load(Data, bytes), [...disk.bytes.subarray(0, bytes)]);
  assertEquals(driver.load(Data + bytes, 1), [0]);
});

Deno.test("block: header, data and status may share buffers or be cut anywhere", () => {
  const { driver, bytes } = rig();
  const data = Array.from({ length: 512 }, (_, i) => 255 - (i & 0xff));
  driver.store(Header, [1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, ...data]);
  driver.send(0, [
    { address: Header, bytes: 5 },
    { address: Header + 5, bytes: 100 },
    { address: Header + 105, bytes: 423 },
    { address: StatusAt, bytes: 1, w: true },
  ]);
  assertEquals([...bytes.subarray(3 * 512, 4 * 512)], data);
});

Deno.test("block: a request beyond the end fails and moves nothing", () => {
  const { request } = rig();
  assertEquals(request(0, Sectors - 1, 512), [0, 513]);
  assertEquals(request(0, Sectors - 1, 1024), [1, 0]);
  assertEquals(request(0, Sectors, 512), [1, 0]);
  assertEquals(request(1, Sectors, 512), [1, 1]);
  assertEquals(request(0, 2 ** 40, 512), [1, 0]);
  assertEquals(request(0, 0, 100), [1, 0]);
});

Deno.test("block: a flush reaches the disk", () => {
  const { request, asked } = rig();
  request(1, 0, 512);
  assertEquals(asked.flushes, 0);
  assertEquals([request(4, 0, 0), asked.flushes], [[0, 1], 1]);
});

Deno.test("block: without flushes every write is safe when it is done", () => {
  const { request, asked } = rig({ features: 0n });
  request(1, 0, 512);
  assertEquals(asked.flushes, 1);
});

Deno.test("block: the identification is cut or padded to 20 bytes", () => {
  const { driver, request } = rig();
  driver.store(Data, new Uint8Array(32).fill(0xee));
  assertEquals(request(8, 0, 20), [0, 21]);
  const expected = new Uint8Array(20);
  expected.set(new TextEncoder().encode("disk-1"));
  assertEquals(driver.load(Data, 21), [...expected, 0xee]);
});

Deno.test("block: unknown requests are unsupported", () => {
  const { request } = rig();
  assertEquals(
    [2, 3, 11, 13, 0xffff_ffff].map((type) => request(type, 0, 512)[0]),
    Array(5).fill(2),
  );
});

Deno.test("block: a read-only disk says so and refuses writes", () => {
  const { driver, request, bytes } = rig({ readOnly: true });
  driver.put(0x14, 0);
  assert(driver.get(0x10) & 1 << 5);
  driver.store(Data, new Uint8Array(512).fill(1));
  assertEquals([request(1, 0, 512), request(0, 0, 512), request(4, 0, 0)], [[1, 1], [0, 513], [
    0,
    1,
  ]]);
  assertEquals(bytes[0], 0);
});

Deno.test("block: a failing disk gives errors", () => {
  const { request, asked } = rig();
  asked.broken = true;
  assertEquals([request(0, 0, 512)[0], request(1, 0, 512)[0], request(4, 0, 0)[0]], [1, 1, 1]);
});

Deno.test("block: a request without a header or room for a status needs a reset", () => {
  for (
    const buffers of [
      [{ address: Header, bytes: 15 }, { address: Data, bytes: 1, w: true }],
      [{ address: Header, bytes: 16 }],
    ]
  ) {
    const { driver } = rig();
    driver.send(0, buffers);
    assertEquals(driver.status & 64, 64);
  }
});
