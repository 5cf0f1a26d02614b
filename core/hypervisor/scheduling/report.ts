/** What the scheduler has done so far, as plain data. @module */

import type { PhysicalCpu } from "../physical_cpu.ts";
import type { Vcpu, Vm } from "../vm.ts";
import type { Latencies } from "./account.ts";
import type { PolicyName } from "./policies.ts";
import type { VcpuState } from "./vcpu_account.ts";

/** How long it took from being able to run to running. */
export interface WakeupReport {
  readonly count: number;
  readonly minNs: number;
  readonly meanNs: number;
  readonly maxNs: number;
  /** How many took 0 ns, then from 2^(n-1) ns to below 2^n; without empty ones at the end. */
  readonly histogram: readonly number[];
}

/** One vCPU. The five times add up to `elapsedNs`. */
export interface VcpuReport {
  readonly vm: string;
  readonly index: number;
  readonly state: VcpuState;
  /** The core that it runs on, waits for or ran on last. */
  readonly core: number;
  /** Cores that it may run on. */
  readonly cores: readonly number[];
  readonly priority: number;
  readonly weight: number;
  readonly elapsedNs: number;
  readonly runNs: number;
  /** Ready without a core: what others have taken from it. */
  readonly stealNs: number;
  readonly blockedNs: number;
  readonly offNs: number;
  readonly pausedNs: number;
  readonly wakeups: WakeupReport;
  readonly switches: number;
  readonly preemptions: number;
  readonly migrations: number;
}

/** One core. Busy and idle time add up to `elapsedNs`. */
export interface CoreReport {
  readonly index: number;
  readonly elapsedNs: number;
  readonly busyNs: number;
  readonly idleNs: number;
  /** How often it got another vCPU. */
  readonly switches: number;
  /** The vCPU that it runs: `vm1.0`. */
  readonly running: string | undefined;
  /** How many wait for it. */
  readonly waiting: number;
}

/** All of it. */
export interface SchedulerReport {
  readonly policy: PolicyName;
  readonly nowNs: number;
  readonly cores: readonly CoreReport[];
  readonly vcpus: readonly VcpuReport[];
}

/** Where the report comes from. */
export interface ReportSources {
  readonly policy: PolicyName;
  readonly nowNs: number;
  readonly cpus: readonly PhysicalCpu[];
  readonly vms: readonly Vm[];
  readonly waiting: (core: number) => number;
}

export function schedulerReport(sources: ReportSources): SchedulerReport {
  const { policy, nowNs, cpus, vms, waiting } = sources;
  return {
    policy,
    nowNs,
    cores: cpus.map(({ core: { index }, account, switches, current }) => ({
      index,
      elapsedNs: nowNs - account.startNs,
      busyNs: account.spent("busy", nowNs),
      idleNs: account.spent("idle", nowNs),
      switches,
      running: current && `${current.vm.label}.${current.index}`,
      waiting: waiting(index),
    })),
    vcpus: vms.flatMap(({ vcpus }) => vcpus.map((vcpu) => vcpuReport(vcpu, cpus.length, nowNs))),
  };
}

function vcpuReport(vcpu: Vcpu, cores: number, nowNs: number): VcpuReport {
  const { account } = vcpu;
  return {
    vm: vcpu.vm.label,
    index: vcpu.index,
    state: account.state,
    core: vcpu.core,
    cores: Array.from({ length: cores }, (_, core) => core).filter((core) => vcpu.mayRunOn(core)),
    priority: vcpu.priority,
    weight: vcpu.weight,
    elapsedNs: nowNs - account.startNs,
    runNs: account.spent("running", nowNs),
    stealNs: account.spent("ready", nowNs),
    blockedNs: account.spent("blocked", nowNs),
    offNs: account.spent("off", nowNs),
    pausedNs: account.spent("paused", nowNs),
    wakeups: wakeupReport(account.wakeups),
    switches: account.switches,
    preemptions: account.preemptions,
    migrations: account.migrations,
  };
}

function wakeupReport(latencies: Latencies): WakeupReport {
  const { count, sumNs, minNs, maxNs, buckets } = latencies;
  const used = buckets.findLastIndex((n) => n > 0) + 1;
  return {
    count,
    minNs: count > 0 ? minNs : 0,
    meanNs: count > 0 ? sumNs / count : 0,
    maxNs,
    histogram: [...buckets.subarray(0, used)],
  };
}
