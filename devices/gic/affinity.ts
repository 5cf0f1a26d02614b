/**
 * Affinity routing: how GICv3 names cores (IHI 0069 "Routing SPIs and SGIs by PE affinity").
 *
 * @module
 */

import type { GicConfig } from "./gic.ts";

/** The four affinity fields of a core, one byte each, Aff3 in bits 31:24, and core by affinity. */
export class Affinities {
  readonly #packed: readonly number[];

  constructor(config: Pick<GicConfig, "cores" | "mpidr">) {
    this.#packed = Array.from({ length: config.cores }, (_, core) => {
      const mpidr = config.mpidr(core);
      const aff3 = Math.floor(mpidr / 2 ** 32) & 0xff;
      return ((aff3 << 24) | (mpidr % 2 ** 24)) >>> 0;
    });
  }

  /** Aff3.Aff2.Aff1.Aff0 of a core, as GICR_TYPER shows it. */
  of(core: number): number {
    return this.#packed[core] ?? 0;
  }

  /** The core with this affinity as a bit mask; zero when there is none. */
  mask(packed: number): number {
    const core = this.#packed.indexOf(packed >>> 0);
    return core < 0 ? 0 : 1 << core;
  }

  /** The cores, as a bit mask, that a write to ICC_SGI1R_EL1 and its like by `from` names. */
  sgiTargets(value: bigint, from: number): number {
    const everyCore = (1 << this.#packed.length) - 1;
    if ((value >> 40n) & 1n) return everyCore & ~(1 << from);
    const field = (bit: bigint, mask: bigint) => Number((value >> bit) & mask);
    const cluster = (field(48n, 0xffn) << 16) | (field(32n, 0xffn) << 8) | field(16n, 0xffn);
    const range = field(44n, 0xfn);
    const list = field(0n, 0xffffn);
    let mask = 0;
    this.#packed.forEach((packed, core) => {
      const aff0 = packed & 0xff;
      const named = packed >>> 8 === cluster && aff0 >> 4 === range && (list >> (aff0 & 15)) & 1;
      if (named) mask |= 1 << core;
    });
    return mask;
  }
}
