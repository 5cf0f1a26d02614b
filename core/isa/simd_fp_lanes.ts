/**
 * What the floating-point members of Advanced SIMD share: fields that say how wide and how many the
 * elements are, and bodies over scalars and vectors alike.
 *
 * @module
 */

import { type FpSize, sizeOfInfo } from "../fp/table.ts";
import { fpr, vec } from "./fp_text.ts";
import { type Feature, type StateOffset, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";

/** Scalar forms have no `Q`, half precision forms no `sz`. */
export interface LaneFields {
  readonly Q?: number;
  readonly sz?: number;
}

/** Bits of an element. */
export const elementSize = (f: LaneFields): FpSize => f.sz === undefined ? 16 : f.sz ? 64 : 32;

/** Number of elements. */
export const laneCount = (f: LaneFields, size: FpSize = elementSize(f)): number =>
  f.Q === undefined ? 1 : (f.Q ? 128 : 64) / size;

/** A vector of one double is no arrangement. */
export const oneDouble = (f: LaneFields): boolean => f.Q === 0 && f.sz === 1;

/** Half precision is an extension. */
export const laneFeature = (f: object): Feature | undefined => "sz" in f ? undefined : "fullfp16";

/** A register as text, by the fields. */
export function laneRegister(f: LaneFields, n: number): string {
  const size = elementSize(f);
  return f.Q === undefined ? fpr(n, size) : vec(n, laneCount(f), size);
}

/** Registers as text, by the fields. */
export const laneRegisters = (f: LaneFields, ...numbers: number[]): string =>
  numbers.map((n) => laneRegister(f, n)).join(", ");

/** One element of a vector, as i64. */
export function laneOf(op: Ops, v: Val, size: FpSize, index: number): Val {
  if (size === 64) return op.lane("i64x2.extract_lane", index, v);
  return op.w(
    "i64.extend_i32_u",
    op.lane(size === 32 ? "i32x4.extract_lane" : "i16x8.extract_lane_u", index, v),
  );
}

/** A vector of elements given as i64; those above are zero. */
export function gather(op: Ops, size: FpSize, lanes: readonly Val[]): Val {
  const narrow = (v: Val) => size === 64 ? v : op.w("i32.wrap_i64", v);
  const replace = `i${size}x${128 / size}.replace_lane` as "i32x4.replace_lane";
  return lanes.reduce((v, lane, i) => op.lane(replace, i, v, narrow(lane)), op.v128(0n, 0n));
}

/** A source operand: i64 for scalars, v128 for vectors. */
export const source = (op: Ops, f: LaneFields, slot: SlotRef): Val =>
  f.Q === undefined ? op.scalar(elementSize(f), slot) : op.v(slot);

/** Zeros like {@linkcode source}. */
export const zeros = (op: Ops, f: LaneFields): Val =>
  f.Q === undefined ? op.i64(0) : op.v128(0n, 0n);

/** One operation on all elements of operands like {@linkcode source}. */
export function compute(
  op: Ops,
  f: LaneFields,
  operation: string,
  info: number,
  ...args: Val[]
): Val {
  if (f.Q === undefined) return op.fp(operation, info, ...args);
  return op.fpLanes(operation, info, laneCount(f, sizeOfInfo(info)), ...args);
}

/** Writes what {@linkcode compute} gave. */
export function put(op: Ops, f: LaneFields, d: SlotRef, value: Val): void {
  if (f.Q === undefined) op.setScalar(elementSize(f), d, value);
  else if (f.Q) op.setV(d, value);
  else op.setD(d, op.lane("i64x2.extract_lane", 0, value));
}

/** Copies the element at `slot` to all elements. */
export function splat(op: Ops, size: FpSize, slot: SlotRef): Val {
  if (size === 64) return op.w("i64x2.splat", op.x(slot));
  return op.w(size === 32 ? "i32x4.splat" : "i16x8.splat", op.w32(slot));
}

/** Where element `index` of a vector register is; `bits` is its size. */
export const elementAt = (n: number, bits: number, index: number): StateOffset =>
  vreg(n) + index * bits / 8 as StateOffset;

/**
 * Takes elements of two vectors by number, those of `b` following the `count` of `a`; what lies above
 * repeats the last.
 */
export function pick(
  op: Ops,
  size: FpSize,
  count: number,
  from: readonly number[],
  a: Val,
  b: Val,
): Val {
  const bytes = size / 8;
  const lanes = Array.from({ length: 16 }, (_, i) => {
    const lane = from[Math.min(Math.floor(i / bytes), from.length - 1)] as number;
    const start = lane < count ? lane * bytes : 16 + (lane - count) * bytes;
    return start + i % bytes;
  });
  return op.shuffle(lanes, a, b);
}
