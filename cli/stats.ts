/** What `--stats` prints. @module */

import type { GuestState } from "./session.ts";

/** A run in numbers. */
export interface Stats {
  readonly instructions: number;
  readonly virtualNs: number;
  readonly wallMs: number;
  readonly consoleBytes: number;
  readonly exitCode: number;
  readonly guests: readonly GuestState[];
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
      vms: stats.guests.map(({ name, failed, exits }) => ({ name, failed, exits })),
    })
  }\n`;
}

/** A table for people. */
export function statsTable(stats: Stats): string {
  const rows: [string, string][] = [
    ["instructions", grouped(stats.instructions)],
    ["virtual time", `${(stats.virtualNs / 1e9).toFixed(6)} s`],
    ["wall time", `${(stats.wallMs / 1000).toFixed(3)} s`],
    ["speed", `${mips(stats).toFixed(1)} MIPS`],
    ["console", `${grouped(stats.consoleBytes)} bytes`],
    ...stats.guests.flatMap(({ name, exits }): [string, string][] => {
      const counts = Object.entries(exits).sort(([, a], [, b]) => b - a);
      const sum = counts.reduce((total, [, count]) => total + count, 0);
      return [
        [`exits of ${name}`, grouped(sum)],
        ...counts.map(([reason, count]): [string, string] => [`  ${reason}`, grouped(count)]),
      ];
    }),
  ];
  const left = Math.max(...rows.map(([name]) => name.length));
  const right = Math.max(...rows.map(([, value]) => value.length));
  return rows.map(([name, value]) => `${name.padEnd(left)}  ${value.padStart(right)}\n`).join("");
}

function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, " ");
}
