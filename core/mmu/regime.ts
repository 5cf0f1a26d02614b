/**
 * Translation regimes: system registers parsed into what a walk needs, once per change.
 *
 * @module
 */

import { StateLayout } from "../cpu/state.ts";
import { exceeds, type GranuleBits, levelShift, outputBits, startLevel } from "./descriptors.ts";
import type { MmuFeatures, MmuHost, MmuRegister } from "./host.ts";

/** The regimes; the value is an index. */
export const RegimeKind = { el10: 0, el2: 1, el20: 2 } as const;

/** Whose accesses a TLB context serves; the value is an index. */
export const Variant = { privileged: 0, privilegedPan: 1, unprivileged: 2 } as const;

/** HCR_EL2 bits that matter here, in its low half; E2H is bit 34, bit 2 of the high half. */
export const Hcr = { vm: 1, ptw: 1 << 2, fb: 1 << 9, dc: 1 << 12, tge: 1 << 27, e2hHigh: 1 << 2 };

const HcrControls = Hcr.vm | Hcr.ptw | Hcr.dc | Hcr.tge;

const Sctlr = { m: 1, a: 2, i: 1 << 12, wxn: 1 << 19, ee: 1 << 25 };

/** One range of virtual addresses: what TTBR0 or TTBR1 covers. */
export interface Range {
  base: number;
  granuleBits: GranuleBits;
  inputBits: number;
  startLevel: number;
  /** Mask of the index into the start table. */
  startMask: number;
  /** Walks are disabled (EPDn). */
  disabled: boolean;
  topByteIgnored: boolean;
  hierarchyDisabled: boolean;
  /** The base address is beyond the output size. */
  baseExceeds: boolean;
}

/** Stage 1 of a regime. */
export interface Stage1 {
  enabled: boolean;
  /** Two ranges, chosen by VA bit 55, and two privilege levels. */
  twoRanges: boolean;
  readonly lower: Range;
  readonly upper: Range;
  outputBits: number;
  mairLow: number;
  mairHigh: number;
  writeExecuteNever: boolean;
  bigEndian: boolean;
  hardwareAccessFlag: boolean;
  hardwareDirty: boolean;
  /** HCR_EL2.DC: Normal memory while stage 1 is off. */
  defaultCacheable: boolean;
  /** SCTLR_ELx.I: instruction fetches are cacheable while stage 1 is off. */
  instructionCache: boolean;
  /** SCTLR_ELx.A: alignment is checked. */
  alignmentChecked: boolean;
}

/** Stage 2 of the EL1&0 regime. */
export interface Stage2 {
  enabled: boolean;
  base: number;
  granuleBits: GranuleBits;
  inputBits: number;
  startLevel: number;
  startMask: number;
  outputBits: number;
  /** SL0 does not fit T0SZ and the granule. */
  inconsistent: boolean;
  baseExceeds: boolean;
  bigEndian: boolean;
  hardwareAccessFlag: boolean;
  hardwareDirty: boolean;
  /** HCR_EL2.PTW: a stage 1 walk through Device memory faults. */
  protectedWalk: boolean;
}

/** Number of control words kept to notice a change. */
export const ControlWords = 10;

interface RegimeSlots {
  readonly ttbr0: number;
  readonly ttbr1: number;
  readonly vttbr: number;
  readonly controls: readonly number[];
  /** Index of HCR_EL2 in `controls`; -1 when the regime does not depend on it. */
  readonly hcr: number;
}

/** A regime as its registers describe it now. */
export interface Regime {
  readonly kind: number;
  /** The registers have been read since the last invalidation. */
  current: boolean;
  /** The registers have been read before, and `raw` holds them. */
  known: boolean;
  /** Word offsets of its registers in the system register storage. */
  readonly slots: RegimeSlots;
  /** Control registers as last read, in halves. */
  readonly raw: Uint32Array;
  readonly stage1: Stage1;
  readonly stage2: Stage2;
  asid: number;
  vmid: number;
  asidFromTtbr1: boolean;
  asidMask: number;
  vmidMask: number;
  /**
   * Raw controls that TLB entries depend on other than by ASID and VMID: software must invalidate
   * after changing them, and a context that was filled under others is emptied.
   */
  readonly controls: Uint32Array;
}

