/** What `--stats` prints. @module */

import type { SchedulerReport } from "../core/hypervisor/scheduling/report.ts";
import type { EngineMeter } from "../core/engine/meter.ts";
import { engineJson, engineText } from "./engine_text.ts";
import { schedulerText } from "./scheduler_text.ts";
import type { GuestState, Session } from "./session.ts";

/** A run in numbers. */
export interface Stats {
  readonly instructions: number;
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly consoleBytes: number;
  readonly exitCode: number;
  readonly guests: readonly GuestState[];
  readonly ledger?: Session["ledger"];
  readonly scheduling: SchedulerReport | undefined;
  readonly meter: EngineMeter | undefined;
}

/** Instructions per microsecond of the host. */
function mips({ instructions, wallMs }: Stats): number {
  return wallMs > 0 ? instructions / wallMs / 1000 : 0;
}

/** One line of JSON. */
export function statsJson(stats: Stats): string {
  return `${
    JSON.stringify({
      instructions: stats.instructions,
      virtualNs: stats.virtualNs,
      wallMs: Math.round(stats.wallMs),
      mips: Number(mips(stats).toFixed(1)),
      consoleBytes: stats.consoleBytes,
      exitCode: stats.exitCode,
      ...(stats.ledger ? { exits: stats.ledger.count, ledger: stats.ledger.hash } : {}),
      vms: stats.guests.map(({ name, failed, exits }) => ({ name, failed, exits })),
      scheduler: stats.scheduling,
      engine: stats.meter && engineJson(stats.meter, stats.wallMs),
    })
  }\n`;
}

/** A table for people. */
export function statsTable(stats: Stats): string {
  const rows: string[][] = [
    ["instructions", grouped(stats.instructions)],
    ["virtual time", `${(stats.virtualNs / 1e9).toFixed(6)} s`],
    ["wall time", `${(stats.wallMs / 1000).toFixed(3)} s`],
    ["speed", `${mips(stats).toFixed(1)} MIPS`],
    ["console", `${grouped(stats.consoleBytes)} bytes`],
    ...(stats.ledger
      ? [["exits", grouped(stats.ledger.count)], ["ledger", stats.ledger.hash]]
      : []),
  ];
  return aligned(rows) + aligned(stats.guests.flatMap(exitRows)) +
    (stats.scheduling ? `\n${schedulerText(stats.scheduling)}` : "") +
    (stats.meter ? `\n${engineText(stats.meter, stats.wallMs)}` : "");
}

/** How often each reason brought a guest to the hypervisor, and for how long. */
function exitRows({ name, exits }: GuestState): string[][] {
  const counts = Object.entries(exits).sort(([, a], [, b]) => b.count - a.count);
  const total = counts.reduce(
    (sum, [, { count, costNs }]) => ({ count: sum.count + count, costNs: sum.costNs + costNs }),
    { count: 0, costNs: 0 },
  );
  const cells = ({ count, costNs }: typeof total): string[] => [
    grouped(count),
    `${grouped(Math.round(costNs / 1000))} us`,
    count > 0 ? `${grouped(Math.round(costNs / count))} ns` : "",
  ];
  return [
    [`exits of ${name}`, "count", "time", "mean"],
    ...counts.map(([reason, count]) => [`  ${reason}`, ...cells(count)]),
    ["  all", ...cells(total)],
  ];
}

/** Lines whose first column is to the left and whose others are to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    `${
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
        .join("  ")
    }\n`
  ).join("");
}

function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, " ");
}
