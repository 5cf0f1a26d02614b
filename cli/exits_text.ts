/** Why VMs have left their guests, for people. @module */

import { grouped, left, right, tableOf } from "./text_table.ts";

/** Exits for one reason, and the virtual time that they took. */
export interface ReasonRow {
  readonly reason: string;
  readonly count: number;
  readonly costNs: number;
}

/** The table of a VM, the most frequent reason first. */
export function exitsText(vm: string, reasons: readonly ReasonRow[]): string {
  const all = reasons.reduce(
    (sum, { count, costNs }) => ({ ...sum, count: sum.count + count, costNs: sum.costNs + costNs }),
    { reason: "all", count: 0, costNs: 0 },
  );
  return tableOf([...reasons.toSorted((a, b) => b.count - a.count), all], [
    left(`exits of ${vm}`, ({ reason }) => reason),
    right("count", ({ count }) => grouped(count)),
    right("time", ({ costNs }) => `${(costNs / 1e6).toFixed(3)} ms`),
    right("mean", ({ count, costNs }) => count > 0 ? `${Math.round(costNs / count)} ns` : "-"),
  ]);
}
