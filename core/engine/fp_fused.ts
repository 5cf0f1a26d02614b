/** Fused multiply-add, which WebAssembly lacks, on its numbers. @module */

import type { Val } from "../isa/ops.ts";
import { ordinary, productError, sumError } from "./fp_error.ts";
import { FpLane } from "./fp_lane.ts";

/** What `Attempt` of fp_fast.ts says. */
interface Fused {
  readonly result: Val;
  readonly rounded: Val;
  readonly precise: () => Val;
}

/** The host's multiply-add, where it rounds once (fused_madd.ts); `subtract` subtracts the product. */
export function hostFused(t: FpLane, addend: Val, a: Val, b: Val, subtract = false): Val {
  const type = t.double ? "f64x2" : "f32x4";
  const wide = (v: Val) => {
    if (!t.scalar) return v;
    // V8's splat of single precision takes longer than this.
    return t.double ? t.op.w("f64x2.splat", v) : t.op.lane("f32x4.replace_lane", 0, zeros, v);
  };
  const zeros = t.op.v128(0n, 0n);
  const name = subtract ? "relaxed_nmadd" : "relaxed_madd";
  const r = t.op.w(`${type}.${name}`, wide(a), wide(b), wide(addend));
  return t.scalar ? t.op.lane(`${type}.extract_lane`, 0, r) : r;
}

/** FRSQRTS by {@linkcode hostFused}. */
export function halfStep(t: FpLane, a: Val, b: Val): Val {
  return t.w("mul", hostFused(t, t.constant(3), a, b, true), t.constant(0.5));
}

/** What is half way between two numbers of single precision, in the fraction of a double. */
const Tie = { mask: 0x1fff_ffffn, value: 0x1000_0000n } as const;

/**
 * Single precision by way of double: the product is exact there, the sum is rounded twice. That is
 * harmless unless the first rounding ends half way between two numbers.
 */
export function fusedSingle(t: FpLane, addend: Val, a: Val, b: Val): Fused {
  if (!t.scalar) return fusedSingles(t, addend, a, b);
  const { op } = t;
  const wide = (v: Val) => op.w("f64.promote_f32", v);
  const product = op.let(op.w("f64.mul", wide(a), wide(b)));
  const sum = op.let(op.w("f64.add", product, wide(addend)));
  const rest = op.w("i64.and", op.w("i64.reinterpret_f64", sum), op.i64(Tie.mask));
  const r = op.let(op.w("f32.demote_f64", sum));
  return {
    result: t.bits(r),
    rounded: t.and(t.normal(r), op.w("i64.ne", rest, op.i64(Tie.value))),
    precise: () => {
      const double = new FpLane(op, "f64");
      const error = sumError(double, product, wide(addend), sum);
      return t.and(double.w("eq", error, double.constant(0)), double.w("eq", wide(r), sum));
    },
  };
}

function fusedSingles(t: FpLane, addend: Val, a: Val, b: Val): Fused {
  const { op } = t;
  const double = new FpLane(op, "f64x2");
  const both = (value: bigint) => op.v128(value, value);
  const halves = [false, true].map((high) => {
    const [x, y, z] = [a, b, addend].map((v) => t.widened(v, high)) as [Val, Val, Val];
    const product = op.let(double.w("mul", x, y));
    return { product, addend: z, sum: op.let(double.w("add", product, z)) };
  });
  const [low, high] = halves.map(({ sum }) => op.w("f32x4.demote_f64x2_zero", sum)) as [Val, Val];
  const bytes = (from: number) => Array.from({ length: 8 }, (_, i) => from + i);
  const r = op.let(op.shuffle([...bytes(0), ...bytes(16)], low, high));
  const noTie = (v: Val) => op.w("i64x2.ne", op.w("v128.and", v, both(Tie.mask)), both(Tie.value));
  const noTies = halves.map(({ sum }) => noTie(sum)) as [Val, Val];
  return {
    result: r,
    rounded: t.and(t.normal(r), t.and(...noTies)),
    precise: () => {
      const exact = halves.map(({ product, addend, sum }, i) => {
        const error = sumError(double, product, addend, sum);
        const none = double.w("eq", error, double.constant(0));
        return t.and(none, double.w("eq", t.widened(r, i > 0), sum));
      }) as [Val, Val];
      return t.and(...exact);
    },
  };
}

/** The sum, or its odd neighbour on the side of `error` when it is even and not exact. */
function oddSum(t: FpLane, sum: Val, error: Val): Val {
  const { op } = t;
  const exact = t.w("eq", error, t.constant(0));
  if (!t.scalar) {
    const one = op.v128(1n, 1n);
    const opposed = op.w("i64x2.shr_s", op.w("v128.xor", sum, error), op.i32(63));
    const neighbour = op.w("i64x2.add", sum, op.w("v128.or", opposed, one));
    const odd = op.w("i64x2.eq", op.w("v128.and", sum, one), one);
    return op.w("v128.bitselect", sum, neighbour, t.or(odd, exact));
  }
  const bits = op.let(t.bits(sum));
  const opposed = op.w("i64.shr_s", op.w("i64.xor", bits, t.bits(error)), op.i64(63));
  const neighbour = op.w("i64.add", bits, op.w("i64.or", opposed, op.i64(1)));
  const odd = op.w("i32.wrap_i64", op.w("i64.and", bits, op.i64(1)));
  return t.fromBits(op.select(t.or(odd, exact), bits, neighbour));
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
  const restError = sumError(t, lowRest, highRest, rest);
  const oddRest = t.let(oddSum(t, rest, restError));
  const r = t.let(t.w("add", high, oddRest));
  const zero = t.constant(0);
  const addendFits = t.or(ordinary(t, addend), t.w("eq", addend, zero));
  const rounded = t.let(t.and(t.and(ordinary(t, a), ordinary(t, b)), addendFits));
  return {
    result: t.bits(r),
    rounded,
    precise: () => {
      const none = t.w("eq", sumError(t, high, oddRest, r), zero);
      return t.and(rounded, t.and(t.w("eq", restError, zero), none));
    },
  };
}
