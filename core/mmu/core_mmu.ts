/**
 * Translation state of one core: its regimes as the registers describe them, its TLB, and which
 * contexts its accesses use now.
 *
 * @module
 */

import { StateFields } from "../cpu/state.ts";
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
  /** Parts of the access under way, in address order. */
  readonly pieces: readonly [Piece, Piece];
  pieceCount: number;
}

const Variants = 3;

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
    pieces: [{ host: -1, pa: 0, bytes: 0 }, { host: -1, pa: 0, bytes: 0 }],
    pieceCount: 0,
  };
}

/** Notes that a register of `MmuRegisters` has changed. */
export function invalidateRegimes(core: CoreMmu): void {
  for (const regime of core.regimes) regime.current = false;
  core.stale = true;
}

/** A regime with its registers read. */
export function regimeOf(core: CoreMmu, kind: number): Regime {
  const regime = core.regimes[kind] as Regime;
  if (regime.current) return regime;
  const { vmid } = regime;
  const { base } = regime.stage2;
  const stateBase = core.host.stateBase(core.index);
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
  const context = attach(core.tlb, regime, variant);
  core.contexts[index] = context;
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
}

function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at / 4] = address;
  words[at / 4 + 1] = Math.floor(address / 0x1_0000_0000);
}
