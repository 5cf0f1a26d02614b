/** Integer arithmetic of Advanced SIMD that several encoding classes share. @module */

import type { Val } from "./ops.ts";
import type { Lanes, Unsigned } from "./simd_lanes.ts";

const least = (l: Lanes, u: Unsigned) => u ? 0n : -(1n << BigInt(l.bits - 1));
const greatest = (l: Lanes, u: Unsigned) => (1n << BigInt(l.bits - 1 + u)) - 1n;
const count = (l: Lanes, n: number) => l.op.i32(n);

/** The largest value where the sign of `a` is clear, the smallest where it is set. */
function limitBySign(l: Lanes, a: Val): Val {
  return l.xor(l.shr(0, a, count(l, l.bits - 1)), l.every(greatest(l, 0)));
}

/** All ones where the sign bit is set. */
const negative = (l: Lanes, a: Val) => l.shr(0, a, count(l, l.bits - 1));

/** a + b, saturated. */
export function addSaturated(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  const sum = l.add(a, b);
  if (u) {
    const over = l.gt(1, a, sum);
    l.clipped(over);
    return l.or(sum, over);
  }
  const over = negative(l, l.and(l.xor(a, sum), l.xor(b, sum)));
  l.clipped(over);
  return l.select(over, limitBySign(l, a), sum);
}

/** a − b, saturated. */
export function subSaturated(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  const difference = l.sub(a, b);
  if (u) {
    const under = l.gt(1, b, a);
    l.clipped(under);
    return l.without(difference, under);
  }
  const over = negative(l, l.and(l.xor(a, b), l.xor(a, difference)));
  l.clipped(over);
  return l.select(over, limitBySign(l, a), difference);
}

/** A signed accumulator plus an unsigned value, or (u) an unsigned one plus a signed value. */
export function addMixedSaturated(l: Lanes, u: Unsigned, value: Val, accumulator: Val): Val {
  const sum = l.add(accumulator, value);
  if (!u) {
    const over = l.gt(0, accumulator, sum);
    l.clipped(over);
    return l.select(over, l.every(greatest(l, 0)), sum);
  }
  const minus = negative(l, value);
  const over = l.without(l.gt(1, accumulator, sum), minus);
  const under = l.and(l.gt(1, sum, accumulator), minus);
  l.clipped(l.or(over, under));
  return l.without(l.or(sum, over), under);
}

/** (a + b) >> 1 without losing the carry. */
export function halvingAdd(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  return l.add(l.and(a, b), l.shr(u, l.xor(a, b), count(l, 1)));
}

/** (a + b + 1) >> 1. */
export function roundingHalvingAdd(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  return l.sub(l.or(a, b), l.shr(u, l.xor(a, b), count(l, 1)));
}

/** (a − b) >> 1. */
export function halvingSub(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  return l.sub(l.shr(u, l.xor(a, b), count(l, 1)), l.without(b, a));
}

/** |a − b|. */
export function absoluteDifference(l: Lanes, u: Unsigned, a: Val, b: Val): Val {
  return l.sub(l.max(u, a, b), l.min(u, a, b));
}

/** Carry-less product of elements, of as many bits of `b` as `bits` says. */
export function polynomialProduct(l: Lanes, bits: number, a: Val, b: Val): Val {
  let product = l.zero;
  for (let i = 0; i < bits; i++) {
    const bit = l.every(1n << BigInt(i));
    const chosen = l.eq(l.and(b, bit), bit);
    product = l.xor(product, l.and(l.shl(a, count(l, i)), chosen));
  }
  return l.op.let(product);
}

// -- saturation -----------------------------------------------------------------------------------

/** Elements limited to what fits half their bits, and a mask of those that did not fit. */
function limited(l: Lanes, from: Unsigned, to: Unsigned, a: Val): [value: Val, clipped: Val] {
  const half = BigInt(l.bits / 2);
  const high = l.every((1n << (half - (to ? 0n : 1n))) - 1n);
  const low = l.every(to ? 0n : -(1n << (half - 1n)));
  const below = l.min(from, a, high);
  const value = from ? below : l.max(0, below, low);
  return [value, l.not(l.eq(value, a))];
}

/** Elements limited to half their bits and narrowed into the low half; sets QC. */
export function narrowSaturated(wide: Lanes, from: Unsigned, to: Unsigned, a: Val): Val {
  const [value, clipped] = limited(wide, from, to, a);
  wide.clipped(clipped);
  return wide.narrowed(value);
}

/** How a doubling multiplication goes on: rounded, added to or taken from an accumulator. */
export interface HighPart {
  readonly round?: boolean;
  readonly accumulate?: "add" | "sub";
}

