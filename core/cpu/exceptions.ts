/**
 * Taking exceptions and returning from them (DDI 0487 J1 AArch64.TakeException and
 * AArch64.ExceptionReturn).
 *
 * @module
 */

import {
  currentEl,
  effectiveHcr,
  el0IsInHost,
  generalExceptionsToEl2,
  Hcr,
  ordinaryTarget,
  Sctlr,
  store,
  stored,
  undefinedInstruction,
} from "./controls.ts";
import { type InterruptKind, type PendingInterrupt, wakes } from "./interrupts.ts";
import { Spsr } from "./modes.ts";
import { enterMode, packSpsr, switchStack, unpackSpsr } from "./pstate.ts";
import { StateFields } from "./state.ts";
import { SystemSlots } from "./system_register_slots.ts";
import { type DataAbort, Ec, esr, Iss } from "./syndrome.ts";
import type { Core, El, Trap } from "./types.ts";

/** Offsets from VBAR_ELx by kind of exception. */
const vectors = { sync: 0x000, irq: 0x080, fiq: 0x100, serror: 0x180 } as const;

type Vector = keyof typeof vectors;

const interruptVectors: { readonly [K in InterruptKind]: Vector } = {
  irq: "irq",
  virq: "irq",
  fiq: "fiq",
  vfiq: "fiq",
  vserror: "serror",
};

/** Indices of what an exception reads and writes. */
const EntrySlots = {
  el1: {
    spsr: SystemSlots.SPSR_EL1,
    elr: SystemSlots.ELR_EL1,
    sctlr: SystemSlots.SCTLR_EL1,
    vbar: SystemSlots.VBAR_EL1,
  },
  el2: {
    spsr: SystemSlots.SPSR_EL2,
    elr: SystemSlots.ELR_EL2,
    sctlr: SystemSlots.SCTLR_EL2,
    vbar: SystemSlots.VBAR_EL2,
  },
} as const;

/** Offset by where the exception comes from: the same EL with SP_EL0 or SP_ELx, or a lower EL. */
function originOffset(core: Core, to: El): number {
  if (currentEl(core) < to) return 0x400;
  return core.state.u32("spSel") === 0 ? 0 : 0x200;
}

/**
 * Goes to the vector of `to`: saves PSTATE and the return address, and enters the EL with interrupts
 * masked. When a built-in hypervisor plays EL2, it is due instead of the code at VBAR_EL2.
 */
function enter(core: Core, to: 1 | 2, vector: Vector, returnAddress: bigint): void {
  const state = core.state;
  const offset = originOffset(core, to) + vectors[vector];
  const { system } = state;
  const slots = to === 2 ? EntrySlots.el2 : EntrySlots.el1;
  system[slots.spsr] = BigInt(packSpsr(core));
  system[slots.elr] = returnAddress;
  switchStack(core, to, 1);
  const sctlr = system[slots.sctlr] as bigint;
  state.setWord(StateFields.daif[0], Spsr.DAIF);
  const panApplies = core.features.pan && (to === 1 || el0IsInHost(core));
  const { pan, uao, ssbs, il, ss, btype } = StateFields;
  if (panApplies && !(sctlr & Sctlr.SPAN)) state.setWord(pan[0], 1);
  state.setWord(uao[0], 0);
  if (core.features.ssbs) state.setWord(ssbs[0], sctlr & Sctlr.DSSBS ? 1 : 0);
  state.setWord(il[0], 0);
  state.setWord(ss[0], 0);
  state.setWord(btype[0], 0);
  const vbar = system[slots.vbar] as bigint;
  setPc(core, BigInt.asUintN(64, vbar + BigInt(offset)));
  if (to === 2 && core.el2Handler) core.handlerDue = true;
  enterMode(core);
}

function setPc(core: Core, pc: bigint): void {
  core.state.setU64("pc", pc);
}

/**
 * Takes a synchronous exception. `returnAddress` is the preferred one: the instruction itself, which
 * is what PC holds, unless the class says otherwise.
 */
export function takeTrap(
  core: Core,
  trap: Trap,
  returnAddress: bigint = core.state.u64("pc"),
): void {
  const el2 = trap.to === 2;
  store(core, el2 ? "ESR_EL2" : "ESR_EL1", esr(trap.ec, trap.iss));
  if (trap.far !== undefined) store(core, el2 ? "FAR_EL2" : "FAR_EL1", trap.far);
  if (trap.ipa !== undefined) {
    store(core, "HPFAR_EL2", (BigInt(trap.ipa) >> 12n) << 4n);
  }
  enter(core, trap.to, "sync", returnAddress);
}

