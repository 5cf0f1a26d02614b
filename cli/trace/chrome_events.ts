/**
 * Events of the Chrome trace format, as Perfetto reads them: an array of objects on a line each,
 * whose end may be missing.
 *
 * @module
 */

import type { Write } from "./tracer.ts";

/** A row of the timeline: a thread of a process. */
export interface Track {
  readonly pid: number;
  readonly tid: number;
}

/** What a slice has besides its name. */
export type Details = Readonly<Record<string, string | number>>;

/** Writes events; times are nanoseconds, and those of the format microseconds. */
export interface ChromeEvents {
  /** A slice with both ends; one without length is left out. */
  slice(track: Track, name: string, fromNs: number, toNs: number, args?: Details): void;
  /** The begin of a slice, and the end of the one that began last. */
  begin(track: Track, name: string, ns: number): void;
  end(track: Track, ns: number): void;
  instant(track: Track, name: string, ns: number, args: Details): void;
  counter(pid: number, name: string, ns: number, values: Details): void;
  /** Names a process, and its place among them. */
  process(pid: number, name: string): void;
  thread(track: Track, name: string): void;
  /** The run will not end before this time. */
  reach(ns: number): void;
  /** The run ends at this time: what was told of the time after it is cut off. */
  cut(ns: number): void;
  /** Ends the array. */
  finish(): void;
}

/** An event; one that is a slice has an end. */
interface TimedEvent extends Track {
  readonly ph: string;
  readonly fromNs: number;
  readonly toNs?: number;
  readonly rest: object;
}

/** A writer of events. */
export function chromeEvents(write: Write): ChromeEvents {
  let isFirst = true;
  let reachedNs = 0;
  /** Events that may be after the end of the run, and those behind them. */
  const held: TimedEvent[] = [];
  const put = (members: object) => {
    write(`${isFirst ? "[\n" : ",\n"}${JSON.stringify(members)}`);
    isFirst = false;
  };
  const putTimed = ({ ph, pid, tid, fromNs, toNs, rest }: TimedEvent) => {
    const dur = toNs === undefined ? {} : { dur: (toNs - fromNs) / 1000 };
    put({ ph, pid, tid, ts: fromNs / 1000, ...dur, ...rest });
  };
  const release = () => {
    const first = held.findIndex(({ fromNs, toNs = fromNs }) => toNs > reachedNs);
    held.splice(0, first < 0 ? held.length : first).forEach(putTimed);
  };
  const event = (timed: TimedEvent) => {
    held.push(timed);
    if (held.length === 1) release();
  };
  const named = (pid: number, tid: number, name: string, args: Details) =>
    put({ ph: "M", pid, tid, name, args });
  return {
    slice({ pid, tid }, name, fromNs, toNs, args) {
      if (toNs <= fromNs) return;
      event({ ph: "X", pid, tid, fromNs, toNs, rest: args ? { name, args } : { name } });
    },
    begin: ({ pid, tid }, name, fromNs) => event({ ph: "B", pid, tid, fromNs, rest: { name } }),
    end: ({ pid, tid }, fromNs) => event({ ph: "E", pid, tid, fromNs, rest: {} }),
    instant: ({ pid, tid }, name, fromNs, args) =>
      event({ ph: "i", pid, tid, fromNs, rest: { s: "t", name, args } }),
    counter: (pid, name, fromNs, args) =>
      event({ ph: "C", pid, tid: 0, fromNs, rest: { name, args } }),
    process(pid, name) {
      named(pid, 0, "process_name", { name });
      named(pid, 0, "process_sort_index", { sort_index: pid });
    },
    thread({ pid, tid }, name) {
      named(pid, tid, "thread_name", { name });
      named(pid, tid, "thread_sort_index", { sort_index: tid });
    },
    reach(ns) {
      if (ns <= reachedNs) return;
      reachedNs = ns;
      if (held.length > 0) release();
    },
    cut(ns) {
      for (const { fromNs, toNs, ...same } of held.splice(0)) {
        if (toNs === undefined) putTimed({ ...same, fromNs: Math.min(fromNs, ns) });
        else if (fromNs < ns) putTimed({ ...same, fromNs, toNs: Math.min(toNs, ns) });
      }
    },
    finish: () => write(isFirst ? "[\n]\n" : "\n]\n"),
  };
}
