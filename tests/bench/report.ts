/** Figures as a table and as JSON. @module */

import type { MemoryUse } from "./memory_use.ts";
import { type Figure, geomean, type Times } from "./rounds.ts";
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

/** What each group must reach: a ratio, or a sentence's number further down. */
const targets: Readonly<Partial<Record<Group, number>>> = {
  integer: 1.1,
  memory: 1,
  fp: 1.5,
  simd: 1,
  cold: 1,
  hvc: 1,
  mmio: 1,
  "linux-boot": 0.7,
  syscall: 2,
};
/** Microseconds of CPU time of a call to the built-in hypervisor. */
const HypercallTarget = 2;
/** Seconds of CPU time from process start to the first guest instruction. */
const StartTarget = 0.3;
/** Bytes that are resident beyond the guest's RAM. */
const MemoryTarget = 400e6;

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
  if (figure?.workload.kind !== "image") return undefined;
  return figure.hvsim.cpu / (HypercallCount * figure.workload.scale / 100) * 1e6;
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? "" : value.toFixed(digits);
}

/** A group's ratio beside its target. */
function verdict(ratio: number | undefined, target: number | undefined): string[] {
  if (ratio === undefined || target === undefined) return [fixed(ratio, 2), "", ""];
  return [fixed(ratio, 2), fixed(target, 2), ratio >= target ? "yes" : "no"];
}

const Titles = [
  ...["group", "workload", "QEMU s", "wall s", "hvsim s", "wall s", "ratio"],
  ...["of group", "target", "reached"],
];
/** Columns of text; the others hold numbers. */
const TextColumns = [0, 1, 9, 10];

function groupRows(report: Report, group: Group): string[][] {
  return ofGroup(report, group).map(({ workload, qemu, hvsim, ratio, problem }, i) => [
    i === 0 ? group : "",
    workload.name,
    ...[qemu, hvsim].flatMap((times) => [fixed(times?.cpu, 3), fixed(times?.wall, 3)]),
    fixed(ratio, 2),
    ...(i === 0 ? verdict(groupRatio(report, group), targets[group]) : ["", "", ""]),
    problem ? `WRONG: ${problem}` : "",
  ]);
}

function layOut(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => [...row[i] ?? ""].length))
  );
  return rows.map((row) =>
    row.map((cell, i) =>
      TextColumns.includes(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)
    ).join("  ").trimEnd()
  );
}

/** What has no counterpart in QEMU, in sentences with their targets. */
function sentences(report: Report): string[] {
  const call = hypercallMicroseconds(report);
  const { startSeconds, memory } = report;
  const say = (what: string, value: number, target: number, unit: string, digits: number) =>
    `${what}: ${value.toFixed(digits)} ${unit} (target: under ${target} ${unit}, ` +
    `${value < target ? "reached" : "not reached"})`;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  return [
    ...(call === undefined
      ? []
      : [say("call to the built-in hypervisor and back", call, HypercallTarget, "µs", 2)]),
    ...(startSeconds === undefined
      ? []
      : [say("process start to first guest instruction", startSeconds, StartTarget, "s", 3)]),
    ...(memory
      ? [
        say(
          "resident beyond the guest RAM touched, Linux booted",
          (memory.resident - memory.guestRam) / 1e6,
          MemoryTarget / 1e6,
          "MB",
          0,
        ),
        `resident in all ${megabytes(memory.resident)}, of it guest RAM ${
          megabytes(memory.guestRam)
        }`,
      ]
      : []),
  ];
}

/** A table for people. */
export function reportTable(report: Report): string {
  const rows = [[...Titles, ""], ...groups.flatMap((group) => groupRows(report, group))];
  return [
    ...(report.figures.length > 0 ? [...layOut(rows), ""] : []),
    ...sentences(report),
    `Seconds of CPU and wall time, medians of ${report.runs}, without the machine's start; ` +
    "ratio = QEMU's CPU time by hvsim's, more is faster.",
    report.qemu ?? "qemu-system-aarch64 is not installed: hvsim alone.",
  ].join("\n");
}

/** The same for programs. */
export function reportJson(report: Report): string {
  const { figures, runs, qemu, startSeconds, memory } = report;
  const rounded = (value: number | undefined) =>
    value === undefined ? undefined : Number(value.toPrecision(4));
  const times = (name: string, of: Times | undefined) => ({
    [`${name}Seconds`]: rounded(of?.cpu) ?? null,
    [`${name}WallSeconds`]: rounded(of?.wall) ?? null,
  });
  const all = {
    groups: Object.fromEntries(
      groups.map((group) => [group, rounded(groupRatio(report, group))] as const)
        .filter(([, ratio]) => ratio !== undefined),
    ),
    targets,
    runs,
    qemu: qemu ?? null,
    workloads: figures.map((figure) => ({
      group: figure.workload.group,
      name: figure.workload.name,
      ...times("qemu", figure.qemu),
      ...times("hvsim", figure.hvsim),
      ratio: rounded(figure.ratio) ?? null,
      ...(figure.problem ? { problem: figure.problem } : {}),
    })),
    hypercallMicroseconds: rounded(hypercallMicroseconds(report)) ?? null,
    startSeconds: rounded(startSeconds) ?? null,
    residentBytes: memory ?? null,
  };
  return `${JSON.stringify(all, null, 2)}\n`;
}
