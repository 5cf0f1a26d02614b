/**
 * The software TLB of a core: contexts of direct-mapped entries, seen by generated code as tags in
 * linear memory and by TypeScript as the arrays beside them.
 *
 * An entry's arrays hold what was translated (also for MMIO and for pages with decoded code); its
 * tags in linear memory are the part of it that generated code may use without asking.
 *
 * @module
 */

import { MemoryMap, Tlb, TlbContextBytes } from "../memory_map.ts";
import type { MmuHost } from "./host.ts";
import { ControlWords, type Regime } from "./regime.ts";
import { Access, type Translation } from "./walker.ts";

/** Flags of an entry beside its `Access` bits. */
export const EntryFlag = {
  /** Device memory: unaligned accesses fault. */
  device: 8,
  /** RAM that generated code may access directly. */
  direct: 16,
} as const;

/** log2 of the range that a whole context's slots cover: larger blocks are dropped as a whole. */
const ReachBits = 12 + Math.log2(Tlb.entries);

const SlotMask = Tlb.entries - 1;
const EntryWords = Tlb.entryBytes / 4;
const EmptyLow = Number(Tlb.empty & 0xffff_ffffn);
const EmptyHigh = Number((Tlb.empty >> 32n) & 0xffff_ffffn);
// A page address has no bits 11:0, so this marks an unused slot.
const NoPage = 1;

/** One table: the translations of one regime, privilege, ASID and VMID. */
export interface Context {
  /** Byte address of its table in linear memory. */
  readonly address: number;
  key: number;
  kind: number;
  asid: number;
  vmid: number;
  stage2: boolean;
  readonly controls: Uint32Array;
  lastUsed: number;
  readonly vaHigh: Uint32Array;
  readonly vaLow: Uint32Array;
  /** Physical page. */
  readonly page: Float64Array;
  /** Its offset in linear memory; -1 when not RAM. */
  readonly hostPage: Float64Array;
  /** `Access` bits and {@linkcode EntryFlag}. */
  readonly flags: Uint8Array;
  /** Slots filled since the last flush, each once. */
  readonly filled: Uint16Array;
  readonly isFilled: Uint8Array;
  count: number;
  /** Counts entries that came, changed or went. */
  changes: number;
  /** Stage 1 mappings larger than a page that entries came from, as {@linkcode blockKey}s. */
  readonly blocks: Set<number>;
  lastBlock: number;
  /** log2 of the sizes in `blocks`. */
  readonly blockSizes: number[];
}

/** What is counted. */
export interface TlbCounts {
  /** Entries written, each after a miss. */
  fills: number;
  /** TLBI instructions executed. */
  invalidations: number;
}

/** What the TLBs of all cores share. */
export interface TlbMemory {
  readonly host: MmuHost;
  /** The whole linear memory. */
  readonly words: Uint32Array;
  /** Pages of linear memory that may have write tags: 1 for each. */
  readonly writable: Uint8Array;
  readonly counts: TlbCounts;
}

/** The TLB of one core. */
export interface CoreTlb {
  readonly core: number;
  readonly memory: TlbMemory;
  readonly contexts: Context[];
  readonly byKey: Map<number, Context>;
  clock: number;
  /** Contexts that have been given to others. */
  taken: number;
  /** Contexts that the core's state refers to now; never given away. */
  current: Context | undefined;
  unprivileged: Context | undefined;
}

/** An empty TLB for `core`. */
export function createCoreTlb(core: number, memory: TlbMemory): CoreTlb {
  return {
    core,
    memory,
    contexts: [],
    byKey: new Map(),
    clock: 0,
    taken: 0,
    current: undefined,
    unprivileged: undefined,
  };
}

/** What tells contexts apart, as a number. */
export function contextKey(regime: Regime, variant: number): number {
  const tags = regime.vmid * 0x1_0000 + regime.asid;
  return tags * 32 + (regime.stage2.enabled ? 16 : 0) + regime.kind * 4 + variant;
}

/** The context for accesses of `variant` in `regime`, emptied when controls have changed. */
export function attach(tlb: CoreTlb, regime: Regime, variant: number): Context {
  const key = contextKey(regime, variant);
  let context = tlb.byKey.get(key);
  if (context === undefined) {
    context = takeContext(tlb);
    context.key = key;
    context.kind = regime.kind;
    context.asid = regime.asid;
    context.vmid = regime.vmid;
    context.stage2 = regime.stage2.enabled;
    context.controls.set(regime.controls);
    tlb.byKey.set(key, context);
  } else {
    for (let i = 0; i < ControlWords; i++) {
      if (context.controls[i] === regime.controls[i]) continue;
      flushContext(tlb.memory.words, context);
      context.controls.set(regime.controls);
      break;
    }
  }
  context.lastUsed = ++tlb.clock;
  return context;
}

