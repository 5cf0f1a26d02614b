/** What the scheduler has done, for people. @module */

import type {
  CoreReport,
  SchedulerReport,
  VcpuReport,
} from "../core/hypervisor/scheduling/report.ts";
import { left, right, seconds, tableOf, type TextColumn } from "./text_table.ts";

/** Tables: cores, times of vCPUs, and how vCPUs came by their cores. */
export function schedulerText({ policy, cores, vcpus }: SchedulerReport): string {
  const times = [
    ...timeColumns,
    ...(vcpus.some(({ pausedNs }) => pausedNs > 0) ? [pausedColumn] : []),
    ...(policy === "priority" ? [priorityColumn] : []),
    ...(policy === "fair" ? [weightColumn] : []),
  ];
  return [
    `scheduler ${policy}\n`,
    tableOf(cores, coreColumns),
    tableOf(vcpus, times),
    tableOf(vcpus, switchColumns),
  ].join("\n");
}

const coreColumns: readonly TextColumn<CoreReport>[] = [
  left("core", ({ index }) => String(index)),
  right("busy", ({ busyNs }) => seconds(busyNs)),
  right("idle", ({ idleNs }) => seconds(idleNs)),
  right("busy %", ({ busyNs, elapsedNs }) => percent(busyNs, elapsedNs)),
  right("switches", ({ switches }) => String(switches)),
  right("waiting", ({ waiting }) => String(waiting)),
  left("runs", ({ running }) => running ?? "-"),
];

const nameColumn = left("vCPU", ({ vm, index }: VcpuReport) => `${vm}.${index}`);

const timeColumns: readonly TextColumn<VcpuReport>[] = [
  nameColumn,
  left("state", ({ state }) => state),
  right("core", ({ core }) => String(core)),
  right("may use", ({ cores }) => cores.join(",")),
  right("run", ({ runNs }) => seconds(runNs)),
  right("steal", ({ stealNs }) => seconds(stealNs)),
  right("blocked", ({ blockedNs }) => seconds(blockedNs)),
  right("off", ({ offNs }) => seconds(offNs)),
];
const pausedColumn = right("paused", ({ pausedNs }: VcpuReport) => seconds(pausedNs));
const priorityColumn = right("priority", ({ priority }: VcpuReport) => String(priority));
const weightColumn = right("weight", ({ weight }: VcpuReport) => String(weight));

const switchColumns: readonly TextColumn<VcpuReport>[] = [
  nameColumn,
  right("switches", ({ switches }) => String(switches)),
  right("preempted", ({ preemptions }) => String(preemptions)),
  right("moved", ({ migrations }) => String(migrations)),
  right("wake-ups", ({ wakeups }) => String(wakeups.count)),
  right("min", ({ wakeups }) => short(wakeups.minNs)),
  right("mean", ({ wakeups }) => short(wakeups.meanNs)),
  right("max", ({ wakeups }) => short(wakeups.maxNs)),
];

function percent(part: number, whole: number): string {
  return whole > 0 ? (100 * part / whole).toFixed(1) : "-";
}

/** A short duration, three digits or so. */
function short(ns: number): string {
  if (ns < 1000) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`;
}
