/**
 * Split virtqueues (virtio 1.2, 2.7), the device's side: the one implementation for all devices.
 *
 * The rings are the guest's memory and are trusted in nothing: what breaks a rule of the standard is
 * a {@linkcode Violation}. A turn's work is bounded; what remains is done in the next turn.
 *
 * @module
 */

import { hex } from "../../core/hex.ts";
import {
  type Chain,
  DescriptorBytes,
  type GuestMemory,
  readChain,
  type Violation,
} from "./chain.ts";

/** A queue as the driver set it up, and how far the device has come. */
export type QueueState = {
  /** Entries of the rings. */
  size: number;
  ready: boolean;
  /** Address of the descriptor table: low word, high word. */
  descriptors: number[];
  /** Address of the available ring, the driver's area. */
  available: number[];
  /** Address of the used ring, the device's area. */
  used: number[];
  /** Free-running index of the next entry to take from the available ring. */
  nextAvailable: number;
  /** Free-running index of the next entry to fill in the used ring. */
  nextUsed: number;
  /** When the present turn began, and the bytes that are left of it. */
  turnNs: number;
  budget: number;
};

/** A queue's surroundings. */
export interface QueueContext {
  readonly memory: GuestMemory;
  /** VIRTIO_F_INDIRECT_DESC was negotiated. */
  readonly indirect: boolean;
  /** VIRTIO_F_EVENT_IDX was negotiated. */
  readonly eventIndex: boolean;
}

/**
 * What a device says of a chain: how many bytes it has written into it, from the start; or that the
 * chain has to stay where it is, since there is nothing to put into it.
 */
export type Answer = number | "later" | Violation;

/** How a turn ended. */
export interface Turn {
  /** The driver wants an interrupt. */
  readonly interrupt: boolean;
  /** Work is left that nobody will announce again. */
  readonly more: boolean;
  readonly violation?: string;
}

/** Turns are this long, however often the driver asks. */
export const TurnNs = 10_000;
/** Bytes in a turn; requests also cost something for being requests. */
const TurnBytes = 8 * 2 ** 20;
const ChainCost = 256;
const DescriptorCost = 64;

/** Flag of the available ring: the driver does not want interrupts. */
const NoInterrupt = 1;
/** Bytes before the entries of either ring: flags and index. */
const RingHeader = 4;
const AvailableEntry = 2;
const UsedEntry = 8;

/** A queue nobody has set up. */
export function unusedQueue(): QueueState {
  return {
    size: 0,
    ready: false,
    descriptors: [0, 0],
    available: [0, 0],
    used: [0, 0],
    nextAvailable: 0,
    nextUsed: 0,
    turnNs: 0,
    budget: TurnBytes,
  };
}

/** Two words as an address. */
function addressOf(words: readonly number[]): number {
  return (words[1] ?? 0) * 2 ** 32 + (words[0] ?? 0);
}

/** What is wrong with a queue that the driver has declared ready (2.7, sizes and alignments). */
export function queueProblem(
  q: Readonly<QueueState>,
  { memory }: QueueContext,
  maxSize: number,
): string | undefined {
  const { size } = q;
  if (!(size >= 1 && size <= maxSize) || (size & (size - 1)) !== 0) {
    return `its size must be a power of 2 up to ${maxSize}, found ${size}`;
  }
  const areas = [
    ["descriptor table", q.descriptors, 16, size * DescriptorBytes],
    ["available ring", q.available, 2, RingHeader + size * AvailableEntry + 2],
    ["used ring", q.used, 4, RingHeader + size * UsedEntry + 2],
  ] as const;
  for (const [name, words, alignment, bytes] of areas) {
    const address = addressOf(words);
    if (address % alignment !== 0) {
      return `its ${name} must be aligned to ${alignment} bytes, found ${hex(address)}`;
    }
    if (!memory.covers(address, bytes)) {
      return `its ${name} must be in memory, found ${hex(address)}`;
    }
  }
  return undefined;
}

