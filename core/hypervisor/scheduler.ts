/**
 * Who has which core, and the accounts of it: between the run loop, which moves registers, and the
 * queues, which know the order.
 *
 * @module
 */

import type { Machine } from "../machine/machine.ts";
import { type PhysicalCpu, physicalCpu } from "./physical_cpu.ts";
import { Policies, type PolicyName } from "./scheduling/policies.ts";
import { type SchedulerReport, schedulerReport } from "./scheduling/report.ts";
import { type Loss, RunQueues } from "./scheduling/run_queues.ts";
import { VcpuAccount, type VcpuState } from "./scheduling/vcpu_account.ts";
import type { Vcpu, Vm } from "./vm.ts";

/** See the module. */
export class Scheduler {
  readonly cpus: readonly PhysicalCpu[];
  readonly #policy: PolicyName;
  readonly #machine: Machine;
  readonly #queues: RunQueues<Vcpu>;
  readonly #accounts = new Map<number, readonly VcpuAccount[]>();

  constructor(machine: Machine, policy: PolicyName) {
    this.#machine = machine;
    this.#policy = policy;
    this.cpus = machine.cores.map((core) => physicalCpu(core, this.#nowNs));
    this.#queues = new RunQueues(Policies[policy](), this.cpus.length, (core) => this.#on(core));
  }

  /** What it has done so far; cores may be ahead of the machine's clock. */
  report(vms: readonly Vm[]): SchedulerReport {
    const reached = [...this.cpus, ...vms.flatMap(({ vcpus }) => vcpus)];
    return schedulerReport({
      policy: this.#policy,
      nowNs: Math.max(this.#nowNs, ...reached.map(({ account }) => account.sinceNs)),
      cpus: this.cpus,
      vms,
      waiting: (core) => this.#queues.waiting(core),
    });
  }

  /** The accounts of a VM's vCPUs, which go on over its lives. */
  accountsOf(vm: number, vcpus: number): readonly VcpuAccount[] {
    const had = this.#accounts.get(vm);
    if (had?.length === vcpus) return had;
    const nowNs = this.#nowNs;
    const accounts = Array.from({ length: vcpus }, () => new VcpuAccount(nowNs));
    this.#accounts.set(vm, accounts);
    return accounts;
  }

  /** The VM has been deleted. */
  forget(vm: number): void {
    this.#accounts.delete(vm);
  }

  /**
   * `vcpu` can run from now on. True when its core is to have a look at its queue; in a pause it waits
   * for the end of that.
   */
  wake(vcpu: Vcpu): boolean {
    this.#become(vcpu, "ready");
    if (!vcpu.vm.isActive) return false;
    this.#queues.wake(vcpu, this.#nowNs);
    return true;
  }

  /** The running `vcpu` waits or is off. */
  leave(vcpu: Vcpu, state: "blocked" | "off"): void {
    this.#become(vcpu, state);
    this.#queues.leave(vcpu, this.#nowNs);
  }

  /** The running `vcpu` could go on. */
  requeue(vcpu: Vcpu, loss: Loss): void {
    this.#become(vcpu, "ready");
    this.#queues.requeue(vcpu, loss, this.#nowNs);
  }

  /** Its VM stands still from now on: `vcpu` is in no queue, and leaves its core when that comes by. */
  pause(vcpu: Vcpu): void {
    this.#queues.remove(vcpu);
    vcpu.account.pause(true, this.#nowNs);
  }

  /** Its VM goes on. True when `vcpu` is to be woken. */
  resume(vcpu: Vcpu): boolean {
    vcpu.account.pause(false, this.#nowNs);
    if (vcpu.state !== "ready") return false;
    this.#become(vcpu, "blocked");
    return true;
  }

  /** Takes `vcpu` out of everything; it is off. */
  detach(vcpu: Vcpu): void {
    this.#queues.remove(vcpu);
    this.#become(vcpu, "off");
    vcpu.account.pause(false, this.#nowNs);
    for (const cpu of this.cpus) {
      if (cpu.current !== vcpu) continue;
      cpu.account.become("idle", vcpu.account.sinceNs);
      cpu.current = undefined;
    }
  }

  /** When the running `vcpu` must give up its core; undefined: need not. */
  sliceEndNs(vcpu: Vcpu): number | undefined {
    return this.#queues.sliceEndNs(vcpu, this.#nowNs);
  }

  /** An idle core that may have one of those who wait for `core`. */
  taker(core: number): number | undefined {
    return this.#queues.taker(core);
  }

  /** The vCPU that `cpu` runs next, which has it from now on. */
  choose(cpu: PhysicalCpu): Vcpu | undefined {
    const { index } = cpu.core;
    const before = cpu.current;
    let loss: Loss | undefined;
    if (before?.state === "running" && !before.vm.isActive) {
      this.#become(before, "ready");
      this.#queues.leave(before, this.#nowNs);
    } else if (before?.state === "running") {
      loss = this.#queues.loss(before, this.#nowNs);
      if (!loss) return before;
      this.requeue(before, loss);
    }
    const vcpu = this.#queues.pick(index, this.#nowNs);
    if (vcpu !== before) {
      cpu.account.become("idle", this.#nowNs);
      cpu.current = vcpu;
      if (before && loss) before.account.preemptions++;
    }
    if (!vcpu) return undefined;
    // It may have been on a core whose turn in this round was before this one's.
    const aheadNs = vcpu.account.sinceNs - this.#nowNs;
    if (aheadNs > 0) this.#machine.spend(aheadNs);
    cpu.account.become("busy", this.#nowNs);
    this.#become(vcpu, "running");
    vcpu.isStarting = false;
    vcpu.vm.stolenTime?.update(vcpu, this.#nowNs);
    if (vcpu !== before) {
      cpu.switches++;
      vcpu.account.switchedTo(index);
    }
    return vcpu;
  }

  /** Whole nanoseconds, of which sums are exact. */
  get #nowNs(): number {
    return Math.floor(this.#machine.nowNs);
  }

  #on(core: number): Vcpu | undefined {
    const current = this.cpus[core]?.current;
    return current?.state === "running" ? current : undefined;
  }

  #become(vcpu: Vcpu, state: VcpuState): void {
    vcpu.account.become(state, this.#nowNs);
  }
}
