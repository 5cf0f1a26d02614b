/** BFloat16 products added to single precision, DDI 0487 C4.1. @module */

import { element, vec } from "./fp_text.ts";
import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import { compute, elementAt, pick, put, splat } from "./simd_fp_lanes.ts";

const feature = (): Feature => "bf16";

interface Vector {
  readonly Q: number;
  readonly Rn: number;
  readonly Rd: number;
}

const dotText = (f: Vector) => `bfdot ${vec(f.Rd, f.Q ? 4 : 2, 32)}, ${vec(f.Rn, f.Q ? 8 : 4, 16)}`;
const longText = (f: Vector) => `bfmlal${f.Q ? "t" : "b"} ${vec(f.Rd, 4, 32)}, ${vec(f.Rn, 8, 16)}`;

const dot = insn(
  "Advanced SIMD three-register extension: BFDOT",
  "0 Q:1 1 01110 010 Rm:5 111111 Rn:5 Rd:5",
  {
    ref: "BFDOT (vector)",
    shape: ["Q"],
    fp: true,
    feature,
    asm: (f) => `${dotText(f)}, ${vec(f.Rm, f.Q ? 8 : 4, 16)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) =>
      put(op, f, o.d, compute(op, f, "brainDotAdd", 32, op.v(o.d), op.v(o.n), op.v(o.m))),
  },
);

const dotIndexed = insn(
  "Advanced SIMD vector x indexed element: BFDOT",
  "0 Q:1 0 01111 01 L:1 M:1 Rm:4 1111 H:1 0 Rn:5 Rd:5",
  {
    ref: "BFDOT (by element)",
    shape: ["Q"],
    fp: true,
    feature,
    asm: (f) => `${dotText(f)}, ${vec(f.M * 16 + f.Rm, 2, 16)}[${f.H * 2 + f.L}]`,
    operands: (f) => ({
      d: vreg(f.Rd),
      n: vreg(f.Rn),
      m: elementAt(f.M * 16 + f.Rm, 32, f.H * 2 + f.L),
    }),
    run: (op, f, o) => {
      const m = splat(op, 32, o.m);
      put(op, f, o.d, compute(op, f, "brainDotAdd", 32, op.v(o.d), op.v(o.n), m));
    },
  },
);

/** Rows of the first source times rows of the second: element 2i + j of the 2 × 2 result. */
const matrix = insn(
  "Advanced SIMD three-register extension: BFMMLA",
  "0110 1110 010 Rm:5 111011 Rn:5 Rd:5",
  {
    ref: "BFMMLA",
    shape: [],
    fp: true,
    feature,
    asm: (f) => `bfmmla ${vec(f.Rd, 4, 32)}, ${vec(f.Rn, 8, 16)}, ${vec(f.Rm, 8, 16)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, _f, o) => {
      const [n, m] = [op.v(o.n), op.v(o.m)];
      const add = (sum: Val, k: number) => {
        const a = pick(op, 32, 4, [k, k, 2 + k, 2 + k], n, n);
        const b = pick(op, 32, 4, [k, 2 + k, k, 2 + k], m, m);
        return op.fpLanes("brainDotAdd", 32, 4, sum, a, b);
      };
      op.setV(o.d, add(add(op.v(o.d), 0), 1));
    },
  },
);

/** Even (BFMLALB) or odd (BFMLALT) elements as the low bits of wider ones. */
const every = (op: Ops, odd: number, v: Val) => odd ? op.w("i32x4.shr_u", v, op.i32(16)) : v;

const long = insn(
  "Advanced SIMD three-register extension: BFMLALB, BFMLALT",
  "0 Q:1 1 01110 110 Rm:5 111111 Rn:5 Rd:5",
  {
    ref: "BFMLALB, BFMLALT (vector)",
    shape: ["Q"],
    fp: true,
    feature,
    asm: (f) => `${longText(f)}, ${vec(f.Rm, 8, 16)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const [n, m] = [every(op, f.Q, op.v(o.n)), every(op, f.Q, op.v(o.m))];
      op.setV(o.d, op.fpLanes("brainMulAdd", 32, 4, op.v(o.d), n, m));
    },
  },
);

const longIndexed = insn(
  "Advanced SIMD vector x indexed element: BFMLALB, BFMLALT",
  "0 Q:1 0 01111 11 L:1 M:1 Rm:4 1111 H:1 0 Rn:5 Rd:5",
  {
    ref: "BFMLALB, BFMLALT (by element)",
    shape: ["Q"],
    fp: true,
    feature,
    asm: (f) => `${longText(f)}, ${element(f.Rm, 16, f.H * 4 + f.L * 2 + f.M)}`,
    operands: (f) => ({
      d: vreg(f.Rd),
      n: vreg(f.Rn),
      m: elementAt(f.Rm, 16, f.H * 4 + f.L * 2 + f.M),
    }),
    run: (op, f, o) => {
      const n = every(op, f.Q, op.v(o.n));
      op.setV(o.d, op.fpLanes("brainMulAdd", 32, 4, op.v(o.d), n, splat(op, 32, o.m)));
    },
  },
);

/** The definitions of this part. */
export const simdFpBrain: readonly AnyInsn[] = [dot, dotIndexed, matrix, long, longIndexed];
