import { assertEquals, assertMatch } from "@std/assert";
import { type Chain, Desc, type GuestMemory } from "../../../devices/virtio/chain.ts";
import { virtioMmio } from "../../../devices/virtio/mmio.ts";
import {
  type Buffer,
  BufferBase,
  Driver,
  Features,
  layout,
  MemoryBase,
  MemoryBytes,
  wires,
} from "./rig.ts";

const Size = 8;

/** A device that reverses what it reads, and takes no chains while `held` is true. */
function rig(features = 0n, size = Size) {
  const parts = wires();
  const hold = { held: false };
  const chip = virtioMmio({
    kind: "virtio-reverse",
    id: 42,
    features: 0n,
    queueSizes: [64],
    reset: () => ({}),
    config: () => new Uint8Array(),
    handle(_s, _queue, chain) {
      if (hold.held) return "later";
      return reverse(chain);
    },
  }, parts.virtio);
  const driver = new Driver(chip, parts.memory, size).start(1, features);
  return { ...parts, chip, driver, hold };
}

function reverse(chain: Chain): number {
  const bytes = new Uint8Array(Math.min(chain.readableBytes, 4096));
  chain.read(0, bytes);
  return chain.write(0, bytes.reverse());
}

const at = (k: number) => BufferBase + 0x100 * k;
const text = (s: string) => new TextEncoder().encode(s);

Deno.test("queue: buffers of any lengths make one request and one answer", () => {
  const { driver } = rig();
  driver.store(at(0), text("ab"));
  driver.store(at(1), text("c"));
  driver.store(at(2), text("def"));
  const head = driver.send(0, [
    { address: at(0), bytes: 2 },
    { address: at(1), bytes: 1 },
    { address: at(5), bytes: 0 },
    { address: at(2), bytes: 3 },
    { address: at(3), bytes: 1, w: true },
    { address: at(4), bytes: 9, w: true },
  ]);
  assertEquals(driver.used(0), [[head, 6]]);
  assertEquals([driver.load(at(3), 2), driver.load(at(4), 6)], [
    [...text("f\0")],
    [...text("edcba\0")],
  ]);
});

Deno.test("queue: the rings wrap, and so do their indices", () => {
  const { driver, memory, clock } = rig();
  for (let i = 0; i < 0x1_0010; i++) {
    clock.advanceTo(i * 100);
    driver.send(0, [{ address: at(0), bytes: 1 }]);
  }
  assertEquals(memory.view.getUint16(layout(0).used - MemoryBase + 2, true), 0x10);
  assertEquals(driver.status, 15);
});

Deno.test("queue: a chain waits until there is something to put into it", () => {
  const { driver, chip, hold, irq } = rig();
  hold.held = true;
  driver.send(0, [{ address: at(0), bytes: 1, w: true }]);
  assertEquals([driver.used(0), irq.level], [[], false]);
  hold.held = false;
  chip.serve(0, () => {});
  assertEquals([driver.used(0).length, irq.level], [1, true]);
});

Deno.test("queue: an indirect table is one descriptor of the queue", () => {
  const { driver } = rig(Features.indirect);
  const table = layout(0).indirect;
  driver.store(at(0), text("xyz"));
  // More descriptors than the queue has.
  const buffers: Buffer[] = [
    ...Array.from({ length: 3 }, (_, i) => ({ address: at(0) + i, bytes: 1 })),
    ...Array.from({ length: 9 }, (_, i) => ({ address: at(1) + i, bytes: 1, w: true })),
  ];
  driver.chain(table, 0, 64, buffers);
  driver.describe(layout(0).descriptors, 0, { address: table, bytes: 12 * 16 }, Desc.indirect, 0);
  driver.publish(0, 0);
  driver.notify(0);
  assertEquals([driver.used(0), driver.load(at(1), 3)], [[[0, 3]], [...text("zyx")]]);
});

Deno.test("queue: a chain may go on in an indirect table", () => {
  const { driver } = rig(Features.indirect);
  const table = layout(0).indirect;
  driver.store(at(0), text("q"));
  driver.chain(table, 0, 64, [{ address: at(1), bytes: 1, w: true }]);
  driver.describe(layout(0).descriptors, 0, { address: at(0), bytes: 1 }, Desc.next, 5);
  driver.describe(layout(0).descriptors, 5, { address: table, bytes: 16 }, Desc.indirect, 0);
  driver.publish(0, 0);
  driver.notify(0);
  assertEquals([driver.used(0), driver.load(at(1), 1)], [[[0, 1]], [...text("q")]]);
});

