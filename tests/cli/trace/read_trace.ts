/** Reads a timeline as its viewers do, and says what is wrong with it. @module */

/** An event of the Chrome trace format. */
export interface ChromeEvent {
  readonly ph: string;
  readonly name?: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** A slice, in nanoseconds. */
export interface Slice {
  readonly name: string;
  readonly fromNs: number;
  toNs: number;
  /** How many slices are around it. */
  readonly depth: number;
  readonly args: NonNullable<ChromeEvent["args"]>;
}

/** A row of the timeline. */
export interface TraceTrack {
  /** "cores/core 0", "vm1 nimbos/vCPU 0". */
  readonly name: string;
  /** By their begin, outer ones first. */
  readonly slices: readonly Slice[];
  readonly instants: readonly ChromeEvent[];
}

/** A timeline. */
export interface TraceFile {
  readonly tracks: readonly TraceTrack[];
  readonly counters: readonly ChromeEvent[];
  readonly problems: readonly string[];
}

const ns = (us: number | undefined): number => Math.round((us ?? NaN) * 1000);

/** The events of a file, of which the end may be missing. */
export function eventsOf(text: string): ChromeEvent[] {
  try {
    return JSON.parse(text);
  } catch {
    const whole = text.slice(0, text.lastIndexOf("\n")).replace(/,$/, "");
    return JSON.parse(`${whole}\n]`);
  }
}

/** What is wrong with an event by itself. */
function eventProblems(event: ChromeEvent): string[] {
  const { ph, pid, tid, ts, dur, name } = event;
  const needs: readonly (readonly [string, boolean])[] = [
    ["a known phase", /^[BEXiCM]$/.test(ph)],
    ["whole pid and tid", Number.isInteger(pid) && Number.isInteger(tid)],
    ["a time", ph === "M" || (typeof ts === "number" && ts >= 0)],
    ["times of whole nanoseconds", ph === "M" || Math.abs((ts ?? 0) * 1000 - ns(ts)) < 0.01],
    ["a duration", ph !== "X" || (typeof dur === "number" && dur > 0)],
    ["a name", ph === "E" || (typeof name === "string" && name !== "")],
  ];
  return needs.filter(([, holds]) => !holds).map(([what]) =>
    `${JSON.stringify(event)} must have ${what}`
  );
}

/** Pairs, nests and sorts. */
export function readTrace(events: readonly ChromeEvent[]): TraceFile {
  const problems = events.flatMap(eventProblems);
  const processes = new Map<number, string>();
  const threads = new Map<string, string>();
  const keyOf = ({ pid, tid }: ChromeEvent) => `${pid} ${tid}`;
  for (const event of events) {
    const { ph, name, pid, args } = event;
    if (ph !== "M") continue;
    if (name === "process_name") processes.set(pid, String(args?.name));
    if (name === "thread_name") threads.set(keyOf(event), String(args?.name));
  }
  const byTrack = Map.groupBy(events.filter(({ ph }) => /[BEXi]/.test(ph)), keyOf);
  const tracks = [...byTrack].map(([key, own]): TraceTrack => {
    const name = `${processes.get(own[0]?.pid ?? 0)}/${threads.get(key)}`;
    if (/undefined/.test(name)) problems.push(`track ${key} must have a name`);
    return {
      name,
      slices: nest(name, own, problems),
      instants: own.filter(({ ph }) => ph === "i"),
    };
  });
  const counters = events.filter(({ ph }) => ph === "C");
  return { tracks, counters, problems };
}

/** The slices of a track; those that are neither apart nor one inside the other are problems. */
function nest(track: string, events: readonly ChromeEvent[], problems: string[]): Slice[] {
  type Begun = { readonly name: string; readonly fromNs: number; readonly place: number };
  const open: Begun[] = [];
  const found: (Begun & Omit<Slice, "depth">)[] = [];
  let reachedNs = 0;
  for (const [place, { ph, name = "", ts, dur, args = {} }] of events.entries()) {
    if (ph === "X") found.push({ name, fromNs: ns(ts), toNs: ns(ts) + ns(dur), place, args });
    if (ph !== "B" && ph !== "E") continue;
    if (ns(ts) < reachedNs) problems.push(`${track}: ${ph} at ${ts} goes back in time`);
    reachedNs = ns(ts);
    if (ph === "B") open.push({ name, fromNs: ns(ts), place });
    else {
      const last = open.pop();
      if (!last) problems.push(`${track}: an end at ${ts} without a begin`);
      else found.push({ ...last, toNs: ns(ts), args });
    }
  }
  for (const { name, fromNs } of open) problems.push(`${track}: "${name}" of ${fromNs} has no end`);
  found.sort((a, b) => a.fromNs - b.fromNs || b.toNs - a.toNs || a.place - b.place);
  const around: Omit<Slice, "depth">[] = [];
  return found.map((slice) => {
    while (around.length > 0 && (around.at(-1)?.toNs ?? 0) <= slice.fromNs) around.pop();
    const outer = around.at(-1);
    if (outer && slice.toNs > outer.toNs) {
      problems.push(`${track}: "${slice.name}" at ${slice.fromNs} overlaps "${outer.name}"`);
    }
    const depth = around.length;
    around.push(slice);
    return { ...slice, depth };
  });
}
