/** A core that the hypervisor has, and which vCPU's registers are in it. @module */

import { store } from "../cpu/controls.ts";
import { setRegister } from "../cpu/system_registers.ts";
import type { Core } from "../cpu/types.ts";
import { nextSignal, stopTimers } from "./guest_timers.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import { Account } from "./scheduling/account.ts";
import type { Vcpu } from "./vm.ts";

const CoreStates = ["idle", "busy"] as const;

/** Busy: a vCPU has it. */
export type CoreState = typeof CoreStates[number];

/** A core as the hypervisor sees it. */
export interface PhysicalCpu {
  readonly core: Core;
  /** The vCPU whose registers it has, running or not. */
  loaded: Vcpu | undefined;
  /** The vCPU that runs; none while the core waits for work. */
  current: Vcpu | undefined;
  /** Virtual time at which the guest was last entered. */
  enteredNs: number;
  /** Instructions that the core had retired then. */
  enteredRetired: number;
  readonly account: Account<CoreState>;
  /** How often it got another vCPU. */
  switches: number;
  /** vCPUs that wait and may be woken by an alarm of this core. */
  readonly sleepers: Set<Vcpu>;
  /** CNTHP_CVAL_EL2 while it is enabled. */
  armed: bigint | undefined;
  /** HCR_EL2. */
  hcr: bigint;
}

/** A core without work. */
export function physicalCpu(core: Core, nowNs: number): PhysicalCpu {
  return {
    core,
    loaded: undefined,
    current: undefined,
    account: new Account(CoreStates, "idle", nowNs),
    switches: 0,
    enteredNs: nowNs,
    enteredRetired: 0,
    sleepers: new Set(),
    armed: undefined,
    hcr: 0n,
  };
}

/** Gives a core the registers of `vcpu`. */
export function loadVcpu(cpu: PhysicalCpu, vcpu: Vcpu): void {
  const { core } = cpu;
  const { vm } = vcpu;
  cpu.loaded = vcpu;
  vcpu.loadedOn = core;
  store(core, "VPIDR_EL2", core.model.id.MIDR_EL1 ?? 0n);
  store(core, "VMPIDR_EL2", vcpu.mpidr);
  store(core, "CNTVOFF_EL2", vm.counterOffset);
  setRegister(core, "VTTBR_EL2", vm.stage2.vttbr(vm.vmid));
  vm.gic.delivery.load(core, vcpu);
  vcpu.context.load(core);
}

/** Takes the registers out of a core; what its VM has given up is not kept. */
export function unloadVcpu(cpu: PhysicalCpu, gic: PhysicalGic): void {
  const { core, loaded: vcpu } = cpu;
  if (!vcpu) return;
  cpu.loaded = undefined;
  if (vcpu.loadedOn !== core) {
    vcpu.vm.gic.delivery.discard(core);
    stopTimers(core);
    for (const intid of vcpu.interrupts.links.keys()) gic.setActive(core, intid, false);
    return;
  }
  vcpu.context.save(core);
  vcpu.loadedOn = undefined;
  stopTimers(core);
  vcpu.vm.gic.delivery.unload(core, vcpu);
  if (vcpu.state !== "blocked" || !vcpu.vm.isActive) return;
  vcpu.alarm = nextSignal(vcpu, vcpu.vm.counterOffset);
  if (vcpu.alarm !== undefined) cpu.sleepers.add(vcpu);
}

const NsPerSecond = 1_000_000_000n;

/** Sets CNTHP to `endNs`, or to when a sleeper's timer is due if that is sooner. */
export function armAlarm(cpu: PhysicalCpu, endNs: number | undefined): void {
  const { core, sleepers } = cpu;
  let soonest = endNs === undefined ? undefined : countAt(endNs, core.timers.frequencyHz);
  for (const { alarm } of sleepers) {
    if (alarm !== undefined && (soonest === undefined || alarm < soonest)) soonest = alarm;
  }
  if (soonest === cpu.armed) return;
  cpu.armed = soonest;
  if (soonest === undefined) return setRegister(core, "CNTHP_CTL_EL2", 0n);
  setRegister(core, "CNTHP_CVAL_EL2", soonest);
  setRegister(core, "CNTHP_CTL_EL2", 1n);
}

/** The first system count at or after a point of virtual time. */
function countAt(ns: number, frequencyHz: number): bigint {
  return (BigInt(Math.ceil(ns)) * BigInt(frequencyHz) + NsPerSecond - 1n) / NsPerSecond;
}