function takeContext(tlb: CoreTlb): Context {
  const contexts = tlb.contexts;
  if (contexts.length < Tlb.contexts) {
    const index = tlb.core * Tlb.contexts + contexts.length;
    const context = createContext(MemoryMap.tlb + index * TlbContextBytes);
    for (let slot = 0; slot < Tlb.entries; slot++) clearTags(tlb.memory.words, context, slot);
    contexts.push(context);
    return context;
  }
  let oldest: Context | undefined;
  for (const context of contexts) {
    if (context === tlb.current || context === tlb.unprivileged) continue;
    if (oldest === undefined || context.lastUsed < oldest.lastUsed) oldest = context;
  }
  const taken = oldest as Context;
  tlb.taken++;
  tlb.byKey.delete(taken.key);
  flushContext(tlb.memory.words, taken);
  return taken;
}

function createContext(address: number): Context {
  return {
    address,
    key: -1,
    kind: 0,
    asid: 0,
    vmid: 0,
    stage2: false,
    controls: new Uint32Array(ControlWords),
    lastUsed: 0,
    vaHigh: new Uint32Array(Tlb.entries),
    vaLow: new Uint32Array(Tlb.entries).fill(NoPage),
    page: new Float64Array(Tlb.entries),
    hostPage: new Float64Array(Tlb.entries),
    flags: new Uint8Array(Tlb.entries),
    filled: new Uint16Array(Tlb.entries),
    isFilled: new Uint8Array(Tlb.entries),
    count: 0,
    changes: 0,
    blocks: new Set(),
    lastBlock: -1,
    blockSizes: [],
  };
}

function clearTags(words: Uint32Array, context: Context, slot: number): void {
  const at = context.address / 4 + slot * EntryWords;
  setTag(words, at + Tlb.readTag / 4, EmptyHigh, EmptyLow);
  setTag(words, at + Tlb.writeTag / 4, EmptyHigh, EmptyLow);
  setTag(words, at + Tlb.executeTag / 4, EmptyHigh, EmptyLow);
}

function setTag(words: Uint32Array, at: number, high: number, low: number): void {
  words[at] = low;
  words[at + 1] = high;
}

function dropSlot(words: Uint32Array, context: Context, slot: number): void {
  context.changes++;
  context.vaLow[slot] = NoPage;
  context.flags[slot] = 0;
  clearTags(words, context, slot);
}

/** Empties a context; costs what was filled. */
export function flushContext(words: Uint32Array, context: Context): void {
  for (let i = 0; i < context.count; i++) {
    const slot = context.filled[i] as number;
    dropSlot(words, context, slot);
    context.isFilled[slot] = 0;
  }
  context.count = 0;
  if (context.lastBlock >= 0) {
    context.blocks.clear();
    context.blockSizes.length = 0;
    context.lastBlock = -1;
  }
}

/** Number of the page at (high, low), without the top byte. */
function pageNumber(vaHigh: number, vaLow: number): number {
  return (vaHigh & 0x00ff_ffff) * 0x10_0000 + (vaLow >>> 12);
}

// Page numbers have 44 bits, sizes 6: together they stay exact.
function blockKey(page: number, bits: number): number {
  return Math.floor(page / 2 ** (bits - 12)) * 64 + bits;
}

/** Slot that translates the page of (high, low) and grants `access`; -1 when there is none. */
export function findSlot(context: Context, vaHigh: number, vaLow: number, access: number): number {
  const slot = (vaLow >>> 12) & SlotMask;
  const isHit = context.vaLow[slot] === (vaLow & -4096) >>> 0 &&
    context.vaHigh[slot] === vaHigh >>> 0 && ((context.flags[slot] as number) & access) !== 0;
  return isHit ? slot : -1;
}

/**
 * Enters a translation for the page of (high, low) and gives generated code the tags it may have.
 *
 * @return The slot.
 */
export function fillSlot(
  memory: TlbMemory,
  context: Context,
  vaHigh: number,
  vaLow: number,
  translation: Translation,
): number {
  memory.counts.fills++;
  const slot = (vaLow >>> 12) & SlotMask;
  const page = translation.pa - (translation.pa & 4095);
  const hostPage = memory.host.hostOffset(page);
  if (context.isFilled[slot] === 0) {
    context.isFilled[slot] = 1;
    context.filled[context.count++] = slot;
  }
  context.changes++;
  context.vaHigh[slot] = vaHigh;
  context.vaLow[slot] = vaLow & -4096;
  context.page[slot] = page;
  context.hostPage[slot] = hostPage;
  const direct = hostPage >= 0 && (!translation.device || translation.flat);
  context.flags[slot] = translation.permissions | (translation.device ? EntryFlag.device : 0) |
    (direct ? EntryFlag.direct : 0);
  if (translation.stage1Bits > 12) noteBlock(context, vaHigh, vaLow, translation.stage1Bits);
  writeTags(memory, context, slot);
  return slot;
}

