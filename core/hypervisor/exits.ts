/** Synchronous exits: one row for each exception class that EL2 takes from a guest. @module */

import { hex } from "../hex.ts";
import { stored } from "../cpu/controls.ts";
import { describeFault } from "../cpu/syndrome_text.ts";
import { Ec, systemAccess } from "../cpu/syndrome.ts";
import { getRegister, systemRegisterName } from "../cpu/system_registers.ts";
import { handleCall } from "./calls.ts";
import { type Exit, readGeneral, writeGeneral } from "./exit.ts";
import { externalInstructionAbort, Undefined } from "./guest_exceptions.ts";
import { handleDataAbort, readDataAccess } from "./mmio.ts";
import { fail, type Outcome, reflect, skip } from "./outcome.ts";

/** One exception class. */
interface ExitRow {
  /** What it is counted as; absent where the handler counts. */
  readonly name?: string;
  readonly handle: (exit: Exit) => Outcome;
}

const rows: { readonly [ec: number]: ExitRow } = {
  [Ec.wfx]: {
    handle: ({ iss, vcpu }) => {
      const isEvent = (iss & 1) === 1;
      vcpu.vm.count(isEvent ? "WFE" : "WFI");
      return isEvent ? { next: "yield" } : { next: "wait", skip: true };
    },
  },
  // HVC leaves the address of the next instruction, a trapped SMC its own.
  [Ec.hvc]: { handle: handleCall },
  [Ec.smc]: {
    handle: (exit) => {
      exit.vcpu.pc += 4n;
      return handleCall(exit);
    },
  },
  [Ec.systemRegister]: { handle: handleSystemRegister },
  [Ec.dataAbortLower]: { handle: handleDataAbort },
  [Ec.instructionAbortLower]: { name: "instruction abort", handle: handleInstructionAbort },
};

/** Serves an exit. */
export function handleExit(exit: Exit): Outcome {
  const row = rows[exit.ec];
  if (!row) {
    exit.vcpu.vm.count(`exception class ${hex(exit.ec)}`);
    return fail("an exception that nothing handles");
  }
  if (row.name) exit.vcpu.vm.count(row.name);
  return row.handle(exit);
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
  vcpu.vm.count(name);
  const { hidesSystemRegisters } = vcpu.vm.gic.delivery;
  if (read && hidesSystemRegisters && isFeatureRegister(key)) {
    writeGeneral(exit, rt, readFeatures(exit, name));
    return skip;
  }
  if (!read && !hidesSystemRegisters && SgiRegisters.includes(name)) {
    vcpu.vm.gic.distributor.sendSgi(vcpu.index, name, readGeneral(exit, rt));
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
