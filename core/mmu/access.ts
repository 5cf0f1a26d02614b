/**
 * The slow path of data accesses and instruction fetches: what generated code calls on a TLB miss.
 *
 * @module
 */

import { StateFields, StateLayout } from "../cpu/state.ts";
import { catchUp, contextOf, type CoreMmu, type Piece } from "./core_mmu.ts";
import { EntryFlag, fillSlot, findSlot, hasWriteTag, writeTags } from "./tlb.ts";
import { Translate, translate } from "./translate.ts";
import { Access, fail } from "./walker.ts";

/** Properties of an access, as bits. */
export const AccessFlag = {
  /** LDTR, STTR: with EL0's permissions where PSTATE.UAO does not say otherwise. */
  unprivileged: 1,
  /** Alignment is required whatever SCTLR_ELx.A says: exclusives, atomics, acquire, release. */
  aligned: 2,
  /** DC ZVA: Device memory faults whatever the alignment. */
  normalOnly: 4,
} as const;

const Page = 4096;

/**
 * Translates the bytes at (high, low) for `access` (`Access.read` or `.write`) into `core.pieces`.
 *
 * @param alignment Natural alignment of the access or of its elements, in bytes: a power of two.
 * @return False on a fault, which is in `core.walker.fault` with the address FAR reports.
 */
export function resolve(
  core: CoreMmu,
  high: number,
  low: number,
  bytes: number,
  alignment: number,
  access: number,
  flags: number,
): boolean {
  catchUp(core);
  const unaligned = (low & (alignment - 1)) !== 0;
  if (
    unaligned && ((flags & AccessFlag.aligned) !== 0 || core.regime.stage1.alignmentChecked)
  ) return alignmentFault(core, high, low, access);
  const barsDevice = unaligned || (flags & AccessFlag.normalOnly) !== 0;
  const variant = flags & AccessFlag.unprivileged ? core.unprivilegedVariant : core.variant;
  const inPage = Page - (low & (Page - 1));
  const [first, second] = core.pieces;
  if (bytes <= inPage) {
    core.pieceCount = 1;
    first.bytes = bytes;
    return resolvePiece(core, high, low, access, variant, barsDevice, first);
  }
  core.pieceCount = 2;
  first.bytes = inPage;
  second.bytes = bytes - inPage;
  const nextLow = (low + inPage) >>> 0;
  const nextHigh = nextLow === 0 ? (high + 1) >>> 0 : high;
  return resolvePiece(core, high, low, access, variant, barsDevice, first) &&
    resolvePiece(core, nextHigh, nextLow, access, variant, barsDevice, second);
}

function resolvePiece(
  core: CoreMmu,
  high: number,
  low: number,
  access: number,
  variant: number,
  barsDevice: boolean,
  piece: Piece,
): boolean {
  const memory = core.tlb.memory;
  const context = contextOf(core, core.regime, variant);
  let slot = findSlot(context, high, low, access);
  if (slot < 0) {
    const options = barsDevice ? Translate.unaligned : 0;
    if (!translate(core.walker, core.regime, high, low, access, variant, options)) return false;
    slot = fillSlot(memory, context, high, low, core.walker.result);
  } else if (barsDevice && ((context.flags[slot] as number) & EntryFlag.device) !== 0) {
    return alignmentFault(core, high, low, access);
  }
  const offset = low & (Page - 1);
  const hostPage = context.hostPage[slot] as number;
  piece.pa = (context.page[slot] as number) + offset;
  if (hostPage >= 0) {
    piece.host = hostPage + offset;
    // The page may have held decoded code when the entry was made.
    if (
      access === Access.write && ((context.flags[slot] as number) & EntryFlag.direct) !== 0 &&
      !hasWriteTag(memory.words, context, slot) && !memory.host.isCodePage(hostPage)
    ) writeTags(memory, context, slot);
    return true;
  }
  piece.host = -1;
  if (memory.host.mmio.covers(piece.pa)) return true;
  return abort(core, high, low, access);
}

function recordAccess(core: CoreMmu, high: number, low: number, access: number): void {
  const fault = core.walker.fault;
  fault.vaHigh = high;
  fault.vaLow = low;
  fault.write = access === Access.write;
  fault.fetch = access === Access.execute;
}

function alignmentFault(core: CoreMmu, high: number, low: number, access: number): boolean {
  recordAccess(core, high, low, access);
  return fail(core.walker, "alignment", 0);
}

// Nothing answers there: a synchronous external abort.
function abort(core: CoreMmu, high: number, low: number, access: number): boolean {
  recordAccess(core, high, low, access);
  return fail(core.walker, "external", 0);
}

/**
 * Reads `bytes` (at most 64) at the state's `accessAddress` into the mailbox.
 *
 * @return 0, or 1 when the access faulted.
 */
export function slowRead(core: CoreMmu, bytes: number, alignment: number, flags: number): 0 | 1 {
  if (!resolveAccessAddress(core, bytes, alignment, Access.read, flags)) return 1;
  gather(core);
  return 0;
}