/** Takes an interrupt before the instruction at PC. */
export function takeInterrupt(core: Core, interrupt: PendingInterrupt): void {
  if (interrupt.kind === "vserror") {
    store(core, "HCR_EL2", stored(core, "HCR_EL2") & ~Hcr.VSE);
    store(core, "ESR_EL1", esr(Ec.serror, 0));
  }
  enter(core, interrupt.to, interruptVectors[interrupt.kind], core.state.u64("pc"));
}

/** A fault of an access, as the MMU reports it. */
export interface AbortInfo {
  readonly far: bigint;
  /** The fault is stage 2's: EL2 takes it. */
  readonly stage2?: boolean;
  /** Of stage 2 faults: what the access or the walk meant to reach, for HPFAR_EL2. */
  readonly ipa?: number;
}

/** The EL that takes an abort, and the exception class there. */
function abortTarget(core: Core, info: AbortInfo): { to: 1 | 2; same: boolean } {
  const to = info.stage2 ? 2 : ordinaryTarget(core);
  return { to, same: currentEl(core) === to };
}

const ipaOf = (info: AbortInfo): { ipa?: number } =>
  info.stage2 && info.ipa !== undefined ? { ipa: info.ipa } : {};

/** A data abort; its instruction syndrome is dropped unless stage 2 faulted outside a walk. */
export function dataAbort(core: Core, info: AbortInfo, abort: DataAbort): Trap {
  const { to, same } = abortTarget(core, info);
  const { access: _access, ...bare } = abort;
  const iss = Iss.dataAbort(info.stage2 && !abort.s1ptw ? abort : bare);
  const ec = same ? Ec.dataAbort : Ec.dataAbortLower;
  return { to, ec, iss, far: info.far, ...ipaOf(info) };
}

/** An instruction abort. */
export function instructionAbort(
  core: Core,
  info: AbortInfo,
  abort: { readonly ifsc: number; readonly s1ptw?: boolean },
): Trap {
  const { to, same } = abortTarget(core, info);
  const ec = same ? Ec.instructionAbort : Ec.instructionAbortLower;
  return { to, ec, iss: Iss.instructionAbort(abort), far: info.far, ...ipaOf(info) };
}

/** PC is not a multiple of 4. */
export function pcAlignmentFault(core: Core, pc: bigint): Trap {
  return { to: ordinaryTarget(core), ec: Ec.pcAlignment, iss: 0, far: pc };
}

/** SP is not a multiple of 16 where it has to be. */
export function spAlignmentFault(core: Core): Trap {
  return { to: ordinaryTarget(core), ec: Ec.spAlignment, iss: 0 };
}

/** PSTATE.IL is 1: no instruction executes. */
export function illegalState(core: Core): Trap {
  return { to: ordinaryTarget(core), ec: Ec.illegalState, iss: 0 };
}

/** An instruction that exists to cause an exception. */
export type CallKind = "svc" | "hvc" | "smc" | "brk" | "hlt";

/** What became of a call: the firmware answered it, or an exception has been taken. */
export type CallResult = "answered" | "taken";

function take(core: Core, trap: Trap, returnAddress?: bigint): CallResult {
  takeTrap(core, trap, returnAddress);
  return "taken";
}

function firmwareCall(core: Core, conduit: "smc" | "hvc"): CallResult {
  if (core.firmware?.(core, conduit)) return "answered";
  return take(core, undefinedInstruction(core));
}

function hypervisorCall(core: Core, imm: number, next: bigint): CallResult {
  const el = currentEl(core);
  if (el === 0) return take(core, undefinedInstruction(core));
  if (!core.hasEl2) return firmwareCall(core, "hvc");
  if (effectiveHcr(core) & Hcr.HCD) return take(core, undefinedInstruction(core));
  return take(core, { to: 2, ec: Ec.hvc, iss: Iss.immediate(imm) }, next);
}

/** Without EL3, the firmware that would run there is the board's. */
function secureMonitorCall(core: Core, imm: number): CallResult {
  const el = currentEl(core);
  if (el === 0) return take(core, undefinedInstruction(core));
  if (el === 1 && effectiveHcr(core) & Hcr.TSC) {
    return take(core, { to: 2, ec: Ec.smc, iss: Iss.immediate(imm) });
  }
  return firmwareCall(core, "smc");
}

/** MDCR_EL2.TDE and HCR_EL2.TGE send debug exceptions to EL2. */
function debugTarget(core: Core): 1 | 2 {
  if (currentEl(core) === 2) return 2;
  const tde = core.hasEl2 && (stored(core, "MDCR_EL2") & 0x100n) !== 0n;
  return tde || generalExceptionsToEl2(core) ? 2 : 1;
}

