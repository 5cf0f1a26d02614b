/** FMLAL and its like: half precision products added to single precision, DDI 0487 C4.1. @module */

import { element, vec } from "./fp_text.ts";
import { type AnyInsn, type Feature, insn, type StateOffset, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { compute, elementAt, put } from "./simd_fp_lanes.ts";

interface Long {
  readonly Q: number;
  readonly S: number;
}

interface Registers {
  readonly Rn: number;
  readonly Rd: number;
}

interface Second {
  readonly Rm: number;
}

interface Place extends Second {
  readonly L: number;
  readonly M: number;
  readonly H: number;
}

type Slots = Readonly<Record<"d" | "n" | "m", SlotRef>>;

/** Whether the lower or the upper half of the sources is taken. */
type Part = 0 | 1;

const partOf = (part: Part, f: Long, n: number) =>
  vreg(n) + (part ? (f.Q ? 8 : 4) : 0) as StateOffset;

const text = (part: Part, f: Long & Registers) => {
  const lanes = f.Q ? 4 : 2;
  const name = `fml${f.S ? "s" : "a"}l${part ? "2" : ""}`;
  return `${name} ${vec(f.Rd, lanes, 32)}, ${vec(f.Rn, lanes, 16)}`;
};

/** Half precision elements as the low bits of wider ones. */
const halves = (op: Ops, slot: SlotRef) =>
  op.w("i32x4.extend_low_i16x8_u", op.w("i64x2.splat", op.x(slot)));

function accumulate(op: Ops, f: Long, o: Slots, m: Val): void {
  const operation = f.S ? "halfMulSub" : "halfMulAdd";
  put(op, f, o.d, compute(op, f, operation, 32, op.v(o.d), halves(op, o.n), m));
}

const vector = (part: Part) => ({
  ref: "FMLAL, FMLAL2, FMLSL, FMLSL2 (vector)",
  shape: ["Q", "S"],
  fp: true,
  feature: (): Feature => "fp16fml",
  asm: (f: Long & Registers & Second) => `${text(part, f)}, ${vec(f.Rm, f.Q ? 4 : 2, 16)}`,
  operands: (f: Long & Registers & Second) => ({
    d: vreg(f.Rd),
    n: partOf(part, f, f.Rn),
    m: partOf(part, f, f.Rm),
  }),
  run: (op: Ops, f: Long, o: Slots) => accumulate(op, f, o, halves(op, o.m)),
} as const);

const indexOf = (f: Place) => f.H * 4 + f.L * 2 + f.M;

const indexed = (part: Part) => ({
  ref: "FMLAL, FMLAL2, FMLSL, FMLSL2 (by element)",
  shape: ["Q", "S"],
  fp: true,
  feature: (): Feature => "fp16fml",
  asm: (f: Long & Registers & Place) => `${text(part, f)}, ${element(f.Rm, 16, indexOf(f))}`,
  operands: (f: Long & Registers & Place) => ({
    d: vreg(f.Rd),
    n: partOf(part, f, f.Rn),
    m: elementAt(f.Rm, 16, indexOf(f)),
  }),
  run: (op: Ops, f: Long, o: Slots) => accumulate(op, f, o, op.w("i32x4.splat", op.w32(o.m))),
} as const);

/** The definitions of this part. */
export const simdFpLong: readonly AnyInsn[] = [
  insn(
    "Advanced SIMD three same: FMLAL, FMLSL",
    "0 Q:1 0 01110 S:1 01 Rm:5 111011 Rn:5 Rd:5",
    vector(0),
  ),
  insn(
    "Advanced SIMD three same: FMLAL2, FMLSL2",
    "0 Q:1 1 01110 S:1 01 Rm:5 110011 Rn:5 Rd:5",
    vector(1),
  ),
  insn(
    "Advanced SIMD vector x indexed element: FMLAL, FMLSL",
    "0 Q:1 0 01111 10 L:1 M:1 Rm:4 0 S:1 00 H:1 0 Rn:5 Rd:5",
    indexed(0),
  ),
  insn(
    "Advanced SIMD vector x indexed element: FMLAL2, FMLSL2",
    "0 Q:1 1 01111 10 L:1 M:1 Rm:4 1 S:1 00 H:1 0 Rn:5 Rd:5",
    indexed(1),
  ),
];
