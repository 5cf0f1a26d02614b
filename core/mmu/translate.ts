/**
 * Address translation: stage 1, the checks of its leaf, then stage 2 (VMSAv8-64).
 *
 * @module
 */

import {
  Attribute,
  combineAttributes,
  combineShareability,
  isDevice,
  mairAttribute,
  Shareability,
} from "./attributes.ts";
import {
  address48,
  allowsBlock,
  exceeds,
  High,
  levelShift,
  Low,
  upperBits,
} from "./descriptors.ts";
import { type Range, type Regime, type Stage1, Variant } from "./regime.ts";
import { Stage2Walk, walkStage2 } from "./stage2.ts";
import { Access, fail, inOrder, tableSlot, updateDescriptor, type Walker } from "./walker.ts";

/** Options of {@linkcode translate}, as bits. */
export const Translate = {
  /** The access is not aligned: Device memory faults. */
  unaligned: 1,
  /** Change nothing in memory; what hardware would update counts as updated. */
  pure: 2,
  /** Leave stage 2 out of the result (it still translates the walk's own reads). */
  stage1Only: 4,
} as const;

/**
 * Translates a virtual address for one access.
 *
 * On success `walker.result` has the mapping. Otherwise `walker.fault` says why, and the result is
 * false. Order of checks: DDI 0487 D8, "Prioritization of synchronous exceptions from address
 * translation": size, access flag, alignment by memory type, permission, then stage 2.
 *
 * @param variant One of `Variant`: the privilege of the access.
 */
export function translate(
  walker: Walker,
  regime: Regime,
  vaHigh: number,
  vaLow: number,
  access: number,
  variant: number,
  options: number,
): boolean {
  const fault = walker.fault;
  fault.vaHigh = vaHigh;
  fault.vaLow = vaLow;
  fault.write = access === Access.write;
  fault.fetch = access === Access.execute;
  const s1 = regime.stage1;
  const done = s1.enabled
    ? walkStage1(walker, regime, vaHigh, vaLow, access, variant, options)
    : flatMap(walker, s1, vaHigh, vaLow, access, options);
  if (!done) return false;
  const out = walker.result;
  const s2 = regime.stage2;
  if (!s2.enabled || (options & Translate.stage1Only) !== 0) return true;
  const data = access !== Access.execute;
  const flags = (variant === Variant.unprivileged ? Stage2Walk.unprivileged : 0) |
    (data && (options & Translate.unaligned) !== 0 ? Stage2Walk.unaligned : 0) |
    (options & Translate.pure ? Stage2Walk.pure : 0);
  if (!walkStage2(walker, s2, out.pa, access, flags)) return false;
  const second = walker.stage2;
  out.pa = second.pa;
  out.pageBits = Math.min(out.pageBits, second.pageBits);
  out.permissions &= second.permissions;
  out.attribute = combineAttributes(out.attribute, second.memAttr);
  out.shareability = combineShareability(out.shareability, second.shareability, out.attribute);
  out.device = isDevice(out.attribute);
  return true;
}

// Stage 1 off: VA is the output; DDI 0487 D8, "Behavior when stage 1 address translation is disabled".
function flatMap(
  walker: Walker,
  s1: Stage1,
  vaHigh: number,
  vaLow: number,
  access: number,
  options: number,
): boolean {
  const range = s1.twoRanges && (vaHigh & (1 << 23)) !== 0 ? s1.upper : s1.lower;
  const high = range.topByteIgnored ? vaHigh & 0x00ff_ffff : vaHigh;
  if (high >>> (walker.host.features.addressBits - 32) !== 0) {
    return fail(walker, "addressSize", 0);
  }
  const out = walker.result;
  const data = access !== Access.execute;
  out.shareability = Shareability.outer;
  if (s1.defaultCacheable) {
    out.attribute = Attribute.normalWriteBack;
    out.shareability = Shareability.none;
  } else if (data) out.attribute = Attribute.deviceNGnRnE;
  else if (s1.instructionCache) out.attribute = Attribute.normalWriteThrough;
  else out.attribute = Attribute.normalNonCacheable;
  out.device = isDevice(out.attribute);
  if (out.device && (options & Translate.unaligned) !== 0) return fail(walker, "alignment", 0);
  out.flat = !s1.defaultCacheable;
  out.pa = high * 0x1_0000_0000 + (vaLow >>> 0);
  out.stage1Bits = 12;
  out.pageBits = 48;
  out.permissions = Access.all;
  out.global = true;
  return true;
}

