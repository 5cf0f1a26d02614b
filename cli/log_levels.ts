/** How much is said, in all and by parts of hvsim. @module */

import type { Value } from "./values.ts";

/** Most urgent first. */
export const logLevels = ["off", "error", "warn", "info", "debug", "trace"] as const;

export type LogLevel = typeof logLevels[number];

/** Which remarks are wanted. */
export interface LevelFilter {
  readonly level: LogLevel;
  /** By target; "gic" is also for "gic.distributor". */
  readonly targets: ReadonlyMap<string, LogLevel>;
}

/** The filter when nobody says. */
export const quietFilter: LevelFilter = { level: "warn", targets: new Map() };

/** Whether a remark passes. */
export function passes(filter: LevelFilter, level: LogLevel, target: string): boolean {
  let limit: LogLevel | undefined;
  for (let name = target; limit === undefined && name !== ""; name = parentOf(name)) {
    limit = filter.targets.get(name);
  }
  return logLevels.indexOf(level) <= logLevels.indexOf(limit ?? filter.level);
}

function parentOf(target: string): string {
  return target.slice(0, Math.max(0, target.lastIndexOf(".")));
}

/** `LEVEL`, `TARGET=LEVEL`, or several with commas between. */
export const levelFilter: Value<LevelFilter> = {
  expected: "a level (off, error, warn, info, debug, trace), which TARGET=LEVEL may follow, " +
    "with commas between",
  parse(text) {
    let level: LogLevel | undefined;
    const targets = new Map<string, LogLevel>();
    for (const part of text.split(",")) {
      const [, target, word] = /^(?:([\w.-]+)=)?(\w+)$/.exec(part) ?? [];
      const known = logLevels.find((name) => name === word);
      if (known === undefined) return undefined;
      if (target !== undefined) targets.set(target, known);
      else if (level === undefined) level = known;
      else return undefined;
    }
    return { level: level ?? quietFilter.level, targets };
  },
};
