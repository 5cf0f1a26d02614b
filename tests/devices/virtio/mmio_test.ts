import { assert, assertEquals } from "@std/assert";
import { virtioMmio, type VirtioModel } from "../../../devices/virtio/mmio.ts";
import { TurnNs } from "../../../devices/virtio/queue.ts";
import type { Chain } from "../../../devices/virtio/chain.ts";
import { BufferBase, Driver, Features, layout, wires } from "./rig.ts";

type EchoState = { handled: number; value: number };

/** Answers every chain with its number, in one byte. */
function rig(handle?: (chain: Chain) => number) {
  const parts = wires();
  const model: VirtioModel<EchoState> = {
    kind: "virtio-echo",
    id: 42,
    features: 1n << 5n | 1n << 33n,
    queueSizes: [16, 8],
    reset: () => ({ handled: 0, value: 0x1122_3344 }),
    config({ value }) {
      const bytes = new Uint8Array(6);
      new DataView(bytes.buffer).setUint32(0, value, true);
      bytes[5] = 0x66;
      return bytes;
    },
    handle(s, _queue, chain) {
      s.handled++;
      return handle ? handle(chain) : chain.write(0, Uint8Array.of(s.handled));
    },
  };
  const chip = virtioMmio(model, parts.virtio);
  const driver = new Driver(chip, parts.memory);
  const one = [{ address: BufferBase, bytes: 4, w: true }];
  return { ...parts, chip, driver, one };
}

Deno.test("virtio-mmio: the first registers name the transport and the device", () => {
  const { driver } = rig();
  const ids = [0, 4, 8, 12].map((at) => driver.get(at));
  assertEquals(ids, [0x7472_6976, 2, 42, 0x554d_4551]);
});

Deno.test("virtio-mmio: features of the device, the queues and version 1 are offered", () => {
  const { driver } = rig();
  const words = [0, 1, 2].map((sel) => {
    driver.put(0x14, sel);
    return driver.get(0x10);
  });
  assertEquals(words, [0x3000_0020, 0x3, 0]);
});

Deno.test("virtio-mmio: FEATURES_OK sticks when the features were offered, version 1 among them", () => {
  for (
    const [features, ok] of [
      [Features.version1, true],
      [Features.version1 | 1n << 5n | Features.indirect | Features.eventIndex, true],
      [Features.version1 | 1n << 6n, false],
      [1n << 5n, false],
    ] as const
  ) {
    const { driver } = rig();
    driver.put(0x70, 3);
    driver.accept(features);
    driver.put(0x70, 11);
    assertEquals(driver.status, ok ? 11 : 3);
  }
});

Deno.test("virtio-mmio: Status bits stick in their order only, and fall together", () => {
  const { driver } = rig();
  driver.put(0x70, 2);
  assertEquals(driver.status, 0);
  driver.put(0x70, 1);
  driver.put(0x70, 5);
  assertEquals(driver.status, 1);
  driver.put(0x70, 0xff & ~0x40);
  assertEquals(driver.status, 0x83); // no features, no DRIVER_OK
  driver.put(0x70, 1);
  assertEquals(driver.status, 0x83);
  driver.put(0x70, 0);
  assertEquals(driver.status, 0);
});

Deno.test("virtio-mmio: features cannot change after FEATURES_OK", () => {
  const { driver, chip } = rig();
  driver.start(1);
  driver.accept(0xffff_ffffn);
  assertEquals(chip.peek((s) => s.driverFeatures), [0, 1]);
});

Deno.test("virtio-mmio: a queue that is ready cannot be changed, one that is not there reads 0", () => {
  const { driver, chip } = rig();
  driver.start(1);
  driver.put(0x30, 0);
  driver.put(0x38, 2);
  driver.put(0x80, 0);
  assertEquals(driver.get(0x34), 16);
  assertEquals(chip.peek((s) => [s.queues[0]?.size, s.queues[0]?.descriptors[0]]), [
    8,
    layout(0).descriptors,
  ]);
  driver.put(0x30, 2);
  driver.put(0x38, 2);
  driver.put(0x44, 1);
  assertEquals([driver.get(0x34), driver.get(0x44)], [0, 0]);
});

Deno.test("virtio-mmio: a request is answered at once, and interrupts until it is acknowledged", () => {
  const { driver, irq, one } = rig();
  driver.start(1);
  const head = driver.send(0, one);
  assertEquals(driver.used(0), [[head, 1]]);
  assertEquals(driver.load(BufferBase, 1), [1]);
  assertEquals([irq.level, driver.get(0x60)], [true, 1]);
  driver.put(0x64, 1);
  assertEquals([irq.level, driver.get(0x60)], [false, 0]);
});

Deno.test("virtio-mmio: nothing is served before DRIVER_OK, then what was available is", () => {
  const { driver, one } = rig();
  driver.put(0x70, 3);
  driver.accept(Features.version1);
  driver.put(0x70, 11);
  driver.setUp(0);
  driver.send(0, one);
  assertEquals(driver.used(0), []);
  driver.put(0x70, 15);
  assertEquals(driver.used(0).length, 1);
});

Deno.test("virtio-mmio: a notification of a queue that does not exist is ignored", () => {
  const { driver } = rig();
  driver.start(2);
  for (const queue of [2, 31, 32, 0xffff_ffff]) driver.notify(queue);
  assertEquals(driver.status, 15);
});

