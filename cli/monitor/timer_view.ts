/** Generic timers, as rows. @module */

import { counterOffset, type TimerName, Timers } from "../../core/cpu/timers.ts";
import { stored } from "../../core/cpu/controls.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import type { MonitorHost } from "./command.ts";
import type { Target } from "./target.ts";
import { vcpuRegister } from "./vcpu_view.ts";

/** One timer of a core or a vCPU. */
export interface TimerRow {
  readonly cpu: string;
  readonly timer: TimerName;
  readonly state: "off" | "waits" | "fires" | "masked";
  /** Its counter now, and what it is compared with; in decimal. */
  readonly count: string;
  readonly compare: string;
  readonly firesInNs?: number;
}

const NsPerSecond = 1_000_000_000n;

interface Registers {
  readonly cpu: string;
  readonly timer: TimerName;
  readonly control: bigint;
  readonly compare: bigint;
  readonly count: bigint;
  readonly frequencyHz: number;
}

function row({ cpu, timer, control, compare, count, frequencyHz }: Registers): TimerRow {
  const left = compare - count;
  const isOn = (control & 1n) !== 0n; // ENABLE
  const isMasked = (control & 2n) !== 0n; // IMASK
  const state = !isOn ? "off" : isMasked ? "masked" : left > 0n ? "waits" : "fires";
  return {
    cpu,
    timer,
    state,
    count: String(count),
    compare: String(compare),
    ...(state === "waits" ? { firesInNs: Number(left * NsPerSecond / BigInt(frequencyHz)) } : {}),
  };
}

/** The timers of cores, with a board or a core, or those of vCPUs. */
export function timerRows({ session }: MonitorHost, target: Target): readonly TimerRow[] {
  const { machine } = session.simulator;
  if (target.kind === "vm") {
    const { timers } = machine.cores[0] as typeof machine.running;
    const chosen = target.vcpu ? [target.vcpu] : target.vm.vcpus;
    return chosen.flatMap((vcpu) =>
      (["CNTP", "CNTV"] as const).map((timer) =>
        row({
          cpu: `${target.vm.label}.${vcpu.index}`,
          timer,
          control: vcpuRegister(vcpu, Timers[timer].ctl),
          compare: vcpuRegister(vcpu, Timers[timer].cval),
          count: timers.count() - (timer === "CNTV" ? offsetOf(target.vm) : 0n),
          frequencyHz: timers.frequencyHz,
        })
      )
    );
  }
  const cores = target.kind === "core" ? [target.core] : machine.cores;
  return cores.flatMap((core) =>
    (Object.keys(Timers) as TimerName[])
      .filter((timer) => core.hasEl2 || Timers[timer].el < 2)
      .map((timer) =>
        row({
          cpu: `cpu${core.index}`,
          timer,
          control: stored(core, Timers[timer].ctl),
          compare: stored(core, Timers[timer].cval),
          count: BigInt.asUintN(64, core.timers.count() - counterOffset(core, timer)),
          frequencyHz: core.timers.frequencyHz,
        })
      )
  );
}

function offsetOf(vm: Vm): bigint {
  return vm.counterOffset;
}
