/** Fused multiply-add, which WebAssembly lacks, on its numbers. @module */

import type { Val } from "../isa/ops.ts";
import { FpLane } from "./fp_lane.ts";

/** A result and when it is right but for IXC. */
interface Fused {
  readonly result: Val;
  readonly rounded: Val;
}

/**
 * Single precision by way of double: the product is exact there, the sum is rounded twice. That is
 * harmless unless the first rounding ends half way between two numbers.
 */
export function fusedSingle(t: FpLane, addend: Val, a: Val, b: Val): Fused {
  const { op } = t;
  const wide = (v: Val) => op.w("f64.promote_f32", v);
  const sum = op.let(op.w("f64.add", op.w("f64.mul", wide(a), wide(b)), wide(addend)));
  const rest = op.w("i64.and", op.w("i64.reinterpret_f64", sum), op.i64(0x1fff_ffff));
  const r = op.let(op.w("f32.demote_f64", sum));
  const rounded = t.and(t.normal(r), op.w("i64.ne", rest, op.i64(0x1000_0000)));
  return { result: t.bits(r), rounded };
}

/** What a + b = sum leaves, exactly (TwoSum). */
function sumError(t: FpLane, a: Val, b: Val, sum: Val): Val {
  const bRounded = t.let(t.w("sub", sum, a));
  const aLost = t.w("sub", a, t.w("sub", sum, bRounded));
  return t.let(t.w("add", aLost, t.w("sub", b, bRounded)));
}

function split(t: FpLane, v: Val): readonly [high: Val, low: Val] {
  const scaled = t.let(t.w("mul", v, t.constant(2 ** 27 + 1)));
  const high = t.let(t.w("sub", scaled, t.w("sub", scaled, v)));
  return [high, t.let(t.w("sub", v, high))];
}

/** What a · b = product leaves, exactly (Dekker). */
function productError(t: FpLane, a: Val, b: Val, product: Val): Val {
  const [aHigh, aLow] = split(t, a);
  const [bHigh, bLow] = split(t, b);
  const first = t.w("sub", t.w("mul", aHigh, bHigh), product);
  const cross = t.w("add", t.w("add", first, t.w("mul", aHigh, bLow)), t.w("mul", aLow, bHigh));
  return t.let(t.w("add", cross, t.w("mul", aLow, bLow)));
}

/** The sum, or its odd neighbour on the side of `error` when it is even and not exact. */
function oddSum(t: FpLane, sum: Val, error: Val): Val {
  const { op } = t;
  const bits = op.let(t.bits(sum));
  const opposed = op.w("i64.shr_s", op.w("i64.xor", bits, t.bits(error)), op.i64(63));
  const neighbour = op.w("i64.add", bits, op.w("i64.or", opposed, op.i64(1)));
  const odd = op.w("i32.wrap_i64", op.w("i64.and", bits, op.i64(1)));
  const stays = op.w("i32.or", odd, t.w("eq", error, t.constant(0)));
  return t.fromBits(op.select(stays, bits, neighbour));
}

/** Where none of the steps below can overflow or lose bits. */
function ordinary(t: FpLane, v: Val): Val {
  const magnitude = t.let(t.w("abs", v));
  const [least, most] = [t.constant(2 ** -300), t.constant(2 ** 300)];
  return t.and(t.w("ge", magnitude, least), t.w("le", magnitude, most));
}

/**
 * Double precision from exact sums and products, rounded to odd before the last step (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd").
 */
export function fusedDouble(t: FpLane, addend: Val, a: Val, b: Val): Fused {
  const product = t.let(t.w("mul", a, b));
  const productLow = productError(t, a, b, product);
  const low = t.let(t.w("add", addend, productLow));
  const lowRest = sumError(t, addend, productLow, low);
  const high = t.let(t.w("add", product, low));
  const highRest = sumError(t, product, low, high);
  const rest = t.let(t.w("add", lowRest, highRest));
  const oddRest = oddSum(t, rest, sumError(t, lowRest, highRest, rest));
  const addendFits = t.or(ordinary(t, addend), t.w("eq", addend, t.constant(0)));
  return {
    result: t.bits(t.w("add", high, oddRest)),
    rounded: t.and(t.and(ordinary(t, a), ordinary(t, b)), addendFits),
  };
}