/**
 * Executes SVC, HVC, SMC, BRK or HLT at PC. After "answered" execution goes on at the next
 * instruction, unless the firmware stopped the core; PC is left to the caller.
 */
export function executeCall(core: Core, kind: CallKind, imm: number): CallResult {
  const next = BigInt.asUintN(64, core.state.u64("pc") + 4n);
  switch (kind) {
    case "svc":
      return take(core, { to: ordinaryTarget(core), ec: Ec.svc, iss: Iss.immediate(imm) }, next);
    case "hvc":
      return hypervisorCall(core, imm, next);
    case "smc":
      return secureMonitorCall(core, imm);
    case "brk":
      return take(core, { to: debugTarget(core), ec: Ec.brk, iss: Iss.immediate(imm) });
    case "hlt": // halting debug is not there
      return take(core, undefinedInstruction(core));
  }
}

/** Why an exception return is illegal; `undefined` when it is legal (DDI 0487 D1.3.4). */
function illegalReturn(core: Core, spsr: number): string | undefined {
  if (spsr & Spsr.nRW) return "to AArch32, which this core does not have";
  const target = (spsr >>> 2) & 3;
  if (spsr & 2) return `with reserved M[1] in SPSR`;
  if (target > currentEl(core)) return `to EL${target}, which is higher`;
  if (target === 0 && spsr & 1) return "to EL0 with SP_EL1 selected";
  if (target === 1 && generalExceptionsToEl2(core)) return "to EL1 while HCR_EL2.TGE is 1";
  return undefined;
}

/** ERET: `undefined` when done (PC is set), or the exception to take. */
export function exceptionReturn(core: Core): Trap | undefined {
  const el = currentEl(core);
  if (el === 0) return undefinedInstruction(core);
  const state = core.state;
  const slots = el === 2 ? EntrySlots.el2 : EntrySlots.el1;
  const spsr = state.systemLow(slots.spsr);
  const elr = state.system[slots.elr] as bigint;
  const why = illegalReturn(core, spsr);
  const { ssbs, pan, uao } = StateFields;
  const kept = why === undefined
    ? []
    : [ssbs[0], pan[0], uao[0]].map((at) => [at, state.word(at)] as const);
  unpackSpsr(core, spsr);
  if (why !== undefined) {
    core.report(`illegal return ${why}`, `Illegal exception return from EL${el} ${why}`);
    // EL, SP and what the illegal SPSR may not change stay; PSTATE.IL stops the next instruction.
    state.setU32("il", 1);
    state.setU32("ss", 0);
    for (const [at, value] of kept) state.setWord(at, value);
  } else {
    switchStack(core, ((spsr >>> 2) & 3) as El, spsr & 1);
  }
  setPc(core, elr);
  state.setWord(StateFields.exclusiveBytes[0], 0);
  state.setWord(StateFields.eventRegister[0], 1);
  enterMode(core);
  return undefined;
}

/** What WFI or WFE does: go on, stop until woken, or trap. */
export type WaitResult = "proceed" | "wait" | Trap;

const waitControls = {
  wfi: { sctlr: Sctlr.nTWI, hcr: Hcr.TWI },
  wfe: { sctlr: Sctlr.nTWE, hcr: Hcr.TWE },
} as const;

/**
 * Executes WFI or WFE. It traps only when it would wait; WFE consumes the event. A core that waits
 * goes on at the next instruction once `wakes` says so, or for WFE once its event register is set.
 */
export function waitFor(core: Core, kind: "wfi" | "wfe"): WaitResult {
  const state = core.state;
  if (kind === "wfe" && state.u32("eventRegister") !== 0) {
    state.setU32("eventRegister", 0);
    return "proceed";
  }
  if (wakes(core)) return "proceed";
  const el = currentEl(core);
  const control = waitControls[kind];
  const trap = (to: 1 | 2): Trap => ({ to, ec: Ec.wfx, iss: Iss.wfx(kind) });
  if (el === 0) {
    const host = el0IsInHost(core);
    const sctlr = stored(core, host ? "SCTLR_EL2" : "SCTLR_EL1");
    if (!(sctlr & control.sctlr)) return trap(generalExceptionsToEl2(core) ? 2 : 1);
  }
  if (el < 2 && effectiveHcr(core) & control.hcr) return trap(2);
  if (kind === "wfe") core.timers.awaitEvent();
  return "wait";
}
