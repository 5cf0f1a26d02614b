/** The board's RAM as the hypervisor hands it out. @module */

import { byteCount, hexRange } from "../hex.ts";

/** A range of physical addresses. */
export interface PhysicalRange {
  readonly base: number;
  readonly bytes: number;
}

const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;
const alignDown = (n: number, to: number): number => Math.floor(n / to) * to;

/** Which RAM is free. */
export class MemoryPool {
  /** Sorted by address, apart from each other. */
  #free: PhysicalRange[];

  constructor(ram: readonly PhysicalRange[]) {
    this.#free = [...ram].sort((a, b) => a.base - b.base);
  }

  /** Bytes that are free. */
  get freeBytes(): number {
    return this.#free.reduce((sum, range) => sum + range.bytes, 0);
  }

  /**
   * Takes exactly this range.
   *
   * @throws {RangeError} When part of it is taken, or is no RAM.
   */
  claim(base: number, bytes: number): void {
    const home = this.#free.find((f) => f.base <= base && f.base + f.bytes >= base + bytes);
    if (!home) {
      throw new RangeError(`Cannot take ${hexRange(base, bytes)}: it must be RAM that is free`);
    }
    this.#cut(home, base, bytes);
  }

  /** Takes the highest free range that is aligned; `undefined` when there is none. */
  takeHighest(bytes: number, alignment: number): PhysicalRange | undefined {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const home = this.#free[i] as PhysicalRange;
      const base = alignDown(home.base + home.bytes - bytes, alignment);
      if (base >= home.base) return this.#cut(home, base, bytes);
    }
    return undefined;
  }

  /** Takes the lowest free range that is aligned; `undefined` when there is none. */
  takeLowest(bytes: number, alignment: number): PhysicalRange | undefined {
    for (const home of this.#free) {
      const base = alignUp(home.base, alignment);
      if (base + bytes <= home.base + home.bytes) return this.#cut(home, base, bytes);
    }
    return undefined;
  }

  /**
   * Takes RAM from anywhere: one range with the first alignment that finds one, or pieces.
   *
   * @throws {RangeError} When so much is not free.
   */
  take(bytes: number, alignments: readonly number[]): PhysicalRange[] {
    for (const alignment of alignments) {
      const range = this.takeHighest(bytes, alignment);
      if (range) return [range];
    }
    if (bytes > this.freeBytes) {
      throw new RangeError(
        `Cannot take ${byteCount(bytes)} of RAM: only ${byteCount(this.freeBytes)} must be taken`,
      );
    }
    const pieces: PhysicalRange[] = [];
    for (let left = bytes; left > 0;) {
      const home = this.#free[0] as PhysicalRange;
      const piece = this.#cut(home, home.base, Math.min(left, home.bytes));
      pieces.push(piece);
      left -= piece.bytes;
    }
    return pieces;
  }

  /** Gives a range back. */
  release(range: PhysicalRange): void {
    const all = [...this.#free, range].sort((a, b) => a.base - b.base);
    this.#free = [];
    for (const next of all) {
      const last = this.#free.at(-1);
      if (last && last.base + last.bytes === next.base) {
        this.#free[this.#free.length - 1] = { base: last.base, bytes: last.bytes + next.bytes };
      } else this.#free.push(next);
    }
  }

  #cut(home: PhysicalRange, base: number, bytes: number): PhysicalRange {
    const end = base + bytes;
    const rest = [
      { base: home.base, bytes: base - home.base },
      { base: end, bytes: home.base + home.bytes - end },
    ].filter((range) => range.bytes > 0);
    this.#free.splice(this.#free.indexOf(home), 1, ...rest);
    return { base, bytes };
  }
}
