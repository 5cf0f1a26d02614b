/** WebAssembly's SIMD completed: every operation at every element size. @module */

import { type StateOffset, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import type { LaneOp, WasmOp } from "./wasm_ops.ts";

/** The Q bit of FPSR: a result was saturated. */
const FpsrQc = 1 << 27;

const Shapes = ["i8x16", "i16x8", "i32x4", "i64x2"] as const;

/** Whether elements are unsigned: 0 or 1, as the U field has it. */
export type Unsigned = number;

const sign = (u: Unsigned) => (u ? "u" : "s");

/**
 * Vectors of elements of one size, of which the low `active` bits take part.
 *
 * Arguments may be used more than once: they must be registers read or {@linkcode Ops.let} values,
 * which all results of these methods are.
 */
export class Lanes {
  readonly op: Ops;
  /** log2 of the bytes of an element. */
  readonly size: number;
  /** Bits of the register that take part: 64 or 128, or one element. */
  readonly active: number;
  /** Bits of an element. */
  readonly bits: number;

  constructor(op: Ops, size: number, active: number) {
    this.op = op;
    this.size = size;
    this.active = active;
    this.bits = 8 << size;
  }

  /** The same register with elements twice as wide; a single element stays single. */
  get wider(): Lanes {
    const single = this.active === this.bits;
    return new Lanes(this.op, this.size + 1, single && this.size < 3 ? this.active * 2 : 128);
  }

  /** The instruction `name` of this shape. */
  w(name: string, ...args: Val[]): Val {
    return this.op.let(this.op.w(`${Shapes[this.size]}.${name}` as WasmOp, ...args));
  }
  #v(name: "and" | "or" | "xor" | "not" | "andnot" | "bitselect", ...args: Val[]): Val {
    return this.op.let(this.op.w(`v128.${name}`, ...args));
  }

  // -- constants and whole registers --------------------------------------------------------------
  /** A constant in every element. */
  every(value: bigint): Val {
    let low = 0n;
    for (let at = 0; at < 64; at += this.bits) {
      low |= BigInt.asUintN(this.bits, value) << BigInt(at);
    }
    return this.op.v128(low, low);
  }
  get zero(): Val {
    return this.op.v128(0n, 0n);
  }
  get #mask(): Val {
    const ones = (1n << BigInt(this.active)) - 1n;
    return this.op.v128(ones, ones >> 64n);
  }
  /** Writes the active part of a register and zeroes the rest. */
  put(d: SlotRef, value: Val): void {
    this.op.setV(d, this.active === 128 ? value : this.op.w("v128.and", value, this.#mask));
  }
  /** Writes a value whose high half is zero, or its low half to the high half of a register. */
  putHalf(d: SlotRef, high: number, value: Val): void {
    const { op } = this;
    op.setV(
      d,
      high
        ? op.shuffle([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23], op.v(d), value)
        : value,
    );
  }
  /** Sets FPSR.QC when any active bit of `mask` is set. */
  clipped(mask: Val): void {
    const { op } = this;
    const seen = this.active === 128 ? mask : op.w("v128.and", mask, this.#mask);
    op.if(op.w("v128.any_true", seen), () => {
      op.setField("fpsr", op.w("i32.or", op.field("fpsr"), op.i32(FpsrQc)));
    });
  }

  // -- bitwise ------------------------------------------------------------------------------------
  and(a: Val, b: Val): Val {
    return this.#v("and", a, b);
  }
  or(a: Val, b: Val): Val {
    return this.#v("or", a, b);
  }
  xor(a: Val, b: Val): Val {
    return this.#v("xor", a, b);
  }
  not(a: Val): Val {
    return this.#v("not", a);
  }
  /** a AND NOT b. */
  without(a: Val, b: Val): Val {
    return this.#v("andnot", a, b);
  }
  /** Bits of `a` where `mask` is 1, else of `b`. */
  select(mask: Val, a: Val, b: Val): Val {
    return this.#v("bitselect", a, b, mask);
  }

  // -- arithmetic ---------------------------------------------------------------------------------
  add(a: Val, b: Val): Val {
    return this.w("add", a, b);
  }
  sub(a: Val, b: Val): Val {
    return this.w("sub", a, b);
  }
  mul(a: Val, b: Val): Val {
    if (this.size !== 0) return this.w("mul", a, b);
    const wide = this.wider;
    return wide.narrowed(this.timesWide(1, 0, a, b), this.timesWide(1, 1, a, b));
  }
  shl(a: Val, count: Val): Val {
    return this.w("shl", a, count);
  }
  shr(u: Unsigned, a: Val, count: Val): Val {
    return this.w(`shr_${sign(u)}`, a, count);
  }
  /** Elements rotated by less than their bits. */
  rotatedRight(a: Val, by: Val): Val {
    const left = this.op.w("i32.sub", this.op.i32(this.bits), by);
    return this.or(this.shr(1, a, by), this.shl(a, left));
  }
  eq(a: Val, b: Val): Val {
    return this.w("eq", a, b);
  }
  gt(u: Unsigned, a: Val, b: Val): Val {
    if (!u || this.size < 3) return this.w(`gt_${sign(u)}`, a, b);
    const top = this.every(1n << 63n);
    return this.w("gt_s", this.xor(a, top), this.xor(b, top));
  }
  ge(u: Unsigned, a: Val, b: Val): Val {
    return this.not(this.gt(u, b, a));
  }
  min(u: Unsigned, a: Val, b: Val): Val {
    return this.size < 3 ? this.w(`min_${sign(u)}`, a, b) : this.select(this.gt(u, a, b), b, a);
  }
  max(u: Unsigned, a: Val, b: Val): Val {
    return this.size < 3 ? this.w(`max_${sign(u)}`, a, b) : this.select(this.gt(u, a, b), a, b);
  }

  // -- between element sizes ----------------------------------------------------------------------
  #half(name: string, u: Unsigned, high: number, ...args: Val[]): Val {
    const from = Shapes[this.size] as string;
    return this.wider.w(`${name}_${high ? "high" : "low"}_${from}_${sign(u)}`, ...args);
  }
  /** Elements of one half extended to twice the size. */
  widened(u: Unsigned, high: number, a: Val): Val {
    return this.#half("extend", u, high, a);
  }
  /** Products, twice the size, of elements of one half. */
  timesWide(u: Unsigned, high: number, a: Val, b: Val): Val {
    return this.#half("extmul", u, high, a, b);
  }
  /** Low halves of the elements: those of `a` in the low half, those of `b` in the high half. */
  narrowed(a: Val, b: Val = this.zero): Val {
    const half = 1 << (this.size - 1);
    return this.bytes((i) => Math.floor(i / half) * 2 * half + i % half, a, b);
  }
  /** The result of which byte i is byte `from(i)` of `a` followed by `b`. */
  bytes(from: (i: number) => number, a: Val, b: Val = a): Val {
    const lanes = Array.from({ length: 16 }, (_, i) => from(i) & 31);
    return this.op.let(this.op.shuffle(lanes, a, b));
  }
  /** The result of which element i is element `from(i)` of `a` followed by `b`. */
  elements(from: (i: number) => number, a: Val, b: Val = a): Val {
    const bytes = 1 << this.size;
    return this.bytes((i) => from(i >> this.size) * bytes + i % bytes, a, b);
  }
  /** Even and odd elements of the active part of `a` followed by that of `b`. */
  pairs(a: Val, b: Val): [even: Val, odd: Val] {
    const count = this.active / this.bits;
    const at = (k: number) => k < count ? k : k - count + 128 / this.bits;
    return [this.elements((i) => at(2 * i), a, b), this.elements((i) => at(2 * i + 1), a, b)];
  }

  // -- element by element -------------------------------------------------------------------------
  /** One element extended to i64. */
  element(u: Unsigned, index: number, a: Val): Val {
    const { op } = this;
    if (this.size === 3) return op.let(op.lane("i64x2.extract_lane", index, a));
    const name = `${Shapes[this.size]}.extract_lane${this.size < 2 ? `_${sign(u)}` : ""}`;
    return op.let(op.w(`i64.extend_i32_${sign(u)}`, op.lane(name as LaneOp, index, a)));
  }
  /** `a` with one element replaced by the low bits of an i64. */
  withElement(index: number, a: Val, value: Val): Val {
    const narrow = this.size === 3 ? value : this.op.w("i32.wrap_i64", value);
    return this.op.let(
      this.op.lane(`${Shapes[this.size] as string}.replace_lane` as LaneOp, index, a, narrow),
    );
  }
  /** The active elements computed one by one. */
  each(compute: (index: number) => Val): Val {
    let result = this.zero;
    for (let i = 0; i < this.active / this.bits; i++) {
      result = this.withElement(i, result, compute(i));
    }
    return result;
  }
  /** All active elements combined into the first by halving. */
  reduced(combine: (a: Val, b: Val) => Val, a: Val): Val {
    let result = a;
    for (let count = this.active / this.bits / 2; count >= 1; count /= 2) {
      result = combine(result, this.elements((i) => (i + count) % (128 / this.bits), result));
    }
    return result;
  }
}

/** Where one element of a V register is. */
export const elementSlot = (n: number, size: number, index: number): StateOffset =>
  vreg(n) + (index << size) as StateOffset;
