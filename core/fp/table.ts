/**
 * The operations as a table that generated code calls by index: every one has the same signature,
 * and what the decoder knows is packed into one immediate.
 *
 * @module
 */

import { brainDotAdd, brainToSingle, halfToSingle } from "./brain.ts";
import { convertToBrain } from "./convert.ts";
import { unsignedReciprocalEstimate, unsignedReciprocalRootEstimate } from "./estimate.ts";
import { toFixedJavaScript } from "./fixed.ts";
import { currentRounding } from "./format.ts";
import {
  fixedToFp,
  fpAbs,
  fpAdd,
  fpCompare,
  fpConvert,
  fpDiv,
  type FpEnv,
  fpExtreme,
  fpMul,
  fpMulAdd,
  fpMulX,
  fpNeg,
  fpRecipEstimate,
  fpRecipStep,
  fpRecpX,
  fpRoundInt,
  fpRoundIntN,
  fpRSqrtEstimate,
  fpRSqrtStep,
  type FpSize,
  fpSqrt,
  fpSub,
  fpToFixed,
  Order,
  Rounding,
  type RoundingMode,
} from "./ops.ts";

export { type FpSize, Rounding, type RoundingMode };

/** What an immediate says. */
export interface FpInfo {
  /** Width of the operands: of the integer for `fixedToFp`. */
  readonly size: FpSize;
  /** Width of the result where it differs; for `roundIntN` that of the integer. */
  readonly to: FpSize;
  readonly mode: RoundingMode;
  /** Unsigned integers (`toFixed`, `fixedToFp`), IXC wanted (`roundInt`). */
  readonly flag: boolean;
  /** 0 to 64. */
  readonly fractionBits: number;
}

/** Packs an immediate; without conversions it is just the size. */
export function packFpInfo(info: Partial<FpInfo> & { readonly size: FpSize }): number {
  const { size, to = 0, mode = 0, flag = false, fractionBits = 0 } = info;
  return size | (to << 7) | (mode << 14) | ((flag ? 1 : 0) << 17) | (fractionBits << 18);
}

/** Unpacks what {@linkcode packFpInfo} packed. */
export function unpackFpInfo(packed: number): FpInfo {
  return {
    size: (packed & 0x7f) as FpSize,
    to: ((packed >> 7) & 0x7f) as FpSize,
    mode: ((packed >> 14) & 7) as RoundingMode,
    flag: ((packed >> 17) & 1) !== 0,
    fractionBits: (packed >> 18) & 0x7f,
  };
}

/** One operation; operands it does not take are ignored. */
export interface FpOperation {
  readonly name: string;
  readonly arity: 1 | 2 | 3;
  readonly run: (a: bigint, b: bigint, c: bigint, info: number, env: FpEnv) => bigint;
}

type Unary = (a: bigint, size: FpSize, env: FpEnv) => bigint;
type Binary = (a: bigint, b: bigint, size: FpSize, env: FpEnv) => bigint;
type Ternary = (a: bigint, b: bigint, c: bigint, size: FpSize, env: FpEnv) => bigint;

/** The width that an immediate gives. */
export function sizeOfInfo(info: number): FpSize {
  return (info & 0x7f) as FpSize;
}

function unary(name: string, f: Unary): FpOperation {
  return { name, arity: 1, run: (a, _b, _c, info, env) => f(a, sizeOfInfo(info), env) };
}

function binary(name: string, f: Binary): FpOperation {
  return { name, arity: 2, run: (a, b, _c, info, env) => f(a, b, sizeOfInfo(info), env) };
}

function ternary(name: string, f: Ternary): FpOperation {
  return { name, arity: 3, run: (a, b, c, info, env) => f(a, b, c, sizeOfInfo(info), env) };
}

function conversion(
  name: string,
  f: (a: bigint, info: FpInfo, env: FpEnv) => bigint,
): FpOperation {
  return { name, arity: 1, run: (a, _b, _c, info, env) => f(a, unpackFpInfo(info), env) };
}

function extreme(name: string, larger: boolean, numbers: boolean): FpOperation {
  return binary(name, (a, b, size, env) => fpExtreme(a, b, { size, larger, numbers }, env));
}

function flags(name: string, signalling: boolean): FpOperation {
  return binary(name, (a, b, size, env) => BigInt(fpCompare(a, b, { size, signalling }, env)));
}

