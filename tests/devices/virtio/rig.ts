/** A driver's side of a virtio device, over memory that notices what is done outside of it. @module */

import { EventQueue } from "../../../core/board/clock.ts";
import type { Device } from "../../../core/board/device.ts";
import { type BlockBackend, SectorBytes } from "../../../devices/virtio/block_backend.ts";
import { Desc, type GuestMemory } from "../../../devices/virtio/chain.ts";
import type { VirtioWires } from "../../../devices/virtio/mmio.ts";

export const MemoryBase = 0x4000_0000;
export const MemoryBytes = 0x4_0000;
const GuardBytes = 4096;
const GuardByte = 0xa5;

/** Memory between two guards. */
export class TestMemory implements GuestMemory {
  readonly #all = new Uint8Array(MemoryBytes + 2 * GuardBytes).fill(GuardByte);
  /** The memory itself. */
  readonly bytes = this.#all.subarray(GuardBytes, GuardBytes + MemoryBytes);
  readonly view = new DataView(this.bytes.buffer, GuardBytes, MemoryBytes);
  /** Accesses that were not all in memory. */
  outside = 0;

  constructor() {
    this.bytes.fill(0);
  }

  covers(address: number, bytes: number): boolean {
    return address >= MemoryBase && bytes >= 0 && address + bytes <= MemoryBase + MemoryBytes;
  }

  read(address: number, into: Uint8Array): boolean {
    if (!this.#check(address, into.length)) return false;
    const at = address - MemoryBase;
    into.set(this.bytes.subarray(at, at + into.length));
    return true;
  }

  write(address: number, bytes: Uint8Array): boolean {
    if (!this.#check(address, bytes.length)) return false;
    this.bytes.set(bytes, address - MemoryBase);
    return true;
  }

  /** Whether the guards are as they were. */
  intact(): boolean {
    const guards = [
      this.#all.subarray(0, GuardBytes),
      this.#all.subarray(GuardBytes + MemoryBytes),
    ];
    return guards.every((guard) => guard.every((byte) => byte === GuardByte));
  }

  #check(address: number, bytes: number): boolean {
    const good = this.covers(address, bytes);
    if (!good) this.outside++;
    return good;
  }
}

/** Addresses of a queue's parts, and of an indirect table for it. */
export interface QueueLayout {
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly indirect: number;
}

/** Where the rig keeps queue `i`'s parts: a page each. */
export function layout(queue: number): QueueLayout {
  const base = MemoryBase + queue * 0x4000;
  return {
    descriptors: base,
    available: base + 0x1000,
    used: base + 0x2000,
    indirect: base + 0x3000,
  };
}

/** Where buffers may be put: behind the queues' parts. */
export const BufferBase = MemoryBase + 0x1_0000;

export const Features = {
  indirect: 1n << 28n,
  eventIndex: 1n << 29n,
  version1: 1n << 32n,
} as const;

/** A buffer of a chain, `w` when the device writes it. */
export interface Buffer {
  readonly address: number;
  readonly bytes: number;
  readonly w?: boolean;
}

/** What a device needs, and what became of it. */
export interface Parts {
  readonly memory: TestMemory;
  readonly clock: EventQueue;
  readonly messages: string[];
  readonly irq: { level: boolean; rises: number };
  readonly virtio: VirtioWires;
}

/** Everything for one device. */
export function wires(): Parts {
  const memory = new TestMemory();
  const clock = new EventQueue();
  const messages: string[] = [];
  const irq = { level: false, rises: 0 };
  const virtio: VirtioWires = {
    memory,
    clock,
    log: (message) => void messages.push(message),
    irq: {
      set(level) {
        if (level && !irq.level) irq.rises++;
        irq.level = level;
      },
    },
  };
  return { memory, clock, messages, irq, virtio };
}

/** A driver of `device`. */
export class Driver {
  readonly device: Device;
  readonly memory: TestMemory;
  readonly #size: number;
  readonly #next: number[] = [];
  readonly #free: number[] = [];
  readonly #seen: number[] = [];

  constructor(device: Device, memory: TestMemory, size = 8) {
    this.device = device;
    this.memory = memory;
    this.#size = size;
  }

  get(at: number): number {
    return this.device.read(at, 4, 0);
  }

  put(at: number, value: number): void {
    this.device.write(at, 4, value, 0);
  }

  get status(): number {
    return this.get(0x70);
  }

  /** Writes the accepted features. */
  accept(features: bigint): void {
    for (const sel of [0, 1]) {
      this.put(0x24, sel);
      this.put(0x20, Number(BigInt.asUintN(32, features >> BigInt(32 * sel))));
    }
  }

