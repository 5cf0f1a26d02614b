/** What `--stats` prints. @module */

import type { SchedulerReport } from "../core/hypervisor/scheduling/report.ts";
import type { EngineMeter } from "../core/engine/meter.ts";
import { engineJson, engineText } from "./engine_text.ts";
import { exitsText } from "./exits_text.ts";
import { schedulerText } from "./scheduler_text.ts";
import type { GuestState, Session } from "./session.ts";
import { grouped } from "./text_table.ts";

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
  return aligned(rows) + stats.guests.map(guestText).join("") +
    (stats.scheduling ? `\n${schedulerText(stats.scheduling)}` : "") +
    (stats.meter ? `\n${engineText(stats.meter, stats.wallMs)}` : "");
}

function guestText({ name, exits }: GuestState): string {
  const reasons = Object.entries(exits).map(([reason, counts]) => ({ reason, ...counts }));
  return reasons.length > 0 ? `\n${exitsText(name, reasons)}` : "";
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
