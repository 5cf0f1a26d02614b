/**
 * Floating-point operations on WebAssembly's own numbers, wherever that is provably what the
 * architecture wants, FPSR included; everything else is left to core/fp.
 *
 * FPCR has to be in its default mode: round to nearest, no flushing, NaNs not default. A result that
 * may be inexact is taken only while FPSR.IXC, which is sticky, is set already. NaNs, infinities out
 * of finite operands and inexact results that may be subnormal are never taken.
 *
 * @module
 */

import { Fpsr } from "../fp/format.ts";
import { Rounding } from "../fp/ops.ts";
import { type FpInfo, unpackFpInfo } from "../fp/table.ts";
import type { Ops, Val } from "../isa/ops.ts";
import { isProduct, sumError } from "./fp_error.ts";
import { reciprocalOf, reciprocalRootOf } from "./fp_estimate.ts";
import { fusedDouble, fusedSingle, halfStep, hostFused } from "./fp_fused.ts";
import { fromHalf, toHalf } from "./fp_half.ts";
import { FpLane } from "./fp_lane.ts";
import { hasFusedMadd } from "./fused_madd.ts";

/** A result, and the condition (i32) under which it and the flags are right; absent: always. */
export interface FastFp {
  readonly result: Val;
  readonly holds?: Val;
  /** Another such condition, which costs more: for when the first does not hold. */
  readonly holdsToo?: () => Val;
}

/** What a path computes, in the terms of its {@linkcode FpLane}. */
interface Attempt {
  readonly result: Val;
  /** When the result is right and no flag is set. */
  readonly exact?: Val;
  /** When the result is right and no flag but IXC can be set. */
  readonly rounded?: Val;
  /** When the result is right and no flag but IXC and UFC can be set. */
  readonly finite?: Val;
  /** Like `exact`, but tested only when the others do not hold. */
  readonly precise?: () => Val;
}

type Path = (t: FpLane, args: readonly Val[], info: FpInfo) => Attempt | undefined;

/** Sums are exact where they are subnormal. */
const sum = (name: "add" | "sub", finish = (_t: FpLane, r: Val) => r): Path => (t, args) => {
  const [x, y] = args as [Val, Val];
  const r = t.let(t.w(name, x, y));
  const precise = () => {
    const error = sumError(t, x, name === "sub" ? t.let(t.w("neg", y)) : y, r);
    return t.w("eq", error, t.constant(0));
  };
  return { result: t.bits(finish(t, r)), rounded: t.finite(r), precise };
};

/** Products, and what a product can check: `of` gives two factors and their product. */
function product(
  name: "mul" | "div" | "sqrt",
  of: (x: Val, y: Val, r: Val) => readonly [a: Val, b: Val, product: Val],
  finish = (_t: FpLane, r: Val) => r,
): Path {
  return (t, args) => {
    const [x, y] = args as [Val, Val];
    const r = t.let(t.w(name, ...args));
    const precise = () => isProduct(t, ...of(x, y, r));
    const result = t.bits(finish(t, r));
    return { result, rounded: t.normal(r), finite: t.finite(r), precise };
  };
}

/** A maximum or minimum of numbers is one of them. */
const extreme = (name: "max" | "min"): Path => (t, [x, y]) => {
  const r = t.let(t.w(name, x as Val, y as Val));
  return { result: t.bits(r), exact: t.w("eq", r, r) };
};

const ordered = (t: FpLane, x: Val, y: Val) => t.and(t.w("eq", x, x), t.w("eq", y, y));

const comparison = (name: "eq" | "ge" | "gt", absolute = false): Path => (t, args) => {
  const [x, y] = args.map((v) => absolute ? t.let(t.w("abs", v)) : v) as [Val, Val];
  return { result: t.mask(t.w(name, x, y)), exact: ordered(t, x, y) };
};

/** NZCV in bits 3:0: less is N, equal Z and C, greater C. */
const flags: Path = (t, [x, y]) => {
  if (!t.scalar) return undefined;
  const { op } = t;
  const [a, b] = [x as Val, y as Val];
  const notLess = op.select(t.w("eq", a, b), op.i64(6), op.i64(2));
  return { result: op.select(t.w("lt", a, b), op.i64(8), notLess), exact: ordered(t, a, b) };
};

const fused = (negateAddend: boolean, negateFactor: boolean): Path => (t, [d, a, b]) => {
  const sign = (v: Val, negate: boolean) => negate ? t.let(t.w("neg", v)) : v;
  const [addend, x, y] = [sign(d as Val, negateAddend), sign(a as Val, negateFactor), b as Val];
  const soft = () => t.double ? fusedDouble(t, addend, x, y) : fusedSingle(t, addend, x, y);
  if (!hasFusedMadd) return soft();
  const r = t.let(hostFused(t, addend, x, y));
  const zero = t.constant(0);
  const byZero = t.or(t.w("eq", x, zero), t.w("eq", y, zero));
  return {
    result: t.bits(r),
    rounded: t.normal(r),
    finite: t.finite(r),
    exact: t.and(byZero, t.finite(r)),
    precise: () => soft().precise(),
  };
};

