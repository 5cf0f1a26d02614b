/**
 * HVC and SMC of a guest: PSCI and SMCCC by the board firmware's own table, and the hypercalls that
 * guests of ArceOS make.
 *
 * @module
 */

import { callPsci, type PowerController, PsciStatus } from "../cpu/psci.ts";
import { type Exit, readGeneral, writeGeneral } from "./exit.ts";
import { type Outcome, resume } from "./outcome.ts";
import type { Vcpu } from "./vm.ts";

/** A hypercall of ArceOS: HVC #0 with its number in X0, which gets the result. */
export interface Hypercall {
  readonly name: string;
  readonly number: number;
}

/** All are known, none is there: each answers that it failed. */
export const hypercalls: readonly Hypercall[] = [
  { name: "HypervisorDisable", number: 0 },
  { name: "PrepareDisable", number: 1 },
  { name: "Debug", number: 2 },
  { name: "IVCPublish", number: 3 },
  { name: "IVCSubscribe", number: 4 },
  { name: "IVCUnpublish", number: 5 },
  { name: "IVCUnsubscribe", number: 6 },
];

/** SMCCC function identifiers of fast calls have bit 31 set. */
const FastCall = 0x8000_0000n;

/** Serves a call; what it leaves to do is the outcome. */
export function handleCall(exit: Exit): Outcome {
  const id = BigInt.asUintN(32, readGeneral(exit, 0));
  return id & FastCall ? firmwareCall(exit) : hypercall(exit, Number(id));
}

function firmwareCall(exit: Exit): Outcome {
  const { vcpu } = exit;
  let outcome: Outcome = resume;
  const power = vmPower(exit, (next) => outcome = next);
  const registers = {
    x: (n: number) => readGeneral(exit, n),
    setX: (n: number, value: bigint) => writeGeneral(exit, n, value),
  };
  const id = Number(BigInt.asUintN(32, readGeneral(exit, 0)));
  const served = callPsci(registers, power, vcpu.affinity);
  vcpu.vm.count(served ? `PSCI ${served.name}` : "unknown firmware call");
  if (!served) {
    const text = `0x${id.toString(16)}`;
    if (vcpu.vm.first(`firmware ${text}`)) {
      exit.services.log("debug", vcpu.vm.label, `firmware call ${text}: not supported`);
    }
  }
  return outcome;
}

/** PSCI commands of a guest, about its own vCPUs. */
function vmPower(exit: Exit, next: (outcome: Outcome) => void): PowerController {
  const { vm } = exit.vcpu;
  return {
    powerOf: (affinity) => {
      const vcpu = vm.vcpus.find((v: Vcpu) => v.affinity === affinity);
      return vcpu && (vcpu.state === "off" ? "off" : "on");
    },
    turnOn: (affinity, entry, context) => {
      const vcpu = vm.vcpuAt(affinity);
      if (vcpu) exit.services.turnOn(vcpu, entry, context);
    },
    turnOff: () => next({ next: "off" }),
    suspend: () => next({ next: "wait", skip: false }),
    systemOff: () => next({ next: "halt", how: "off" }),
    systemReset: () => next({ next: "halt", how: "reset" }),
  };
}

function hypercall(exit: Exit, number: number): Outcome {
  const { vm } = exit.vcpu;
  const known = hypercalls.find((row) => row.number === number);
  vm.count(known ? `hypercall ${known.name}` : "unknown hypercall");
  if (known) writeGeneral(exit, 0, PsciStatus.notSupported);
  if (vm.first(`hypercall ${number}`)) {
    const what = known ? `${known.name} is not supported` : "no such hypercall";
    exit.services.log("warn", vm.label, `hypercall ${number}: ${what}`);
  }
  return resume;
}
