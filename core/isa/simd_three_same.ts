/** Advanced SIMD three same, vector and scalar, on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import * as arithmetic from "./simd_arithmetic.ts";
import { Lanes } from "./simd_lanes.ts";
import * as products from "./simd_products.ts";
import { scalar, vectors } from "./simd_text.ts";

/** One opcode. */
interface Row {
  readonly opcode: string;
  /** Names for U = 0 and 1; undefined where there is none. */
  readonly names: readonly [string | undefined, string | undefined];
  /** Element sizes (log2 of bytes) of the vector form. */
  readonly sizes: readonly number[];
  /** Those for U = 1, where they differ. */
  readonly unsignedSizes?: readonly number[];
  /** Those of the scalar form. */
  readonly scalar?: readonly number[];
  readonly run: products.Same;
}

const All = [0, 1, 2, 3];
const Short = [0, 1, 2];

const Rows: readonly Row[] = [
  {
    opcode: "00000",
    names: ["shadd", "uhadd"],
    sizes: Short,
    run: (l, u, { n, m }) => arithmetic.halvingAdd(l, u, n, m),
  },
  {
    opcode: "00001",
    names: ["sqadd", "uqadd"],
    sizes: All,
    scalar: All,
    run: (l, u, { n, m }) => arithmetic.addSaturated(l, u, n, m),
  },
  {
    opcode: "00010",
    names: ["srhadd", "urhadd"],
    sizes: Short,
    run: (l, u, { n, m }) => arithmetic.roundingHalvingAdd(l, u, n, m),
  },
  {
    opcode: "00100",
    names: ["shsub", "uhsub"],
    sizes: Short,
    run: (l, u, { n, m }) => arithmetic.halvingSub(l, u, n, m),
  },
  {
    opcode: "00101",
    names: ["sqsub", "uqsub"],
    sizes: All,
    scalar: All,
    run: (l, u, { n, m }) => arithmetic.subSaturated(l, u, n, m),
  },
  {
    opcode: "00110",
    names: ["cmgt", "cmhi"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => l.gt(u, n, m),
  },
  {
    opcode: "00111",
    names: ["cmge", "cmhs"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => l.ge(u, n, m),
  },
  {
    opcode: "01000",
    names: ["sshl", "ushl"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => arithmetic.shifted(l, n, m, { from: u }),
  },
  {
    opcode: "01001",
    names: ["sqshl", "uqshl"],
    sizes: All,
    scalar: All,
    run: (l, u, { n, m }) => arithmetic.shifted(l, n, m, { from: u, saturate: u }),
  },
  {
    opcode: "01010",
    names: ["srshl", "urshl"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => arithmetic.shifted(l, n, m, { from: u, round: true }),
  },
  {
    opcode: "01011",
    names: ["sqrshl", "uqrshl"],
    sizes: All,
    scalar: All,
    run: (l, u, { n, m }) => arithmetic.shifted(l, n, m, { from: u, round: true, saturate: u }),
  },
  {
    opcode: "01100",
    names: ["smax", "umax"],
    sizes: Short,
    run: (l, u, { n, m }) => l.max(u, n, m),
  },
  {
    opcode: "01101",
    names: ["smin", "umin"],
    sizes: Short,
    run: (l, u, { n, m }) => l.min(u, n, m),
  },
  {
    opcode: "01110",
    names: ["sabd", "uabd"],
    sizes: Short,
    run: (l, u, { n, m }) => arithmetic.absoluteDifference(l, u, n, m),
  },
  {
    opcode: "01111",
    names: ["saba", "uaba"],
    sizes: Short,
    run: (l, u, { n, m, d }) => l.add(d, arithmetic.absoluteDifference(l, u, n, m)),
  },
  {
    opcode: "10000",
    names: ["add", "sub"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => u ? l.sub(n, m) : l.add(n, m),
  },
  {
    opcode: "10001",
    names: ["cmtst", "cmeq"],
    sizes: All,
    scalar: [3],
    run: (l, u, { n, m }) => u ? l.eq(n, m) : l.not(l.eq(l.and(n, m), l.zero)),
  },
  {
    opcode: "10010",
    names: ["mla", "mls"],
    sizes: Short,
    run: (l, u, s) => (u ? products.multiplySub : products.multiplyAdd)(l, u, s),
  },
  {
    opcode: "10011",
    names: ["mul", "pmul"],
    sizes: Short,
    unsignedSizes: [0],
    run: (l, u, { n, m }) => u ? arithmetic.polynomialProduct(l, 8, n, m) : l.mul(n, m),
  },
  {
    opcode: "10100",
    names: ["smaxp", "umaxp"],
    sizes: Short,
    run: (l, u, { n, m }) => l.max(u, ...l.pairs(n, m)),
  },
  {
    opcode: "10101",
    names: ["sminp", "uminp"],
    sizes: Short,
    run: (l, u, { n, m }) => l.min(u, ...l.pairs(n, m)),
  },
  {
    opcode: "10110",
    names: ["sqdmulh", "sqrdmulh"],
    sizes: [1, 2],
    scalar: [1, 2],
    run: (l, u, s) => products.multiplyHigh({ round: u === 1 })(l, u, s),
  },
  {
    opcode: "10111",
    names: ["addp", undefined],
    sizes: All,
    run: (l, _u, { n, m }) => l.add(...l.pairs(n, m)),
  },
];

interface ThreeSame {
  readonly U: number;
  readonly size: number;
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: ThreeSame) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) });

const nameOf = (row: Row, f: ThreeSame): string | undefined => row.names[f.U];

const refOf = (row: Row) => row.names.filter((name) => name).join(", ").toUpperCase();

const vectorForm = (row: Row) =>
  insn(
    "Advanced SIMD three same",
    `0 Q:1 U:1 01110 size:2 1 Rm:5 ${row.opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(row),
      shape: ["Q", "U", "size"],
      fp: true,
      undefined: (f) => {
        const sizes = f.U ? row.unsignedSizes ?? row.sizes : row.sizes;
        return !nameOf(row, f) || !sizes.includes(f.size) || (f.size === 3 && !f.Q);
      },
      asm: (f) => `${nameOf(row, f)} ${vectors(f.size, f.Q, f.Rd, f.Rn, f.Rm)}`,
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
        const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
        lanes.put(o.d, row.run(lanes, f.U, sources));
      },
    },
  );

const scalarForm = (row: Row) =>
  insn(
    "Advanced SIMD scalar three same",
    `01 U:1 11110 size:2 1 Rm:5 ${row.opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(row),
      shape: ["U", "size"],
      fp: true,
      undefined: (f) => !row.scalar?.includes(f.size),
      asm: (f) =>
        `${nameOf(row, f)} ${[f.Rd, f.Rn, f.Rm].map((r) => scalar(r, f.size)).join(", ")}`,
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, 8 << f.size);
        const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
        lanes.put(o.d, row.run(lanes, f.U, sources));
      },
    },
  );

