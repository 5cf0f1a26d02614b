/**
 * PSTATE: saved program status, stack pointer selection, and the state words derived from controls.
 *
 * @module
 */

import {
  controllingSctlr,
  currentEl,
  effectiveHcr,
  fpAccessTrap,
  generalExceptionsToEl2,
  Hcr,
  Sctlr,
  undefinedInstruction,
} from "./controls.ts";
import { updateAttention } from "./interrupts.ts";
import { forgetModes, ModeEntry, modeOf, PlainCall, Spsr } from "./modes.ts";
import { Slot, StateFields } from "./state.ts";
import { Ec, Iss } from "./syndrome.ts";
import { keyOf } from "./system_register_rows.ts";
import { SystemSlots } from "./system_register_slots.ts";
import { accessGuards, Traps } from "./system_register_traps.ts";
import type { Core, El, Trap } from "./types.ts";

/** The bits of SPSR that are one word of state each. */
const single = ([
  ["dit", 24],
  ["uao", 23],
  ["pan", 22],
  ["ss", 21],
  ["il", 20],
  ["ssbs", 12],
] as const).map(([name, shift]) => ({ at: StateFields[name][0], shift }));

/** The fields of PSTATE that only some cores have, as bits of an SPSR. */
export function pstateMask({ features }: Core): number {
  return (features.dit ? Spsr.DIT : 0) | (features.uao ? Spsr.UAO : 0) |
    (features.pan ? Spsr.PAN : 0) | (features.ssbs ? Spsr.SSBS : 0);
}

/** SPSR_ELx for the state as it is now. */
export function packSpsr(core: Core): number {
  const state = core.state;
  const { daif, btype, el, spSel } = StateFields;
  let spsr = state.nzcv() | state.word(daif[0]) | (state.word(btype[0]) << Spsr.BTYPE) |
    (state.word(el[0]) << 2) | state.word(spSel[0]);
  for (const { at, shift } of single) spsr |= state.word(at) << shift;
  return spsr >>> 0;
}

/** Sets everything but EL and SPSel from an SPSR; bits the core does not have stay zero. */
export function unpackSpsr(core: Core, spsr: number): void {
  const { state } = core;
  const present = spsr & (pstateMask(core) | Spsr.SS | Spsr.IL);
  state.setNzcv(spsr);
  state.setWord(StateFields.daif[0], spsr & Spsr.DAIF);
  for (const { at, shift } of single) state.setWord(at, (present >>> shift) & 1);
  state.setWord(StateFields.btype[0], 0); // FEAT_BTI is absent
}

const stackSlots = (["SP_EL0", "SP_EL1", "SP_EL2"] as const).map((name) => SystemSlots[name]);

function bank(el: number, spSel: number): number {
  return stackSlots[spSel === 0 ? 0 : el] as number;
}

/** Changes EL and SPSel, and with them the stack pointer in use. Controls are not derived. */
export function switchStack(core: Core, el: El, spSel: number): void {
  const state = core.state;
  const { el: elField, spSel: spSelField } = StateFields;
  const from = bank(state.word(elField[0]), state.word(spSelField[0]));
  const to = bank(el, spSel);
  state.system[from] = state.x[Slot.sp] as bigint;
  if (from !== to) state.x[Slot.sp] = state.system[to] as bigint;
  state.setWord(elField[0], el);
  state.setWord(spSelField[0], spSel);
}

/** MSR SPSel. */
export function selectStack(core: Core, spSel: number): void {
  switchStack(core, currentEl(core), spSel);
  enterMode(core);
}

/** Bits of FPCR that take floating point out of its default mode: AHP, DN, FZ, RMode, FZ16. */
const FpcrModes = 0x07c8_0000;

/** What follows a write of FPCR. */
export function writeFpcr(core: Core): void {
  core.state.setU32("fpFast", core.state.u32("fpcr") & FpcrModes ? 0 : 1);
}

/**
 * Derives the state words that generated code tests, after any control register changed: those of
 * {@linkcode enterMode}, `fpFast` and `plainCalls`.
 */
export function deriveControls(core: Core): void {
  forgetModes(core.state);
  derivePlainCalls(core);
  writeFpcr(core);
  enterMode(core);
}

/** Derives `plainCalls`, also after `el2Handler` has changed. */
export function derivePlainCalls(core: Core): void {
  const guest = generalExceptionsToEl2(core) ? 0 : PlainCall.guest;
  const vectors = core.hasEl2 && !core.el2Handler && !(effectiveHcr(core) & Hcr.HCD);
  core.state.setU32("plainCalls", guest | (vectors ? PlainCall.hvc : 0));
}

