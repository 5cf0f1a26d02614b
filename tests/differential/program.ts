/** A random program: a memory image, where it starts and how its run is cut. @module */

import { Assembler } from "./assembler.ts";
import type { Mode } from "./mode.ts";
import { Writer } from "./writer.ts";
import { page, Pages, Ram, RamBytes, writeTables } from "./layout.ts";
import { Random } from "./random.ts";
import { writeVectors } from "./vectors.ts";

/** See the module. */
export interface Program {
  readonly seed: number;
  readonly mode: Mode;
  /** RAM at the start. */
  readonly image: Uint8Array;
  readonly entry: number;
  /** X0 to X30 and SP. */
  readonly x: readonly bigint[];
  /** Halves of V0 to V31. */
  readonly v: readonly bigint[];
  readonly nzcv: number;
  readonly fpcr: number;
  /** CPACR_EL1.FPEN: FP and SIMD instructions trap at the start, or do not. */
  readonly fpen: number;
  /** Instructions (nanoseconds) until the registers are compared. */
  readonly lengthNs: number;
  /** Cores that run it at once, each from its start. */
  readonly cores: 1 | 2;
  /** Jumps to an instruction after which the second run translates it. */
  readonly hotCount: number;
  /**
   * Virtual times at which the second run stops and goes on; with two cores both runs do, since that
   * decides whose turn it is.
   */
  readonly cuts: readonly number[];
  /** Indices of the cuts at which all code is dropped. */
  readonly forgets: readonly number[];
  /** One of so many hot places, chosen by address, is translated: runs go from tier to tier. */
  readonly share: number;
  /** The vectors are translated too. */
  readonly vectorsToo: boolean;
}

function randomMode(r: Random): Mode {
  return {
    atEl0: r.oneIn(3),
    mmu: !r.oneIn(16),
    strict: r.oneIn(10),
    interrupts: r.oneIn(2),
  };
}

/** Most cuts of a run: what starts at each of them is code to translate. */
const MostCuts = 200;

function randomCuts(r: Random, lengthNs: number): number[] {
  if (r.oneIn(3)) return [];
  const most = r.pick([1, 3, 20, 200, 2000]);
  const cuts: number[] = [];
  for (let at = most < 100 ? r.below(lengthNs) : 0; at < lengthNs && cuts.length < MostCuts;) {
    at += r.between(1, most);
    cuts.push(at);
  }
  return cuts;
}

function fill(r: Random, image: Uint8Array): void {
  const some = BigUint64Array.from({ length: 64 }, () => r.long());
  const words = new BigUint64Array(image.buffer);
  for (const index of [8, 9, 10, 11, 12, 13, 14, 15, 16, 22]) {
    for (let at = 0; at < 512; at += 64) words.set(some, index * 512 + at);
    words[index * 512 + r.below(512)] = r.long();
  }
}

/** The program of a seed. */
export function makeProgram(seed: number): Program {
  const r = new Random(seed);
  const mode = randomMode(r);
  const image = new Uint8Array(RamBytes);
  fill(r, image);
  writeTables(image, mode.atEl0);
  const start = page(Pages.code) + r.below(2) * 4096 + (r.oneIn(2) ? 0 : r.below(1000)) * 4;
  const code = new Assembler(image, Ram, start);
  const writer = new Writer(r, code, mode);
  const end = writer.write();
  const prologue = writeVectors(image, end, r.between(3, 60));
  const entry = new Assembler(image, Ram, prologue);
  writeEntry(entry, mode, start);
  const cores = r.oneIn(6) ? 2 : 1;
  const lengthNs = r.pick([500, 1500, 3000, 7000]) + r.below(500);
  const cuts = randomCuts(r, lengthNs);
  return {
    seed,
    mode,
    image,
    entry: prologue,
    x: Array.from({ length: 32 }, (_, i) => writer.initial(i)),
    v: Array.from({ length: 64 }, () => r.long()),
    nzcv: (r.below(16) << 28) >>> 0,
    fpcr: r.oneIn(3) ? r.below(32) << 22 : 0,
    fpen: r.oneIn(6) ? r.below(3) : 3,
    lengthNs,
    cores,
    hotCount: cores === 1 && cuts.length > 10 ? r.pick([1, 1, 3]) : 1,
    cuts,
    forgets: r.oneIn(8) ? [0, 0, 0].map(() => r.below(cuts.length)) : [],
    share: r.pick(cuts.length > 40 ? [2, 4, 8] : [1, 1, 2, 4]),
    vectorsToo: r.oneIn(8),
  };
}

/** `eret` to the program with the interrupts as the mode says. */
function writeEntry(a: Assembler, mode: Mode, start: number): void {
  const masked = mode.interrupts ? 0x340 : 0x3c0;
  a.mov(16, start);
  a.insn("System register move", { L: 0, o0: 1, op1: 0, CRn: 4, CRm: 0, op2: 1, Rt: 16 });
  a.mov(16, masked | (mode.atEl0 ? 0 : 5));
  a.insn("System register move", { L: 0, o0: 1, op1: 0, CRn: 4, CRm: 0, op2: 0, Rt: 16 });
  a.insn("Exception return", { drps: 0 });
  a.finish(start);
}
