/** One vocabulary for WebAssembly's two floating-point types and the vectors of them. @module */

import type { Ops, Val } from "../isa/ops.ts";

/** A floating-point type of WebAssembly, or a vector of one. */
export type FpType = "f32" | "f64" | "f32x4" | "f64x2";

type Arithmetic =
  | ("add" | "sub" | "mul" | "div" | "min" | "max" | "eq" | "lt" | "ge" | "gt" | "le")
  | ("abs" | "neg" | "sqrt" | "ceil" | "floor" | "trunc" | "nearest");

/** Code on values of one type. A condition is an i32, or a mask when the type is a vector. */
export class FpLane {
  readonly op: Ops;
  readonly type: FpType;
  readonly scalar: boolean;
  readonly double: boolean;

  constructor(op: Ops, type: FpType) {
    this.op = op;
    this.type = type;
    this.scalar = type.length === 3;
    this.double = type.startsWith("f64");
  }

  w(name: Arithmetic, ...args: Val[]): Val {
    return this.op.w(`${this.type}.${name}`, ...args);
  }
  let(value: Val): Val {
    return this.op.let(value);
  }
  /** The same number in every element. */
  constant(value: number): Val {
    const view = new DataView(new ArrayBuffer(8));
    if (this.double) view.setFloat64(0, value);
    else view.setFloat32(0, value);
    const bits = view.getBigInt64(0);
    if (!this.scalar) {
      const half = this.double ? bits : bits | BigInt.asUintN(32, bits >> 32n);
      return this.op.v128(half, half);
    }
    return this.double
      ? this.op.w("f64.reinterpret_i64", this.op.i64(bits))
      : this.op.w("f32.reinterpret_i32", this.op.i32(view.getInt32(0)));
  }
  and(a: Val, b: Val): Val {
    return this.op.w(this.scalar ? "i32.and" : "v128.and", a, b);
  }
  or(a: Val, b: Val): Val {
    return this.op.w(this.scalar ? "i32.or" : "v128.or", a, b);
  }
  /** Whether a condition holds for all elements, as i32. */
  all(condition: Val): Val {
    return this.scalar ? condition : this.op.w("i32x4.all_true", condition);
  }
  /** A condition as zeros or ones in the place of the number: i64 or v128. */
  mask(condition: Val): Val {
    if (!this.scalar) return condition;
    const ones = this.double ? -1n : 0xffff_ffffn;
    return this.op.select(condition, this.op.i64(ones), this.op.i64(0));
  }
  /** Bit patterns of numbers: i64 or v128. */
  bits(value: Val): Val {
    if (!this.scalar) return value;
    return this.double
      ? this.op.w("i64.reinterpret_f64", value)
      : this.op.w("i64.extend_i32_u", this.op.w("i32.reinterpret_f32", value));
  }
  /** Numbers of bit patterns. */
  fromBits(bits: Val): Val {
    if (!this.scalar) return bits;
    return this.op.let(
      this.double
        ? this.op.w("f64.reinterpret_i64", bits)
        : this.op.w("f32.reinterpret_i32", this.op.w("i32.wrap_i64", bits)),
    );
  }
  /** The two low or the two high elements of single precision as doubles. */
  widened(value: Val, high: boolean): Val {
    const { op } = this;
    const eight = Array.from({ length: 8 }, (_, i) => i + 8);
    const moved = high ? op.shuffle([...eight, ...eight], value, value) : value;
    return op.let(op.w("f64x2.promote_low_f32x4", moved));
  }
  /** Neither infinite nor a NaN. */
  finite(value: Val): Val {
    const largest = this.double ? Number.MAX_VALUE : (2 - 2 ** -23) * 2 ** 127;
    return this.w("le", this.w("abs", value), this.constant(largest));
  }
  /** Finite and so large that the number was normal before it was rounded, too. */
  normal(value: Val): Val {
    const least = this.constant(this.double ? 2 ** -1022 : 2 ** -126);
    return this.and(this.w("gt", this.w("abs", value), least), this.finite(value));
  }
  /** `magnitude`, which is positive, with the sign of `sign`; for scalars. */
  copySign(magnitude: Val, sign: Val): Val {
    return this.op.w(this.double ? "f64.copysign" : "f32.copysign", magnitude, sign);
  }
}
