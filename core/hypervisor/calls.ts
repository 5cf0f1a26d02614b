/**
 * HVC and SMC of a guest: PSCI and SMCCC by the board firmware's own table, and the hypercalls that
 * guests of ArceOS make.
 *
 * @module
 */

import { RegionFlags } from "../config/vm_keys.ts";
import { callPsci, type PowerController, psciFunctions } from "../cpu/psci.ts";
import type { ChannelProblem, Channels } from "./channels.ts";
import { type Exit, readGeneral, writeGeneral } from "./exit.ts";
import { ReasonKind, reasonOf } from "./exit_reasons.ts";
import { type Outcome, resume } from "./outcome.ts";
import { StolenTime } from "./stolen_time.ts";
import type { Vcpu, Vm } from "./vm.ts";

/** A hypercall of ArceOS: HVC #0 with its number in X0, which gets the result. */
export interface Hypercall {
  readonly name: string;
  readonly number: number;
  /** Says why it failed; absent when the call is not there. `x` are X1 to X4. */
  readonly serve?: (channels: Channels, vm: Vm, x: Arguments) => ChannelProblem;
}

type Arguments = readonly [bigint, bigint, bigint, bigint];

/** Those of inter-VM channels are there; each other one answers that it failed. */
export const hypercalls: readonly Hypercall[] = [
  { name: "HypervisorDisable", number: 0 },
  { name: "PrepareDisable", number: 1 },
  { name: "Debug", number: 2 },
  {
    name: "IVCPublish",
    number: 3,
    serve: (channels, vm, [key, address, size]) => channels.publish(vm, key, { address, size }),
  },
  {
    name: "IVCSubscribe",
    number: 4,
    serve: (channels, vm, [publisher, key, address, size]) =>
      channels.subscribe(vm, publisher, key, { address, size }),
  },
  { name: "IVCUnpublish", number: 5, serve: (channels, vm, [key]) => channels.unpublish(vm, key) },
  {
    name: "IVCUnsubscribe",
    number: 6,
    serve: (channels, vm, [publisher, key]) => channels.unsubscribe(vm, publisher, key),
  },
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
  const { ledger } = exit.services;
  const kind = served ? ReasonKind.psci : ReasonKind.unknownFirmwareCall;
  ledger.because(reasonOf(kind, served && psciFunctions.indexOf(served)), id);
  if (outcome.next !== "off" && outcome.next !== "halt") ledger.value(readGeneral(exit, 0));
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
      if (!vcpu || vcpu.state === "off") return vcpu && "off";
      return vcpu.isStarting ? "pending" : "on";
    },
    turnOn: (affinity, entry, context) => {
      const vcpu = vm.vcpuAt(affinity);
      if (vcpu) exit.services.turnOn(vcpu, entry, context);
    },
    turnOff: () => next({ next: "off" }),
    suspend: () => next({ next: "wait", skip: false }),
    systemOff: () => next({ next: "halt", how: "off" }),
    systemReset: () => next({ next: "halt", how: "reset" }),
    isExecutable: (entry) =>
      vm.plan.memory.some(({ gpa, bytes, flags }) =>
        entry >= gpa && entry < gpa + bytes && (flags & RegionFlags.execute) !== 0
      ),
    stolenTime: () => stolenTimeOf(exit) ?? -1n,
  };
}

/** Where the caller finds its stolen time; undefined when nowhere. The first call makes the page. */
function stolenTimeOf({ core, vcpu }: Exit): bigint | undefined {
  const { vm } = vcpu;
  if (vm.stolenTime === undefined) {
    try {
      vm.stolenTime = new StolenTime(vm.vcpus, vm.stage2, Math.floor(core.clock.now()));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      vm.stolenTime = null;
    }
  }
  return vm.stolenTime?.addressOf(vcpu);
}

function hypercall(exit: Exit, number: number): Outcome {
  const { vcpu: { vm }, services } = exit;
  const known = hypercalls.find((row) => row.number === number);
  const kind = known ? ReasonKind.hypercall : ReasonKind.unknownHypercall;
  services.ledger.because(reasonOf(kind, known?.number), number);
  const x: Arguments = [
    readGeneral(exit, 1),
    readGeneral(exit, 2),
    readGeneral(exit, 3),
    readGeneral(exit, 4),
  ];
  const problem = !known
    ? "no such hypercall"
    : known.serve
    ? known.serve(services.channels, vm, x)
    : "not supported";
  if (known) writeGeneral(exit, 0, problem ? Failed : 0n);
  services.ledger.value(readGeneral(exit, 0));
  if (problem && vm.first(`hypercall ${number} ${problem}`)) {
    const name = known ? `, ${known.name}` : "";
    services.log("warn", vm.label, `hypercall ${number}${name}: ${problem}`);
  }
  return resume;
}

const Failed = -1n;
