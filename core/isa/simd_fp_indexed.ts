/** Floating-point members of Advanced SIMD vector x indexed element, DDI 0487 C4.1. @module */

import { element } from "./fp_text.ts";
import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Ops, SlotRef } from "./ops.ts";
import {
  compute,
  elementAt,
  elementSize,
  laneFeature,
  type LaneFields,
  laneRegisters,
  oneDouble,
  put,
  source,
  splat,
} from "./simd_fp_lanes.ts";

interface Multiply extends LaneFields {
  /** FMLA or FMLS by `S`, FMUL or FMULX by `U`. */
  readonly S?: number;
  readonly U?: number;
}

interface Place {
  readonly L: number;
  readonly M: number;
  readonly H: number;
  readonly Rm: number;
}

interface Registers {
  readonly Rn: number;
  readonly Rd: number;
}

type Fields = Multiply & Place & Registers;

/** Smaller elements have longer indices, which for half precision take a bit of the register. */
function multiplier(f: Fields): readonly [register: number, index: number] {
  const size = elementSize(f);
  if (size === 16) return [f.Rm, f.H * 4 + f.L * 2 + f.M];
  return [f.M * 16 + f.Rm, size === 32 ? f.H * 2 + f.L : f.H];
}

const nameOf = (f: Multiply) =>
  f.S === undefined ? (f.U ? "fmulx" : "fmul") : f.S ? "fmls" : "fmla";
const operationOf = (f: Multiply) =>
  f.S === undefined ? (f.U ? "mulX" : "mul") : f.S ? "mulSub" : "mulAdd";

const multiply = {
  ref: "FMLA, FMLS, FMUL, FMULX (by element)",
  fp: true,
  undefined: (f: Fields) => oneDouble(f) || (f.sz === 1 && f.L === 1),
  feature: laneFeature,
  asm: (f: Fields) =>
    `${nameOf(f)} ${laneRegisters(f, f.Rd, f.Rn)}, ${
      element(multiplier(f)[0], elementSize(f), multiplier(f)[1])
    }`,
  operands: (f: Fields) => {
    const [register, index] = multiplier(f);
    return { d: vreg(f.Rd), n: vreg(f.Rn), m: elementAt(register, elementSize(f), index) };
  },
} as const;

function run(op: Ops, f: Multiply, o: Readonly<Record<"d" | "n" | "m", SlotRef>>): void {
  const size = elementSize(f);
  const m = f.Q === undefined ? op.x(o.m) : splat(op, size, o.m);
  const addend = f.S === undefined ? [] : [source(op, f, o.d)];
  put(op, f, o.d, compute(op, f, operationOf(f), size, ...addend, source(op, f, o.n), m));
}

/** The definitions of this part. */
export const simdFpIndexed: readonly AnyInsn[] = [
  insn(
    "Advanced SIMD vector x indexed element: FMLA, FMLS",
    "0 Q:1 0 01111 1 sz:1 L:1 M:1 Rm:4 0 S:1 01 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["Q", "sz", "S"], run },
  ),
  insn(
    "Advanced SIMD vector x indexed element: FMLA, FMLS (FP16)",
    "0 Q:1 0 01111 00 L:1 M:1 Rm:4 0 S:1 01 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["Q", "S"], run },
  ),
  insn(
    "Advanced SIMD vector x indexed element: FMUL, FMULX",
    "0 Q:1 U:1 01111 1 sz:1 L:1 M:1 Rm:4 1001 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["Q", "U", "sz"], run },
  ),
  insn(
    "Advanced SIMD vector x indexed element: FMUL, FMULX (FP16)",
    "0 Q:1 U:1 01111 00 L:1 M:1 Rm:4 1001 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["Q", "U"], run },
  ),
  insn(
    "Advanced SIMD scalar x indexed element: FMLA, FMLS",
    "01 0 11111 1 sz:1 L:1 M:1 Rm:4 0 S:1 01 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["sz", "S"], run },
  ),
  insn(
    "Advanced SIMD scalar x indexed element: FMLA, FMLS (FP16)",
    "01 0 11111 00 L:1 M:1 Rm:4 0 S:1 01 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["S"], run },
  ),
  insn(
    "Advanced SIMD scalar x indexed element: FMUL, FMULX",
    "01 U:1 11111 1 sz:1 L:1 M:1 Rm:4 1001 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["U", "sz"], run },
  ),
  insn(
    "Advanced SIMD scalar x indexed element: FMUL, FMULX (FP16)",
    "01 U:1 11111 00 L:1 M:1 Rm:4 1001 H:1 0 Rn:5 Rd:5",
    { ...multiply, shape: ["U"], run },
  ),
];
