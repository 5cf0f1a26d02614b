/** What the scheduler has done, for people. @module */

import type {
  CoreReport,
  SchedulerReport,
  VcpuReport,
} from "../core/hypervisor/scheduling/report.ts";
import { type Column, textTable } from "./text_table.ts";

/** Two tables: cores, then vCPUs. */
export function schedulerText({ policy, cores, vcpus }: SchedulerReport): string {
  const table = <T>(columns: readonly TextColumn<T>[], rows: readonly T[]) =>
    textTable(columns, rows.map((row) => columns.map(({ text }) => text(row))));
  return `scheduler ${policy}\n\n` + table(coreColumns, cores) + "\n" +
    table(vcpuColumns, vcpus);
}

interface TextColumn<T> extends Column {
  readonly text: (row: T) => string;
}

const left = <T>(heading: string, text: (row: T) => string): TextColumn<T> => ({
  heading,
  align: "left",
  text,
});
const right = <T>(heading: string, text: (row: T) => string): TextColumn<T> => ({
  heading,
  align: "right",
  text,
});

const coreColumns: readonly TextColumn<CoreReport>[] = [
  left("core", ({ index }) => String(index)),
  right("busy", ({ busyNs }) => seconds(busyNs)),
  right("idle", ({ idleNs }) => seconds(idleNs)),
  right("busy %", ({ busyNs, elapsedNs }) => percent(busyNs, elapsedNs)),
  right("switches", ({ switches }) => String(switches)),
  right("waiting", ({ waiting }) => String(waiting)),
  left("runs", ({ running }) => running ?? "-"),
];

const vcpuColumns: readonly TextColumn<VcpuReport>[] = [
  left("vCPU", ({ vm, index }) => `${vm}.${index}`),
  left("state", ({ state }) => state),
  right("core", ({ core }) => String(core)),
  right("may use", ({ cores }) => cores.join(",")),
  right("prio", ({ priority }) => String(priority)),
  right("weight", ({ weight }) => String(weight)),
  right("run", ({ runNs }) => seconds(runNs)),
  right("steal", ({ stealNs }) => seconds(stealNs)),
  right("blocked", ({ blockedNs }) => seconds(blockedNs)),
  right("off", ({ offNs }) => seconds(offNs)),
  right("paused", ({ pausedNs }) => seconds(pausedNs)),
  right("switches", ({ switches }) => String(switches)),
  right("preempted", ({ preemptions }) => String(preemptions)),
  right("moved", ({ migrations }) => String(migrations)),
  right("wake-ups", ({ wakeups }) => String(wakeups.count)),
  right("mean", ({ wakeups }) => short(wakeups.meanNs)),
  right("max", ({ wakeups }) => short(wakeups.maxNs)),
];

function seconds(ns: number): string {
  return `${(ns / 1e9).toFixed(3)} s`;
}

function percent(part: number, whole: number): string {
  return whole > 0 ? (100 * part / whole).toFixed(1) : "-";
}

/** A short duration, three digits or so. */
function short(ns: number): string {
  if (ns < 1000) return `${ns.toFixed(0)} ns`;
  return ns < 1e6 ? `${(ns / 1e3).toFixed(1)} us` : `${(ns / 1e6).toFixed(1)} ms`;
}
