/** What the engine has done, for `--stats`. @module */

import { type EngineMeter, translatedShare } from "../core/engine/meter.ts";
import type { ImportName } from "../core/engine/imports.ts";
import { type Column, textTable } from "./text_table.ts";

/** What generated code's calls are about, in words. */
const Calls: Readonly<Record<ImportName, string>> = {
  decode: "decoding, new handlers",
  hot: "hot code, translating",
  slow: "memory: device, fault or TLB miss",
  commit: "memory: stores to devices or code",
  fill: "memory: TLB miss of a region",
  execute: "system instructions",
  fp: "floating point, exact",
  fpTrap: "floating point, trapped",
  spFault: "misaligned SP",
  attend: "interrupts that may be due",
};

/** Milliseconds by what they went into; all else is what is left of the wall time. */
function times(meter: EngineMeter, wallMs: number): Record<string, number> {
  const { runs, calls, settling } = meter;
  const called = Object.values(calls).reduce((sum, { ms }) => sum + ms, 0);
  return {
    "generated code": runs.ms - called,
    decoding: calls.decode.ms,
    translating: calls.hot.ms + settling.ms,
    "other calls": called - calls.decode.ms - calls.hot.ms,
    "all else": wallMs - runs.ms - settling.ms,
  };
}

/** The same with fewer words. */
export function engineJson(meter: EngineMeter, wallMs: number): unknown {
  const { runs, calls, exits, translator, tlb } = meter;
  const rounded = (ms: number) => Number(ms.toFixed(1));
  const named = Object.entries(times(meter, wallMs))
    .map(([name, ms]) => [name.replace(/ (\w)/g, (_, c: string) => c.toUpperCase()), rounded(ms)]);
  return {
    ms: Object.fromEntries(named),
    translatedShare: Number(translatedShare(meter).toFixed(4)),
    runs: runs.count,
    exits,
    calls: Object.fromEntries(Object.entries(calls).map(([name, { count }]) => [name, count])),
    translator,
    tlb,
  };
}

const timeColumns: readonly Column[] = [
  { heading: "time", align: "left" },
  { heading: "s", align: "right" },
  { heading: "%", align: "right" },
];
const callColumns: readonly Column[] = [
  { heading: "calls of generated code", align: "left" },
  { heading: "count", align: "right" },
  { heading: "s", align: "right" },
];

const seconds = (ms: number) => (ms / 1000).toFixed(3);

/** Tables of times and calls, and sentences. */
export function engineText(meter: EngineMeter, wallMs: number): string {
  const { runs, calls, exits, translator: t, tlb, samples } = meter;
  const timeRows = Object.entries(times(meter, wallMs))
    .map(([name, ms]) => [name, seconds(ms), (ms / wallMs * 100).toFixed(1)]);
  const callRows = (Object.entries(calls) as [ImportName, typeof calls.hot][])
    .filter(([, { count }]) => count > 0)
    .sort(([, a], [, b]) => b.ms - a.ms)
    .map(([name, { count, ms }]) => [Calls[name], String(count), seconds(ms)]);
  const share = translatedShare(meter) * 100;
  return [
    textTable(timeColumns, timeRows),
    textTable(callColumns, callRows),
    [
      `instructions in translated regions: ${share.toFixed(1)} %, by ${samples.count} samples`,
      `regions: ${t.regions} of ${t.instructions} instructions in ${t.modules} modules; ` +
      `${t.invalidated} written to, ${t.evicted} evicted, all dropped ${t.dropped} times`,
      `TLB: ${tlb.fills} fills, ${tlb.invalidations} TLBI`,
      `runs of generated code: ${runs.count}; ended by the budget ${exits.budget}, ` +
      `a new page ${exits.lookup}, TypeScript ${exits.left}`,
    ].map((line) => `${line}\n`).join(""),
  ].join("\n");
}
