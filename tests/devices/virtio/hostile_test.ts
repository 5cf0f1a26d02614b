import { assert, assertEquals } from "@std/assert";
import type { Device, State, Width } from "../../../core/board/device.ts";
import { virtioBlock } from "../../../devices/virtio/block.ts";
import { Desc } from "../../../devices/virtio/chain.ts";
import { virtioConsole } from "../../../devices/virtio/console.ts";
import type { VirtioDevice } from "../../../devices/virtio/mmio.ts";
import { macAddress, virtioNet } from "../../../devices/virtio/net.ts";
import { virtioRng } from "../../../devices/virtio/rng.ts";
import { Switch } from "../../../devices/virtio/switch.ts";
import {
  type Buffer,
  BufferBase,
  Driver,
  Features,
  layout,
  MemoryBase,
  MemoryBytes,
  memoryDisk,
  type Parts,
  random,
  wires,
} from "./rig.ts";

type Pick = (n: number) => number;

const QueueSize = 8;
const Cases = 12_000;

/** Features of network interfaces: checksums and long segments in both directions. */
const Offloads = [0, 1, 7, 8, 11, 12].reduce((all, bit) => all | 1n << BigInt(bit), 0n);

/** Every device, and its number of queues. */
const devices: Record<string, [number, (parts: Parts) => VirtioDevice<State> & Device]> = {
  block: [
    1,
    ({ virtio }) =>
      erase(virtioBlock({ ...virtio, backend: memoryDisk(64).backend, serial: "hostile" })),
  ],
  console: [2, ({ virtio }) => {
    return erase(virtioConsole({ ...virtio, transmit: () => {}, ready: () => {} }));
  }],
  rng: [1, ({ virtio }) => erase(virtioRng({ ...virtio, seed: 1 }))],
  net: [2, ({ virtio }) => {
    const hub = new Switch({ clock: virtio.clock });
    const nic = virtioNet({ ...virtio, switch: hub, mac: macAddress(1, 0) });
    // Everything that is sent comes back.
    const echo = hub.port(() => {
      const frame = echo.first();
      echo.drop();
      if (frame) echo.send(frame.bytes, frame.offload);
    });
    echo.connect(true, { checksum: true, tcp4: true, tcp6: true });
    return erase(nic);
  }],
};

/** A device whose own state is nobody's business. */
function erase<S extends State>(device: VirtioDevice<S>): VirtioDevice<State> {
  return device as unknown as VirtioDevice<State>;
}

/** Numbers that break things more often than others. */
function nasty(pick: Pick, bits: 16 | 32): number {
  const top = 2 ** bits;
  const edges = [0, 1, 2, 7, 8, 9, 15, 16, 63, 64, top / 2, top - 1, top - 16];
  return pick(3) === 0 ? pick(top) : edges[pick(edges.length)] as number;
}

function address(pick: Pick): number {
  switch (pick(6)) {
    case 0:
      return pick(2 ** 32) * 2 ** 20;
    case 1:
      return MemoryBase + MemoryBytes - pick(64);
    case 2:
      return MemoryBase - pick(64);
    default: // the rings themselves
      return MemoryBase + pick(0x8000);
  }
}

/** A chain that is mostly right, in the queue's table or in an indirect one. */
function structured(d: Driver, queue: number, pick: Pick): void {
  const { descriptors, indirect, available } = layout(queue);
  const { view } = d.memory;
  const rarely = () => pick(24) === 0;
  const count = 1 + pick(6);
  const readable = pick(count + 1);
  const buffers: Buffer[] = Array.from({ length: count }, (_, i) => ({
    address: rarely() ? address(pick) : BufferBase + pick(0x2_0000),
    bytes: rarely() ? nasty(pick, 32) : [16, 512, 1, 12, pick(3000)][pick(5)] as number,
    w: rarely() ? pick(2) === 0 : i >= readable,
  }));
  // The header of a block request, most of the time.
  const first = buffers[0] as Buffer;
  if (d.memory.covers(first.address, 16)) {
    view.setUint32(
      first.address - MemoryBase,
      [0, 1, 4, 8, nasty(pick, 32)][pick(5)] as number,
      true,
    );
    view.setBigUint64(first.address - MemoryBase + 8, BigInt(pick(70)), true);
  }
  if (queue === 1 && pick(2) === 0) unfinished(d, first.address, pick);
  const head = pick(QueueSize);
  if (pick(3) === 0) {
    d.chain(indirect, 0, 256, buffers);
    const bytes = rarely() ? nasty(pick, 32) : count * 16;
    d.describe(descriptors, head, { address: indirect, bytes }, Desc.indirect, pick(QueueSize));
  } else {
    d.chain(descriptors, head, QueueSize, buffers);
  }
  if (pick(12) === 0) { // a field of some descriptor
    const at = descriptors - MemoryBase + 16 * pick(QueueSize);
    view.setUint16(at + 12 + 2 * pick(2), nasty(pick, 16), true);
  }
  d.publish(queue, rarely() ? nasty(pick, 16) : head);
  if (pick(50) === 0) view.setUint16(available - MemoryBase + 2, nasty(pick, 16), true);
}