function noteBlock(context: Context, vaHigh: number, vaLow: number, bits: number): void {
  const key = blockKey(pageNumber(vaHigh, vaLow), bits);
  if (key === context.lastBlock) return;
  context.lastBlock = key;
  context.blocks.add(key);
  if (!context.blockSizes.includes(bits)) context.blockSizes.push(bits);
}

/** Writes the tags and the addend of a filled slot. */
export function writeTags(memory: TlbMemory, context: Context, slot: number): void {
  const words = memory.words;
  const at = context.address / 4 + slot * EntryWords;
  const flags = context.flags[slot] as number;
  const low = context.vaLow[slot] as number;
  const high = context.vaHigh[slot] as number;
  const hostPage = context.hostPage[slot] as number;
  const direct = (flags & EntryFlag.direct) !== 0;
  const canRead = direct && (flags & Access.read) !== 0;
  // Atomics look at the write tag alone, so what cannot be read has none.
  const canWrite = canRead && (flags & Access.write) !== 0 && !memory.host.isCodePage(hostPage);
  if (canWrite) memory.writable[hostPage / 4096] = 1;
  // Device-ness does not matter to fetches: whatever RAM is executable may be executed.
  const canExecute = hostPage >= 0 && (flags & Access.execute) !== 0;
  setTag(words, at, canRead ? high : EmptyHigh, canRead ? low : EmptyLow);
  setTag(words, at + 2, canWrite ? high : EmptyHigh, canWrite ? low : EmptyLow);
  setTag(words, at + 4, canExecute ? high : EmptyHigh, canExecute ? low : EmptyLow);
  const hostLow = hostPage >>> 0;
  words[at + 6] = hostLow - low;
  words[at + 7] = Math.floor(hostPage / 0x1_0000_0000) - high - (hostLow < low ? 1 : 0);
}

/** Drops what translates the page of (high, low), whatever the pointers' top byte. */
export function dropAddress(
  words: Uint32Array,
  context: Context,
  vaHigh: number,
  vaLow: number,
): void {
  if (context.count === 0) return;
  const slot = (vaLow >>> 12) & SlotMask;
  const page = pageNumber(vaHigh, vaLow);
  if (slotPage(context, slot) === page) dropSlot(words, context, slot);
  const sizes = context.blockSizes;
  for (let i = 0; i < sizes.length; i++) {
    const bits = sizes[i] as number;
    if (context.blocks.has(blockKey(page, bits))) dropBlock(words, context, page, bits);
  }
}

// The page a slot holds; -1 when none.
function slotPage(context: Context, slot: number): number {
  const low = context.vaLow[slot] as number;
  return low === NoPage ? -1 : pageNumber(context.vaHigh[slot] as number, low);
}

function dropBlock(words: Uint32Array, context: Context, page: number, bits: number): void {
  const pages = 2 ** (bits - 12);
  const first = page - (page % pages);
  context.blocks.delete(blockKey(page, bits));
  context.lastBlock = 0;
  if (bits < ReachBits && pages < context.count) {
    for (let i = 0; i < pages; i++) {
      const slot = (first + i) & SlotMask;
      if (slotPage(context, slot) === first + i) dropSlot(words, context, slot);
    }
    return;
  }
  for (let i = 0; i < context.count; i++) {
    const slot = context.filled[i] as number;
    const held = slotPage(context, slot);
    if (held >= first && held < first + pages) dropSlot(words, context, slot);
  }
}

/** Drops a core's write tags for a page of linear memory. */
export function dropWriteTags(tlb: CoreTlb, hostPage: number): void {
  const words = tlb.memory.words;
  for (const context of tlb.contexts) {
    for (let i = 0; i < context.count; i++) {
      const slot = context.filled[i] as number;
      if (context.hostPage[slot] !== hostPage) continue;
      const at = context.address / 4 + slot * EntryWords + Tlb.writeTag / 4;
      setTag(words, at, EmptyHigh, EmptyLow);
    }
  }
}

/** Whether generated code may write to a slot's page at once. */
export function hasWriteTag(words: Uint32Array, context: Context, slot: number): boolean {
  const at = context.address / 4 + slot * EntryWords + Tlb.writeTag / 4;
  return words[at] === context.vaLow[slot] && words[at + 1] === context.vaHigh[slot];
}