function emptyRange(): Range {
  return {
    base: 0,
    granuleBits: 12,
    inputBits: 48,
    startLevel: 0,
    startMask: 511,
    disabled: false,
    topByteIgnored: false,
    hierarchyDisabled: false,
    baseExceeds: false,
  };
}

/** A regime whose registers have not been read. */
export function emptyRegime(kind: number, registerSlots: MmuHost["registerSlots"]): Regime {
  const el10 = kind === RegimeKind.el10;
  const controls = el10 ? ControlRegisters.el1 : ControlRegisters.el2;
  return {
    kind,
    current: false,
    known: false,
    slots: {
      ttbr0: registerSlots[el10 ? "TTBR0_EL1" : "TTBR0_EL2"] * 2,
      ttbr1: registerSlots[el10 ? "TTBR1_EL1" : "TTBR1_EL2"] * 2,
      vttbr: registerSlots.VTTBR_EL2 * 2,
      controls: controls.map((name) => registerSlots[name] * 2),
      hcr: el10 ? ControlRegisters.el1.indexOf("HCR_EL2") : -1,
    },
    raw: new Uint32Array(controls.length * 2),
    stage1: {
      enabled: false,
      twoRanges: kind !== RegimeKind.el2,
      lower: emptyRange(),
      upper: emptyRange(),
      outputBits: 48,
      mairLow: 0,
      mairHigh: 0,
      writeExecuteNever: false,
      bigEndian: false,
      hardwareAccessFlag: false,
      hardwareDirty: false,
      defaultCacheable: false,
      instructionCache: false,
      alignmentChecked: false,
    },
    stage2: {
      enabled: false,
      base: 0,
      granuleBits: 12,
      inputBits: 48,
      startLevel: 0,
      startMask: 511,
      outputBits: 48,
      inconsistent: false,
      baseExceeds: false,
      bigEndian: false,
      hardwareAccessFlag: false,
      hardwareDirty: false,
      protectedWalk: false,
    },
    asid: 0,
    vmid: 0,
    asidFromTtbr1: false,
    asidMask: 0xff,
    vmidMask: 0xff,
    controls: new Uint32Array(ControlWords),
  };
}

/** Word index of a system register's low half. */
export function registerWord(host: MmuHost, stateBase: number, name: MmuRegister): number {
  return (stateBase + StateLayout.systemRegisters) / 4 + host.registerSlots[name] * 2;
}

function granule(features: MmuFeatures, bits: GranuleBits): GranuleBits {
  return bits === 14 && !features.granule16K ? 12 : bits;
}

// TG0 and TG1 encode the granule differently; reserved values mean 4 KiB here.
function granuleTg0(features: MmuFeatures, field: number): GranuleBits {
  return granule(features, field === 1 ? 16 : field === 2 ? 14 : 12);
}

function granuleTg1(features: MmuFeatures, field: number): GranuleBits {
  return granule(features, field === 3 ? 16 : field === 1 ? 14 : 12);
}

function setGeometry(range: Range, granuleBits: GranuleBits, sizeField: number): void {
  // Out-of-range TnSZ values are clamped (CONSTRAINED UNPREDICTABLE).
  const inputBits = 64 - Math.min(39, Math.max(16, sizeField));
  range.granuleBits = granuleBits;
  range.inputBits = inputBits;
  range.startLevel = startLevel(granuleBits, inputBits);
  range.startMask = 2 ** (inputBits - levelShift(granuleBits, range.startLevel)) - 1;
}

// Table base: aligned to the start table's size, the rest of the low bits is RES0 or CnP.
function tableBase(high: number, low: number, startMask: number): number {
  const tableBytes = (startMask + 1) * 8;
  return (high & 0xffff) * 0x1_0000_0000 + ((low & -tableBytes) >>> 0);
}

function setBase(range: Range, high: number, low: number, bits: number): void {
  range.base = tableBase(high, low, range.startMask);
  range.baseExceeds = exceeds(high, bits);
}

/**
 * Reads the registers of `regime` again for the core whose state is at `stateBase`.
 *
 * @return Whether anything but the table bases, the ASID and the VMID has changed.
 */