/** The high half of 2ab, saturated. */
export function doublingHigh(l: Lanes, a: Val, b: Val, d: Val, how: HighPart): Val {
  const w = l.wider;
  const halves = [0, 1].map((high) => {
    let sum = l.timesWide(0, high, a, b);
    if (how.accumulate) {
      const base = w.shl(l.widened(0, high, d), count(w, l.bits - 1));
      sum = w[how.accumulate](base, sum);
    }
    if (how.round) sum = w.add(sum, w.every(1n << BigInt(l.bits - 2)));
    return limited(w, 0, 0, w.shr(0, sum, count(w, l.bits - 1)));
  });
  const [low, high] = halves as [[Val, Val], [Val, Val]];
  l.clipped(w.narrowed(low[1], high[1]));
  return w.narrowed(low[0], high[0]);
}

/** 2a of wide products, saturated (only the square of the least number needs it). */
export function doubled(wide: Lanes, a: Val): Val {
  return addSaturated(wide, 0, a, a);
}

/** −a, saturated. */
export function negatedSaturated(l: Lanes, a: Val): Val {
  const lowest = l.every(least(l, 0));
  const clipped = l.eq(a, lowest);
  l.clipped(clipped);
  return l.select(clipped, l.every(greatest(l, 0)), l.w("neg", a));
}

// -- shifts ---------------------------------------------------------------------------------------

/** a >> (less + 1), where `less` is below the element's bits; rounded to nearest if asked. */
export function shiftedRight(
  l: Lanes,
  u: Unsigned,
  a: Val,
  { less, round }: { less: Val; round: boolean },
): Val {
  const almost = l.shr(u, a, less);
  const whole = l.shr(u, almost, count(l, 1));
  return round ? l.add(whole, l.and(almost, l.every(1n))) : whole;
}

/** What a shift to the left, or by a negative amount to the right, does with elements. */
export interface Shift {
  /** How elements are read. */
  readonly from: Unsigned;
  readonly round?: boolean;
  /** Saturate to unsigned (1) or signed (0) elements; absent: drop what does not fit. */
  readonly saturate?: Unsigned;
}

/** One element (i64) shifted left by `by` (i64, signed); the mask tells whether it was clipped. */
function shiftedElement(l: Lanes, x: Val, by: Val, how: Shift): [value: Val, clipped: Val] {
  const { op } = l;
  const w = (name: "shl" | "add" | "and" | "xor" | "shr_s" | "shr_u", a: Val, b: Val) =>
    op.let(op.w(`i64.${name}`, a, b));
  const i64 = (v: bigint | number) => op.i64(v);
  const test = (name: "lt_s" | "gt_s" | "gt_u" | "ne", a: Val, b: Val) =>
    op.let(op.w(`i64.${name}`, a, b));
  const select = (c: Val, a: Val, b: Val) => op.let(op.select(c, a, b));
  const shr = how.from ? "shr_u" : "shr_s";

  const less = w("xor", by, i64(-1));
  const almost = w(shr, x, select(test("gt_u", less, i64(63)), i64(63), less));
  const whole = w(shr, almost, i64(1));
  const rounded = how.round ? w("add", whole, w("and", almost, i64(1))) : whole;
  // Beyond 64 bits nothing is left to round up.
  const right = how.round && how.from
    ? select(test("gt_u", less, i64(63)), i64(0), rounded)
    : rounded;

  const far = test("gt_s", by, i64(l.bits - 1));
  const amount = select(far, i64(Math.min(l.bits, 63)), by);
  const moved = w("shl", x, amount);
  const none = i64(0);
  const back = test("lt_s", by, none);
  if (how.saturate === undefined) {
    return [select(back, right, select(far, none, moved)), none];
  }
  const to = how.saturate;
  const minus = how.from ? op.i32(0) : test("lt_s", x, none);
  const limit = select(minus, i64(least(l, to)), i64(BigInt.asIntN(64, greatest(l, to))));
  let over: Val;
  if (l.bits === 64) {
    const lost = test("ne", w(to ? "shr_u" : "shr_s", moved, amount), x);
    over = op.w("i32.or", lost, op.w("i32.and", far, test("ne", x, none)));
  } else {
    over = op.w(
      "i32.or",
      test("gt_s", moved, i64(greatest(l, to))),
      test("lt_s", moved, i64(least(l, to))),
    );
  }
  if (to && !how.from) over = op.w("i32.or", over, minus);
  const clips = op.let(op.w("i32.and", over, op.w("i32.eqz", back)));
  return [select(back, right, select(clips, limit, moved)), select(clips, i64(-1), none)];
}

/** Elements of `a` shifted by the low bytes, signed, of the elements of `by`. */
export function shifted(l: Lanes, a: Val, by: Val, how: Shift): Val {
  let clipped = l.zero;
  const result = l.each((i) => {
    const amount = l.op.let(l.op.w("i64.extend8_s", l.element(0, i, by)));
    const [value, clip] = shiftedElement(l, l.element(how.from, i, a), amount, how);
    if (how.saturate !== undefined) clipped = l.withElement(i, clipped, clip);
    return value;
  });
  if (how.saturate !== undefined) l.clipped(clipped);
  return result;
}
