/** Conversions to and from half precision, for zeros and normal numbers. @module */

import type { FpInfo } from "../fp/table.ts";
import type { Ops, Val } from "../isa/ops.ts";

/** What `Attempt` of fp_fast.ts says. */
interface Converted {
  readonly result: Val;
  readonly exact: Val;
  readonly rounded?: Val;
}

const Half = { sign: 0x8000, leastNormal: 0x0400, infinity: 0x7c00 } as const;
/** Bits of single precision: the least normal half, and the first number that rounds to infinity. */
const Single = { leastNormal: 0x3880_0000, beyond: 0x477f_f000 } as const;
/** Bits of the fraction that single precision has more, and what the exponents differ by. */
const Extra = 13;
const Rebias = 112;

/** From half precision; never inexact. */
export function fromHalf(op: Ops, bits: Val, to: FpInfo["to"]): Converted {
  const word = op.let(op.w("i32.wrap_i64", bits));
  const magnitude = op.let(op.w("i32.and", word, op.i32(Half.sign - 1)));
  const sign = op.w("i32.shl", op.w("i32.and", word, op.i32(Half.sign)), op.i32(16));
  const moved = op.w(
    "i32.add",
    op.w("i32.shl", magnitude, op.i32(Extra)),
    op.i32(Rebias << 23),
  );
  const isZero = op.w("i32.eqz", magnitude);
  const single = op.w("i32.or", sign, op.select(isZero, op.i32(0), moved));
  const normals = op.i32(Half.infinity - Half.leastNormal);
  const normal = op.w(
    "i32.lt_u",
    op.w("i32.sub", magnitude, op.i32(Half.leastNormal)),
    normals,
  );
  const number = op.w("f32.reinterpret_i32", single);
  return {
    result: to === 64
      ? op.w("i64.reinterpret_f64", op.w("f64.promote_f32", number))
      : op.w("i64.extend_i32_u", single),
    exact: op.w("i32.or", isZero, normal),
  };
}

/** From single precision, to nearest. */
export function toHalf(op: Ops, bits: Val): Converted {
  const word = op.let(op.w("i32.wrap_i64", bits));
  const magnitude = op.let(op.w("i32.and", word, op.i32(0x7fff_ffff)));
  const sign = op.w("i32.and", op.w("i32.shr_u", word, op.i32(16)), op.i32(Half.sign));
  const shifted = op.let(op.w("i32.shr_u", magnitude, op.i32(Extra)));
  const even = op.w("i32.and", shifted, op.i32(1));
  const upwards = op.w("i32.add", op.i32((1 << (Extra - 1)) - 1), even);
  const nearest = op.w("i32.shr_u", op.w("i32.add", magnitude, upwards), op.i32(Extra));
  const isZero = op.w("i32.eqz", magnitude);
  const moved = op.w("i32.sub", nearest, op.i32(Rebias << 10));
  const normals = op.i32(Single.beyond - Single.leastNormal);
  const normal = op.let(
    op.w("i32.lt_u", op.w("i32.sub", magnitude, op.i32(Single.leastNormal)), normals),
  );
  const lost = op.w("i32.and", magnitude, op.i32((1 << Extra) - 1));
  return {
    result: op.w(
      "i64.extend_i32_u",
      op.w("i32.or", sign, op.select(isZero, op.i32(0), moved)),
    ),
    exact: op.w("i32.or", isZero, op.select(lost, op.i32(0), normal)),
    rounded: normal,
  };
}