/** The range `va` lies in, or undefined when its upper bits fit none. */
function findRange(s1: Stage1, vaHigh: number, vaLow: number): Range | undefined {
  const upper = s1.twoRanges && (vaHigh & (1 << 23)) !== 0;
  const range = upper ? s1.upper : s1.lower;
  // Differences from the sign that all bits above the input must repeat.
  let differs = upper ? ~vaHigh : vaHigh;
  if (range.topByteIgnored) differs &= 0x00ff_ffff;
  const bits = range.inputBits;
  if (bits >= 32) return differs >>> (bits - 32) === 0 ? range : undefined;
  if (differs !== 0 || (upper ? ~vaLow : vaLow) >>> bits !== 0) return undefined;
  return range;
}

function walkStage1(
  walker: Walker,
  regime: Regime,
  vaHigh: number,
  vaLow: number,
  access: number,
  variant: number,
  options: number,
): boolean {
  const s1 = regime.stage1;
  const range = findRange(s1, vaHigh, vaLow);
  if (range === undefined || range.disabled) return fail(walker, "translation", 0);
  if (range.baseExceeds) return fail(walker, "addressSize", 0);
  const granuleBits = range.granuleBits;
  const granuleMask = -1 << granuleBits;
  const tableMask = (1 << (granuleBits - 3)) - 1;
  const nested = regime.stage2.enabled;
  const host = walker.host;
  let mask = range.startMask;
  let table = range.base;
  let hierarchy = 0;
  for (let level = range.startLevel;; level++) {
    const shift = levelShift(granuleBits, level);
    const address = table + (upperBits(vaHigh, vaLow, shift) & mask) * 8;
    let at: number;
    if (nested) {
      at = nestedOffset(walker, regime, address, level, Access.read, options);
      if (at < 0) return false;
    } else {
      at = host.hostOffset(address);
      if (at < 0) return failWalk(walker, level);
    }
    const first = walker.words[at / 4] as number;
    const second = walker.words[at / 4 + 1] as number;
    const low = s1.bigEndian ? inOrder(second, true) : first;
    const high = s1.bigEndian ? inOrder(first, true) : second;
    if ((low & Low.valid) === 0) return fail(walker, "translation", level);
    if ((low & Low.tableOrPage) !== 0 && level < 3) {
      if (exceeds(high, s1.outputBits)) return fail(walker, "addressSize", level);
      table = address48(high, low & granuleMask);
      mask = tableMask;
      hierarchy |= high;
      continue;
    }
    if (level < 3 ? !allowsBlock(granuleBits, level) : (low & Low.tableOrPage) === 0) {
      return fail(walker, "translation", level);
    }
    if (exceeds(high, s1.outputBits)) return fail(walker, "addressSize", level);
    if (range.hierarchyDisabled) hierarchy = 0;
    const update = leaf(walker, s1, high, low, hierarchy, level, access, variant, options);
    if (update < 0) return false;
    const offsetMask = (1 << shift) - 1;
    const out = walker.result;
    out.pa = address48(high, (low & ~offsetMask) | (vaLow & offsetMask));
    out.stage1Bits = shift;
    out.pageBits = shift;
    if (update === 0 || (options & Translate.pure) !== 0) return true;
    if (nested) {
      at = nestedOffset(walker, regime, address, level, Access.write, options);
      if (at < 0) return false;
    }
    // Dirty state: AP[2] is cleared.
    updateDescriptor(walker, at, s1.bigEndian, update & Low.accessFlag, update & Low.ap2);
    return true;
  }
}

