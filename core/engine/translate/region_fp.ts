/**
 * Floating point in translated code: WebAssembly's own operation and one test of its result
 * (fp_limits.ts). Where that does not hold, a function does it (fp_routine.ts).
 *
 * @module
 */

import { Rounding, unpackFpInfo } from "../../fp/table.ts";
import type { Val } from "../../isa/ops.ts";
import type { FpHost } from "../fp_call.ts";
import { fastFp, fastFpLanes, toIntegral } from "../fp_fast.ts";
import { halfStep, hostFused } from "../fp_fused.ts";
import { FpLane } from "../fp_lane.ts";
import { hasFusedMadd } from "../fused_madd.ts";
import type { FpLimits, Taken } from "./fp_limits.ts";

/** What this needs of a region's emitter. */
export interface RegionFpHost extends FpHost {
  /** `if` of a condition that hardly ever holds. */
  ifSeldom(condition: Val, then: () => void): void;
  /** Calls the function for an operation. */
  callFp(operation: string, info: number, lanes: number | undefined, args: readonly Val[]): Val;
}

/** An operation with its immediate; `lanes` makes it one on vectors. */
interface Named {
  readonly operation: string;
  readonly info: number;
  readonly lanes?: number;
}

/** A result and what tells whether to take it. */
interface Short {
  /** Number, or bits where `bits` says so. */
  readonly result: Val;
  readonly bits?: true;
  /** What is tested, where that is not the result. */
  readonly tested?: Val;
  /** Absent: the result is always right. */
  readonly taken?: Taken;
  /** Type of the result where it is not that of the operands. */
  readonly to?: FpLane;
}

type Way = (t: FpLane, args: readonly [Val, Val, Val], named: Named) => Short | undefined;

const binary =
  (name: "add" | "sub" | "mul" | "div" | "max" | "min", taken: Taken): Way => (t, [x, y]) => ({
    result: t.w(name, x, y),
    taken,
  });

function fused(negateAddend: boolean, negateProduct: boolean): Way {
  return (t, [d, a, b]) => {
    if (!hasFusedMadd) return undefined;
    const addend = negateAddend ? t.w("neg", d) : d;
    const result = hostFused(t, addend, a, b, negateProduct);
    return { result, taken: "normal" };
  };
}

const step = (result: Val): Short | undefined =>
  hasFusedMadd ? { result, taken: "normal" } : undefined;

/** The sum of two numbers is none only where they are none, or infinities of unlike signs. */
const comparison = (name: "eq" | "ge" | "gt", absolute = false): Way => (t, [x, y]) => {
  const [a, b] = absolute ? [t.w("abs", x), t.w("abs", y)] : [x, y];
  const result = t.mask(t.w(name, a, b));
  return { result, bits: true, tested: t.w("add", x, y), taken: "numbers" };
};

const flags: Way = (t, [x, y]) => {
  if (!t.scalar) return undefined;
  const { op } = t;
  const notLess = op.select(t.w("eq", x, y), op.i64(6), op.i64(2));
  const result = op.select(t.w("lt", x, y), op.i64(8), notLess);
  return { result, bits: true, tested: t.w("add", x, y), taken: "numbers" };
};

const convert: Way = (t, [x], { info }) => {
  const { to, mode } = unpackFpInfo(info);
  if (!t.scalar || to === 16 || mode !== Rounding.current) return undefined;
  const other = new FpLane(t.op, to === 64 ? "f64" : "f32");
  const result = t.op.w(t.double ? "f32.demote_f64" : "f64.promote_f32", x);
  return { result, to: other, taken: t.double ? "normal" : "numbers" };
};

const roundInt: Way = (t, [x], { info }) => {
  const { mode, flag } = unpackFpInfo(info);
  const result = flag ? undefined : toIntegral(t, x, mode);
  return result && { result, taken: "numbers" };
};