/** (3 - a · b) / 2: halving is exact where the result is normal. */
const rootStep: Path = (t, [a, b]) => {
  if (!hasFusedMadd) return undefined;
  const r = t.let(halfStep(t, a as Val, b as Val));
  return { result: t.bits(r), rounded: t.normal(r) };
};

const Directions = {
  [Rounding.tieEven]: "nearest",
  [Rounding.current]: "nearest",
  [Rounding.plusInfinity]: "ceil",
  [Rounding.minusInfinity]: "floor",
  [Rounding.zero]: "trunc",
} as const;

/** Rounds to an integral value; infinities and the sign of zero stay. */
export function toIntegral(t: FpLane, x: Val, mode: FpInfo["mode"]): Val | undefined {
  if (mode in Directions) return t.w(Directions[mode as keyof typeof Directions], x);
  if (mode !== Rounding.tieAway || !t.scalar) return undefined;
  // The largest number below one half brings exactly the ties and what lies beyond to the next one.
  const half = t.constant(t.double ? 0.5 - 2 ** -54 : 0.5 - 2 ** -25);
  return t.w("trunc", t.w("add", x, t.copySign(half, x)));
}

const roundInt: Path = (t, [x], { mode, flag }) => {
  const integral = toIntegral(t, x as Val, mode);
  if (!integral) return undefined;
  const r = t.let(integral);
  const number = t.w("eq", r, r);
  if (!flag) return { result: t.bits(r), exact: number };
  return { result: t.bits(r), exact: t.w("eq", r, x as Val), rounded: number };
};

const convert: Path = (t, [x], { to, mode }) => {
  if (!t.scalar || to === 16 || mode !== Rounding.current) return undefined;
  const other = new FpLane(t.op, to === 64 ? "f64" : "f32");
  const r = t.op.let(t.op.w(t.double ? "f32.demote_f64" : "f64.promote_f32", x as Val));
  if (!t.double) return { result: other.bits(r), exact: other.w("eq", r, r) };
  const back = t.op.w("f64.promote_f32", r);
  return { result: other.bits(r), exact: t.w("eq", back, x as Val), rounded: other.normal(r) };
};

const toFixed: Path = (t, [x], { to, mode, flag, fractionBits }) => {
  if (!t.scalar || to === 16) return undefined;
  const { op } = t;
  const double = new FpLane(op, "f64");
  const wide = t.double ? x as Val : op.w("f64.promote_f32", x as Val);
  // Upwards by a power of two is exact or goes out of range.
  const scaled = op.let(
    fractionBits ? double.w("mul", wide, double.constant(2 ** fractionBits)) : wide,
  );
  const integral = toIntegral(double, scaled, mode);
  if (!integral) return undefined;
  const r = op.let(integral);
  const least = double.constant(flag ? 0 : -(2 ** (to - 1)));
  const beyond = double.constant(2 ** (flag ? to : to - 1));
  const fits = op.let(double.and(double.w("ge", r, least), double.w("lt", r, beyond)));
  const integer = op.w(`i64.trunc_sat_f64_${flag ? "u" : "s"}`, r);
  return {
    result: to === 64 ? integer : op.w("i64.and", integer, op.i64(0xffff_ffff)),
    exact: double.and(fits, double.w("eq", r, scaled)),
    rounded: fits,
  };
};

/** Operands are integers, so this is no {@linkcode Path}. */
function fixedToFp(op: Ops, x: Val, info: FpInfo): Attempt | undefined {
  const { size, to, flag, fractionBits } = info;
  if (size === 16 || to === 16) return undefined;
  const t = new FpLane(op, to === 64 ? "f64" : "f32");
  const sign = flag ? "u" : "s";
  const wide = size === 64
    ? x
    : flag
    ? op.w("i64.and", x, op.i64(0xffff_ffff))
    : op.w("i64.extend32_s", x);
  const r = op.w(`${to === 64 ? "f64" : "f32"}.convert_i64_${sign}`, wide);
  // Downwards by at most 2 to the 64th never reaches subnormal numbers.
  const scaled = fractionBits ? t.w("mul", r, t.constant(2 ** -fractionBits)) : r;
  const one = op.i32(1);
  return { result: t.bits(scaled), ...(size < to ? { exact: one } : { rounded: one }) };
}

