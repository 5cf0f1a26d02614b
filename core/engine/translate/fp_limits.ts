/**
 * The test of floating-point results in translated code: one comparison that holds where the result
 * is right and no flag but a set one is due.
 *
 * The bits of a number without its sign, moved so that those of results to be taken begin at 1, are
 * compared with a limit. That is loaded at a region's entry; it is 0 while FPCR or FPSR forbid the
 * short way, so that one comparison tests everything.
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
 * FPSR.IXC is set. NaNs that were computed are quiet, so that the high half of a double tells.
 */
export type Taken = "numbers" | "finite" | "normal";

interface Limit {
  /** What is added to the doubled bits. */
  readonly bias: bigint;
  /** The greatest sum that is taken. */
  readonly most: bigint;
}

/** A limit kept in a local. */
interface Kept {
  readonly local: number;
  readonly t: FpLane;
  readonly taken: Taken;
}

/** Bits that are compared: scalars of double precision have only their high half looked at. */
const bitsOf = (t: FpLane): 32 | 64 => t.double && !t.scalar ? 64 : 32;

function limitOf(t: FpLane, taken: Taken): Limit {
  const [infinity, least] = t.double ? [0x7ff0_0000n, 0x0010_0000n] : [0x7f80_0000n, 0x0080_0000n];
  const by = BigInt(bitsOf(t) - 32);
  const [above, below] = [infinity << by, least << by];
  if (taken === "numbers") return { bias: 1n, most: above * 2n + 1n };
  const bias = taken === "finite" ? 1n : -below * 2n - 1n;
  return { bias, most: (above - 1n) * 2n + bias };
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

  /** Whether `result` is not to be taken, as i32. */
  exceeded(t: FpLane, result: Val, taken: Taken, lanes?: number): Val {
    const e = this.#e;
    const { bias } = limitOf(t, taken);
    const limit = this.#limit(t, taken);
    if (t.scalar) {
      const bits = t.double
        ? e.w("i32.wrap_i64", e.w("i64.shr_u", t.bits(result), e.i64(32)))
        : e.w("i32.reinterpret_f32", result);
      const moved = e.w("i32.add", e.w("i32.shl", bits, e.i32(1)), e.i32(Number(bias)));
      return e.w("i32.gt_u", moved, limit);
    }
    // Comparisons of elements are signed.
    const bits = bitsOf(t);
    const int = t.double ? "i64x2" : "i32x4";
    const moved = e.w(
      `${int}.add`,
      e.w(`${int}.shl`, result, e.i32(1)),
      every(e, bits, bias ^ signOf(bits)),
    );
    const mask = e.w(`${int}.bitmask`, e.w(`${int}.gt_s`, moved, limit));
    const whole = lanes === undefined || lanes * bits === 128;
    return whole ? mask : e.w("i32.and", mask, e.i32((1 << lanes) - 1));
  }

  #limit(t: FpLane, taken: Taken): Val {
    if (this.#changing) return this.#value(t, taken);
    const type = t.scalar ? "i32" : "v128";
    const key = `${t.type} ${taken}`;
    const known = this.#locals.get(key) ?? { local: this.#ownLocal(type), t, taken };
    this.#locals.set(key, known);
    return this.#e.local(known.local, type);
  }
  /** The limit as FPCR and FPSR have it now. */
  #value(t: FpLane, taken: Taken): Val {
    const e = this.#e;
    const { most } = limitOf(t, taken);
    const inexact = e.w("i32.shr_u", e.field("fpsr"), e.i32(Math.log2(Fpsr.IXC)));
    const allowed = taken === "numbers"
      ? e.field("fpFast")
      : e.w("i32.and", e.field("fpFast"), inexact);
    if (t.scalar) return e.select(allowed, e.i32(Number(BigInt.asIntN(32, most))), e.i32(0));
    const bits = bitsOf(t);
    return e.select(allowed, every(e, bits, most ^ signOf(bits)), every(e, bits, signOf(bits)));
  }
  /** Loads all limits; for a region's entry. */
  load(): void {
    for (const { local, t, taken } of this.#locals.values()) {
      asNode(this.#value(t, taken)).emit(this.#e.code);
      this.#e.setLocal(local);
    }
  }
}

const signOf = (bits: number) => 1n << BigInt(bits - 1);

function every(e: Emitter, bits: number, value: bigint): Val {
  const one = BigInt.asUintN(bits, value);
  const half = bits === 64 ? one : one << 32n | one;
  return e.v128(half, half);
}
