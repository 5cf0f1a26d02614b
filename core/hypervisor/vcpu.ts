/** A virtual CPU: a saved context and where it stands. @module */

import type { Core } from "../cpu/types.ts";
import type { VcpuPlan } from "../config/vm_plan.ts";
import { GuestContext, type ResetRegisters } from "./context.ts";
import { type VcpuInterrupts, vcpuInterrupts } from "./virtual_gic.ts";
import type { Vm } from "./vm.ts";

/**
 * Where a vCPU stands: turned off, ready to run and in a queue, running on a core, or waiting for an
 * interrupt.
 */
export type VcpuState = "off" | "ready" | "running" | "blocked";

/** EL1 with its own stack pointer, everything masked: how PSCI starts a core. */
const StartPstate = 0x3c5n;

/** MPIDR_EL1 bit 31 is one. */
const MpidrFixed = 0x8000_0000n;

/** One vCPU. */
export class Vcpu {
  readonly vm: Vm;
  /** Its number in its VM. */
  readonly index: number;
  readonly plan: VcpuPlan;
  /** Affinity fields of its MPIDR_EL1. */
  readonly affinity: bigint;
  readonly context = new GuestContext();
  readonly interrupts: VcpuInterrupts = vcpuInterrupts();
  state: VcpuState = "off";
  /** Core that it runs, waits in the queue of, or ran on last. */
  core: number;
  /** The core whose registers are this vCPU's, while it is so. */
  loadedOn: Core | undefined;
  /** Where the guest goes on, and its PSTATE. */
  pc = 0n;
  pstate = StartPstate;
  /** System count at which a timer of its wakes it, while it waits and others have its core. */
  alarm: bigint | undefined;
  /** It repeats an exception without end. */
  isLost = false;
  /** Virtual time in which it had a core. */
  runNs = 0;

  constructor(vm: Vm, index: number, plan: VcpuPlan) {
    this.vm = vm;
    this.index = index;
    this.plan = plan;
    this.affinity = BigInt(plan.mpidr);
    this.core = 31 - Math.clz32(plan.affinityMask & -plan.affinityMask);
  }

  /** MPIDR_EL1 as the guest reads it. */
  get mpidr(): bigint {
    return this.affinity | MpidrFixed;
  }

  /** The state PSCI gives a core that it turns on. */
  reset(registers: ResetRegisters, entry: bigint, x0: bigint): void {
    this.context.reset(registers, x0);
    Object.assign(this.interrupts, vcpuInterrupts());
    this.pc = entry;
    this.pstate = StartPstate;
    this.alarm = undefined;
    this.isLost = false;
  }

  /** Whether its affinity lets it run there. */
  mayRunOn(core: number): boolean {
    return ((this.plan.affinityMask >>> core) & 1) !== 0;
  }
}
