/**
 * GICv3 redistributor registers (IHI 0069 12.10, 12.11): for each core a frame of control registers
 * and a frame of its SGIs and PPIs. There are no LPIs.
 *
 * @module
 */

import type { Device } from "../../core/board/device.ts";
import type { Affinities } from "./affinity.ts";
import {
  type BankOf,
  commonFamilies,
  type Family,
  frame,
  type FrameWires,
  Iidr,
  type Row,
} from "./frames.ts";
import type { Interrupts } from "./interrupts.ts";
import { filled, type Part, word } from "./words.ts";

/** Bytes from one core's frames to the next core's. */
const Stride = 0x2_0000;
/** Where the SGI and PPI registers are within them. */
const SgiFrame = 0x1_0000;

/** GICR_WAKER. */
const Waker = { processorSleep: 1 << 1, childrenAsleep: 1 << 2 } as const;
/** GICR_TYPER.Last. */
const Last = 1 << 4;
const Identification = [0x44, 0, 0, 0, 0x93, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1];

/** GICR_WAKER of every core. */
export class Wakers implements Part {
  readonly state: { waker: number[] };
  readonly #cores: number;

  constructor(cores: number) {
    this.#cores = cores;
    this.state = this.powerOn();
  }

  powerOn(): Wakers["state"] {
    return { waker: filled(this.#cores, Waker.processorSleep | Waker.childrenAsleep) };
  }

  /**
   * The interface follows at once. Interrupts are signalled even while it is said to sleep, as in
   * QEMU: software that only ever ran there leaves it asleep.
   */
  write(core: number, value: number): void {
    const asleep = (value & Waker.processorSleep) !== 0;
    this.state.waker[core] = asleep ? Waker.processorSleep | Waker.childrenAsleep : 0;
  }
}

/** GICR_* of every core, one core's frames after the other's. */
export function redistributors(
  interrupts: Interrupts,
  wakers: Wakers,
  affinities: Affinities,
  wires: FrameWires,
): Device {
  const rows = redistributorRows(interrupts, wakers, affinities);
  return frame("gicv3-gicr", Stride * interrupts.config.cores, rows, wires);
}

function redistributorRows(
  interrupts: Interrupts,
  wakers: Wakers,
  affinities: Affinities,
): Row[] {
  const { cores } = interrupts.config;
  const each = (
    name: string,
    at: number,
    read: (core: number) => number,
    write: (core: number, value: number, lanes: number) => void = () => {},
  ): Row => ({
    at,
    name,
    count: cores,
    stride: Stride,
    read: (_s, _w, core) => read(core),
    write: (_s, _w, value, core, _from, lanes) => write(core, value, lanes),
  });
  const reserved = (name: string, at: number) => each(name, at, () => 0);
  const place = (family: Family, words: number): Row[] =>
    Array.from({ length: words }, (_, i) =>
      each(
        `${family.name}${i}`,
        SgiFrame + family.at + i * 4,
        (core) => family.read(core, i),
        (core, value, lanes) => family.write(core, i, value, lanes),
      ));
  const bankOf: BankOf = (core, n) => n === 0 ? core : undefined;
  return [
    reserved("GICR_CTLR", 0x0000),
    each("GICR_IIDR", 0x0004, () => Iidr),
    each("GICR_TYPER", 0x0008, (core) => (core << 8) | (core === cores - 1 ? Last : 0)),
    each("GICR_TYPER (Affinity_Value)", 0x000c, (core) => affinities.of(core)),
    reserved("GICR_STATUSR", 0x0010),
    each("GICR_WAKER", 0x0014, (core) => word(wakers.state.waker, core), (core, value) => {
      wakers.write(core, value);
    }),
    ...[0x0040, 0x0044, 0x0048, 0x004c].map((at) => reserved("GICR_SETLPIR or GICR_CLRLPIR", at)),
    ...[0x0070, 0x0074].map((at) => reserved("GICR_PROPBASER", at)),
    ...[0x0078, 0x007c].map((at) => reserved("GICR_PENDBASER", at)),
    ...[0x00a0, 0x00b0, 0x00c0].map((at) => reserved("GICR_INVLPIR, INVALLR or SYNCR", at)),
    ...Identification.map((value, i) => each("GICR_PIDR", 0xffd0 + i * 4, () => value)),
    ...commonFamilies("GICR", interrupts, bankOf).flatMap((f) => place(f, f.words / 32)),
    reserved("GICR_IGRPMODR0", SgiFrame + 0x0d00),
    reserved("GICR_NSACR", SgiFrame + 0x0e00),
  ];
}
