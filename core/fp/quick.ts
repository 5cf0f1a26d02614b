/**
 * The common cases on the host's numbers: rounding to nearest, no flushing, ordinary operands. Each
 * function gives `undefined` where it cannot prove its result and its IXC exact.
 *
 * Sums, products, quotients and roots of single and half precision operands are rounded twice,
 * which is harmless when the wider significand has 2p + 2 bits or was rounded to odd (Figueroa;
 * Boldo and Melquiond). Errors of double precision operations come from TwoSum and from Dekker's
 * product.
 *
 * @module
 */

import { Fpcr, type FpEnv, type FpSize, Fpsr } from "./format.ts";
import { fromNumber, isOdd, oddNeighbour, toNumber } from "./numbers.ts";

const unusual = Fpcr.FZ | Fpcr.FZ16 | (3 << Fpcr.RMode);

/** What the error-free transformations below stand without overflow or underflow. */
const ordinary = { least: 2 ** -300, most: 2 ** 300 } as const;

function isOrdinary(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude >= ordinary.least && magnitude <= ordinary.most;
}

/** a + b - sum, exactly (TwoSum). */
function sumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  return (a - (sum - bRounded)) + (b - bRounded);
}

/** a * b - product, exactly (Dekker). */
function productError(a: number, b: number, product: number): number {
  const aScaled = a * 134_217_729;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * 134_217_729;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow;
}

/** The sum rounded to odd, of which `sum` is the nearest and `error` the rest. */
function oddSum(sum: number, error: number): number {
  return error === 0 || isOdd(sum) ? sum : oddNeighbour(sum, error);
}

const limits = {
  16: { leastNormal: 2 ** -14, largest: 65_504 },
  32: { leastNormal: 2 ** -126, largest: (2 - 2 ** -23) * 2 ** 127 },
  // Well below the largest number, where TwoSum could overflow.
  64: { leastNormal: 2 ** -1022, largest: 2 ** 1022 },
} as const;

/** Rounds `value`, itself off by `error`, to the format. */
export function finishQuick(
  value: number,
  error: number,
  size: FpSize,
  env: FpEnv,
): bigint | undefined {
  const result = size === 64 ? value : size === 32 ? Math.fround(value) : Math.f16round(value);
  const magnitude = Math.abs(result);
  const limit = limits[size];
  if (!(magnitude <= limit.largest)) return undefined;
  if (error !== 0 || result !== value) {
    if (magnitude <= limit.leastNormal) return undefined;
    env.fpsr |= Fpsr.IXC;
  }
  return fromNumber(result, size);
}

/** a + b. */
export function quickAdd(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = toNumber(b, size);
  const sum = x + y;
  return finishQuick(sum, sumError(x, y, sum), size, env);
}

/** a - b. */
export function quickSubtract(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = -toNumber(b, size);
  const sum = x + y;
  return finishQuick(sum, sumError(x, y, sum), size, env);
}

/** a * b. */
export function quickMultiply(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = toNumber(b, size);
  const product = x * y;
  if (size !== 64) return finishQuick(product, 0, size, env);
  if (!isOrdinary(x) || !isOrdinary(y)) return undefined;
  return finishQuick(product, productError(x, y, product), size, env);
}

/** a / b. */
export function quickDivide(a: bigint, b: bigint, size: FpSize, env: FpEnv): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = toNumber(b, size);
  if (!isOrdinary(x) || !isOrdinary(y)) return undefined;
  const quotient = x / y;
  const product = quotient * y;
  const error = product - x || productError(quotient, y, product);
  // A quotient that is not exact and not normal would be rounded twice.
  if (error !== 0 && Math.abs(quotient) <= limits[size].leastNormal) return undefined;
  return finishQuick(quotient, error, size, env);
}

/** The square root. */
export function quickSquareRoot(a: bigint, size: FpSize, env: FpEnv): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  if (!(x > 0) || !isOrdinary(x)) return undefined;
  const root = Math.sqrt(x);
  const square = root * root;
  return finishQuick(root, square - x || productError(root, root, square), size, env);
}

/** addend + a * b, rounded once. */
export function quickMultiplyAdd(
  addend: bigint,
  [a, b]: readonly [bigint, bigint],
  size: FpSize,
  env: FpEnv,
): bigint | undefined {
  if ((env.fpcr & unusual) !== 0) return undefined;
  const x = toNumber(a, size);
  const y = toNumber(b, size);
  const z = toNumber(addend, size);
  const product = x * y;
  if (size !== 64) {
    const sum = product + z;
    const error = sumError(product, z, sum);
    return finishQuick(oddSum(sum, error), error, size, env);
  }
  if (!isOrdinary(x) || !isOrdinary(y) || !(isOrdinary(z) || z === 0)) return undefined;
  // Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using
  // rounding to odd", figure 3.
  const productLow = productError(x, y, product);
  const low = z + productLow;
  const lowRest = sumError(z, productLow, low);
  const high = product + low;
  const highRest = sumError(product, low, high);
  const rest = lowRest + highRest;
  const restError = sumError(lowRest, highRest, rest);
  const oddRest = oddSum(rest, restError);
  const result = high + oddRest;
  return finishQuick(result, restError || sumError(high, oddRest, result), size, env);
}
