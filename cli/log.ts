/** Remarks about a run, as lines. @module */

import { type LevelFilter, type LogLevel, passes } from "./log_levels.ts";

/** A remark about the simulated world. */
export interface Remark {
  readonly level: LogLevel;
  /** The part of hvsim it is about. */
  readonly target: string;
  readonly message: string;
  /** Virtual time. */
  readonly ns: number;
  readonly core: number;
  /** The VM that ran, if one did. */
  readonly vm?: string | undefined;
}

const Colours: Partial<Record<LogLevel, number>> = { error: 31, warn: 33, debug: 36, trace: 90 };

/** Says remarks that `filter` lets through, by `say`. */
export function logger(
  filter: LevelFilter,
  { colours, say }: { readonly colours: boolean; readonly say: (text: string) => void },
): (remark: Remark) => void {
  return (remark) => {
    if (!passes(filter, remark.level, remark.target)) return;
    const text = remarkText(remark);
    const colour = colours ? Colours[remark.level] : undefined;
    say(colour === undefined ? `${text}\n` : `\x1b[${colour}m${text}\x1b[0m\n`);
  };
}

/** `[  1.002003 1:vm1 target] message`: seconds of virtual time, core and VM. */
export function remarkText({ ns, core, vm, target, message }: Remark): string {
  return `[${virtualSeconds(ns)} ${core}:${vm ?? "-"} ${target}] ${message}`;
}

/** Seconds with microseconds, as wide as the kernel's. */
export function virtualSeconds(ns: number): string {
  return (Math.floor(ns / 1000) / 1e6).toFixed(6).padStart(10);
}
