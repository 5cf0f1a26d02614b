/**
 * Translation state of one core: its regimes as the registers describe them, its TLB, and which
 * contexts its accesses use now.
 *
 * @module
 */

import {
  AsidControl,
  AsidCount,
  AsidEntry,
  ContextWords,
  forgetContext,
  forgetContexts,
  ModeBit,
  ModeEntry,
} from "../cpu/modes.ts";
import { StateFields, StateLayout } from "../cpu/state.ts";
import type { MmuHost } from "./host.ts";
import {
  emptyRegime,
  Hcr,
  readRegime,
  type Regime,
  RegimeKind,
  registerWord,
  Variant,
} from "./regime.ts";
import { attach, type Context, contextKey, type CoreTlb, createCoreTlb } from "./tlb.ts";
import type { TlbMemory } from "./tlb.ts";
import { createWalker, forgetTables, type Walker } from "./walker.ts";

/** One part of an access that lies in one page. */
export interface Piece {
  /** Offset in linear memory; -1 when a device answers. */
  host: number;
  pa: number;
  bytes: number;
}

/** See the module. */
export interface CoreMmu {
  readonly index: number;
  readonly host: MmuHost;
  /** The whole linear memory, by bytes. */
  readonly memory: Uint8Array;
  readonly tlb: CoreTlb;
  /** Working storage; its `fault` is the last fault of this core. */
  readonly walker: Walker;
  /** Indexed by `RegimeKind`. */
  readonly regimes: readonly Regime[];
  /** Contexts in use, by regime and variant. */
  readonly contexts: (Context | undefined)[];
  /** Registers or PSTATE have changed since the last selection. */
  stale: boolean;
  /** Regime of the current EL. */
  regime: Regime;
  variant: number;
  unprivilegedVariant: number;
  /** The mode that was selected; generated code may have left it since. */
  mode: number;
  /** Parts of the access under way, in address order. */
  readonly pieces: readonly [Piece, Piece];
  pieceCount: number;
}

const Variants = ContextWords.variants;

/** Translation state of core `index`, nothing selected yet. */
export function createCoreMmu(index: number, host: MmuHost, memory: TlbMemory): CoreMmu {
  const regimes = [
    emptyRegime(RegimeKind.el10, host.registerSlots),
    emptyRegime(RegimeKind.el2, host.registerSlots),
    emptyRegime(RegimeKind.el20, host.registerSlots),
  ];
  return {
    index,
    host,
    memory: new Uint8Array(host.memory),
    tlb: createCoreTlb(index, memory),
    walker: createWalker(host),
    regimes,
    contexts: new Array<Context | undefined>(regimes.length * Variants).fill(undefined),
    stale: true,
    regime: regimes[0] as Regime,
    variant: Variant.privileged,
    unprivilegedVariant: Variant.unprivileged,
    mode: -1,
    pieces: [{ host: -1, pa: 0, bytes: 0 }, { host: -1, pa: 0, bytes: 0 }],
    pieceCount: 0,
  };
}

/** Notes that a register of `MmuRegisters` has changed. */
export function invalidateRegimes(core: CoreMmu): void {
  for (const regime of core.regimes) regime.current = false;
  core.stale = true;
  const base = core.host.stateBase(core.index);
  forgetContexts(core.walker.words, base);
  core.walker.words[(base + StateFields.asidControl[0]) / 4] = 0;
}

/** Takes over what generated code has done since: other tables for EL1&0, another mode. */
export function catchUp(core: CoreMmu): void {
  const words = core.walker.words;
  const base = core.host.stateBase(core.index);
  const isCurrent = words[(base + StateFields.mode[0]) / 4] === core.mode &&
    words[(base + StateFields.tablesChanged[0]) / 4] === 0;
  if (core.stale || !isCurrent) select(core);
}

function noteTables(core: CoreMmu, stateBase: number): void {
  const at = (stateBase + StateFields.tablesChanged[0]) / 4;
  const words = core.walker.words;
  if (words[at] === 0) return;
  words[at] = 0;
  (core.regimes[RegimeKind.el10] as Regime).current = false;
}

/** A regime with its registers read. */
export function regimeOf(core: CoreMmu, kind: number): Regime {
  const regime = core.regimes[kind] as Regime;
  const stateBase = core.host.stateBase(core.index);
  noteTables(core, stateBase);
  if (regime.current) return regime;
  const { vmid } = regime;
  const { base } = regime.stage2;
  const changed = readRegime(core.host, core.walker.words, stateBase, regime);
  if (changed || vmid !== regime.vmid || base !== regime.stage2.base) forgetTables(core.walker);
  // Contexts are found again by their key, but only `attach` notices changed controls.
  if (changed) {
    for (let i = 0; i < Variants; i++) {
      core.contexts[kind * Variants + i] = undefined;
    }
  }
  return regime;
}

/** The context of `variant` in the current regime. */
export function contextOf(core: CoreMmu, regime: Regime, variant: number): Context {
  const index = regime.kind * Variants + variant;
  const known = core.contexts[index];
  if (known !== undefined && known.key === contextKey(regime, variant)) {
    known.lastUsed = ++core.tlb.clock;
    return known;
  }
  const { taken } = core.tlb;
  const context = attach(core.tlb, regime, variant);
  core.contexts[index] = context;
  if (core.tlb.taken !== taken) {
    forgetContext(core.walker.words, core.host.stateBase(core.index), context.address);
  }
  return context;
}