const Ways: Readonly<Record<string, Way>> = {
  add: binary("add", "finite"),
  sub: binary("sub", "finite"),
  absDiff: (t, [x, y]) => ({ result: t.w("abs", t.w("sub", x, y)), taken: "finite" }),
  mul: binary("mul", "normal"),
  mulX: binary("mul", "normal"),
  nmul: (t, [x, y]) => ({ result: t.w("neg", t.w("mul", x, y)), taken: "normal" }),
  div: binary("div", "normal"),
  sqrt: (t, [x]) => ({ result: t.w("sqrt", x), taken: "normal" }),
  mulAdd: fused(false, false),
  mulSub: fused(false, true),
  negMulAdd: fused(true, true),
  negMulSub: fused(true, false),
  recipStep: (t, [a, b]) => step(hostFused(t, t.constant(2), a, b, true)),
  rsqrtStep: (t, [a, b]) => step(halfStep(t, a, b)),
  max: binary("max", "numbers"),
  min: binary("min", "numbers"),
  maxNum: binary("max", "numbers"),
  minNum: binary("min", "numbers"),
  neg: (t, [x]) => ({ result: t.w("neg", x) }),
  abs: (t, [x]) => ({ result: t.w("abs", x) }),
  compare: flags,
  compareSignalling: flags,
  equal: comparison("eq"),
  greaterEqual: comparison("ge"),
  greater: comparison("gt"),
  absGreaterEqual: comparison("ge", true),
  absGreater: comparison("gt", true),
  convert,
  roundInt,
};

/** The operation in the short way, if it has one. */
function emitShort(
  e: RegionFpHost,
  limits: FpLimits,
  named: Named,
  t: FpLane,
  operands: readonly Val[],
): Val | undefined {
  const numbers = operands.map((v) => t.fromBits(v)) as [Val, Val, Val];
  const short = Ways[named.operation]?.(t, numbers, named);
  if (!short) return undefined;
  const { result, taken, tested, to = t } = short;
  if (!taken) return short.bits ? result : to.bits(result);
  const r = e.variable(
    short.bits && t.scalar ? "i64" : to.type.length > 3 ? "v128" : to.type as "f64",
  );
  r.set(result);
  e.ifSeldom(limits.exceeded(to, tested ?? r.get, taken, named.lanes), () => {
    const exact = e.callFp(named.operation, named.info, named.lanes, operands);
    r.set(short.bits ? exact : to.fromBits(exact));
  });
  return short.bits ? r.get : to.bits(r.get);
}

/** The operation in the way of fp_fast.ts, which tests more. */
function emitLong(
  e: RegionFpHost,
  named: Named,
  operands: readonly Val[],
): Val {
  const { operation, info, lanes } = named;
  const fast = lanes === undefined
    ? fastFp(e, operation, info, operands)
    : fastFpLanes(e, operation, info, lanes, operands);
  const exact = () => e.callFp(operation, info, lanes, operands);
  if (!fast) return exact();
  if (!fast.holds) return fast.result;
  const r = e.variable(lanes === undefined ? "i64" : "v128");
  r.set(fast.result);
  e.ifSeldom(e.w("i32.eqz", fast.holds), () => r.set(exact()));
  return r.get;
}

function emit(e: RegionFpHost, limits: FpLimits, named: Named, args: readonly Val[]): Val {
  const operands = args.map((v) => e.let(v));
  const { size } = unpackFpInfo(named.info);
  const integers = named.operation === "fixedToFp";
  if (size !== 16 && !integers) {
    const scalar = named.lanes === undefined;
    const t = new FpLane(e, scalar ? size === 64 ? "f64" : "f32" : size === 64 ? "f64x2" : "f32x4");
    const value = emitShort(e, limits, named, t, operands);
    if (value) return value;
  }
  return emitLong(e, named, operands);
}

/** `Ops.fp` in a region. */
export function regionFp(
  e: RegionFpHost,
  limits: FpLimits,
  operation: string,
  info: number,
  args: readonly Val[],
): Val {
  return emit(e, limits, { operation, info }, args);
}

/** `Ops.fpLanes` in a region. */
export function regionFpLanes(
  e: RegionFpHost,
  limits: FpLimits,
  named: Required<Named>,
  args: readonly Val[],
): Val {
  return emit(e, limits, named, args);
}