/** All ones when the comparison holds. */
function mask(name: string, holds: "equal" | "atLeast" | "above", absolute: boolean): FpOperation {
  const signalling = holds !== "equal";
  return binary(name, (a, b, size, env) => {
    const x = absolute ? fpAbs(a, size) : a;
    const y = absolute ? fpAbs(b, size) : b;
    const order = fpCompare(x, y, { size, signalling }, env);
    const result = (order === Order.equal && holds !== "above") ||
      (order === Order.greater && holds !== "equal");
    return result ? BigInt.asUintN(size, -1n) : 0n;
  });
}

/** Every operation. An index, once in generated code, is a position here. */
export const fpOperations: readonly FpOperation[] = [
  unary("abs", (a, size) => fpAbs(a, size)),
  unary("neg", (a, size) => fpNeg(a, size)),
  binary("add", fpAdd),
  binary("sub", fpSub),
  binary("mul", fpMul),
  binary("mulX", fpMulX),
  binary("nmul", (a, b, size, env) => fpNeg(fpMul(a, b, size, env), size)),
  binary("div", fpDiv),
  binary("absDiff", (a, b, size, env) => fpAbs(fpSub(a, b, size, env), size)),
  unary("sqrt", fpSqrt),
  // The addend comes first. FMADD, FMLA; FMSUB, FMLS; FNMADD; FNMSUB.
  ternary("mulAdd", fpMulAdd),
  ternary("mulSub", (d, a, b, size, env) => fpMulAdd(d, fpNeg(a, size), b, size, env)),
  ternary(
    "negMulAdd",
    (d, a, b, size, env) => fpMulAdd(fpNeg(d, size), fpNeg(a, size), b, size, env),
  ),
  ternary("negMulSub", (d, a, b, size, env) => fpMulAdd(fpNeg(d, size), a, b, size, env)),
  binary("recipStep", fpRecipStep),
  binary("rsqrtStep", fpRSqrtStep),
  unary("recipEstimate", fpRecipEstimate),
  unary("rsqrtEstimate", fpRSqrtEstimate),
  unary("recpX", fpRecpX),
  unary("unsignedRecipEstimate", unsignedReciprocalEstimate),
  unary("unsignedRSqrtEstimate", unsignedReciprocalRootEstimate),
  extreme("max", true, false),
  extreme("min", false, false),
  extreme("maxNum", true, true),
  extreme("minNum", false, true),
  // The result is NZCV, N in bit 3.
  flags("compare", false),
  flags("compareSignalling", true),
  mask("equal", "equal", false),
  mask("greaterEqual", "atLeast", false),
  mask("greater", "above", false),
  mask("absGreaterEqual", "atLeast", true),
  mask("absGreater", "above", true),
  conversion("roundInt", (a, { size, mode, flag }, env) => {
    return fpRoundInt(a, { size, mode, exact: flag }, env);
  }),
  conversion("roundIntN", (a, { size, mode, to }, env) => {
    return fpRoundIntN(a, { size, mode, bits: to === 64 ? 64 : 32 }, env);
  }),
  conversion(
    "convert",
    (a, { size, to, mode }, env) => fpConvert(a, { from: size, to, mode }, env),
  ),
  conversion("toFixed", (a, { size, to, mode, flag, fractionBits }, env) => {
    return fpToFixed(a, { size, mode, bits: to, fractionBits, unsigned: flag }, env);
  }),
  conversion("fixedToFp", (a, { size, to, mode, flag, fractionBits }, env) => {
    return fixedToFp(a, { size: to, mode, bits: size, fractionBits, unsigned: flag }, env);
  }),
  // Bits 31:0 are the result, bit 32 the Z flag.
  unary("toFixedJavaScript", (a, _size, env) => toFixedJavaScript(a, env)),
  unary("convertToBrain", (a, _size, env) => convertToBrain(a, currentRounding(env), env)),
  ternary("brainDotAdd", (d, a, b) => brainDotAdd(d, a, b)),
  ternary("brainMulAdd", (d, a, b, _size, env) => {
    return fpMulAdd(d, brainToSingle(a), brainToSingle(b), 32, env);
  }),
  ternary("halfMulAdd", (d, a, b, _size, env) => {
    return fpMulAdd(d, halfToSingle(a, env), halfToSingle(b, env), 32, env);
  }),
  ternary("halfMulSub", (d, a, b, _size, env) => {
    return fpMulAdd(d, halfToSingle(fpNeg(a, 16), env), halfToSingle(b, env), 32, env);
  }),
];

/** The index of an operation, for the code that generates calls. */
export function fpOperationIndex(name: string): number {
  const index = fpOperations.findIndex((operation) => operation.name === name);
  if (index >= 0) return index;
  throw new RangeError(`Cannot find operation: must be in fpOperations, got "${name}"`);
}