const Paths: Readonly<Record<string, Path>> = {
  add: sum("add"),
  sub: sum("sub"),
  absDiff: sum("sub", (t, r) => t.w("abs", r)),
  mul: product("mul", (x, y, r) => [x, y, r]),
  mulX: product("mul", (x, y, r) => [x, y, r]),
  nmul: product("mul", (x, y, r) => [x, y, r], (t, r) => t.w("neg", r)),
  div: product("div", (x, y, r) => [r, y, x]),
  sqrt: product("sqrt", (x, _y, r) => [r, r, x]),
  mulAdd: fused(false, false),
  mulSub: fused(false, true),
  negMulAdd: fused(true, true),
  negMulSub: fused(true, false),
  max: extreme("max"),
  min: extreme("min"),
  maxNum: extreme("max"),
  minNum: extreme("min"),
  compare: flags,
  compareSignalling: flags,
  equal: comparison("eq"),
  greaterEqual: comparison("ge"),
  greater: comparison("gt"),
  absGreaterEqual: comparison("ge", true),
  absGreater: comparison("gt", true),
  recipStep: (t, [a, b], info) => fused(false, true)(t, [t.constant(2), a as Val, b as Val], info),
  rsqrtStep: rootStep,
  recipEstimate: (t, [x]) => reciprocalOf(t, x as Val),
  rsqrtEstimate: (t, [x]) => reciprocalRootOf(t, x as Val),
  roundInt,
  convert,
  toFixed,
};

/** Changes of the sign are plain bit operations, on NaNs too. */
function signChange(op: Ops, operation: string, size: number, x: Val): Val | undefined {
  const ones = BigInt.asUintN(size, -1n);
  const magnitude = ones >> 1n;
  if (operation === "abs") return op.w("i64.and", x, op.i64(magnitude));
  if (operation !== "neg") return undefined;
  return op.w("i64.and", op.w("i64.xor", x, op.i64(ones ^ magnitude)), op.i64(ones));
}

function signChangeLanes(op: Ops, operation: string, size: number, x: Val): Val | undefined {
  const step = BigInt.asUintN(64, -1n) / BigInt.asUintN(size, -1n);
  const signs = step << BigInt(size - 1);
  if (operation === "abs") return op.w("v128.andnot", x, op.v128(signs, signs));
  return operation === "neg" ? op.w("v128.xor", x, op.v128(signs, signs)) : undefined;
}

/** What the caller has tested: nothing, or that FPCR's mode makes no difference to the operands. */
export type FpMode = "unknown" | "flushing";

/** All conditions together. */
function attempted(
  op: Ops,
  attempt: Attempt | undefined,
  mode: FpMode,
  t?: FpLane,
): FastFp | undefined {
  if (!attempt) return undefined;
  const all = (condition: Val) => t ? t.all(condition) : condition;
  const whenFast = (condition: Val) =>
    mode === "flushing" ? condition : op.select(op.field("fpFast"), condition, op.i32(0));
  const { result, exact, rounded, finite, precise } = attempt;
  const whileSet = (flags: number, condition: Val | undefined) => {
    if (!condition) return [];
    const unset = op.w("i32.and", op.w("i32.xor", op.field("fpsr"), op.i32(-1)), op.i32(flags));
    return [op.select(unset, op.i32(0), all(condition))];
  };
  const right = [
    ...(exact ? [all(exact)] : []),
    ...whileSet(Fpsr.IXC, rounded),
    ...(mode === "flushing" ? [] : whileSet(Fpsr.IXC | Fpsr.UFC, finite)),
  ].reduce((a, b) => op.w("i32.or", a, b));
  const holds = whenFast(right);
  return precise ? { result, holds, holdsToo: () => whenFast(all(precise())) } : { result, holds };
}

/** The fast way of an operation on i64 bit patterns, if there is one; `args` are temporaries. */
export function fastFp(
  op: Ops,
  operation: string,
  packed: number,
  args: readonly Val[],
  mode: FpMode = "unknown",
): FastFp | undefined {
  const info = unpackFpInfo(packed);
  if (operation === "fixedToFp") return attempted(op, fixedToFp(op, args[0] as Val, info), mode);
  if (operation === "convert" && info.mode === Rounding.current) {
    const bits = args[0] as Val;
    if (info.size === 16) return attempted(op, fromHalf(op, bits, info.to), mode);
    if (info.size === 32 && info.to === 16) return attempted(op, toHalf(op, bits), mode);
  }
  const signed = signChange(op, operation, info.size, args[0] as Val);
  if (signed) return { result: signed };
  const path = Paths[operation];
  if (!path || info.size === 16) return undefined;
  const t = new FpLane(op, info.size === 64 ? "f64" : "f32");
  return attempted(op, path(t, args.map((v) => t.fromBits(v)), info), mode);
}

/** The same for vectors of `lanes` elements. */
export function fastFpLanes(
  op: Ops,
  operation: string,
  packed: number,
  lanes: number,
  args: readonly Val[],
): FastFp | undefined {
  const info = unpackFpInfo(packed);
  const signed = signChangeLanes(op, operation, info.size, args[0] as Val);
  if (signed) return { result: signed };
  const path = Paths[operation];
  if (!path || info.size === 16) return undefined;
  const t = new FpLane(op, info.size === 64 ? "f64x2" : "f32x4");
  // Where half a vector is worked on, its elements stand in for the others.
  const low = (v: Val) => op.let(op.w("i64x2.splat", op.lane("i64x2.extract_lane", 0, v)));
  const attempt = path(t, lanes * info.size === 64 ? args.map(low) : args, info);
  return attempted(op, attempt, "unknown", t);
}
