import { assertEquals } from "@std/assert";
import { virtioConsole } from "../../../devices/virtio/console.ts";
import { BufferBase, Driver, wires } from "./rig.ts";

function rig() {
  const parts = wires();
  const sent: number[] = [];
  const calls = { ready: 0 };
  const port = virtioConsole({
    ...parts.virtio,
    transmit: (byte) => void sent.push(byte),
    ready: () => void calls.ready++,
  });
  const driver = new Driver(port, parts.memory);
  const type = (text: string) => [...text].map((c) => port.receive(c.charCodeAt(0)));
  return { ...parts, port, driver, sent, calls, type };
}

const room = { address: BufferBase, bytes: 4, w: true };

Deno.test("console: what the guest sends comes out, byte by byte", () => {
  const { driver, sent } = rig();
  driver.start(2);
  driver.store(BufferBase, [...new TextEncoder().encode("hello")]);
  driver.send(1, [{ address: BufferBase, bytes: 2 }, { address: BufferBase + 2, bytes: 3 }]);
  assertEquals([String.fromCharCode(...sent), driver.used(1)], ["hello", [[0, 0]]]);
});

Deno.test("console: input waits until the driver runs and has provided a buffer", () => {
  const { driver, type, calls, irq } = rig();
  assertEquals([type("x"), calls.ready], [[false], 0]);
  driver.start(2);
  assertEquals([type("abcdef"), calls.ready, irq.level], [Array(6).fill(true), 1, false]);
  driver.send(0, [room]);
  assertEquals([driver.used(0), driver.load(BufferBase, 4)], [[[0, 4]], [97, 98, 99, 100]]);
  driver.send(0, [room]);
  assertEquals([driver.used(0), driver.load(BufferBase, 2)], [[[1, 2]], [101, 102]]);
});

Deno.test("console: input goes into a buffer that waits, and interrupts", () => {
  const { driver, type, irq } = rig();
  driver.start(2);
  driver.send(0, [room]);
  assertEquals([driver.used(0), irq.level], [[], false]);
  type("z");
  assertEquals([driver.used(0), irq.level], [[[0, 1]], true]);
});

Deno.test("console: input that nobody takes is refused, not lost, when the room is used up", () => {
  const { driver, port, calls } = rig();
  driver.start(2);
  let accepted = 0;
  while (port.receive(65)) accepted++;
  assertEquals([accepted, port.canReceive(), calls.ready], [4096, false, 1]);
  driver.send(0, [room]);
  assertEquals([port.canReceive(), calls.ready], [true, 2]);
});

Deno.test("console: a receive buffer that cannot be written needs a reset", () => {
  const { driver, type, port } = rig();
  driver.start(2);
  driver.send(0, [{ address: BufferBase, bytes: 4 }]);
  type("q");
  assertEquals([driver.status & 64, port.canReceive()], [64, false]);
});

Deno.test("console: a new size of the terminal is a change of configuration", () => {
  const { driver, port } = rig();
  driver.start(2, 1n);
  assertEquals(driver.get(0x100), 25 << 16 | 80);
  port.resize(132, 43);
  assertEquals([driver.get(0x100), driver.get(0xfc), driver.get(0x60)], [43 << 16 | 132, 1, 2]);
  driver.put(0x70, 0);
  assertEquals(driver.get(0x100), 43 << 16 | 132);
});
