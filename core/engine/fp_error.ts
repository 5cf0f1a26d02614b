/** What rounding took away, as numbers: error-free transformations on WebAssembly's types. @module */

import type { Val } from "../isa/ops.ts";
import type { FpLane } from "./fp_lane.ts";

/** What a + b = sum leaves, exactly (TwoSum). */
export function sumError(t: FpLane, a: Val, b: Val, sum: Val): Val {
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
export function productError(t: FpLane, a: Val, b: Val, product: Val): Val {
  const [aHigh, aLow] = split(t, a);
  const [bHigh, bLow] = split(t, b);
  const first = t.w("sub", t.w("mul", aHigh, bHigh), product);
  const cross = t.w("add", t.w("add", first, t.w("mul", aHigh, bLow)), t.w("mul", aLow, bHigh));
  return t.let(t.w("add", cross, t.w("mul", aLow, bLow)));
}

/** Where {@linkcode productError} cannot overflow or lose bits. */
export function ordinary(t: FpLane, v: Val): Val {
  const magnitude = t.let(t.w("abs", v));
  const [least, most] = [t.constant(2 ** -300), t.constant(2 ** 300)];
  return t.and(t.w("ge", magnitude, least), t.w("le", magnitude, most));
}

/** Whether `product` is a · b exactly; for doubles, and for single precision by way of them. */
export function isProduct(t: FpLane, a: Val, b: Val, product: Val): Val {
  if (!t.double && !t.scalar) {
    const [low, high] = [false, true].map((half) => {
      const [x, y, p] = [a, b, product].map((v) => t.widened(v, half)) as [Val, Val, Val];
      return t.op.w("f64x2.eq", t.op.w("f64x2.mul", x, y), p);
    }) as [Val, Val];
    return t.and(low, high);
  }
  if (!t.double) {
    const wide = (v: Val) => t.op.w("f64.promote_f32", v);
    return t.op.w("f64.eq", t.op.w("f64.mul", wide(a), wide(b)), wide(product));
  }
  const zero = t.constant(0);
  const none = t.w("eq", productError(t, a, b, product), zero);
  const exact = t.and(t.and(ordinary(t, a), ordinary(t, b)), none);
  const byZero = t.and(t.or(t.w("eq", a, zero), t.w("eq", b, zero)), t.w("eq", product, zero));
  return t.and(t.w("eq", t.w("mul", a, b), product), t.or(exact, byZero));
}
