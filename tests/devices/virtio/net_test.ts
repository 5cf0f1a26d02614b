import { assertEquals } from "@std/assert";
import { macAddress, virtioNet } from "../../../devices/virtio/net.ts";
import { Switch } from "../../../devices/virtio/switch.ts";
import { BufferBase, Driver, type Parts, wires } from "./rig.ts";

const HeaderBytes = 12;
const Room = BufferBase + 0x1000;

/** Two interfaces on a switch. */
function rig() {
  const first = wires();
  const second = wires();
  const { clock } = first;
  const hub = new Switch({ clock });
  const [a, b] = [first, second].map((parts, i) => {
    const mac = macAddress(i + 1, 0);
    const chip = virtioNet({ ...parts.virtio, clock, switch: hub, mac });
    return { ...parts, chip, mac, driver: new Driver(chip, parts.memory) };
  }) as [Nic, Nic];
  return { clock, hub, a, b };
}

type Nic = Parts & {
  chip: ReturnType<typeof virtioNet>;
  mac: readonly number[];
  driver: Driver;
};

/** Sends a frame with this payload. */
function send({ driver, mac }: Nic, to: readonly number[], payload: readonly number[]) {
  const frame = [...to, ...mac, 8, 0, ...payload];
  driver.store(BufferBase, [...new Uint8Array(HeaderBytes), ...frame]);
  driver.send(1, [{ address: BufferBase, bytes: HeaderBytes + frame.length }]);
  return frame;
}

function provide({ driver }: Nic, bytes: number) {
  driver.send(0, [{ address: Room, bytes, w: true }]);
}

Deno.test("net: the configuration has the address, the link up and the MTU", () => {
  const { a } = rig();
  const words = [0x100, 0x104, 0x108].map((at) => a.driver.get(at));
  assertEquals(words, [0x0000_5452, 0x0001_0001, 1500 << 16 | 1]);
});

Deno.test("net: addresses follow from VM and interface, and are the locally administered kind", () => {
  assertEquals(macAddress(0x102, 3), [0x52, 0x54, 0x00, 0x01, 0x02, 3]);
});

Deno.test("net: a frame reaches the other interface with a header of its own", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  provide(b, 1526);
  const frame = send(a, b.mac, [1, 2, 3]);
  assertEquals([a.driver.used(1).length, b.driver.used(0), b.irq.level], [1, [], false]);
  clock.advanceTo(1e6);
  const bytes = HeaderBytes + frame.length;
  assertEquals([b.driver.used(0), b.irq.level], [[[0, bytes]], true]);
  assertEquals(b.driver.load(Room, bytes), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, ...frame]);
});

Deno.test("net: frames wait for buffers, in order", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  for (const i of [1, 2, 3]) send(a, b.mac, Array(i).fill(i));
  clock.advanceTo(1e6);
  const lengths = [1, 2, 3].map(() => {
    provide(b, 1526);
    return b.driver.used(0)[0]?.[1];
  });
  assertEquals(lengths, [1, 2, 3].map((i) => HeaderBytes + 14 + i));
});

Deno.test("net: an interface that is not in use gets nothing", () => {
  const { a, b, clock } = rig();
  a.driver.start(2);
  send(a, b.mac, [1]);
  b.driver.start(2);
  provide(b, 1526);
  clock.advanceTo(1e6);
  assertEquals(b.driver.used(0), []);
});

Deno.test("net: a frame that does not fit its buffer is dropped, the next one is whole", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  provide(b, HeaderBytes + 20);
  send(a, b.mac, Array(50).fill(9));
  clock.advanceTo(1e6);
  assertEquals(b.driver.used(0), [[0, HeaderBytes]]);
  provide(b, HeaderBytes + 20);
  send(a, b.mac, [1]);
  clock.advanceTo(2e6);
  assertEquals(b.driver.used(0), [[1, HeaderBytes + 15]]);
});

Deno.test("net: what is no frame is not sent", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  for (const bytes of [0, HeaderBytes - 1, HeaderBytes + 13, HeaderBytes + 1519]) {
    a.driver.send(1, [{ address: BufferBase, bytes }]);
  }
  assertEquals([a.driver.used(1).length, clock.nextDeadline()], [4, undefined]);
  assertEquals(a.chip.peek((s) => s.model), { received: 0, sent: 0, refused: 4 });
});

Deno.test("net: a receive buffer without room for the header needs a reset", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  provide(b, HeaderBytes - 1);
  send(a, b.mac, [1]);
  clock.advanceTo(1e6);
  assertEquals(b.driver.status & 64, 64);
});

/** Accepts that the device finishes frames, or that the driver does. */
const Sends = 1n << 0n | 1n << 11n;
const Takes = 1n << 1n | 1n << 7n;

/** An IPv4 packet with 2000 bytes of TCP payload, to be sent in segments of 1000. */
function longSegment(to: readonly number[]) {
  const frame = new Uint8Array(54 + 2000);
  frame.set(to);
  frame.set([8, 0, 0x45], 12);
  frame[23] = 6;
  frame[46] = 0x50;
  const header = [1, 1, 54, 0, 1000 & 0xff, 1000 >> 8, 34, 0, 16, 0, 0, 0];
  return { frame, header };
}

Deno.test("net: a long segment stays one for a driver that takes it, and is cut for one that does not", () => {
  for (const features of [Takes, 0n]) {
    const { a, b, clock } = rig();
    a.driver.start(2, Sends);
    b.driver.start(2, features);
    for (const i of [0, 1]) {
      b.driver.send(0, [{ address: Room + i * 0x1000, bytes: 4000, w: true }]);
    }
    const { frame, header } = longSegment(b.mac);
    a.driver.store(BufferBase, [...header, ...frame]);
    a.driver.send(1, [{ address: BufferBase, bytes: HeaderBytes + frame.length }]);
    clock.advanceTo(1e6);
    if (features) {
      assertEquals(b.driver.used(0), [[0, HeaderBytes + frame.length]]);
      const seen = b.driver.load(Room, HeaderBytes + frame.length);
      assertEquals(seen, [...header.with(10, 1), ...frame]);
    } else {
      assertEquals(b.driver.used(0), [[0, HeaderBytes + 1054], [1, HeaderBytes + 1054]]);
      assertEquals(b.driver.load(Room, HeaderBytes), Array(HeaderBytes).fill(0).with(10, 1));
    }
  }
});

Deno.test("net: a long segment of a driver that was not promised it is not sent", () => {
  const { a, b, clock } = rig();
  for (const { driver } of [a, b]) driver.start(2);
  const { frame, header } = longSegment(b.mac);
  a.driver.store(BufferBase, [...header, ...frame]);
  a.driver.send(1, [{ address: BufferBase, bytes: HeaderBytes + frame.length }]);
  assertEquals([a.driver.used(1).length, clock.nextDeadline()], [1, undefined]);
  assertEquals(a.chip.peek((s) => s.model.refused), 1);
});