/** The beginning of a frame that is a long segment, or nearly. */
function unfinished(d: Driver, at: number, pick: Pick): void {
  if (!d.memory.covers(at, 96)) return;
  const ipv4 = pick(2) === 0;
  const tcp = 14 + (ipv4 ? 20 : 40);
  const bytes = new Uint8Array(96);
  const view = new DataView(bytes.buffer);
  bytes.set([1, ipv4 ? 1 : 4]);
  view.setUint16(4, pick(4) === 0 ? nasty(pick, 16) : 1 + pick(2000), true);
  view.setUint16(6, tcp, true);
  view.setUint16(8, 16, true);
  const frame = bytes.subarray(12);
  frame.set([
    ...macAddress(2, 0),
    ...macAddress(1, 0),
    ...ipv4 ? [8, 0, 0x45] : [0x86, 0xdd, 0x60],
  ]);
  frame[ipv4 ? 23 : 20] = 6;
  frame[tcp + 12] = 0x50 + 16 * pick(3);
  if (pick(4) === 0) view.setUint16(2 * pick(48), nasty(pick, 16), true);
  d.store(at, bytes);
}

/** Anything at all in the queue's parts. */
function noise(d: Driver, queue: number, pick: Pick): void {
  const { descriptors, available, used, indirect } = layout(queue);
  for (let i = 0; i < 40; i++) {
    const area = [descriptors, available, used, indirect][pick(4)] as number;
    const offset = area - MemoryBase + pick(160);
    if (pick(2) === 0) d.memory.view.setUint16(offset, nasty(pick, 16), true);
    else d.memory.view.setUint32(offset, nasty(pick, 32), true);
  }
}

/** Lets virtual time pass until the device has nothing left to do. */
function settle({ clock }: Parts, what: string): void {
  for (let turns = 0; clock.nextDeadline() !== undefined; turns++) {
    assert(turns < 5000, `${what} never ends`);
    clock.advanceTo(clock.nextDeadline() as number);
  }
}

for (const [name, [queues, make]] of Object.entries(devices)) {
  Deno.test(`${name}: ${Cases} good and bad chains neither throw, hang nor touch the outside`, () => {
    const pick = random(queues * 1000 + name.length);
    const parts = wires();
    const driver = new Driver(make(parts), parts.memory, QueueSize).start(queues);
    const seen = { served: 0, broken: 0 };
    for (let i = 0; i < Cases; i++) {
      if (driver.status & 64 || i % 200 === 0) {
        parts.memory.bytes.fill(0);
        const rings = pick(4) === 0 ? 0n : Features.indirect | Features.eventIndex;
        driver.start(queues, rings | (name === "net" && pick(2) === 0 ? Offloads : 0n));
      }
      const queue = pick(queues);
      if (pick(10) === 0) noise(driver, queue, pick);
      else structured(driver, queue, pick);
      driver.notify(queue);
      if (pick(4) === 0) driver.put(0x64, 3);
      settle(parts, `case ${i}`);
      seen[driver.status & 64 ? "broken" : "served"]++;
      assertEquals([parts.memory.outside, parts.memory.intact()], [0, true], `case ${i}`);
    }
    // Cases of one kind only would not say much.
    assert(seen.served > Cases / 4 && seen.broken > Cases / 20, JSON.stringify(seen));
  });

  Deno.test(`${name}: ${Cases} sequences of random register accesses do no harm`, () => {
    const pick = random(queues * 2000 + name.length);
    const parts = wires();
    const chip = make(parts);
    const driver = new Driver(chip, parts.memory, QueueSize);
    // Registers that matter more often than the others, and values that mean something there.
    const offsets = [0x14, 0x20, 0x24, 0x30, 0x38, 0x44, 0x50, 0x64, 0x70, 0x80, 0x84, 0x90, 0xa0];
    const values = [0, 1, 2, 3, 8, 11, 15, BufferBase, layout(0).descriptors, layout(1).used];
    for (let i = 0; i < Cases; i++) {
      if (i % 20 === 0) driver.start(queues, Features.indirect);
      for (let k = 0; k < 8; k++) {
        const width = [1, 2, 4][pick(3)] as Width;
        const at = pick(3) === 0 ? pick(0x200 / width) * width : offsets[pick(13)] as number;
        const value = pick(3) === 0 ? nasty(pick, 32) : values[pick(10)] as number;
        if (pick(3) === 0) {
          const read = chip.read(at, width, 0);
          assert(read >= 0 && read < 2 ** (8 * width), `read of ${at} gives ${read}`);
        } else chip.write(at, width, value % 2 ** (8 * width), 0);
      }
      settle(parts, `sequence ${i}`);
      assertEquals(parts.memory.outside, 0, `sequence ${i}`);
    }
    const saved = chip.snapshot();
    chip.restore(saved);
    assertEquals(chip.snapshot(), saved);
    assert(parts.memory.intact());
  });
}
