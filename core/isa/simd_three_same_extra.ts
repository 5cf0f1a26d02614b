/** Advanced SIMD three same extra, vector and scalar, on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import {
  dotProduct,
  matrixProduct,
  multiplyHigh,
  type Signs,
  type Sources,
} from "./simd_products.ts";
import { scalar, vector, vectors } from "./simd_text.ts";

interface Registers {
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) });

const accumulatingHigh = (sub: number) =>
  multiplyHigh({ round: true, accumulate: sub ? "sub" : "add" });

const nameOf = (f: { readonly sub: number }) => `sqrdml${f.sub ? "s" : "a"}h`;

const multiplyAccumulateHigh = insn(
  "Advanced SIMD three same extra: SQRDMLAH, SQRDMLSH",
  "0 Q:1 1 01110 size:2 0 Rm:5 1 000 sub:1 1 Rn:5 Rd:5",
  {
    ref: "SQRDMLAH (vector), SQRDMLSH (vector)",
    shape: ["Q", "size", "sub"],
    fp: true,
    undefined: (f) => f.size === 0 || f.size === 3,
    feature: () => "rdm",
    asm: (f) => `${nameOf(f)} ${vectors(f.size, f.Q, f.Rd, f.Rn, f.Rm)}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
      const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
      lanes.put(o.d, accumulatingHigh(f.sub)(lanes, 0, sources));
    },
  },
);

const scalarMultiplyAccumulateHigh = insn(
  "Advanced SIMD scalar three same extra",
  "01 1 11110 size:2 0 Rm:5 1 000 sub:1 1 Rn:5 Rd:5",
  {
    ref: "SQRDMLAH (vector), SQRDMLSH (vector)",
    shape: ["size", "sub"],
    fp: true,
    undefined: (f) => f.size === 0 || f.size === 3,
    feature: () => "rdm",
    asm: (f) => `${nameOf(f)} ${[f.Rd, f.Rn, f.Rm].map((r) => scalar(r, f.size)).join(", ")}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, 8 << f.size);
      const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
      lanes.put(o.d, accumulatingHigh(f.sub)(lanes, 0, sources));
    },
  },
);

/** Products of bytes added to words. */
interface Row {
  readonly opcode: string;
  readonly U: 0 | 1;
  readonly name: string;
  readonly feature: Feature;
  readonly signs: Signs;
  /** Has no 64-bit form. */
  readonly matrix?: boolean;
}

const Rows: readonly Row[] = [
  { opcode: "0010", U: 0, name: "sdot", feature: "dotprod", signs: [0, 0] },
  { opcode: "0010", U: 1, name: "udot", feature: "dotprod", signs: [1, 1] },
  { opcode: "0011", U: 0, name: "usdot", feature: "i8mm", signs: [1, 0] },
  { opcode: "0100", U: 0, name: "smmla", feature: "i8mm", signs: [0, 0], matrix: true },
  { opcode: "0100", U: 1, name: "ummla", feature: "i8mm", signs: [1, 1], matrix: true },
  { opcode: "0101", U: 0, name: "usmmla", feature: "i8mm", signs: [1, 0], matrix: true },
];

const byteProducts = ({ opcode, U, name, feature, signs, matrix = false }: Row) =>
  insn(
    "Advanced SIMD three same extra: products of bytes",
    `0 Q:1 ${U} 01110 10 0 Rm:5 1 ${opcode} 1 Rn:5 Rd:5`,
    {
      ref: `${name.toUpperCase()} (vector)`,
      shape: ["Q"],
      fp: true,
      undefined: (f) => matrix && !f.Q,
      feature: () => feature,
      asm: (f) => `${name} ${vector(f.Rd, 2, f.Q)}, ${vectors(0, f.Q, f.Rn, f.Rm)}`,
      operands: operandsOf,
      run: (op, f, o) => {
        const bytes = new Lanes(op, 0, 128);
        const sources: Sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
        const value: Val = (matrix ? matrixProduct : dotProduct)(bytes, signs, sources);
        new Lanes(op, 2, f.Q ? 128 : 64).put(o.d, value);
      },
    },
  );

/** The definitions of this part. */
export const simdThreeSameExtra: readonly AnyInsn[] = [
  multiplyAccumulateHigh,
  scalarMultiplyAccumulateHigh,
  ...Rows.map(byteProducts),
];
