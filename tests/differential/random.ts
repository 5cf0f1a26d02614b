/** Numbers that look random and are the same in every run. @module */

/** A generator (xorshift, Marsaglia 2003) seeded with an integer. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds must not give similar sequences.
    let mixed = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
    this.#state = (mixed ^ (mixed >>> 16)) || 1;
    for (let i = 0; i < 4; i++) this.word();
  }

  /** 32 bits, unsigned. */
  word(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s >>> 0;
  }

  /** 0 to `n` − 1. */
  below(n: number): number {
    return Math.floor(this.word() / 2 ** 32 * n);
  }

  /** `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in one of `n` cases. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One of `rows` by its weight, which comes first. */
  weighted<T>(rows: readonly (readonly [weight: number, what: T])[]): T {
    let left = this.below(rows.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, what] of rows) {
      if (left < weight) return what;
      left -= weight;
    }
    throw new Error("Cannot pick: the weights must not all be 0");
  }

  /** 64 bits: often small, at an edge, or a floating-point number of note. */
  long(): bigint {
    const any = (BigInt(this.word()) << 32n) | BigInt(this.word());
    switch (this.below(8)) {
      case 0:
        return BigInt(this.below(256));
      case 1:
        return BigInt.asUintN(64, -BigInt(this.below(256)));
      case 2:
        return this.edge();
      case 3:
        return (BigInt(this.single()) << 32n) | BigInt(this.single());
      case 4:
        return this.pick(Doubles) ^ (this.oneIn(4) ? 1n << 63n : 0n);
      default:
        return any;
    }
  }

  /** 64 bits at the end of some range. */
  edge(): bigint {
    return this.pick(Edges);
  }

  /** Bits of a single-precision number of note. */
  single(): number {
    return (this.pick(Singles) ^ (this.oneIn(4) ? 0x8000_0000 : 0)) >>> 0;
  }
}

const Edges = [
  0n,
  1n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
  0xffff_ffff_8000_0000n,
];
const Doubles = [
  0n,
  1n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x3ff0_0000_0000_0000n,
  0x3ff8_0000_0000_0001n,
  0x4059_0000_0000_0000n,
  0x41e0_0000_0000_0000n,
  0x43e0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0x7ff8_0000_0000_0123n,
];
const Singles = [
  0,
  1,
  0x007f_ffff,
  0x0080_0000,
  0x3f80_0000,
  0x3fc0_0001,
  0x42c8_0000,
  0x4f00_0000,
  0x7f7f_ffff,
  0x7f80_0000,
  0x7f80_0001,
  0x7fc0_0123,
  0x3c00_7bff,
];