  /** Describes queue `queue` to the device and declares it ready. */
  setUp(queue: number): void {
    const at = layout(queue);
    this.put(0x30, queue);
    this.put(0x38, this.#size);
    this.put(0x80, at.descriptors);
    this.put(0x90, at.available);
    this.put(0xa0, at.used);
    this.put(0x44, 1);
    for (const list of [this.#next, this.#free, this.#seen]) list[queue] = 0;
  }

  /** Initializes the device with `queues` queues, as the standard says. */
  start(queues: number, features = 0n): this {
    this.put(0x70, 0);
    this.put(0x70, 1);
    this.put(0x70, 3);
    this.accept(features | Features.version1);
    this.put(0x70, 11);
    for (let i = 0; i < queues; i++) this.setUp(i);
    this.put(0x70, 15);
    return this;
  }

  /** Writes descriptor `index` of the table at `table`. */
  describe(table: number, index: number, to: Buffer, flags: number, next: number): void {
    const { view } = this.memory;
    const at = table - MemoryBase + 16 * index;
    view.setBigUint64(at, BigInt(to.address), true);
    view.setUint32(at + 8, to.bytes, true);
    view.setUint16(at + 12, flags | (to.w ? Desc.write : 0), true);
    view.setUint16(at + 14, next, true);
  }

  /** Writes a chain into `table` from descriptor `first` on, which wraps at `entries`. */
  chain(table: number, first: number, entries: number, buffers: readonly Buffer[]): void {
    buffers.forEach((buffer, i) => {
      const last = i === buffers.length - 1;
      const next = (first + i + 1) % entries;
      this.describe(table, (first + i) % entries, buffer, last ? 0 : Desc.next, last ? 0 : next);
    });
  }

  /** Makes a chain available without telling the device; returns its head. */
  offer(queue: number, buffers: readonly Buffer[]): number {
    const head = this.#free[queue] as number;
    this.chain(layout(queue).descriptors, head, this.#size, buffers);
    this.#free[queue] = (head + buffers.length) % this.#size;
    this.publish(queue, head);
    return head;
  }

  /** Puts a head into the available ring. */
  publish(queue: number, head: number): void {
    const at = layout(queue).available - MemoryBase;
    const index = this.#next[queue] as number;
    this.memory.view.setUint16(at + 4 + 2 * (index % this.#size), head, true);
    this.#next[queue] = (index + 1) & 0xffff;
    this.memory.view.setUint16(at + 2, this.#next[queue] as number, true);
  }

  /** Tells the device of a queue. */
  notify(queue: number): void {
    this.put(0x50, queue);
  }

  /** Makes a chain available and tells the device. */
  send(queue: number, buffers: readonly Buffer[]): number {
    const head = this.offer(queue, buffers);
    this.notify(queue);
    return head;
  }

  /** The entries that the device has put into the used ring since the last look: head and bytes. */
  used(queue: number): [head: number, bytes: number][] {
    const at = layout(queue).used - MemoryBase;
    const found: [number, number][] = [];
    for (const index = this.memory.view.getUint16(at + 2, true); this.#seen[queue] !== index;) {
      const seen = this.#seen[queue] as number;
      const entry = at + 4 + 8 * (seen % this.#size);
      found.push([
        this.memory.view.getUint32(entry, true),
        this.memory.view.getUint32(entry + 4, true),
      ]);
      this.#seen[queue] = (seen + 1) & 0xffff;
    }
    return found;
  }

  /** Copies `bytes` to `address`. */
  store(address: number, bytes: ArrayLike<number>): void {
    this.memory.bytes.set(bytes, address - MemoryBase);
  }

  /** `bytes` bytes at `address`. */
  load(address: number, bytes: number): number[] {
    return [...this.memory.bytes.subarray(address - MemoryBase, address - MemoryBase + bytes)];
  }
}

/** Equally distributed numbers below `n`, the same in every run. */
export function random(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * n);
  };
}

/** A disk in memory, and what was asked of it. */
export interface MemoryDisk {
  readonly bytes: Uint8Array;
  /** While `broken` is true, every request fails. */
  readonly asked: { flushes: number; broken: boolean };
  readonly backend: BlockBackend;
}

/** An empty disk. */
export function memoryDisk(sectors: number, readOnly = false): MemoryDisk {
  const bytes = new Uint8Array(sectors * SectorBytes);
  const asked = { flushes: 0, broken: false };
  const backend: BlockBackend = {
    sectors,
    readOnly,
    read(sector, into) {
      if (sector * SectorBytes + into.length > bytes.length) throw new RangeError("outside");
      const at = sector * SectorBytes;
      into.set(bytes.subarray(at, at + into.length));
      return !asked.broken;
    },
    write(sector, from) {
      bytes.set(from, sector * SectorBytes);
      return !asked.broken;
    },
    flush() {
      asked.flushes++;
      return !asked.broken;
    },
  };
  return { bytes, asked, backend };
}
