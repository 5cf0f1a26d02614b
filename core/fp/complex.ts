/**
 * Complex arithmetic on one pair of elements (DDI 0487 FCADD, FCMLA).
 *
 * @module
 */

import { fpAdd, type FpEnv, fpMulAdd, fpNeg, type FpSize } from "./ops.ts";

/** Real part, imaginary part. */
export type Complex = readonly [real: bigint, imaginary: bigint];

/** Quarter turns anticlockwise. */
export type Turns = 0 | 1 | 2 | 3;

/** How an operation rotates and what it works on. */
export interface ComplexShape {
  readonly turns: Turns;
  readonly size: FpSize;
}

/** a + b turned by 90 or 270 degrees (FCADD). */
export function complexAdd(
  [aReal, aImaginary]: Complex,
  [bReal, bImaginary]: Complex,
  { turns, size }: ComplexShape,
  env: FpEnv,
): Complex {
  const real = turns === 1 ? fpNeg(bImaginary, size) : bImaginary;
  const imaginary = turns === 1 ? bReal : fpNeg(bReal, size);
  return [fpAdd(aReal, real, size, env), fpAdd(aImaginary, imaginary, size, env)];
}

/** addend + the half of a * b that the turn names (FCMLA). */
export function complexMulAdd(
  [real, imaginary]: Complex,
  [a, b]: readonly [Complex, Complex],
  { turns, size }: ComplexShape,
  env: FpEnv,
): Complex {
  const crossed = (turns & 1) !== 0;
  const factor = crossed ? a[1] : a[0];
  const forReal = crossed ? b[1] : b[0];
  const forImaginary = crossed ? b[0] : b[1];
  const realFactor = turns === 1 || turns === 2 ? fpNeg(forReal, size) : forReal;
  const imaginaryFactor = turns >= 2 ? fpNeg(forImaginary, size) : forImaginary;
  return [
    fpMulAdd(real, factor, realFactor, size, env),
    fpMulAdd(imaginary, factor, imaginaryFactor, size, env),
  ];
}
