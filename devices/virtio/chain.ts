/**
 * Descriptor chains of a split virtqueue (virtio 1.2, 2.7.5), read from memory that is not trusted.
 *
 * A {@linkcode Chain} that exists is sound: it ends, it is no longer than {@linkcode MaxDescriptors},
 * what the device reads comes before what it writes, and all of it is memory.
 *
 * @module
 */

import { hex } from "../../core/hex.ts";

/** The memory that descriptors point into, by guest-physical address. */
export interface GuestMemory {
  /** Whether all `bytes` bytes at `address` are memory. */
  covers(address: number, bytes: number): boolean;
  /** Fills `into`; false when not all of it is memory. */
  read(address: number, into: Uint8Array): boolean;
  /** Stores `bytes`; false, and nothing is stored, when not all of it is memory. */
  write(address: number, bytes: Uint8Array): boolean;
}

/** What a driver did that it must not do; the device stops until it is reset. */
export interface Violation {
  readonly violation: string;
}

interface Segment {
  readonly address: number;
  readonly bytes: number;
}

/** Where the descriptors of a queue are, and what the driver may put there. */
export interface DescriptorTable {
  readonly memory: GuestMemory;
  readonly address: number;
  readonly entries: number;
  /** VIRTIO_F_INDIRECT_DESC was negotiated. */
  readonly indirect: boolean;
}

/** Descriptor flags. */
export const Desc = { next: 1, write: 2, indirect: 4 } as const;
/** Bytes of a descriptor. */
export const DescriptorBytes = 16;
/** Longest chain: indirect tables are not bound by the queue's size. */
export const MaxDescriptors = 1024;
/** Longest chain in bytes (2.7.5, "Driver Requirements"). */
const MaxChainBytes = 2 ** 32;

/** One request: bytes for the device to read, then room for it to write. */
export class Chain {
  readonly head: number;
  /** Bytes the device may read. */
  readonly readableBytes: number;
  /** Bytes the device may write. */
  readonly writableBytes: number;
  /** How many descriptors it took to describe it. */
  readonly descriptors: number;
  readonly #memory: GuestMemory;
  readonly #readable: readonly Segment[];
  readonly #writable: readonly Segment[];

  constructor(
    memory: GuestMemory,
    head: number,
    descriptors: number,
    readable: readonly Segment[],
    writable: readonly Segment[],
  ) {
    this.head = head;
    this.readableBytes = sum(readable);
    this.writableBytes = sum(writable);
    this.descriptors = descriptors;
    this.#memory = memory;
    this.#readable = readable;
    this.#writable = writable;
  }

  /** Copies what the driver sent from byte `offset` on; returns how many bytes there were. */
  read(offset: number, into: Uint8Array): number {
    return eachPiece(this.#readable, offset, into.length, (address, done, bytes) => {
      this.#memory.read(address, into.subarray(done, done + bytes));
    });
  }

  /** Stores `bytes` at byte `offset` of the driver's room; returns how many bytes fitted. */
  write(offset: number, bytes: Uint8Array): number {
    return eachPiece(this.#writable, offset, bytes.length, (address, done, count) => {
      this.#memory.write(address, bytes.subarray(done, done + count));
    });
  }
}

function sum(segments: readonly Segment[]): number {
  return segments.reduce((total, { bytes }) => total + bytes, 0);
}

function eachPiece(
  segments: readonly Segment[],
  offset: number,
  wanted: number,
  copy: (address: number, done: number, bytes: number) => void,
): number {
  let skip = offset;
  let done = 0;
  for (const { address, bytes } of segments) {
    if (done === wanted) break;
    if (skip >= bytes) {
      skip -= bytes;
      continue;
    }
    const count = Math.min(bytes - skip, wanted - done);
    copy(address + skip, done, count);
    done += count;
    skip = 0;
  }
  return done;
}

interface Descriptor {
  readonly address: number;
  readonly bytes: number;
  readonly flags: number;
  readonly next: number;
}

/** Follows the chain that starts at descriptor `head`. */
export function readChain(table: DescriptorTable, head: number): Chain | Violation {
  const readable: Segment[] = [];
  const writable: Segment[] = [];
  let { address, entries } = table;
  let inside = false; // an indirect table
  let index = head;
  let seen = 0; // in this table
  let walked = 0; // altogether
  for (let total = 0;;) {
    if (index >= entries) {
      return broken(`a descriptor's index must be below ${entries}, found ${index}`);
    }
    // A chain that visits more descriptors than there are visits one of them twice.
    if (seen++ >= Math.min(entries, MaxDescriptors)) {
      return broken(`a chain must end, found more than ${seen - 1} descriptors`);
    }
    walked++;
    const entry = readDescriptor(table.memory, address + index * DescriptorBytes);
    if (!entry) return broken(`descriptors must be in memory, found ${hex(address)}`);
    if (entry.flags & Desc.indirect) {
      const why = inside ? "none inside a table" : misplaced(table, entry);
      if (why) return broken(`indirect descriptors: must be ${why}`);
      address = entry.address;
      entries = entry.bytes / DescriptorBytes;
      index = 0;
      seen = 0;
      inside = true;
      continue;
    }
    const { flags, bytes } = entry;
    const isWritable = (flags & Desc.write) !== 0;
    if (!isWritable && writable.length > 0) {
      return broken("what the device reads must come before what it writes");
    }
    total += bytes;
    if (total > MaxChainBytes) return broken("a chain must be no longer than 4 GiB");
    if (bytes > 0) {
      if (!table.memory.covers(entry.address, bytes)) {
        return broken(
          `buffers must be in memory, found ${hex(bytes)} bytes at ${hex(entry.address)}`,
        );
      }
      (isWritable ? writable : readable).push({ address: entry.address, bytes });
    }
    if ((flags & Desc.next) === 0) {
      return new Chain(table.memory, head, walked, readable, writable);
    }
    index = entry.next;
  }
}

/** What an indirect descriptor must be and is not. */
function misplaced(table: DescriptorTable, { flags, bytes, address }: Descriptor) {
  if (!table.indirect) return "negotiated";
  if (flags & Desc.next) return "the last of their chain";
  if (bytes === 0 || bytes % DescriptorBytes !== 0) {
    return `a whole number of descriptors, found ${hex(bytes)} bytes`;
  }
  if (!table.memory.covers(address, bytes)) return `in memory, found ${hex(address)}`;
  return undefined;
}

const scratch = new Uint8Array(DescriptorBytes);
const view = new DataView(scratch.buffer);

function readDescriptor(memory: GuestMemory, address: number): Descriptor | undefined {
  if (!memory.read(address, scratch)) return undefined;
  return {
    // Precision is lost only far above any memory.
    address: view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true),
    bytes: view.getUint32(8, true),
    flags: view.getUint16(12, true),
    next: view.getUint16(14, true),
  };
}

function broken(violation: string): Violation {
  return { violation };
}
