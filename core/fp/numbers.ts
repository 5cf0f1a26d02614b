/**
 * Bit patterns as the host's numbers and back.
 *
 * @module
 */

import type { FpSize } from "./format.ts";

const doubles = new Float64Array(1);
const singles = new Float32Array(doubles.buffer);
const halves = new Float16Array(doubles.buffer);
const bits = new BigUint64Array(doubles.buffer);
const words = new Int32Array(doubles.buffer);

/** The value; a NaN's payload is lost. */
export function toNumber(pattern: bigint, size: FpSize): number {
  bits[0] = pattern;
  return (size === 64 ? doubles[0] : size === 32 ? singles[0] : halves[0]) ?? NaN;
}

/** The pattern of a value that the format holds exactly and that is not a NaN. */
export function fromNumber(value: number, size: FpSize): bigint {
  if (size === 64) doubles[0] = value;
  else {
    doubles[0] = 0;
    if (size === 32) singles[0] = value;
    else halves[0] = value;
  }
  return bits[0] ?? 0n;
}

/** Whether the last bit of the significand is set. */
export function isOdd(value: number): boolean {
  doubles[0] = value;
  return ((words[0] ?? 0) & 1) !== 0;
}

/** The odd neighbour of an even value that is not zero, on the side of the direction's sign. */
export function oddNeighbour(value: number, direction: number): number {
  doubles[0] = value;
  const low = words[0] ?? 0;
  if ((direction > 0) === (value > 0)) words[0] = low + 1;
  else {
    words[0] = low - 1;
    if (low === 0) words[1] = (words[1] ?? 0) - 1;
  }
  return doubles[0] ?? NaN;
}
