/**
 * Pseudo-random operands that favour what goes wrong: close exponents, short and tied fractions,
 * subnormal numbers, limits.
 *
 * @module
 */

import { formatOf, type FpSize } from "../../../core/fp/format.ts";

/** Gives integers in [0, limit); the same ones every time (xorshift32). */
export type Dice = (limit: number) => number;

/** A dice that starts at this seed, which must not be zero. */
export function dice(seed: number): Dice {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function randomBits(roll: Dice, count: number): bigint {
  let bits = 0n;
  for (let done = 0; done < count; done += 16) bits = (bits << 16n) | BigInt(roll(0x1_0000));
  return BigInt.asUintN(count, bits);
}

function fraction(roll: Dice, bits: number): bigint {
  const random = randomBits(roll, bits);
  switch (roll(6)) {
    case 0:
      return 0n;
    case 1:
      return (1n << BigInt(bits)) - 1n;
    case 2: // few leading bits
      return random & ~((1n << BigInt(bits - 1 - roll(Math.min(12, bits - 1)))) - 1n);
    case 3: // few trailing bits
      return random & ((1n << BigInt(1 + roll(8))) - 1n);
    default:
      return random;
  }
}

/** An operand: any kind, but most of them near one. */
export function operand(roll: Dice, size: FpSize): bigint {
  const format = formatOf(size);
  const sign = roll(2) === 0 ? 0n : format.signBit;
  const top = format.specialExponent;
  const near = (top >> 1) + roll(9) - 4;
  const fields = [0, 0, 1, top - 1, top, roll(top), roll(top), near, near, near, near, near];
  const spread = (top >> 1) + roll(format.fractionBits * 3) - roll(format.fractionBits * 3);
  const field = roll(3) === 0 ? spread : fields[roll(fields.length)] ?? near;
  const bounded = BigInt(Math.min(Math.max(field, 0), top));
  return sign | (bounded << BigInt(format.fractionBits)) | fraction(roll, format.fractionBits);
}
