/** Complex arithmetic: pairs of elements are real and imaginary parts, DDI 0487 C4.1. @module */

import type { FpSize } from "../fp/table.ts";
import { element, vec } from "./fp_text.ts";
import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import { compute, elementAt, laneCount, pick, put, splat } from "./simd_fp_lanes.ts";

interface Fields {
  readonly Q: number;
  readonly size: number;
}

const sizeOf = (f: Fields) => 8 << f.size as FpSize;

/** Signs of the parts as a mask. */
function signMask(op: Ops, size: FpSize, real: boolean, imaginary: boolean): Val {
  let mask = 0n;
  for (let at = 0; at < 128; at += size * 2) {
    if (real) mask |= 1n << BigInt(at + size - 1);
    if (imaginary) mask |= 1n << BigInt(at + size * 2 - 1);
  }
  return op.v128(BigInt.asUintN(64, mask), mask >> 64n);
}

const lanesBy = (size: FpSize, from: (i: number) => number) =>
  Array.from({ length: 128 / size }, (_, i) => from(i));

/** Numbers turned by quarter turns, where odd turns exchange the parts: i·(a + bi) = −b + ai. */
function turned(op: Ops, size: FpSize, turns: number, v: Val): Val {
  if (turns === 0) return v;
  const swapped = turns & 1 ? pick(op, size, 128 / size, lanesBy(size, (i) => i ^ 1), v, v) : v;
  return op.w("v128.xor", swapped, signMask(op, size, turns <= 2, turns >= 2));
}

/** The real or the imaginary parts in place of both. */
const part = (op: Ops, size: FpSize, imaginary: number, v: Val) =>
  pick(op, size, 128 / size, lanesBy(size, (i) => (i & ~1) | imaginary), v, v);

/** addend + the half of n · m that the turn names. */
function multiplyAdd(
  op: Ops,
  f: Fields & { rot: number },
  [d, n, m]: readonly [Val, Val, Val],
): Val {
  const size = sizeOf(f);
  const factor = part(op, size, f.rot & 1, n);
  return compute(op, f, "mulAdd", size, d, factor, turned(op, size, f.rot, m));
}

const feature = (): Feature => "complxnum";
const registers = (f: Fields, ...numbers: number[]) =>
  numbers.map((n) => vec(n, laneCount(f, sizeOf(f)), sizeOf(f))).join(", ");
const reserved = (f: Fields) => f.size === 0 || (f.size === 3 && !f.Q);

const add = insn(
  "Advanced SIMD three-register extension: FCADD",
  "0 Q:1 1 01110 size:2 0 Rm:5 111 rot:1 01 Rn:5 Rd:5",
  {
    ref: "FCADD",
    shape: ["Q", "size", "rot"],
    fp: true,
    undefined: reserved,
    feature,
    asm: (f) => `fcadd ${registers(f, f.Rd, f.Rn, f.Rm)}, #${f.rot ? 270 : 90}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const size = sizeOf(f);
      const m = turned(op, size, f.rot ? 3 : 1, op.v(o.m));
      put(op, f, o.d, compute(op, f, "add", size, op.v(o.n), m));
    },
  },
);

const multiply = insn(
  "Advanced SIMD three-register extension: FCMLA",
  "0 Q:1 1 01110 size:2 0 Rm:5 110 rot:2 1 Rn:5 Rd:5",
  {
    ref: "FCMLA",
    shape: ["Q", "size", "rot"],
    fp: true,
    undefined: reserved,
    feature,
    asm: (f) => `fcmla ${registers(f, f.Rd, f.Rn, f.Rm)}, #${f.rot * 90}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => put(op, f, o.d, multiplyAdd(op, f, [op.v(o.d), op.v(o.n), op.v(o.m)])),
  },
);

interface Place extends Fields {
  readonly L: number;
  readonly H: number;
}

/** The index counts pairs. */
const indexOf = (f: Place) => f.size === 1 ? f.H * 2 + f.L : f.H;

const multiplyIndexed = insn(
  "Advanced SIMD vector x indexed element: FCMLA",
  "0 Q:1 1 01111 size:2 L:1 M:1 Rm:4 0 rot:2 1 H:1 0 Rn:5 Rd:5",
  {
    ref: "FCMLA (by element)",
    shape: ["Q", "size", "rot"],
    fp: true,
    undefined: (f) => f.size === 1 ? f.H === 1 && !f.Q : f.size !== 2 || f.L === 1 || !f.Q,
    feature,
    asm: (f) => {
      const m = element(f.M * 16 + f.Rm, sizeOf(f), indexOf(f));
      return `fcmla ${registers(f, f.Rd, f.Rn)}, ${m}, #${f.rot * 90}`;
    },
    operands: (f) => ({
      d: vreg(f.Rd),
      n: vreg(f.Rn),
      m: elementAt(f.M * 16 + f.Rm, sizeOf(f) * 2, indexOf(f)),
    }),
    run: (op, f, o) => {
      const m = op.let(splat(op, sizeOf(f) * 2 as FpSize, o.m));
      put(op, f, o.d, multiplyAdd(op, f, [op.v(o.d), op.v(o.n), m]));
    },
  },
);

/** The definitions of this part. */
export const simdFpComplex: readonly AnyInsn[] = [add, multiply, multiplyIndexed];