export function readRegime(
  host: MmuHost,
  words: Uint32Array,
  stateBase: number,
  regime: Regime,
): boolean {
  const el10 = regime.kind === RegimeKind.el10;
  const slots = regime.slots;
  const { features } = host;
  const at = (stateBase + StateLayout.systemRegisters) / 4;
  const s1 = regime.stage1;
  const raw = regime.raw;
  let changed = false;
  for (let i = 0; i < slots.controls.length; i++) {
    const index = at + (slots.controls[i] as number);
    // HCR_EL2 changes often in bits that do not matter here.
    const isHcr = i === slots.hcr;
    const low = (words[index] as number) & (isHcr ? HcrControls : -1);
    const high = isHcr ? 0 : words[index + 1] as number;
    if (raw[i * 2] === low >>> 0 && raw[i * 2 + 1] === high) continue;
    raw[i * 2] = low;
    raw[i * 2 + 1] = high;
    changed = true;
  }
  if (changed || !regime.known) {
    regime.known = true;
    changed = true;
    readControls(features, regime);
  }
  const ttbr0High = words[at + slots.ttbr0 + 1] as number;
  const ttbr1High = words[at + slots.ttbr1 + 1] as number;
  setBase(s1.lower, ttbr0High, words[at + slots.ttbr0] as number, s1.outputBits);
  setBase(s1.upper, ttbr1High, words[at + slots.ttbr1] as number, s1.outputBits);
  const asid = (regime.asidFromTtbr1 ? ttbr1High : ttbr0High) >>> 16;
  regime.asid = s1.twoRanges ? asid & regime.asidMask : 0;
  if (el10) {
    const vttbrHigh = words[at + slots.vttbr + 1] as number;
    const s2 = regime.stage2;
    regime.vmid = (vttbrHigh >>> 16) & regime.vmidMask;
    s2.base = tableBase(vttbrHigh, words[at + slots.vttbr] as number, s2.startMask);
    s2.baseExceeds = exceeds(vttbrHigh, s2.outputBits);
  }
  regime.current = true;
  return changed;
}

// Order of `Regime.raw`.
const ControlRegisters = {
  el1: ["SCTLR_EL1", "TCR_EL1", "MAIR_EL1", "HCR_EL2", "VTCR_EL2", "SCTLR_EL2"],
  el2: ["SCTLR_EL2", "TCR_EL2", "MAIR_EL2"],
} as const satisfies Record<string, readonly MmuRegister[]>;

function readControls(features: MmuFeatures, regime: Regime): void {
  const el10 = regime.kind === RegimeKind.el10;
  const word = (i: number) => regime.raw[i] as number;
  const sctlr = word(0);
  const tcr = word(2);
  const tcrHigh = word(3);
  const hcr = el10 ? word(6) : 0;
  const s1 = regime.stage1;
  // DC and TGE make SCTLR_EL1.M behave as 0 (DDI 0487, HCR_EL2); E2H with TGE uses EL2&0 instead.
  s1.enabled = (sctlr & Sctlr.m) !== 0 && (hcr & (Hcr.dc | Hcr.tge)) === 0;
  s1.defaultCacheable = (hcr & Hcr.dc) !== 0;
  s1.instructionCache = (sctlr & Sctlr.i) !== 0;
  s1.alignmentChecked = (sctlr & Sctlr.a) !== 0;
  s1.writeExecuteNever = (sctlr & Sctlr.wxn) !== 0;
  s1.bigEndian = (sctlr & Sctlr.ee) !== 0;
  s1.mairLow = word(4);
  s1.mairHigh = word(5);
  if (s1.twoRanges) readTwoRanges(features, s1, tcr, tcrHigh);
  else readOneRange(features, s1, tcr);
  regime.asidFromTtbr1 = (tcr & (1 << 22)) !== 0;
  regime.asidMask = features.asid16 && (tcrHigh & (1 << 4)) !== 0 ? 0xffff : 0xff;
  const controls = regime.controls;
  controls[0] = (sctlr & (Sctlr.wxn | Sctlr.ee)) | (s1.enabled ? 1 : 0);
  // A1 only chooses the ASID.
  controls[1] = s1.twoRanges ? tcr & ~(1 << 22) : tcr;
  controls[2] = tcrHigh;
  controls[3] = s1.mairLow;
  controls[4] = s1.mairHigh;
  controls[5] = s1.defaultCacheable ? 1 : 0;
  if (!el10) return;
  const vtcr = word(8);
  const s2 = regime.stage2;
  s2.bigEndian = (word(10) & Sctlr.ee) !== 0;
  readStage2(features, s2, hcr, vtcr);
  regime.vmidMask = features.vmid16 && (vtcr & (1 << 19)) !== 0 ? 0xffff : 0xff;
  controls[6] = s2.enabled ? vtcr : 0;
  controls[7] = (s2.protectedWalk ? 1 : 0) | (s2.bigEndian ? 2 : 0);
}

