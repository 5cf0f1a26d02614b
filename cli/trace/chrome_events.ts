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
  /** Ends the array. */
  finish(): void;
}

const us = (ns: number): number => ns / 1000;

/** A writer of events. */
export function chromeEvents(write: Write): ChromeEvents {
  let isFirst = true;
  const event = (members: object) => {
    write(`${isFirst ? "[\n" : ",\n"}${JSON.stringify(members)}`);
    isFirst = false;
  };
  const named = (pid: number, tid: number, name: string, args: Details) =>
    event({ ph: "M", name, pid, tid, args });
  return {
    slice({ pid, tid }, name, fromNs, toNs, args) {
      if (toNs <= fromNs) return;
      const members = { ph: "X", name, pid, tid, ts: us(fromNs), dur: us(toNs - fromNs) };
      event(args ? { ...members, args } : members);
    },
    begin: ({ pid, tid }, name, ns) => event({ ph: "B", name, pid, tid, ts: us(ns) }),
    end: ({ pid, tid }, ns) => event({ ph: "E", pid, tid, ts: us(ns) }),
    instant: ({ pid, tid }, name, ns, args) =>
      event({ ph: "i", s: "t", name, pid, tid, ts: us(ns), args }),
    counter: (pid, name, ns, args) => event({ ph: "C", name, pid, tid: 0, ts: us(ns), args }),
    process(pid, name) {
      named(pid, 0, "process_name", { name });
      named(pid, 0, "process_sort_index", { sort_index: pid });
    },
    thread({ pid, tid }, name) {
      named(pid, tid, "thread_name", { name });
      named(pid, tid, "thread_sort_index", { sort_index: tid });
    },
    finish: () => write(isFirst ? "[\n]\n" : "\n]\n"),
  };
}
