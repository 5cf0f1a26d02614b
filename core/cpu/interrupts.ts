/**
 * Interrupt inputs: which is pending, where it goes, and whether PSTATE masks it.
 *
 * @module
 */

import { currentEl, effectiveHcr, el0IsInHost, generalExceptionsToEl2, Hcr } from "./controls.ts";
import { StateFields } from "./state.ts";
import { type Core, type El, Line } from "./types.ts";

/** A kind of asynchronous exception. */
export type InterruptKind = "irq" | "fiq" | "virq" | "vfiq" | "vserror";

/** An interrupt to take now. */
export interface PendingInterrupt {
  readonly kind: InterruptKind;
  readonly to: 1 | 2;
}

/** Bits of DAIF. */
export const Daif = { D: 0x200, A: 0x100, I: 0x80, F: 0x40 } as const;

/** Bit 0 of `attention`: an interrupt can be taken now. The other bits belong to the run loop. */
export const AttentionInterrupt = 1;

interface Source {
  readonly kind: InterruptKind;
  readonly line: number;
  /** Bit of HCR_EL2 that makes a virtual one pending. */
  readonly pend: bigint;
  readonly mask: number;
  /** Bit of HCR_EL2 that routes the physical and enables the virtual interrupt. */
  readonly route: bigint;
  readonly virtual: boolean;
}

/** In order of priority, which is IMPLEMENTATION DEFINED. */
const sources: readonly Source[] = [
  { kind: "fiq", line: Line.fiq, pend: 0n, mask: Daif.F, route: Hcr.FMO, virtual: false },
  { kind: "irq", line: Line.irq, pend: 0n, mask: Daif.I, route: Hcr.IMO, virtual: false },
  { kind: "vserror", line: 0, pend: Hcr.VSE, mask: Daif.A, route: Hcr.AMO, virtual: true },
  { kind: "vfiq", line: Line.vfiq, pend: Hcr.VF, mask: Daif.F, route: Hcr.FMO, virtual: true },
  { kind: "virq", line: Line.virq, pend: Hcr.VI, mask: Daif.I, route: Hcr.IMO, virtual: true },
];

/** A pending source, its target, and whether PSTATE can mask it here. */
interface Candidate {
  readonly source: Source;
  readonly to: 1 | 2;
  readonly maskable: boolean;
}

/** No source can be pending. */
function quiet(core: Core, hcr: bigint): boolean {
  return core.lines === 0 && (hcr & (Hcr.VI | Hcr.VF | Hcr.VSE)) === 0n;
}

/** DDI 0487 D1.3.6 Asynchronous exception routing and masking, without EL3. */
function candidate(core: Core, hcr: bigint, el: El, source: Source): Candidate | undefined {
  const high = (core.lines & source.line) !== 0 || (hcr & source.pend) !== 0n;
  if (!high) return undefined;
  const tge = generalExceptionsToEl2(core);
  if (source.virtual) {
    const enabled = core.hasEl2 && !tge && (hcr & source.route) !== 0n && el < 2;
    return enabled ? { source, to: 1, maskable: true } : undefined;
  }
  const to = core.hasEl2 && (tge || (hcr & source.route) !== 0n) ? 2 : 1;
  if (to < el) return undefined;
  return { source, to, maskable: to === 1 || el === 2 || el0IsInHost(core) };
}

/** The interrupt to take before the next instruction, if any. */
export function pendingInterrupt(core: Core): PendingInterrupt | undefined {
  const hcr = effectiveHcr(core);
  if (quiet(core, hcr)) return undefined;
  const el = currentEl(core);
  const daif = core.state.u32("daif");
  for (const source of sources) {
    const found = candidate(core, hcr, el, source);
    if (found && !(found.maskable && daif & source.mask)) {
      return { kind: source.kind, to: found.to };
    }
  }
  return undefined;
}

/**
 * Derives `interruptsHigh`, `interruptMaskable` and bit 0 of `attention`.
 *
 * To be called after the lines, HCR_EL2, EL or DAIF changed. Generated code that clears DAIF bits
 * may instead set bit 0 itself when `interruptMaskable & ~daif` is not zero.
 */
export function updateAttention(core: Core): void {
  const state = core.state;
  const { interruptsHigh, interruptMaskable, attention } = StateFields;
  const hcr = effectiveHcr(core);
  let maskable = 0;
  let now = false;
  const isQuiet = quiet(core, hcr);
  if (!isQuiet) {
    const el = currentEl(core);
    for (const source of sources) {
      const found = candidate(core, hcr, el, source);
      if (!found) continue;
      if (found.maskable) maskable |= source.mask;
      else now = true;
    }
  }
  now ||= (maskable & ~state.word(StateFields.daif[0])) !== 0;
  state.setWord(interruptsHigh[0], isQuiet ? 0 : 1);
  state.setWord(interruptMaskable[0], maskable);
  const others = state.word(attention[0]) & ~AttentionInterrupt;
  state.setWord(attention[0], now ? others | AttentionInterrupt : others);
}

/** WFI ends: an interrupt is pending for this core, whatever PSTATE masks. */
export function wakes(core: Core): boolean {
  const hcr = effectiveHcr(core);
  if (quiet(core, hcr)) return false;
  if (core.lines & (Line.irq | Line.fiq)) return true;
  const el = currentEl(core);
  return sources.some((source) => candidate(core, hcr, el, source) !== undefined);
}

/** ISR_EL1: A, I and F pending, virtual ones for the bits of `virtual`, physical ones otherwise. */
export function interruptStatus(core: Core, virtual: number): number {
  const hcr = effectiveHcr(core);
  let status = 0;
  for (const source of sources) {
    const high = (core.lines & source.line) !== 0 || (hcr & source.pend) !== 0n;
    if (high && ((virtual & source.mask) !== 0) === source.virtual) status |= source.mask;
  }
  return status;
}
