/**
 * Arrays of 32-bit words and the named sets of them that make up a part's state.
 *
 * Words are kept as signed integers, which is what JavaScript's bit operators yield; readers that
 * print or compare them apply `>>> 0`.
 *
 * @module
 */

import type { State } from "../../core/board/device.ts";

/** One part of a GIC: numbers by name, refilled in place so that its users may hold on to it. */
export interface Part {
  /** The state. */
  readonly state: PartState;
  /** A fresh power-on state. */
  powerOn(): PartState;
}

/** Numbers, alone or in arrays whose length never changes. */
export type PartState = { [name: string]: number | number[] };

/** `count` zeros, or another number. */
export function filled(count: number, value = 0): number[] {
  return new Array<number>(count).fill(value);
}

/** The word at `i`, zero beyond the end. */
export function word(words: readonly number[], i: number): number {
  return words[i] ?? 0;
}

/** Sets the bits of `mask`. */
export function setBits(words: number[], i: number, mask: number): void {
  words[i] = word(words, i) | mask;
}

/** Clears the bits of `mask`. */
export function clearBits(words: number[], i: number, mask: number): void {
  words[i] = word(words, i) & ~mask;
}

/** Replaces the bits of `mask` by those of `value`. */
export function putBits(words: number[], i: number, value: number, mask: number): void {
  words[i] = (word(words, i) & ~mask) | (value & mask);
}

/** Position of the lowest bit set in `bits`, which must not be zero. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/**
 * Copies the numbers of `source` into `target`.
 *
 * @throws {TypeError} When an array has another length; `path` names it.
 */
export function refill(target: PartState, source: State, path: string): void {
  for (const [name, value] of Object.entries(target)) {
    const other = source[name];
    if (!Array.isArray(value)) {
      target[name] = other as number;
      continue;
    }
    const numbers = other as readonly number[];
    if (numbers.length !== value.length) {
      throw new TypeError(
        `Cannot restore ${path}.${name}: it must have ${value.length} elements, ` +
          `the snapshot has ${numbers.length}`,
      );
    }
    numbers.forEach((n, i) => value[i] = n);
  }
}
