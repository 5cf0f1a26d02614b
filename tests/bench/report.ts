/** Figures as a table and as JSON. @module */

import type { MemoryUse } from "./memory_use.ts";
import { type Figure, geomean } from "./rounds.ts";
import { type Group, groups } from "./workloads.ts";

/** Everything that was measured. */
export interface Report {
  readonly figures: readonly Figure[];
  readonly runs: number;
  readonly qemu: string | undefined;
  /** CPU time from process start to the first guest instruction. */
  readonly startSeconds: number | undefined;
  readonly memory: MemoryUse | undefined;
}

/** Calls of PSCI_VERSION at scale 100. */
const HypercallCount = 1_000_000;

function ofGroup({ figures }: Report, group: Group): Figure[] {
  return figures.filter(({ workload }) => workload.group === group);
}

/** Geometric mean of a group's ratios; undefined where QEMU has no part. */
export function groupRatio(report: Report, group: Group): number | undefined {
  const ratios = ofGroup(report, group).map(({ ratio }) => ratio).filter((r) => r !== undefined);
  return ratios.length > 0 ? geomean(ratios) : undefined;
}

/** Microseconds of a call to the built-in hypervisor and back. */
function hypercallMicroseconds(report: Report): number | undefined {
  const [figure] = ofGroup(report, "hypercall");
  return figure && figure.hvsimSeconds / HypercallCount * 1e6;
}

function seconds(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(3);
}

function times(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** A table for people. */
export function reportTable(report: Report): string {
  const rows = [["group", "workload", "QEMU s", "hvsim s", "ratio", "group ratio"]];
  for (const group of groups) {
    ofGroup(report, group).forEach((figure, i) => {
      const { workload, qemuSeconds, hvsimSeconds, ratio, problem } = figure;
      rows.push([
        i === 0 ? group : "",
        workload.name,
        seconds(qemuSeconds),
        seconds(hvsimSeconds),
        times(ratio),
        i === 0 ? times(groupRatio(report, group)) : "",
        ...(problem ? [`WRONG: ${problem}`] : []),
      ]);
    });
  }
  const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row.map((cell, i) => i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join("  ").trimEnd()
  );
  const call = hypercallMicroseconds(report);
  const { startSeconds, memory } = report;
  return [
    ...(report.figures.length > 0 ? [...lines, ""] : []),
    ...(call === undefined ? [] : [`call to the built-in hypervisor: ${call.toFixed(2)} µs`]),
    ...(startSeconds === undefined
      ? []
      : [`process start to first guest instruction: ${seconds(startSeconds)} s`]),
    ...(memory
      ? [
        `resident with Linux booted: ${megabytes(memory.resident)}, of it guest RAM ` +
        `${megabytes(memory.guestRam)}, other ${megabytes(memory.resident - memory.guestRam)}`,
      ]
      : []),
    `CPU time, medians of ${report.runs}; ratio = QEMU's time by hvsim's, more is faster.`,
    report.qemu ?? "qemu-system-aarch64 is not installed: hvsim alone.",
  ].join("\n");
}

/** The same for programs. */
export function reportJson(report: Report): string {
  const { figures, runs, qemu, startSeconds, memory } = report;
  const rounded = (value: number | undefined) =>
    value === undefined ? undefined : Number(value.toPrecision(4));
  return `${
    JSON.stringify(
      {
        groups: Object.fromEntries(
          groups.map((group) => [group, rounded(groupRatio(report, group))] as const)
            .filter(([, ratio]) => ratio !== undefined),
        ),
        runs,
        qemu: qemu ?? null,
        workloads: figures.map((figure) => ({
          group: figure.workload.group,
          name: figure.workload.name,
          qemuSeconds: rounded(figure.qemuSeconds) ?? null,
          hvsimSeconds: rounded(figure.hvsimSeconds),
          ratio: rounded(figure.ratio) ?? null,
          ...(figure.problem ? { problem: figure.problem } : {}),
        })),
        hypercallMicroseconds: rounded(hypercallMicroseconds(report)) ?? null,
        startSeconds: rounded(startSeconds) ?? null,
        residentBytes: memory ?? null,
      },
      null,
      2,
    )
  }\n`;
}
