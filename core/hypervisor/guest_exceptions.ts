/** Exceptions that the hypervisor has a guest take at its EL1. @module */

import { Sctlr, store, stored } from "../cpu/controls.ts";
import { Spsr } from "../cpu/modes.ts";
import { Ec, esr, Fault } from "../cpu/syndrome.ts";
import type { Core } from "../cpu/types.ts";
import type { Reflection } from "./outcome.ts";
import type { Vcpu } from "./vm.ts";

const El1h = 5;
const ModeMask = 0xf;
/** What an exception leaves of PSTATE: NZCV, DIT, PAN. */
const Kept = 0xf000_0000 | Spsr.DIT | Spsr.PAN;

/** Offset of the vector by the mode that the guest was in. */
function vectorOffset(mode: number): bigint {
  if (mode === 0) return 0x400n;
  return mode === El1h ? 0x200n : 0n;
}

/** Has the vCPU, whose registers `core` has, take a synchronous exception. */
export function takeGuestException(core: Core, vcpu: Vcpu, exception: Reflection): void {
  const pstate = Number(vcpu.pstate);
  store(core, "ESR_EL1", esr(exception.ec, exception.iss));
  if (exception.far !== undefined) store(core, "FAR_EL1", exception.far);
  store(core, "ELR_EL1", vcpu.pc);
  store(core, "SPSR_EL1", vcpu.pstate);
  const vbar = stored(core, "VBAR_EL1");
  const sctlr = stored(core, "SCTLR_EL1");
  let next = (pstate & Kept) | Spsr.DAIF | El1h;
  if (core.features.pan && !(sctlr & Sctlr.SPAN)) next |= Spsr.PAN;
  if (core.features.ssbs && sctlr & Sctlr.DSSBS) next |= Spsr.SSBS;
  vcpu.pc = BigInt.asUintN(64, vbar + vectorOffset(pstate & ModeMask));
  vcpu.pstate = BigInt(next >>> 0);
}

/** The vCPU was at EL0. */
export function isAtEl0(vcpu: Vcpu): boolean {
  return (vcpu.pstate & 0xcn) === 0n;
}

/** An instruction that this guest does not have. */
export const Undefined: Reflection = { ec: Ec.unknown, iss: 0 };

/** A synchronous external abort of a data access, or with `walkLevel` of a table walk for it. */
export function externalDataAbort(
  vcpu: Vcpu,
  far: bigint,
  iss: number,
  walkLevel?: number,
): Reflection {
  const ec = isAtEl0(vcpu) ? Ec.dataAbortLower : Ec.dataAbort;
  const code = walkLevel === undefined ? Fault.external : Fault.externalOnWalk | walkLevel;
  const direction = iss & ((1 << 6) | (1 << 8)); // WnR and CM
  return { ec, iss: direction | code, far };
}

/** As {@linkcode externalDataAbort}, of a table walk for an instruction fetch. */
export function externalInstructionAbort(vcpu: Vcpu, far: bigint, walkLevel: number): Reflection {
  const ec = isAtEl0(vcpu) ? Ec.instructionAbortLower : Ec.instructionAbort;
  return { ec, iss: Fault.externalOnWalk | walkLevel, far };
}
