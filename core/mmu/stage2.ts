/**
 * Stage 2 of the EL1&0 regime: intermediate to physical addresses.
 *
 * @module
 */

import { isStage2Device } from "./attributes.ts";
import {
  address48,
  allowsBlock,
  exceeds,
  High,
  levelShift,
  Low,
  upperBits,
} from "./descriptors.ts";
import type { Stage2 } from "./regime.ts";
import { Access, failStage2, inOrder, updateDescriptor, type Walker } from "./walker.ts";

// S2AP[0] allows reads, S2AP[1] writes.
const S2ap0 = 1 << 6;
const S2ap1 = 1 << 7;

/** Who walks: bit flags of {@linkcode walkStage2}. */
export const Stage2Walk = {
  /** The access is made at EL0 (execute-never differs by level with FEAT_XNX). */
  unprivileged: 1,
  /** The access is Device by its alignment's sake: unaligned to Device memory faults. */
  unaligned: 2,
  /** Descriptors must stay as they are. */
  pure: 4,
  /** A stage 1 walk asks. */
  table: 8,
} as const;

/**
 * Translates `ipa` for `access` and checks that stage 2 permits it. On success `walker.stage2` has
 * the mapping; otherwise `walker.fault` has the fault and the result is false.
 */
export function walkStage2(
  walker: Walker,
  s2: Stage2,
  ipa: number,
  access: number,
  flags: number,
): boolean {
  const host = walker.host;
  if (s2.inconsistent || ipa >= 2 ** s2.inputBits) {
    return failStage2(walker, "translation", 0, ipa);
  }
  if (s2.baseExceeds) return failStage2(walker, "addressSize", 0, ipa);
  const ipaHigh = Math.floor(ipa / 0x1_0000_0000);
  const ipaLow = ipa >>> 0;
  const granuleBits = s2.granuleBits;
  const granuleMask = -1 << granuleBits;
  const tableMask = (1 << (granuleBits - 3)) - 1;
  let mask = s2.startMask;
  let table = s2.base;
  for (let level = s2.startLevel;; level++) {
    const shift = levelShift(granuleBits, level);
    const at = host.hostOffset(table + (upperBits(ipaHigh, ipaLow, shift) & mask) * 8);
    if (at < 0) {
      failStage2(walker, "external", level, ipa);
      walker.fault.walk = true;
      return false;
    }
    const first = walker.words[at / 4] as number;
    const second = walker.words[at / 4 + 1] as number;
    const low = s2.bigEndian ? inOrder(second, true) : first;
    const high = s2.bigEndian ? inOrder(first, true) : second;
    if ((low & Low.valid) === 0) return failStage2(walker, "translation", level, ipa);
    if ((low & Low.tableOrPage) !== 0 && level < 3) {
      if (exceeds(high, s2.outputBits)) return failStage2(walker, "addressSize", level, ipa);
      table = address48(high, low & granuleMask);
      mask = tableMask;
      continue;
    }
    if (level < 3 ? !allowsBlock(granuleBits, level) : (low & Low.tableOrPage) === 0) {
      return failStage2(walker, "translation", level, ipa);
    }
    if (exceeds(high, s2.outputBits)) return failStage2(walker, "addressSize", level, ipa);
    return leaf(walker, s2, ipa, access, flags, level, at, high, low);
  }
}

function leaf(
  walker: Walker,
  s2: Stage2,
  ipa: number,
  access: number,
  flags: number,
  level: number,
  at: number,
  high: number,
  low: number,
): boolean {
  let set = 0;
  if ((low & Low.accessFlag) === 0) {
    if (!s2.hardwareAccessFlag) return failStage2(walker, "accessFlag", level, ipa);
    set = Low.accessFlag;
  }
  const memAttr = (low >>> 2) & 15;
  const device = isStage2Device(memAttr);
  if (device && (flags & Stage2Walk.unaligned) !== 0) {
    return failStage2(walker, "alignment", level, ipa);
  }
  let permissions = low & S2ap0 ? Access.read : 0;
  if (low & S2ap1) permissions |= Access.write;
  if (!executeNever(walker, high, (flags & Stage2Walk.unprivileged) !== 0)) {
    permissions |= Access.execute;
  }
  const dirtyOnWrite = s2.hardwareDirty && (high & High.dirtyBitModifier) !== 0 &&
    (low & S2ap1) === 0;
  if ((permissions & access) !== access) {
    if (!dirtyOnWrite || ((permissions | Access.write) & access) !== access) {
      return failStage2(walker, "permission", level, ipa);
    }
    permissions |= Access.write;
    set |= S2ap1;
  }
  if (device && s2.protectedWalk && (flags & Stage2Walk.table) !== 0) {
    return failStage2(walker, "permission", level, ipa);
  }
  if (set !== 0 && (flags & Stage2Walk.pure) === 0) {
    updateDescriptor(walker, at, s2.bigEndian, set, 0);
  }
  const shift = levelShift(s2.granuleBits, level);
  const offsetMask = (1 << shift) - 1;
  const out = walker.stage2;
  out.pa = address48(high, (low & ~offsetMask) | (ipa & offsetMask));
  out.pageBits = shift;
  out.permissions = permissions;
  out.memAttr = memAttr;
  out.shareability = (low >>> 8) & 3;
  out.level = level;
  return true;
}

function executeNever(walker: Walker, high: number, unprivileged: boolean): boolean {
  const xn1 = (high & High.executeNever) !== 0;
  if (!walker.host.features.xnx) return xn1;
  // XN[1:0]: 0 both levels may execute, 1 EL0 only, 2 neither, 3 EL1 only.
  const xn0 = (high & High.privilegedExecuteNever) !== 0;
  return unprivileged ? xn1 : xn0 !== xn1;
}