/**
 * Reads `bytes` at the state's `accessAddress` into the mailbox for {@linkcode commitWrite} to write
 * back: an atomic access needs both rights, and a fault says write only where a read would do.
 *
 * @return 0, or 1 when the access faulted.
 */
export function slowUpdate(core: CoreMmu, bytes: number, alignment: number, flags: number): 0 | 1 {
  if (!resolveAccessAddress(core, bytes, alignment, Access.read, flags)) return 1;
  if (!resolveAccessAddress(core, bytes, alignment, Access.write, flags)) return 1;
  gather(core);
  return 0;
}

function gather(core: CoreMmu): void {
  let mailbox = core.host.stateBase(core.index) + StateLayout.mailbox;
  for (let i = 0; i < core.pieceCount; i++) {
    const piece = core.pieces[i] as Piece;
    if (piece.host < 0) readDevice(core, piece, mailbox);
    else copy(core.memory, piece.host, mailbox, piece.bytes);
    mailbox += piece.bytes;
  }
}

/**
 * Checks that `bytes` at the state's `accessAddress` may be written, and prepares
 * {@linkcode commitWrite}.
 *
 * @return 0, or 1 when the access faulted.
 */
export function probeWrite(core: CoreMmu, bytes: number, alignment: number, flags: number): 0 | 1 {
  return resolveAccessAddress(core, bytes, alignment, Access.write, flags) ? 0 : 1;
}

/** Writes the mailbox to where the last {@linkcode probeWrite} looked. */
export function commitWrite(core: CoreMmu): void {
  const host = core.host;
  let mailbox = host.stateBase(core.index) + StateLayout.mailbox;
  for (let i = 0; i < core.pieceCount; i++) {
    const piece = core.pieces[i] as Piece;
    if (piece.host < 0) writeDevice(core, piece, mailbox);
    else {
      if (host.isCodePage(piece.host - (piece.host & (Page - 1)))) {
        host.codeWritten(piece.host, piece.bytes);
      }
      copy(core.memory, mailbox, piece.host, piece.bytes);
    }
    mailbox += piece.bytes;
  }
}

function resolveAccessAddress(
  core: CoreMmu,
  bytes: number,
  alignment: number,
  access: number,
  flags: number,
): boolean {
  const at = (core.host.stateBase(core.index) + StateFields.accessAddress[0]) / 4;
  const words = core.walker.words;
  const low = words[at] as number;
  const high = words[at + 1] as number;
  return resolve(core, high, low, bytes, alignment, access, flags);
}

function copy(memory: Uint8Array, from: number, to: number, bytes: number): void {
  for (let i = 0; i < bytes; i++) memory[to + i] = memory[from + i] as number;
}

// The widest aligned part of a device access that is left to do.
function chunk(pa: number, bytes: number): 1 | 2 | 4 {
  if (bytes >= 4 && (pa & 3) === 0) return 4;
  return bytes >= 2 && (pa & 1) === 0 ? 2 : 1;
}

function readDevice(core: CoreMmu, piece: Piece, mailbox: number): void {
  const { memory, host } = core;
  for (let done = 0; done < piece.bytes;) {
    const pa = piece.pa + done;
    const width = chunk(pa, piece.bytes - done);
    const value = host.mmio.read(pa, width, core.index);
    for (let i = 0; i < width; i++) memory[mailbox + done + i] = value >>> (8 * i);
    done += width;
  }
}

function writeDevice(core: CoreMmu, piece: Piece, mailbox: number): void {
  const { memory, host } = core;
  // A device may look at this core's state, so the piece is not read again after the first write.
  const { pa: start, bytes } = piece;
  for (let done = 0; done < bytes;) {
    const pa = start + done;
    const width = chunk(pa, bytes - done);
    let value = 0;
    for (let i = 0; i < width; i++) value |= (memory[mailbox + done + i] as number) << (8 * i);
    host.mmio.write(pa, width, value >>> 0, core.index);
    done += width;
  }
}

/**
 * Translates an instruction fetch at (high, low).
 *
 * @return Offset of the page in linear memory, or -1 on a fault.
 */
export function fetchTranslate(core: CoreMmu, high: number, low: number): number {
  catchUp(core);
  const memory = core.tlb.memory;
  const context = contextOf(core, core.regime, core.variant);
  let slot = findSlot(context, high, low, Access.execute);
  if (slot < 0) {
    const walker = core.walker;
    if (!translate(walker, core.regime, high, low, Access.execute, core.variant, 0)) return -1;
    // With stage 1 off, fetches are Normal but data is Device memory.
    if (walker.result.flat) walker.result.device = true;
    slot = fillSlot(memory, context, high, low, walker.result);
  }
  const hostPage = context.hostPage[slot] as number;
  if (hostPage < 0) abort(core, high, low, Access.execute);
  return hostPage;
}
