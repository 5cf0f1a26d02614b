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

/** A regime as its registers describe it now. */
export interface Regime {
  readonly kind: number;
  /** The registers have been read since the last invalidation. */
  current: boolean;
  readonly stage1: Stage1;
  readonly stage2: Stage2;
  asid: number;
  vmid: number;
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
export function emptyRegime(kind: number): Regime {
  return {
    kind,
    current: false,
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

/** Reads the registers of `regime` again for the core whose state is at `stateBase`. */
export function readRegime(
  host: MmuHost,
  words: Uint32Array,
  stateBase: number,
  regime: Regime,
): void {
  const el10 = regime.kind === RegimeKind.el10;
  const word = (name: MmuRegister, half: number) =>
    words[registerWord(host, stateBase, name) + half] as number;
  const hcr = word("HCR_EL2", 0);
  const sctlr = word(el10 ? "SCTLR_EL1" : "SCTLR_EL2", 0);
  const tcr = word(el10 ? "TCR_EL1" : "TCR_EL2", 0);
  const tcrHigh = word(el10 ? "TCR_EL1" : "TCR_EL2", 1);
  const ttbr0 = word(el10 ? "TTBR0_EL1" : "TTBR0_EL2", 0);
  const ttbr0High = word(el10 ? "TTBR0_EL1" : "TTBR0_EL2", 1);
  const ttbr1 = word(el10 ? "TTBR1_EL1" : "TTBR1_EL2", 0);
  const ttbr1High = word(el10 ? "TTBR1_EL1" : "TTBR1_EL2", 1);
  const mair = word(el10 ? "MAIR_EL1" : "MAIR_EL2", 0);
  const mairHigh = word(el10 ? "MAIR_EL1" : "MAIR_EL2", 1);
  const s1 = regime.stage1;
  // DC and TGE make SCTLR_EL1.M behave as 0 (DDI 0487, HCR_EL2); E2H with TGE uses EL2&0 instead.
  const s1Off = el10 && (hcr & (Hcr.dc | Hcr.tge)) !== 0;
  s1.enabled = (sctlr & Sctlr.m) !== 0 && !s1Off;
  s1.defaultCacheable = el10 && (hcr & Hcr.dc) !== 0;
  s1.instructionCache = (sctlr & Sctlr.i) !== 0;
  s1.alignmentChecked = (sctlr & Sctlr.a) !== 0;
  s1.writeExecuteNever = (sctlr & Sctlr.wxn) !== 0;
  s1.bigEndian = (sctlr & Sctlr.ee) !== 0;
  s1.mairLow = mair;
  s1.mairHigh = mairHigh;
  if (s1.twoRanges) readTwoRanges(host.features, s1, tcr, tcrHigh);
  else readOneRange(host.features, s1, tcr);
  setBase(s1.lower, ttbr0High, ttbr0, s1.outputBits);
  setBase(s1.upper, ttbr1High, ttbr1, s1.outputBits);
  const asid = (tcr & (1 << 22) ? ttbr1High : ttbr0High) >>> 16;
  const asid16 = host.features.asid16 && (tcrHigh & (1 << 4)) !== 0;
  regime.asid = s1.twoRanges ? (asid16 ? asid : asid & 0xff) : 0;
  const controls = regime.controls;
  controls[0] = (sctlr & (Sctlr.wxn | Sctlr.ee)) | (s1.enabled ? 1 : 0);
  // A1 only chooses the ASID.
  controls[1] = s1.twoRanges ? tcr & ~(1 << 22) : tcr;
  controls[2] = tcrHigh;
  controls[3] = mair;
  controls[4] = mairHigh;
  controls[5] = s1.defaultCacheable ? 1 : 0;
  if (el10) {
    const vtcr = word("VTCR_EL2", 0);
    const vttbrHigh = word("VTTBR_EL2", 1);
    const ee = (word("SCTLR_EL2", 0) & Sctlr.ee) !== 0;
    readStage2(host.features, regime.stage2, hcr, vtcr, vttbrHigh, word("VTTBR_EL2", 0), ee);
    const vmid16 = host.features.vmid16 && (vtcr & (1 << 19)) !== 0;
    regime.vmid = vmid16 ? vttbrHigh >>> 16 : (vttbrHigh >>> 16) & 0xff;
    controls[6] = regime.stage2.enabled ? vtcr : 0;
    controls[7] = (regime.stage2.protectedWalk ? 1 : 0) | (ee ? 2 : 0);
  }
  regime.current = true;
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

function readStage2(
  features: MmuFeatures,
  s2: Stage2,
  hcr: number,
  vtcr: number,
  vttbrHigh: number,
  vttbr: number,
  bigEndian: boolean,
): void {
  s2.enabled = (hcr & (Hcr.vm | Hcr.dc)) !== 0;
  if (!s2.enabled) return;
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
  s2.base = tableBase(vttbrHigh, vttbr, s2.startMask);
  s2.baseExceeds = exceeds(vttbrHigh, s2.outputBits);
  s2.bigEndian = bigEndian;
  s2.hardwareAccessFlag = features.hafdbs && (vtcr & (1 << 21)) !== 0;
  s2.hardwareDirty = s2.hardwareAccessFlag && (vtcr & (1 << 22)) !== 0;
  s2.protectedWalk = (hcr & Hcr.ptw) !== 0 && (hcr & Hcr.tge) === 0;
}
