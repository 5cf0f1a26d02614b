/**
 * Words of the state by which generated code takes plain exceptions and returns without TypeScript.
 *
 * A mode is EL, SPSel, PAN and UAO. What follows from it and from control registers (the state words
 * that generated code tests, and the TLB contexts of its accesses) is kept for each mode once it has
 * been derived; a write of a control register forgets it. Contexts are named indirectly, as they
 * depend on the ASID, which changes more often.
 *
 * @module
 */

import { type CpuState, StateFields, StateLayout } from "./state.ts";

/** Bits of SPSR_ELx for AArch64. */
export const Spsr = {
  DIT: 1 << 24,
  UAO: 1 << 23,
  PAN: 1 << 22,
  SS: 1 << 21,
  IL: 1 << 20,
  SSBS: 1 << 12,
  BTYPE: 10,
  DAIF: 0x3c0,
  /** M[4]: the state is AArch32. */
  nRW: 0x10,
} as const;

/** Byte offsets in a mode's entry. */
export const ModeEntry = {
  spCheck: 0,
  fpTrap: 4,
  sysregTrap: 8,
  /** Not zero when the words above hold. */
  isDerived: 12,
  /** The low half of `alignMask`, which the high one repeats. */
  alignMask: 16,
  /** Byte offsets in the block of the contexts for `tlb` and `tlbUnprivileged`; 0 when unknown. */
  tlb: 20,
  tlbUnprivileged: 24,
  bytes: 32,
} as const;

/** Modes there are entries for. */
const ModeCount = 32;

/** What selects a mode, as bits of its number; EL is above them. */
export const ModeBit = { uao: 1, pan: 2, spSel: 4, el: 8 } as const;

/** Entries for the contexts of recent ASIDs, found by the ASID's low bits. */
export const AsidEntry = {
  /** The ASID plus one; 0 when the entry is not used. */
  key: 0,
  /** Addresses of the contexts of EL1&0, by variant; 0 when there is none. */
  contexts: 4,
  bytes: 16,
} as const;
/** Entries there are for ASIDs. */
export const AsidCount = 16;

/** Addresses of the contexts in use, by regime and variant. */
export const ContextWords = { variants: 3, count: 9 } as const;

/** Bits of `asidControl`. */
export const AsidControl = { mask: 0xffff, fromTtbr1: 1 << 16, known: 1 << 17 } as const;

/** Bits of `plainCalls`. */
export const PlainCall = {
  /** HCR_EL2.TGE is 0: EL0 and EL1 are a guest's or there is no EL2. */
  guest: 1,
  /** HVC at EL1 goes to the vectors of EL2, and software is there. */
  hvc: 2,
} as const;

/** Byte offset in the block of the mode of the state as it is now. */
export function modeOf(state: CpuState): number {
  const { el, spSel, pan, uao } = StateFields;
  const number = state.word(el[0]) * ModeBit.el | state.word(spSel[0]) * ModeBit.spSel |
    state.word(pan[0]) * ModeBit.pan | state.word(uao[0]) * ModeBit.uao;
  return StateLayout.modes + number * ModeEntry.bytes;
}

/** Forgets what was derived from control registers. */
export function forgetModes(state: CpuState): void {
  for (let i = 0; i < ModeCount; i++) {
    state.setWord(StateLayout.modes + i * ModeEntry.bytes + ModeEntry.isDerived, 0);
  }
}

/** Forgets contexts, in the words of linear memory from `state`'s block at `at` on. */
export function forgetContexts(words: Uint32Array, at: number): void {
  for (let i = 0; i < ModeCount; i++) {
    words[(at + StateLayout.modes + i * ModeEntry.bytes + ModeEntry.tlb) / 4] = 0;
  }
  words.fill(
    0,
    (at + StateLayout.contexts) / 4,
    (at + StateLayout.contexts) / 4 + ContextWords.count,
  );
  const asids = (at + StateLayout.asids) / 4;
  words.fill(0, asids, asids + AsidCount * AsidEntry.bytes / 4);
}

/** Forgets the context at `address`, which is given to others. */
export function forgetContext(words: Uint32Array, at: number, address: number): void {
  const first = (at + StateLayout.contexts) / 4;
  const end = (at + StateLayout.asids + AsidCount * AsidEntry.bytes) / 4;
  for (let i = first; i < end; i++) if (words[i] === address) words[i] = 0;
}