/** Gives the device the chains that the driver has made available, as many as a turn allows. */
export function serveQueue(
  q: QueueState,
  context: QueueContext,
  nowNs: number,
  handle: (chain: Chain) => Answer,
): Turn {
  const before = q.nextUsed;
  let more = false;
  if (nowNs - q.turnNs >= TurnNs) Object.assign(q, { turnNs: nowNs, budget: TurnBytes });
  for (;;) {
    const chain = nextChain(q, context);
    if (chain === undefined) break;
    if ("violation" in chain) return violated(chain);
    if (q.budget <= 0) {
      more = true;
      break;
    }
    const answer = handle(chain);
    if (answer === "later") break;
    if (typeof answer !== "number") return violated(answer);
    q.nextAvailable = next(q.nextAvailable);
    if (!publish(q, context, chain.head, answer)) return outside;
    q.budget -= ChainCost + chain.descriptors * DescriptorCost + chain.readableBytes +
      chain.writableBytes;
  }
  if (context.eventIndex && !announce(q, context)) return outside;
  const interrupt = q.nextUsed !== before && wantsInterrupt(q, context, before);
  return interrupt === undefined ? outside : { interrupt, more };
}

function violated({ violation }: Violation): Turn {
  return { interrupt: false, more: false, violation };
}

const outside = violated({ violation: "its rings must be in memory" });

function next(index: number): number {
  return (index + 1) & 0xffff;
}

/** The next chain in the available ring; undefined when there is none. */
function nextChain(q: QueueState, context: QueueContext): Chain | Violation | undefined {
  const { memory } = context;
  const ring = addressOf(q.available);
  const index = read16(memory, ring + 2);
  if (index === undefined) return { violation: "its available ring must be in memory" };
  const waiting = (index - q.nextAvailable) & 0xffff;
  if (waiting === 0) return undefined;
  if (waiting > q.size) {
    return { violation: `at most ${q.size} chains must be available, found ${waiting}` };
  }
  const slot = q.nextAvailable & (q.size - 1);
  const head = read16(memory, ring + RingHeader + slot * AvailableEntry);
  if (head === undefined) return { violation: "its available ring must be in memory" };
  return readChain({
    memory,
    address: addressOf(q.descriptors),
    entries: q.size,
    indirect: context.indirect,
  }, head);
}

/** Hands a chain back to the driver. */
function publish(q: QueueState, { memory }: QueueContext, head: number, bytes: number): boolean {
  const ring = addressOf(q.used);
  view.setUint32(0, head, true);
  view.setUint32(4, bytes, true);
  const slot = q.nextUsed & (q.size - 1);
  if (!memory.write(ring + RingHeader + slot * UsedEntry, scratch)) return false;
  q.nextUsed = next(q.nextUsed);
  return write16(memory, ring + 2, q.nextUsed);
}

/** Asks to be notified when the driver has made the next chain available (2.7.10). */
function announce(q: QueueState, { memory }: QueueContext): boolean {
  return write16(memory, addressOf(q.used) + RingHeader + q.size * UsedEntry, q.nextAvailable);
}

/** Whether the driver wants to hear of the entries used since `before` (2.7.7); see 2.7.7.2. */
function wantsInterrupt(
  q: QueueState,
  { memory, eventIndex }: QueueContext,
  before: number,
): boolean | undefined {
  const ring = addressOf(q.available);
  if (!eventIndex) {
    const flags = read16(memory, ring);
    return flags === undefined ? undefined : (flags & NoInterrupt) === 0;
  }
  const event = read16(memory, ring + RingHeader + q.size * AvailableEntry);
  if (event === undefined) return undefined;
  return ((q.nextUsed - event - 1) & 0xffff) < ((q.nextUsed - before) & 0xffff);
}

const scratch = new Uint8Array(UsedEntry);
const view = new DataView(scratch.buffer);
const halfWord = scratch.subarray(0, 2);

function read16(memory: GuestMemory, address: number): number | undefined {
  return memory.read(address, halfWord) ? view.getUint16(0, true) : undefined;
}

function write16(memory: GuestMemory, address: number, value: number): boolean {
  view.setUint16(0, value, true);
  return memory.write(address, halfWord);
}