for (
  const [name, at, value] of [
    ["whose size is no power of 2", 0x38, 3],
    ["whose size is 0", 0x38, 0],
    ["that is larger than allowed", 0x38, 32],
    ["with descriptors out of line", 0x80, layout(0).descriptors + 8],
    ["with an available ring out of line", 0x90, layout(0).available + 1],
    ["with a used ring out of line", 0xa0, layout(0).used + 2],
    ["with descriptors outside memory", 0x80, 0x1000],
    ["with an available ring outside memory", 0x94, 1],
    ["with a used ring outside memory", 0xa4, 0xffff_ffff],
  ] as const
) {
  Deno.test(`virtio-mmio: a queue ${name} makes the device need a reset`, () => {
    const { driver, messages, memory } = rig();
    driver.start(0);
    driver.put(0x30, 0);
    driver.put(0x38, 8);
    driver.put(0x80, layout(0).descriptors);
    driver.put(0x90, layout(0).available);
    driver.put(0xa0, layout(0).used);
    driver.put(at, value);
    driver.put(0x44, 1);
    assertEquals([driver.status & 64, driver.get(0x60)], [64, 2]);
    assertEquals([messages.length, memory.outside], [1, 0]);
  });
}

Deno.test("virtio-mmio: a device that needs a reset does nothing until it gets one", () => {
  const { driver, one, irq, messages } = rig();
  driver.start(2);
  driver.publish(0, 100);
  driver.notify(0);
  assertEquals([driver.status, irq.level, messages.length], [79, true, 1]);
  driver.send(1, one);
  assertEquals(driver.used(1), []);
  driver.memory.bytes.fill(0);
  driver.start(2);
  driver.send(1, one);
  assertEquals([driver.status, driver.used(1).length], [15, 1]);
});

Deno.test("virtio-mmio: a driver that breaks rules all the time does not fill the log", () => {
  const { driver, messages } = rig();
  for (let i = 0; i < 100; i++) {
    driver.memory.bytes.fill(0);
    driver.start(1);
    driver.publish(0, 100 + i);
    driver.notify(0);
  }
  assertEquals(messages.length, 8);
});

Deno.test("virtio-mmio: configuration changes are counted and interrupt", () => {
  const { driver, chip, irq } = rig();
  driver.start(1);
  assertEquals([driver.get(0x100), chip.read(0x102, 2, 0), chip.read(0x105, 1, 0)], [
    0x1122_3344,
    0x1122,
    0x66,
  ]);
  assertEquals([driver.get(0x108), driver.get(0x1fc)], [0, 0]);
  chip.changeConfig((s) => void (s.value = 7));
  assertEquals([driver.get(0xfc), driver.get(0x100), driver.get(0x60), irq.level], [1, 7, 2, true]);
  driver.put(0x70, 0);
  assertEquals([driver.get(0xfc), irq.level], [1, false]);
});

Deno.test("virtio-mmio: shared memory regions do not exist", () => {
  const { driver } = rig();
  driver.put(0xac, 1);
  assertEquals([0xb0, 0xb4, 0xb8, 0xbc].map((at) => driver.get(at)), Array(4).fill(0xffff_ffff));
});

/** Chains of eight descriptors that all name most of memory, until a turn is full. */
function busy() {
  const parts = rig(() => 0);
  const { driver } = parts;
  driver.start(1);
  const large = { address: BufferBase, bytes: 0x3_0000, w: true };
  driver.chain(layout(0).descriptors, 0, 8, Array(8).fill(large));
  for (let i = 0; i < 8; i++) driver.publish(0, 0);
  driver.notify(0);
  return parts;
}

Deno.test("virtio-mmio: work beyond a turn goes on a little later", () => {
  const { driver, clock, chip } = busy();
  const first = chip.peek((s) => s.model.handled);
  assert(first >= 1 && first < 8, `${first} handled`);
  assertEquals([driver.used(0).length, clock.nextDeadline()], [first, TurnNs]);
  clock.advanceTo(8 * TurnNs);
  assertEquals([driver.used(0).length, clock.nextDeadline()], [8 - first, undefined]);
});

Deno.test("virtio-mmio: asking again gives a driver no other turn", () => {
  const { driver, clock, chip } = busy();
  const handled = () => chip.peek((s) => s.model.handled);
  const first = handled();
  for (let i = 0; i < 100; i++) driver.notify(0);
  clock.advanceTo(TurnNs - 1);
  driver.notify(0);
  assertEquals(handled(), first);
  clock.advanceTo(TurnNs);
  assert(handled() > first);
});

Deno.test("virtio-mmio: a reset ends work that goes on", () => {
  const { driver, clock, chip, irq } = busy();
  driver.put(0x70, 0);
  assertEquals([clock.nextDeadline(), irq.level], [undefined, false]);
  clock.advanceTo(TurnNs);
  assertEquals(chip.peek((s) => s.model.handled), 0);
});

Deno.test("virtio-mmio: work that goes on survives a snapshot", () => {
  const a = busy();
  const b = rig(() => 0);
  b.memory.bytes.set(a.memory.bytes);
  b.chip.restore(a.chip.snapshot());
  for (const { clock } of [a, b]) clock.advanceTo(8 * TurnNs);
  assertEquals(b.chip.snapshot(), a.chip.snapshot());
  assertEquals(b.irq.level, true);
});

Deno.test("virtio-mmio: a reset by the board equals power-on", () => {
  const { driver, chip, one } = rig();
  const fresh = chip.snapshot();
  driver.start(2);
  driver.send(0, one);
  chip.changeConfig((s) => void (s.value = 1));
  chip.reset();
  assertEquals(chip.snapshot(), fresh);
});
