/** Where guests spend their instructions and hvsim its time: samples of the program counter. @module */

import { cpuUsage } from "node:process";
import { loadBare } from "../../cli/bare_session.ts";
import { chooseBoard } from "../../cli/board_choice.ts";
import { readCommandLine } from "../../cli/command_line.ts";
import { readFile } from "../../cli/files.ts";
import { loadVmPlans } from "../../cli/vm_session.ts";
import { hex } from "../../core/hex.ts";
import { isTranslated } from "../../core/machine/code_at.ts";
import { Access } from "../../core/mmu/walker.ts";
import { disassemble } from "../../core/isa/disassemble.ts";
import { startBare } from "../../platforms/bare_boot.ts";
import { buildSimulator, type Simulator } from "../../platforms/simulator.ts";
import { createHypervisor } from "../../platforms/virtual_machine.ts";
import { hvsimArgs } from "./emulators.ts";
import { benchSymbols, type Symbols } from "./symbols.ts";
import type { Workload } from "./workloads.ts";

/** Virtual time between samples, as many instructions: a prime, so that loops keep no step with it. */
const SampleNs = 20_011;
/** Samples of one such piece of code, aligned, count together. */
const RegionBytes = 64;
const Shown = 12;

interface Region {
  readonly pc: bigint;
  samples: number;
  /** Samples at which it had been translated. */
  translated: number;
  hostMs: number;
  /** Its words when it was first seen. */
  readonly words: readonly number[];
}

/** CPU time of this process: other load on the machine must not count. */
function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

function powerOn(args: readonly string[]): Simulator {
  const line = readCommandLine(args);
  const log = () => {};
  const access = { read: readFile, rootfs: undefined };
  if (line.options.kernel !== undefined) {
    const { platform, ...board } = chooseBoard(line);
    const load = loadBare({ platform, ...board }, line.options);
    const simulator = buildSimulator(platform, { ...board, hasEl2: load.startEl === 2, log });
    startBare(simulator, load);
    return simulator;
  }
  const { choice: { platform, ...board }, plans } = loadVmPlans(line, access);
  const simulator = buildSimulator(platform, { ...board, hasEl2: true, log });
  createHypervisor({ simulator, plans, log });
  return simulator;
}

/** The words of the region at `pc` as the running core sees them. */
function wordsAt({ machine, ram }: Simulator, pc: bigint): number[] {
  const low = Number(pc & 0xffff_ffffn);
  const pa = machine.mmu.peek(machine.running.index, Number(pc >> 32n), low, Access.execute);
  const at = ram.hostOffset(pa);
  if (at < 0) return [];
  return Array.from(
    { length: RegionBytes / 4 },
    (_, i) => ram.view.getUint32(at + 4 * i, true),
  );
}

/** Runs a workload and describes its hottest regions. */
export async function profile(workload: Workload, folder: string): Promise<string> {
  const simulator = powerOn(await hvsimArgs(workload, folder));
  const { machine } = simulator;
  const regions = new Map<bigint, Region>();
  let samples = 0;
  const startMs = cpuMs();
  for (let before = startMs;;) {
    const result = machine.run(machine.nowNs + SampleNs);
    const now = cpuMs();
    if (result !== "limit") break;
    const exact = machine.running.state.u64("pc");
    const pc = exact - exact % BigInt(RegionBytes);
    let region = regions.get(pc);
    if (!region) {
      const words = wordsAt(simulator, pc);
      regions.set(pc, region = { pc, samples: 0, translated: 0, hostMs: 0, words });
    }
    region.samples++;
    if (isTranslated(machine, exact)) region.translated++;
    region.hostMs += now - before;
    samples++;
    before = now;
  }
  return describe(workload, [...regions.values()], {
    symbols: workload.kind === "image" ? await benchSymbols() : () => undefined,
    samples,
    hostMs: cpuMs() - startMs,
    instructions: machine.instructions,
  });
}

interface Totals {
  readonly symbols: Symbols;
  readonly samples: number;
  readonly hostMs: number;
  readonly instructions: number;
}

function describe(
  { name }: Workload,
  regions: readonly Region[],
  { symbols, samples, hostMs, instructions }: Totals,
): string {
  const share = (part: number, whole: number) => `${(part / whole * 100).toFixed(1)}%`.padStart(6);
  const hottest = regions.toSorted((a, b) => b.hostMs - a.hostMs).slice(0, Shown);
  const translated = regions.reduce((sum, region) => sum + region.translated, 0);
  const head = `${name}: ${instructions} instructions, ${(hostMs / 1000).toFixed(3)} s, ` +
    `${(instructions / hostMs / 1000).toFixed(0)} MIPS; ${regions.length} places seen by ` +
    `${samples} samples, ${(translated / samples * 100).toFixed(1)}% in translated code`;
  return [
    head,
    ...hottest.flatMap(({ pc, samples: seen, translated, hostMs: ms, words }) => [
      `${share(ms, hostMs)} of time, ${share(seen, samples)} of instructions (` +
      `${(seen * SampleNs / 1e6).toFixed(1)} M), ` +
      `${(seen * SampleNs / ms / 1000).toFixed(0)} MIPS, ` +
      `${translated * 2 > seen ? "translated" : "interpreted"}, at ${symbols(pc) ?? hex(pc)}`,
      ...words.map((word, i) =>
        `      ${hex(pc + BigInt(4 * i))}  ${disassemble(word, pc + BigInt(4 * i))}`
      ),
    ]),
  ].join("\n");
}
