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
  /** What has come back and may hold something; sorted in the same way. */
  #used: PhysicalRange[] = [];

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
    this.#free = joined([...this.#free, range]);
    this.#used = joined([...this.#used, range]);
  }

  /** Those parts of a range that somebody had before: they are to be emptied, and count as such. */
  takeUsed({ base, bytes }: PhysicalRange): PhysicalRange[] {
    const end = base + bytes;
    const found: PhysicalRange[] = [];
    this.#used = this.#used.flatMap((used) => {
      const usedEnd = used.base + used.bytes;
      const [from, to] = [Math.max(base, used.base), Math.min(end, usedEnd)];
      if (from >= to) return [used];
      found.push({ base: from, bytes: to - from });
      return [
        { base: used.base, bytes: from - used.base },
        { base: to, bytes: usedEnd - to },
      ].filter((rest) => rest.bytes > 0);
    });
    return found;
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

/** Ranges by address, those that touch or overlap as one. */
function joined(ranges: PhysicalRange[]): PhysicalRange[] {
  const result: PhysicalRange[] = [];
  for (const next of ranges.sort((a, b) => a.base - b.base)) {
    const last = result.at(-1);
    if (last && last.base + last.bytes >= next.base) {
      const end = Math.max(last.base + last.bytes, next.base + next.bytes);
      result[result.length - 1] = { base: last.base, bytes: end - last.base };
    } else result.push(next);
  }
  return result;
}