/** Ways to break the rules, and what is said of them. */
const wrongs: Record<string, [RegExp, (d: Driver) => void, bigint?]> = {
  "whose head is beyond the table": [/index must be below 8, found 8/, (d) => d.publish(0, 8)],
  "whose next is beyond the table": [/index must be below 8, found 9/, (d) => {
    d.describe(layout(0).descriptors, 0, { address: at(0), bytes: 1 }, Desc.next, 9);
    d.publish(0, 0);
  }],
  "that leads to itself": [/must end/, (d) => {
    d.describe(layout(0).descriptors, 0, { address: at(0), bytes: 1 }, Desc.next, 0);
    d.publish(0, 0);
  }],
  "that runs in a circle": [/must end/, (d) => {
    d.chain(layout(0).descriptors, 0, 8, Array(8).fill({ address: at(0), bytes: 1 }));
    d.describe(layout(0).descriptors, 7, { address: at(0), bytes: 1 }, Desc.next, 2);
    d.publish(0, 0);
  }],
  "with a buffer outside memory": [/buffers must be in memory/, (d) => {
    d.offer(0, [{ address: 0x1000, bytes: 1 }]);
  }],
  "with a buffer that ends outside memory": [/buffers must be in memory/, (d) => {
    d.offer(0, [{ address: MemoryBase + MemoryBytes - 4, bytes: 5, w: true }]);
  }],
  "with a buffer at the end of the address space": [/buffers must be in memory/, (d) => {
    d.offer(0, [{ address: 0, bytes: 16 }]);
    d.memory.view.setBigUint64(0, 2n ** 64n - 8n, true);
  }],
  "that writes before it reads": [/must come before/, (d) => {
    d.offer(0, [{ address: at(0), bytes: 1, w: true }, { address: at(1), bytes: 1 }]);
  }],
  "with an indirect table not negotiated": [/must be negotiated/, (d) => {
    d.describe(layout(0).descriptors, 0, { address: at(0), bytes: 16 }, Desc.indirect, 0);
    d.publish(0, 0);
  }],
  "with an indirect table in an indirect table": [/none inside a table/, (d) => {
    d.describe(layout(0).indirect, 0, { address: at(0), bytes: 16 }, Desc.indirect, 0);
    indirect(d, 16);
  }, Features.indirect],
  "with an empty indirect table": [/whole number/, (d) => indirect(d, 0), Features.indirect],
  "with a fraction of a table": [/whole number/, (d) => indirect(d, 24), Features.indirect],
  "with an indirect table and a next": [/last of their chain/, (d) => {
    indirect(d, 16, Desc.next);
  }, Features.indirect],
  "with an indirect table outside memory": [/must be in memory/, (d) => {
    indirect(d, 2 ** 32 - 16);
  }, Features.indirect],
  "that runs in a circle in an indirect table": [/must end/, (d) => {
    d.describe(layout(0).indirect, 0, { address: at(0), bytes: 1 }, Desc.next, 1);
    d.describe(layout(0).indirect, 1, { address: at(0), bytes: 1 }, Desc.next, 0);
    indirect(d, 32);
  }, Features.indirect],
  "whose next is beyond an indirect table": [/index must be below 2, found 2/, (d) => {
    d.describe(layout(0).indirect, 0, { address: at(0), bytes: 1 }, Desc.next, 2);
    indirect(d, 32);
  }, Features.indirect],
  "in a ring with more chains than entries": [/at most 8 chains/, (d) => {
    d.memory.view.setUint16(layout(0).available - MemoryBase + 2, 9, true);
  }],
};

function indirect(d: Driver, bytes: number, flags = 0): void {
  const to = { address: layout(0).indirect, bytes };
  d.describe(layout(0).descriptors, 0, to, Desc.indirect | flags, 1);
  d.publish(0, 0);
}

for (const [name, [message, act, features]] of Object.entries(wrongs)) {
  Deno.test(`queue: a chain ${name} makes the device need a reset`, () => {
    const { driver, messages, memory, irq } = rig(features);
    act(driver);
    driver.notify(0);
    assertEquals([driver.status, irq.level, driver.used(0)], [79, true, []]);
    assertMatch(messages[0] ?? "", message);
    assertEquals([memory.outside, memory.intact()], [0, true]);
  });
}

Deno.test("queue: an endless indirect table is given up after 1024 descriptors", () => {
  const { driver, messages } = rig(Features.indirect);
  const entries = 4096;
  for (let i = 0; i < entries; i++) {
    driver.describe(BufferBase, i, { address: at(0), bytes: 0 }, Desc.next, i + 1);
  }
  const to = { address: BufferBase, bytes: entries * 16 };
  driver.describe(layout(0).descriptors, 0, to, Desc.indirect, 0);
  driver.publish(0, 0);
  driver.notify(0);
  assertMatch(messages[0] ?? "", /more than 1024/);
});

Deno.test("queue: a driver that wants no interrupts gets none", () => {
  const { driver, memory, irq } = rig();
  memory.view.setUint16(layout(0).available - MemoryBase, 1, true);
  driver.send(0, [{ address: at(0), bytes: 1 }]);
  assertEquals([driver.used(0).length, irq.level], [1, false]);
});

Deno.test("queue: with event indices, an interrupt comes when the chosen entry is used", () => {
  const { driver, memory, irq } = rig(Features.eventIndex);
  const event = layout(0).available - MemoryBase + 4 + 2 * Size;
  memory.view.setUint16(event, 2, true);
  const levels = [0, 1, 2, 3].map(() => {
    driver.send(0, [{ address: at(0), bytes: 1 }]);
    return irq.level;
  });
  assertEquals(levels, [false, false, true, true]);
});

Deno.test("queue: with event indices, the device asks to hear of the next chain", () => {
  const { driver, memory } = rig(Features.eventIndex);
  const event = layout(0).used - MemoryBase + 4 + 8 * Size;
  driver.send(0, [{ address: at(0), bytes: 1 }]);
  driver.send(0, [{ address: at(0), bytes: 1 }]);
  assertEquals(memory.view.getUint16(event, true), 2);
});

Deno.test("queue: memory that goes away under a queue breaks the device, not the simulator", () => {
  const { memory, virtio } = wires();
  let there = true;
  const vanishing: GuestMemory = {
    covers: (address, bytes) => there && memory.covers(address, bytes),
    read: (address, into) => there && memory.read(address, into),
    write: (address, bytes) => there && memory.write(address, bytes),
  };
  const chip = virtioMmio({
    kind: "virtio-reverse",
    id: 42,
    features: 0n,
    queueSizes: [64],
    reset: () => ({}),
    config: () => new Uint8Array(),
    handle: (_s, _queue, chain) => reverse(chain),
  }, { ...virtio, memory: vanishing });
  const driver = new Driver(chip, memory).start(1);
  driver.offer(0, [{ address: at(0), bytes: 1 }]);
  there = false;
  driver.notify(0);
  assertEquals(driver.status, 79);
});