// Bits of the descriptor the hardware must update (access flag, AP[2]), or -1 on a fault.
function leaf(
  walker: Walker,
  s1: Stage1,
  high: number,
  low: number,
  hierarchy: number,
  level: number,
  access: number,
  variant: number,
  options: number,
): number {
  let update = 0;
  if ((low & Low.accessFlag) === 0) {
    if (!s1.hardwareAccessFlag) {
      fail(walker, "accessFlag", level);
      return -1;
    }
    update = Low.accessFlag;
  }
  const out = walker.result;
  const attribute = mairAttribute(s1.mairHigh, s1.mairLow, (low >>> 2) & 7);
  const device = isDevice(attribute);
  if (device && access !== Access.execute && (options & Translate.unaligned) !== 0) {
    fail(walker, "alignment", level);
    return -1;
  }
  const clean = s1.hardwareDirty && (high & High.dirtyBitModifier) !== 0 && (low & Low.ap2) !== 0;
  let permissions = stage1Permissions(s1, high, clean ? low & ~Low.ap2 : low, hierarchy, variant);
  if ((permissions & access) === 0) {
    fail(walker, "permission", level);
    return -1;
  }
  if (clean) {
    if (access === Access.write) update |= Low.ap2;
    else permissions &= ~Access.write;
  }
  out.permissions = permissions;
  out.attribute = attribute;
  out.shareability = device || attribute === Attribute.normalNonCacheable
    ? Shareability.outer
    : (low >>> 8) & 3;
  out.device = device;
  out.flat = false;
  out.global = !s1.twoRanges || (low & Low.notGlobal) === 0;
  return update;
}

/** The `Access` bits a leaf grants (DDI 0487 D8, "Memory access control"). */
function stage1Permissions(
  s1: Stage1,
  high: number,
  low: number,
  hierarchy: number,
  variant: number,
): number {
  const writable = (low & Low.ap2) === 0 && (hierarchy & High.apTable1) === 0;
  const executeNever = ((high & High.executeNever) | (hierarchy & High.executeNeverTable)) !== 0;
  const wxn = s1.writeExecuteNever;
  if (!s1.twoRanges) {
    return Access.read | (writable ? Access.write : 0) |
      (executeNever || (wxn && writable) ? 0 : Access.execute);
  }
  const el0 = (low & Low.ap1) !== 0 && (hierarchy & High.apTable0) === 0;
  if (variant === Variant.unprivileged) {
    return (el0 ? Access.read : 0) | (el0 && writable ? Access.write : 0) |
      (executeNever || (wxn && el0 && writable) ? 0 : Access.execute);
  }
  const privilegedNever = (high & High.privilegedExecuteNever) |
    (hierarchy & High.privilegedExecuteNeverTable);
  // What EL0 can write is never executable at a higher level.
  const execute = privilegedNever !== 0 || (writable && (wxn || el0)) ? 0 : Access.execute;
  if (variant === Variant.privilegedPan && el0) return execute;
  return Access.read | (writable ? Access.write : 0) | execute;
}

function failWalk(walker: Walker, level: number): boolean {
  fail(walker, "external", level);
  walker.fault.walk = true;
  return false;
}

// Linear-memory offset of the stage 1 descriptor at `ipa`, through stage 2; -1 on a fault.
function nestedOffset(
  walker: Walker,
  regime: Regime,
  ipa: number,
  level: number,
  access: number,
  options: number,
): number {
  const inPage = ipa & 4095;
  const page = ipa - inPage;
  const slot = tableSlot(page);
  if (access === Access.read && walker.tableIpa[slot] === page) {
    return (walker.tableHost[slot] as number) + inPage;
  }
  const flags = Stage2Walk.table | (options & Translate.pure ? Stage2Walk.pure : 0);
  if (!walkStage2(walker, regime.stage2, ipa, access, flags)) {
    walker.fault.s1ptw = true;
    // The hardware's own update of a descriptor is what was refused.
    if (access === Access.write) walker.fault.write = true;
    return -1;
  }
  const at = walker.host.hostOffset(walker.stage2.pa);
  if (at < 0) {
    failWalk(walker, level);
    return -1;
  }
  if ((options & Translate.pure) === 0 && access === Access.read) {
    walker.tableIpa[slot] = page;
    walker.tableHost[slot] = at - inPage;
    walker.tablesRemembered = true;
  }
  return at;
}