/**
 * Derives the state words that depend on EL, SPSel, PAN and UAO, after one of them changed: `spCheck`,
 * `fpTrap`, `sysregTrap`, `interruptsHigh`, `interruptMaskable`, `attention`, and by way of the MMU
 * `mode`, `tlb`, `tlbUnprivileged` and `alignMask`.
 */
export function enterMode(core: Core): void {
  const state = core.state;
  const mode = modeOf(state);
  if (state.word(mode + ModeEntry.isDerived) === 0) deriveMode(core, mode);
  const { spCheck, fpTrap, sysregTrap } = StateFields;
  state.setWord(spCheck[0], state.word(mode + ModeEntry.spCheck));
  state.setWord(fpTrap[0], state.word(mode + ModeEntry.fpTrap));
  state.setWord(sysregTrap[0], state.word(mode + ModeEntry.sysregTrap));
  updateAttention(core);
  core.mmu.contextChanged();
}

function deriveMode(core: Core, mode: number): void {
  const state = core.state;
  const el = currentEl(core);
  const sctlr = controllingSctlr(core, el);
  state.setWord(mode + ModeEntry.spCheck, sctlr & (el === 0 ? Sctlr.SA0 : Sctlr.SA) ? 1 : 0);
  const fpTrap = fpAccessTrap(core)?.to ?? 0;
  state.setU32("fpTrap", fpTrap); // which guards depend on
  state.setWord(mode + ModeEntry.fpTrap, fpTrap);
  state.setWord(mode + ModeEntry.sysregTrap, accessGuards(core, el));
  state.setWord(mode + ModeEntry.isDerived, 1);
}

/** What follows a write of TTBR0_EL1 or TTBR1_EL1: which contexts there are does not change. */
export function tablesChanged(core: Core): void {
  if (currentEl(core) === 2) return translationChanged(core);
  core.state.setU32("tablesChanged", 1);
  core.mmu.contextChanged();
}

/** What follows a write of a register that only translation depends on. */
export function translationChanged(core: Core): void {
  core.mmu.registersChanged();
  core.mmu.contextChanged();
}

/** What follows a write of a register that translation and traps depend on. */
export function controlsChanged(core: Core): void {
  core.mmu.registersChanged();
  deriveControls(core);
}

/** A PSTATE field that MSR (immediate) sets. */
interface PstateField {
  readonly name: string;
  readonly op1: number;
  readonly op2: number;
  readonly el: El;
  readonly exists?: (core: Core) => boolean;
  readonly set: (core: Core, imm: number) => void;
}

const pstateFields: readonly PstateField[] = [
  {
    name: "UAO",
    op1: 0,
    op2: 3,
    el: 1,
    exists: (core) => core.features.uao,
    set: (core, imm) => {
      core.state.setU32("uao", imm & 1);
      enterMode(core);
    },
  },
  {
    name: "PAN",
    op1: 0,
    op2: 4,
    el: 1,
    exists: (core) => core.features.pan,
    set: (core, imm) => {
      core.state.setU32("pan", imm & 1);
      enterMode(core);
    },
  },
  { name: "SPSel", op1: 0, op2: 5, el: 1, set: (core, imm) => selectStack(core, imm & 1) },
  {
    name: "SSBS",
    op1: 3,
    op2: 1,
    el: 0,
    exists: (core) => core.features.ssbs,
    set: (core, imm) => core.state.setU32("ssbs", imm & 1),
  },
  {
    name: "DIT",
    op1: 3,
    op2: 2,
    el: 0,
    exists: (core) => core.features.dit,
    set: (core, imm) => core.state.setU32("dit", imm & 1),
  },
  {
    name: "DAIFSet",
    op1: 3,
    op2: 6,
    el: 0,
    set: (core, imm) => setDaif(core, core.state.u32("daif") | (imm << 6)),
  },
  {
    name: "DAIFClr",
    op1: 3,
    op2: 7,
    el: 0,
    set: (core, imm) => setDaif(core, core.state.u32("daif") & ~(imm << 6)),
  },
];

function setDaif(core: Core, daif: number): void {
  core.state.setU32("daif", daif & Spsr.DAIF);
  updateAttention(core);
}

/** MSR (immediate): the PSTATE field op1:op2 gets CRm. */
export function writePstate(core: Core, op1: number, op2: number, crm: number): Trap | undefined {
  const el = currentEl(core);
  const field = pstateFields.find((f) => f.op1 === op1 && f.op2 === op2);
  if (!field || el < field.el || field.exists?.(core) === false) return undefinedInstruction(core);
  if (field.name.startsWith("DAIF")) {
    const to = Traps.UMA.check(core, el, false);
    if (to === 1 || to === 2) {
      const iss = Iss.systemRegister(keyOf([0, op1, 4, crm, op2]), 31, false);
      return { to, ec: Ec.systemRegister, iss };
    }
  }
  field.set(core, crm);
  return undefined;
}
