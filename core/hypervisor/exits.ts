/** Synchronous exits: one row for each exception class that EL2 takes from a guest. @module */

import { hex } from "../hex.ts";
import { stored } from "../cpu/controls.ts";
import { describeFault } from "../cpu/exception_classes.ts";
import { Ec, systemAccess } from "../cpu/syndrome.ts";
import { getRegister, systemRegisterName } from "../cpu/system_registers.ts";
import { handleCall } from "./calls.ts";
import { type Exit, readGeneral, writeGeneral } from "./exit.ts";
import { ReasonKind, reasonOf } from "./exit_reasons.ts";
import { externalInstructionAbort, Undefined } from "./guest_exceptions.ts";
import { handleDataAbort, readDataAccess } from "./mmio.ts";
import { fail, type Outcome, reflect, skip } from "./outcome.ts";

/** What serves each exception class, and tells the ledger what it was for. */
const handlers: { readonly [ec: number]: (exit: Exit) => Outcome } = {
  [Ec.wfx]: ({ iss, services }) => {
    services.ledger.because(reasonOf(ReasonKind.wait, iss & 3));
    return iss & 1 ? { next: "yield" } : { next: "wait", skip: true };
  },
  // HVC leaves the address of the next instruction, a trapped SMC its own.
  [Ec.hvc]: handleCall,
  [Ec.smc]: (exit) => {
    exit.vcpu.pc += 4n;
    return handleCall(exit);
  },
  [Ec.systemRegister]: handleSystemRegister,
  [Ec.dataAbortLower]: handleDataAbort,
  [Ec.instructionAbortLower]: handleInstructionAbort,
};

/** Serves an exit. */
export function handleExit(exit: Exit): Outcome {
  const handle = handlers[exit.ec];
  if (handle) return handle(exit);
  exit.services.ledger.because(reasonOf(ReasonKind.exception, exit.ec));
  return fail("an exception that nothing handles");
}

const SgiRegisters = ["ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1"];

/** ID_*_EL1, which HCR_EL2.TID3 traps: op0 3, op1 0, CRn 0, CRm 1 to 7. */
function isFeatureRegister(key: number): boolean {
  return key >>> 7 === 3 << 7 && ((key >>> 3) & 15) >= 1 && ((key >>> 3) & 15) <= 7;
}

/** ID_AA64PFR0_EL1.GIC: the CPU interface has system registers. */
const GicField = 0xfn << 24n;

/** Without a GICv3, the guest is not to think that it has one's CPU interface. */
function readFeatures({ core }: Exit, name: string): bigint {
  const value = getRegister(core, name);
  return name === "ID_AA64PFR0_EL1" ? value & ~GicField : value;
}

/**
 * Writes of SGI registers are for the virtual distributor, and feature registers are read here for
 * guests with a GICv2 that is emulated; nothing else is trapped by intent.
 */
function handleSystemRegister(exit: Exit): Outcome {
  const { vcpu, services, core } = exit;
  const { key, rt, read } = systemAccess(exit.iss);
  const name = systemRegisterName(key);
  services.ledger.because(reasonOf(ReasonKind.systemRegister, key));
  const { hidesSystemRegisters } = vcpu.vm.gic.delivery;
  if (read && hidesSystemRegisters && isFeatureRegister(key)) {
    const value = readFeatures(exit, name);
    services.ledger.value(value);
    writeGeneral(exit, rt, value);
    return skip;
  }
  if (!read && !hidesSystemRegisters && SgiRegisters.includes(name)) {
    const value = readGeneral(exit, rt);
    services.ledger.value(value);
    vcpu.vm.gic.distributor.sendSgi(vcpu.index, name, value);
    return skip;
  }
  if (vcpu.vm.first(`${name} ${read}`)) {
    const instruction = services.instruction(core, vcpu);
    services.log(
      "warn",
      vcpu.vm.label,
      `${instruction} at PC ${hex(vcpu.pc)}: not for guests; it takes it as undefined`,
    );
  }
  return reflect(Undefined);
}

/** A guest that fetches from where it has no memory has lost its way. */
function handleInstructionAbort(exit: Exit): Outcome {
  exit.services.ledger.because(reasonOf(ReasonKind.instructionAbort));
  const abort = readDataAccess(exit);
  if (abort.isWalk) {
    return reflect(externalInstructionAbort(exit.vcpu, abort.far, abort.fault & 3));
  }
  const far = stored(exit.core, "FAR_EL2");
  const ipa = abort.ipa === Number(far & 0xf_ffff_ffff_ffffn) ? "" : `, IPA ${hex(abort.ipa)}`;
  return fail(
    `it executes at ${hex(far)}${ipa}, where it has no memory to execute (${
      describeFault(abort.fault)
    })`,
  );
}