const Logical = [["and", "bic", "orr", "orn"], ["eor", "bsl", "bit", "bif"]] as const;

const logical = insn(
  "Advanced SIMD three same: logical",
  "0 Q:1 U:1 01110 size:2 1 Rm:5 00011 1 Rn:5 Rd:5",
  {
    ref: "AND, BIC, ORR, ORN (vector, register), EOR, BSL, BIT, BIF",
    shape: ["Q", "U", "size"],
    fp: true,
    asm: (f) => `${Logical[f.U]?.[f.size]} ${vectors(0, f.Q, f.Rd, f.Rn, f.Rm)}`,
    alias: (f) =>
      !f.U && f.size === 2 && f.Rn === f.Rm ? `mov ${vectors(0, f.Q, f.Rd, f.Rn)}` : undefined,
    operands: operandsOf,
    run: (op, f, o) => {
      const l = new Lanes(op, 0, f.Q ? 128 : 64);
      const [n, m, d] = [op.v(o.n), op.v(o.m), op.v(o.d)];
      const results = [
        [() => l.and(n, m), () => l.without(n, m), () => l.or(n, m), () => l.or(n, l.not(m))],
        [
          () => l.xor(n, m),
          () => l.select(d, n, m),
          () => l.select(m, n, d),
          () => l.select(m, d, n),
        ],
      ];
      l.put(o.d, (results[f.U]?.[f.size] as () => Val)());
    },
  },
);

/** The definitions of this part. */
export const simdThreeSame: readonly AnyInsn[] = [
  ...Rows.map(vectorForm),
  ...Rows.filter((row) => row.scalar).map(scalarForm),
  logical,
];