/** HCR_EL2 of a core, as two halves. */
export function hcrOf(core: CoreMmu): { high: number; low: number } {
  const at = registerWord(core.host, core.host.stateBase(core.index), "HCR_EL2");
  const words = core.walker.words;
  return { high: words[at + 1] as number, low: words[at] as number };
}

/** The regime that EL1 instructions of this exception level mean: EL2&0 in a host at EL2. */
export function isHost(hcrHigh: number, hcrLow: number): boolean {
  return (hcrHigh & Hcr.e2hHigh) !== 0 && (hcrLow & Hcr.tge) !== 0;
}

/**
 * Chooses the contexts for the core's current EL, PSTATE and registers, and writes `tlb`,
 * `tlbUnprivileged` and `alignMask` to its state.
 */
export function select(core: CoreMmu): void {
  const host = core.host;
  const words = core.walker.words;
  const base = host.stateBase(core.index);
  const el = words[(base + StateFields.el[0]) / 4] as number;
  const hcrAt = registerWord(host, base, "HCR_EL2");
  const e2h = ((words[hcrAt + 1] as number) & Hcr.e2hHigh) !== 0;
  const tge = ((words[hcrAt] as number) & Hcr.tge) !== 0;
  let kind: number = RegimeKind.el10;
  if (el === 2) kind = e2h ? RegimeKind.el20 : RegimeKind.el2;
  else if (el === 0 && e2h && tge) kind = RegimeKind.el20;
  const regime = regimeOf(core, kind);
  let variant: number = Variant.privileged;
  let unprivileged: number = Variant.privileged;
  if (el === 0) variant = unprivileged = Variant.unprivileged;
  else {
    if (words[(base + StateFields.pan[0]) / 4] !== 0 && kind !== RegimeKind.el2) {
      variant = Variant.privilegedPan;
    }
    // LDTR and STTR act as at EL0 where EL0 shares the regime; UAO makes them ordinary.
    const shares = el === 1 || (e2h && tge);
    const uao = words[(base + StateFields.uao[0]) / 4] !== 0;
    unprivileged = shares && !uao ? Variant.unprivileged : variant;
  }
  core.regime = regime;
  core.variant = variant;
  core.unprivilegedVariant = unprivileged;
  // The first is pinned before the second is attached, so that one never evicts the other.
  const tlb = core.tlb;
  tlb.current = contextOf(core, regime, variant);
  tlb.unprivileged = unprivileged === variant ? tlb.current : contextOf(core, regime, unprivileged);
  const s1 = regime.stage1;
  // Data is Device memory while stage 1 is off, where alignment always matters.
  const aligned = s1.alignmentChecked || (!s1.enabled && !s1.defaultCacheable);
  setAddress(words, base + StateFields.tlb[0], tlb.current.address);
  setAddress(words, base + StateFields.tlbUnprivileged[0], tlb.unprivileged.address);
  const mask = (base + StateFields.alignMask[0]) / 4;
  words[mask] = aligned ? -1 : 0;
  words[mask + 1] = aligned ? -1 : 0;
  core.stale = false;
  publish(core, base, regime, aligned);
}

/** Lets generated code come back to what has been selected. */
function publish(core: CoreMmu, base: number, regime: Regime, aligned: boolean): void {
  const words = core.walker.words;
  const { el, spSel, pan, uao } = StateFields;
  const number = (words[(base + el[0]) / 4] as number) * ModeBit.el |
    (words[(base + spSel[0]) / 4] as number) * ModeBit.spSel |
    (words[(base + pan[0]) / 4] as number) * ModeBit.pan |
    (words[(base + uao[0]) / 4] as number) * ModeBit.uao;
  core.mode = StateLayout.modes + number * ModeEntry.bytes;
  words[(base + StateFields.mode[0]) / 4] = core.mode;
  const { variant, unprivilegedVariant, tlb } = core;
  const row = regime.kind * Variants;
  const contexts = (base + StateLayout.contexts) / 4 + row;
  if (regime.kind === RegimeKind.el10) {
    words[(base + StateFields.asidControl[0]) / 4] = AsidControl.known | regime.asidMask |
      (regime.asidFromTtbr1 ? AsidControl.fromTtbr1 : 0);
    const asid = (base + StateLayout.asids + (regime.asid % AsidCount) * AsidEntry.bytes) / 4;
    const own = asid + AsidEntry.contexts / 4;
    if (words[asid] !== regime.asid + 1) words.fill(0, own, own + Variants);
    words[asid] = regime.asid + 1;
    words[own + variant] = (tlb.current as Context).address;
    words[own + unprivilegedVariant] = (tlb.unprivileged as Context).address;
    for (let i = 0; i < Variants; i++) words[contexts + i] = words[own + i] as number;
  } else {
    words[contexts + variant] = (tlb.current as Context).address;
    words[contexts + unprivilegedVariant] = (tlb.unprivileged as Context).address;
  }
  const mode = (base + core.mode) / 4;
  const place = (v: number) => StateLayout.contexts + (row + v) * 4;
  words[mode + ModeEntry.alignMask / 4] = aligned ? -1 : 0;
  words[mode + ModeEntry.tlb / 4] = place(variant);
  words[mode + ModeEntry.tlbUnprivileged / 4] = place(unprivilegedVariant);
}

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at / 4] = address;
  words[at / 4 + 1] = Math.floor(address / 0x1_0000_0000);
}
