/** FRECPE and FRSQRTE of normal numbers (core/fp/estimate.ts has all of them). @module */

import type { Val } from "../isa/ops.ts";
import type { FpLane } from "./fp_lane.ts";

/** A result and when it is right; estimates of normal numbers raise nothing. */
interface Estimate {
  readonly result: Val;
  readonly exact: Val;
}

/** Where the fields of a number are, and its nine leading bits. */
function fields(t: FpLane, x: Val) {
  const { op } = t;
  const [fraction, bias] = t.double ? [52, 1023] : [23, 127];
  const bits = op.let(t.bits(x));
  const from = (at: number) => op.w("i32.wrap_i64", op.w("i64.shr_u", bits, op.i64(at)));
  const field = op.let(op.w("i32.and", from(fraction), op.i32(bias * 2 + 1)));
  const eight = op.w("i32.and", from(fraction - 8), op.i32(255));
  const nine = op.let(op.w("i32.or", eight, op.i32(256)));
  const compose = (exponent: Val, estimate: Val) => {
    const place = (v: Val, at: number) => op.w("i64.shl", op.w("i64.extend_i32_u", v), op.i64(at));
    const low = op.w("i32.and", estimate, op.i32(255));
    return op.w("i64.or", place(exponent, fraction), place(low, fraction - 8));
  };
  const signBit = t.double ? 1n << 63n : 1n << 31n;
  const sign = op.w("i64.and", bits, op.i64(BigInt.asIntN(64, signBit)));
  /** The exponent field is in [1, 1 + count). */
  const among = (count: number) =>
    op.w("i32.lt_u", op.w("i32.sub", field, op.i32(1)), op.i32(count));
  return { field, nine, bias, compose, sign, among };
}

/** 1 / x, to nine bits. */
export function reciprocalOf(t: FpLane, x: Val): Estimate | undefined {
  if (!t.scalar) return undefined;
  const { op } = t;
  const { field, nine, bias, compose, sign, among } = fields(t, x);
  const divisor = op.w("i32.add", op.w("i32.shl", nine, op.i32(1)), op.i32(1));
  const quotient = op.w("i32.div_u", op.i32(2 ** 19), divisor);
  const estimate = op.w("i32.shr_u", op.w("i32.add", quotient, op.i32(1)), op.i32(1));
  const exponent = op.w("i32.sub", op.i32(bias * 2 - 1), field);
  return {
    result: op.w("i64.or", sign, compose(exponent, estimate)),
    exact: among(bias * 2 - 2),
  };
}

/** 1 / √x, to nine bits. */
export function reciprocalRootOf(t: FpLane, x: Val): Estimate | undefined {
  if (!t.scalar) return undefined;
  const { op } = t;
  const { field, nine, bias, compose, sign, among } = fields(t, x);
  const one = op.i32(1);
  // The bias is odd: an odd exponent field is an even power of two.
  const isEven = op.w("i32.and", field, one);
  const scaled = op.let(op.w("i32.shr_u", nine, isEven));
  const middle = op.select(
    op.w("i32.lt_u", scaled, op.i32(256)),
    op.w("i32.add", op.w("i32.shl", scaled, one), one),
    op.w("i32.shl", op.w("i32.or", scaled, one), one),
  );
  // The largest root of which the square times `middle` is below 2^28.
  const square = op.w("i32.div_u", op.i32(2 ** 28 - 1), middle);
  const root = op.w("i32.trunc_sat_f64_u", op.w("f64.sqrt", op.w("f64.convert_i32_u", square)));
  const estimate = op.w("i32.shr_u", op.w("i32.add", root, one), one);
  const half = op.w("i32.shr_s", op.w("i32.sub", op.i32(bias - 1), field), one);
  return {
    result: compose(op.w("i32.add", op.i32(bias), half), estimate),
    exact: op.w("i32.and", op.w("i64.eqz", sign), among(bias * 2)),
  };
}
