/**
 * The test of floating-point results in translated code: one comparison that holds where the result
 * is right and no flag but a set one is due.
 *
 * The bits of a number without its sign, moved so that those of results to be taken begin at 1, are
 * compared with a limit. The limit is kept in a local; it is 0 while FPCR or FPSR forbid the short
 * way, so that one comparison tests everything.
 *
 * @module
 */

import { Fpsr } from "../../fp/format.ts";
import type { Val } from "../../isa/ops.ts";
import type { WasmType } from "../../isa/wasm_ops.ts";
import { asNode, type Emitter } from "../emitter.ts";
import type { FpLane } from "../fp_lane.ts";

/**
 * Which results are taken: all numbers and infinities (where nothing is rounded), finite numbers, or
 * those so large that they were normal before they were rounded, too. The last two only while
 * FPSR.IXC is set.
 */
export type Taken = "numbers" | "finite" | "normal";

interface Limit {
  /** What is added to the doubled bits. */
  readonly bias: bigint;
  /** The greatest sum that is taken. */
  readonly most: bigint;
}

interface Kept {
  readonly local: number;
  readonly t: FpLane;
  readonly taken: Taken;
}

function limitOf(double: boolean, taken: Taken): Limit {
  const [infinity, least] = double
    ? [0x7ff0_0000_0000_0000n, 0x0010_0000_0000_0000n]
    : [0x7f80_0000n, 0x0080_0000n];
  if (taken === "numbers") return { bias: 1n, most: infinity * 2n + 1n };
  const bias = taken === "finite" ? 1n : -least * 2n - 1n;
  return { bias, most: (infinity - 1n) * 2n + bias };
}

/** The limits of one region. */
export class FpLimits {
  readonly #e: Emitter;
  readonly #ownLocal: (type: WasmType) => number;
  readonly #changing: boolean;
  readonly #locals = new Map<string, Kept>();

  /** `changing`: FPSR may change at any time, so nothing is kept in locals. */
  constructor(e: Emitter, ownLocal: (type: WasmType) => number, changing: boolean) {
    this.#e = e;
    this.#ownLocal = ownLocal;
    this.#changing = changing;
  }

  /** Whether `result` is not to be taken, as i32; and what follows a change of FPSR. */
  exceeded(
    t: FpLane,
    result: Val,
    taken: Taken,
    lanes?: number,
  ): [beyond: Val, refresh: () => void] {
    const e = this.#e;
    const { bias } = limitOf(t.double, taken);
    const [limit, refresh] = this.#limit(t, taken);
    const bits = t.double ? 64 : 32;
    if (t.scalar) {
      const constant = (v: bigint) => t.double ? e.i64(v) : e.i32(Number(v));
      const int = t.double ? "i64" : "i32";
      const pattern = t.double
        ? e.w("i64.reinterpret_f64", result)
        : e.w("i32.reinterpret_f32", result);
      const moved = e.w(`${int}.add`, e.w(`${int}.shl`, pattern, constant(1n)), constant(bias));
      return [e.w(`${int}.gt_u`, moved, limit), refresh];
    }
    // Comparisons of elements are signed.
    const int = t.double ? "i64x2" : "i32x4";
    const moved = e.w(
      `${int}.add`,
      e.w(`${int}.shl`, result, e.i32(1)),
      every(e, bits, bias + (1n << BigInt(bits - 1))),
    );
    const mask = e.w(`${int}.bitmask`, e.w(`${int}.gt_s`, moved, limit));
    const whole = lanes === undefined || lanes * bits === 128;
    return [whole ? mask : e.w("i32.and", mask, e.i32((1 << lanes) - 1)), refresh];
  }

  #limit(t: FpLane, taken: Taken): [limit: Val, refresh: () => void] {
    if (this.#changing) return [this.#value(t, taken), () => {}];
    const type = t.scalar ? t.double ? "i64" : "i32" : "v128";
    const key = `${t.type} ${taken}`;
    const known = this.#locals.get(key) ?? { local: this.#ownLocal(type), t, taken };
    this.#locals.set(key, known);
    return [this.#e.local(known.local, type), () => this.#set(known)];
  }
  #set({ local, t, taken }: Kept): void {
    asNode(this.#value(t, taken)).emit(this.#e.code);
    this.#e.setLocal(local);
  }
  /** The limit as FPCR and FPSR have it now. */
  #value(t: FpLane, taken: Taken): Val {
    const e = this.#e;
    const bits = t.double ? 64 : 32;
    const { most } = limitOf(t.double, taken);
    const inexact = e.w("i32.shr_u", e.field("fpsr"), e.i32(Math.log2(Fpsr.IXC)));
    const allowed = taken === "numbers"
      ? e.field("fpFast")
      : e.w("i32.and", e.field("fpFast"), inexact);
    if (!t.scalar) {
      const sign = 1n << BigInt(bits - 1);
      return e.select(allowed, every(e, bits, most ^ sign), every(e, bits, sign));
    }
    if (t.double) return e.select(allowed, e.i64(BigInt.asIntN(64, most)), e.i64(0));
    return e.select(allowed, e.i32(Number(BigInt.asIntN(32, most))), e.i32(0));
  }
  /** Loads all limits; for a region's entry. */
  load(): void {
    for (const limit of this.#locals.values()) this.#set(limit);
  }
}

function every(e: Emitter, bits: number, value: bigint): Val {
  const one = BigInt.asUintN(bits, value);
  const half = bits === 64 ? one : one << 32n | one;
  return e.v128(half, half);
}
