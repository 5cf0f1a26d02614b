/** Runs workloads on both emulators in turns and takes medians. @module */

import { type Emulator, hvsimArgs, hvsimCommand, qemuCommand, resultOf } from "./emulators.ts";
import { measure } from "./process.ts";
import { baseline, keyOf, spanOf, type Workload } from "./workloads.ts";

/** Medians of what runs took, in seconds, without their machine's start. */
export interface Times {
  readonly cpu: number;
  readonly wall: number;
}

/** What a workload took. */
export interface Figure {
  readonly workload: Workload;
  readonly hvsim: Times;
  /** Undefined where QEMU has no counterpart or is not installed. */
  readonly qemu: Times | undefined;
  /** QEMU's CPU time by hvsim's: 1 is as fast, more is faster. */
  readonly ratio: number | undefined;
  /** What was wrong, when something was. */
  readonly problem: string | undefined;
}

/** How to run. */
export interface RoundsOptions {
  readonly runs: number;
  readonly withQemu: boolean;
  /** For files that runs need. */
  readonly folder: string;
  /** Told what is about to run. */
  readonly progress: (text: string) => void;
}

/** Times and results of one emulator for one run's key. */
interface Samples {
  readonly cpu: number[];
  readonly wall: number[];
  readonly results: Set<string | undefined>;
}

/** The middle of `values`, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return (low + high) / 2;
}

/** Geometric mean. */
export function geomean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Measures `chosen`, interleaved: each round runs everything once on each emulator. */
export async function runRounds(
  chosen: readonly Workload[],
  options: RoundsOptions,
): Promise<Figure[]> {
  const all = new Map<string, Workload>();
  for (const workload of chosen) {
    const base = baseline(workload);
    if (base) all.set(keyOf(base), base);
    all.set(keyOf(workload), workload);
  }
  const samples = new Map<string, Samples>();
  for (let round = 1; round <= options.runs; round++) {
    for (const [key, workload] of all) {
      const what = `${workload.name}${
        workload.kind === "image" && !workload.scale ? " start" : ""
      }`;
      for (const emulator of ["hvsim", "qemu"] as const) {
        const command = emulator === "hvsim"
          ? hvsimCommand(await hvsimArgs(workload, options.folder))
          : options.withQemu
          ? qemuCommand(workload)
          : undefined;
        if (!command) continue;
        options.progress(`run ${round} of ${options.runs}: ${what} on ${emulator}`);
        const { cpuSeconds, wallSeconds, stdout } = await measure(command, spanOf(workload));
        const into = samplesOf(samples, emulator, key);
        into.cpu.push(cpuSeconds);
        into.wall.push(wallSeconds);
        into.results.add(resultOf(workload, stdout));
      }
    }
  }
  return chosen.map((workload) => figure(workload, samples));
}

function samplesOf(samples: Map<string, Samples>, emulator: Emulator, key: string): Samples {
  const id = `${emulator} ${key}`;
  const found = samples.get(id) ?? { cpu: [], wall: [], results: new Set() };
  samples.set(id, found);
  return found;
}

function figure(workload: Workload, samples: Map<string, Samples>): Figure {
  const base = baseline(workload);
  const net = (emulator: Emulator): Times | undefined => {
    const whole = samplesOf(samples, emulator, keyOf(workload));
    const start = base && samplesOf(samples, emulator, keyOf(base));
    // Less than the clock can tell is as good as its unit.
    const without = (what: "cpu" | "wall") =>
      Math.max(median(whole[what]) - (start ? median(start[what]) : 0), 0.001);
    return whole.cpu.length === 0 ? undefined : { cpu: without("cpu"), wall: without("wall") };
  };
  const hvsim = net("hvsim") as Times;
  const qemu = net("qemu");
  const results = (["hvsim", "qemu"] as const).map((
    emulator,
  ) => [...samplesOf(samples, emulator, keyOf(workload)).results]);
  return {
    workload,
    hvsim,
    qemu,
    ratio: qemu && qemu.cpu / hvsim.cpu,
    problem: problemOf(results[0] ?? [], results[1] ?? []),
  };
}

function problemOf(
  hvsim: readonly (string | undefined)[],
  qemu: readonly (string | undefined)[],
): string | undefined {
  if (hvsim.includes(undefined)) return "it did not end well on hvsim";
  if (qemu.includes(undefined)) return "it did not end well on QEMU";
  if (new Set([...hvsim, ...qemu]).size > 1) return "checksums differ";
  return undefined;
}
