/** What an engine has done and how long it took, for those who want to know. @module */

import type { TlbCounts } from "../mmu/tlb.ts";
import { type FillFunction, type ImportFunctions, type ImportName, Imports } from "./imports.ts";

/** Calls and their time. */
export interface Metered {
  count: number;
  ms: number;
}

/** Counts of the translator. */
export interface TranslatorStats {
  /** Regions translated. */
  regions: number;
  /** Their instructions; what is in two of them counts twice. */
  instructions: number;
  /** Modules that they were compiled in. */
  modules: number;
  /** Regions that went because an instruction of theirs was written. */
  invalidated: number;
  /** Regions that went to make room. */
  evicted: number;
  /** Times that all records, and so all regions, went. */
  dropped: number;
}

/** Why generated code came to an end, by the numbers of `Exit` (handler_emitter.ts). */
export const ExitNames = ["budget", "lookup", "left"] as const;

/** See the module. Measuring costs time itself: two looks at the clock for each call. */
export interface EngineMeter {
  /** The host's clock. */
  readonly nowMs: () => number;
  /** Runs of generated code, with what they call. */
  readonly runs: Metered;
  /** What generated code calls, by name. */
  readonly calls: Readonly<Record<ImportName, Metered>>;
  /** Translating between runs. */
  readonly settling: Metered;
  readonly exits: Record<typeof ExitNames[number], number>;
  readonly translator: TranslatorStats;
  readonly tlb: TlbCounts;
  /** Runs after which the next instruction was looked at. */
  readonly samples: {
    count: number;
    /** Instructions of those runs. */
    instructions: number;
    /** Instructions of the runs where the next one was in a translated region. */
    translated: number;
  };
}

/** Nothing done yet. */
export function noTranslations(): TranslatorStats {
  return { regions: 0, instructions: 0, modules: 0, invalidated: 0, evicted: 0, dropped: 0 };
}

/** A meter at 0 with a clock. */
export function createMeter(nowMs: () => number): EngineMeter {
  const zero = () => ({ count: 0, ms: 0 });
  const names = Object.keys(Imports) as ImportName[];
  return {
    nowMs,
    runs: zero(),
    calls: Object.fromEntries(names.map((name) => [name, zero()])) as Record<ImportName, Metered>,
    settling: zero(),
    exits: { budget: 0, lookup: 0, left: 0 },
    translator: noTranslations(),
    tlb: { fills: 0, invalidations: 0 },
    samples: { count: 0, instructions: 0, translated: 0 },
  };
}

/** The part of all instructions that was in translated regions, as far as samples tell. */
export function translatedShare({ samples }: EngineMeter): number {
  return samples.instructions > 0 ? samples.translated / samples.instructions : 0;
}

/** Calls `what` and adds it to `into`. */
export function measured<T>({ nowMs }: EngineMeter, into: Metered, what: () => T): T {
  const start = nowMs();
  const result = what();
  into.ms += nowMs() - start;
  into.count++;
  return result;
}

/** The same functions, measured. */
export function meteredImports(functions: ImportFunctions, meter: EngineMeter): ImportFunctions {
  const entries = Object.entries(functions) as [ImportName, FillFunction][];
  return Object.fromEntries(entries.map(([name, call]) => {
    const into = meter.calls[name];
    const metered: FillFunction = (...args) => measured(meter, into, () => call(...args));
    return [name, metered];
  })) as unknown as ImportFunctions;
}