// TCR_EL1, and TCR_EL2 with E2H.
function readTwoRanges(features: MmuFeatures, s1: Stage1, tcr: number, tcrHigh: number): void {
  setGeometry(s1.lower, granuleTg0(features, (tcr >>> 14) & 3), tcr & 63);
  setGeometry(s1.upper, granuleTg1(features, (tcr >>> 30) & 3), (tcr >>> 16) & 63);
  s1.lower.disabled = (tcr & (1 << 7)) !== 0;
  s1.upper.disabled = (tcr & (1 << 23)) !== 0;
  s1.outputBits = Math.min(outputBits(tcrHigh), features.addressBits);
  s1.lower.topByteIgnored = (tcrHigh & (1 << 5)) !== 0;
  s1.upper.topByteIgnored = (tcrHigh & (1 << 6)) !== 0;
  s1.hardwareAccessFlag = features.hafdbs && (tcrHigh & (1 << 7)) !== 0;
  s1.hardwareDirty = s1.hardwareAccessFlag && (tcrHigh & (1 << 8)) !== 0;
  s1.lower.hierarchyDisabled = features.hpds && (tcrHigh & (1 << 9)) !== 0;
  s1.upper.hierarchyDisabled = features.hpds && (tcrHigh & (1 << 10)) !== 0;
}

// TCR_EL2 without E2H.
function readOneRange(features: MmuFeatures, s1: Stage1, tcr: number): void {
  setGeometry(s1.lower, granuleTg0(features, (tcr >>> 14) & 3), tcr & 63);
  s1.lower.disabled = false;
  s1.outputBits = Math.min(outputBits(tcr >>> 16), features.addressBits);
  s1.lower.topByteIgnored = (tcr & (1 << 20)) !== 0;
  s1.hardwareAccessFlag = features.hafdbs && (tcr & (1 << 21)) !== 0;
  s1.hardwareDirty = s1.hardwareAccessFlag && (tcr & (1 << 22)) !== 0;
  s1.lower.hierarchyDisabled = features.hpds && (tcr & (1 << 24)) !== 0;
}

function readStage2(features: MmuFeatures, s2: Stage2, hcr: number, vtcr: number): void {
  s2.enabled = (hcr & (Hcr.vm | Hcr.dc)) !== 0;
  const bits = granuleTg0(features, (vtcr >>> 14) & 3);
  const sl0 = (vtcr >>> 6) & 3;
  s2.granuleBits = bits;
  // An input size above the physical address size is clamped (CONSTRAINED UNPREDICTABLE).
  s2.inputBits = Math.min(64 - Math.max(16, Math.min(39, vtcr & 63)), features.addressBits);
  s2.startLevel = (bits === 12 ? 2 : 3) - sl0;
  s2.outputBits = Math.min(outputBits(vtcr >>> 16), features.addressBits);
  const indexBits = s2.inputBits - levelShift(bits, s2.startLevel);
  const tooLarge = sl0 === 3 ||
    (sl0 === 2 && features.addressBits < (bits === 14 ? 42 : 44));
  s2.inconsistent = tooLarge || indexBits < 1 || indexBits > bits - 3 + 4;
  s2.startMask = s2.inconsistent ? 0 : 2 ** indexBits - 1;
  s2.hardwareAccessFlag = features.hafdbs && (vtcr & (1 << 21)) !== 0;
  s2.hardwareDirty = s2.hardwareAccessFlag && (vtcr & (1 << 22)) !== 0;
  s2.protectedWalk = (hcr & Hcr.ptw) !== 0 && (hcr & Hcr.tge) === 0;
}
