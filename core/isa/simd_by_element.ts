/** Advanced SIMD by indexed element, vector and scalar, on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, type Feature, insn, type StateOffset, vreg } from "./insn.ts";
import type { Ops, SlotRef } from "./ops.ts";
import { elementSlot, Lanes } from "./simd_lanes.ts";
import * as products from "./simd_products.ts";
import type { Long, Same } from "./simd_products.ts";
import { element, scalar, vector, vectors } from "./simd_text.ts";

interface Indexed {
  readonly size: number;
  readonly L: number;
  readonly M: number;
  readonly Rm: number;
  readonly H: number;
  readonly Rn: number;
  readonly Rd: number;
}

/** The register and the index of the element; halfwords are of the first 16 registers. */
function elementOf(f: Indexed): [register: number, index: number] {
  return f.size === 1
    ? [f.Rm, (f.H << 2) | (f.L << 1) | f.M]
    : [(f.M << 4) | f.Rm, (f.H << 1) | f.L];
}

const operandsOf = (f: Indexed): { d: StateOffset; n: StateOffset; m: StateOffset } => {
  const [register, index] = elementOf(f);
  return { d: vreg(f.Rd), n: vreg(f.Rn), m: elementSlot(register, f.size, index) };
};

const elementText = (f: Indexed) => element(elementOf(f)[0], f.size, elementOf(f)[1]);

const noSize = (f: Indexed) => f.size === 0 || f.size === 3;

function sourcesOf(op: Ops, size: number, o: { d: SlotRef; n: SlotRef; m: SlotRef }) {
  const m = new Lanes(op, size, 128).w("splat", op.w32(o.m));
  return { n: op.v(o.n), m, d: op.v(o.d) };
}

/** One opcode with one U. */
interface Row<Run> {
  readonly opcode: string;
  readonly U: 0 | 1;
  readonly name: string;
  readonly scalar?: true;
  readonly feature?: Feature;
  readonly run: Run;
}

const high = products.multiplyHigh;

const SameRows: readonly Row<Same>[] = [
  { opcode: "0000", U: 1, name: "mla", run: products.multiplyAdd },
  { opcode: "0100", U: 1, name: "mls", run: products.multiplySub },
  { opcode: "1000", U: 0, name: "mul", run: products.multiply },
  { opcode: "1100", U: 0, name: "sqdmulh", scalar: true, run: high({}) },
  { opcode: "1101", U: 0, name: "sqrdmulh", scalar: true, run: high({ round: true }) },
  {
    opcode: "1101",
    U: 1,
    name: "sqrdmlah",
    scalar: true,
    feature: "rdm",
    run: high({ round: true, accumulate: "add" }),
  },
  {
    opcode: "1111",
    U: 1,
    name: "sqrdmlsh",
    scalar: true,
    feature: "rdm",
    run: high({ round: true, accumulate: "sub" }),
  },
];

const LongRows: readonly Row<Long>[] = [
  { opcode: "0010", U: 0, name: "smlal", run: products.multiplyAddLong },
  { opcode: "0010", U: 1, name: "umlal", run: products.multiplyAddLong },
  { opcode: "0011", U: 0, name: "sqdmlal", scalar: true, run: products.doublingAddLong },
  { opcode: "0110", U: 0, name: "smlsl", run: products.multiplySubLong },
  { opcode: "0110", U: 1, name: "umlsl", run: products.multiplySubLong },
  { opcode: "0111", U: 0, name: "sqdmlsl", scalar: true, run: products.doublingSubLong },
  { opcode: "1010", U: 0, name: "smull", run: products.multiplyLong },
  { opcode: "1010", U: 1, name: "umull", run: products.multiplyLong },
  { opcode: "1011", U: 0, name: "sqdmull", scalar: true, run: products.doublingLong },
];

const vectorBits = <R>(row: Row<R>) =>
  `0 Q:1 ${row.U} 01111 size:2 L:1 M:1 Rm:4 ${row.opcode} H:1 0 Rn:5 Rd:5` as const;
const scalarBits = <R>(row: Row<R>) =>
  `01 ${row.U} 11111 size:2 L:1 M:1 Rm:4 ${row.opcode} H:1 0 Rn:5 Rd:5` as const;
const refOf = <R>(row: Row<R>) => `${row.name.toUpperCase()} (by element)`;

const same = (row: Row<Same>) =>
  insn("Advanced SIMD vector x indexed element", vectorBits(row), {
    ref: refOf(row),
    shape: ["Q", "size"],
    fp: true,
    undefined: noSize,
    feature: () => row.feature,
    asm: (f) => `${row.name} ${vectors(f.size, f.Q, f.Rd, f.Rn)}, ${elementText(f)}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
      lanes.put(o.d, row.run(lanes, row.U, sourcesOf(op, f.size, o)));
    },
  });

const long = (row: Row<Long>) =>
  insn("Advanced SIMD vector x indexed element: long", vectorBits(row), {
    ref: refOf(row),
    shape: ["Q", "size"],
    fp: true,
    undefined: noSize,
    asm: (f) => {
      const n = vector(f.Rn, f.size, f.Q);
      const name = `${row.name}${f.Q ? "2" : ""}`;
      return `${name} ${vector(f.Rd, f.size + 1, 1)}, ${n}, ${elementText(f)}`;
    },
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, 128);
      op.setV(o.d, row.run(lanes, row.U, f.Q, sourcesOf(op, f.size, o)));
    },
  });

const scalarSame = (row: Row<Same>) =>
  insn("Advanced SIMD scalar x indexed element", scalarBits(row), {
    ref: refOf(row),
    shape: ["size"],
    fp: true,
    undefined: noSize,
    feature: () => row.feature,
    asm: (f) => `${row.name} ${scalar(f.Rd, f.size)}, ${scalar(f.Rn, f.size)}, ${elementText(f)}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, 8 << f.size);
      lanes.put(o.d, row.run(lanes, row.U, sourcesOf(op, f.size, o)));
    },
  });

const scalarLong = (row: Row<Long>) =>
  insn("Advanced SIMD scalar x indexed element: long", scalarBits(row), {
    ref: refOf(row),
    shape: ["size"],
    fp: true,
    undefined: noSize,
    asm: (f) =>
      `${row.name} ${scalar(f.Rd, f.size + 1)}, ${scalar(f.Rn, f.size)}, ${elementText(f)}`,
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, 8 << f.size);
      lanes.wider.put(o.d, row.run(lanes, row.U, 0, sourcesOf(op, f.size, o)));
    },
  });

// -- dot products ---------------------------------------------------------------------------------

interface Dot extends Row<products.Signs> {
  readonly size: "00" | "10";
  readonly feature: Feature;
}

const Dots: readonly Dot[] = [
  { opcode: "1110", U: 0, size: "10", name: "sdot", feature: "dotprod", run: [0, 0] },
  { opcode: "1110", U: 1, size: "10", name: "udot", feature: "dotprod", run: [1, 1] },
  { opcode: "1111", U: 0, size: "00", name: "sudot", feature: "i8mm", run: [0, 1] },
  { opcode: "1111", U: 0, size: "10", name: "usdot", feature: "i8mm", run: [1, 0] },
];

const dot = ({ opcode, U, size, name, feature, run }: Dot) =>
  insn(
    "Advanced SIMD vector x indexed element: dot product",
    `0 Q:1 ${U} 01111 ${size} L:1 M:1 Rm:4 ${opcode} H:1 0 Rn:5 Rd:5`,
    {
      ref: `${name.toUpperCase()} (by element)`,
      shape: ["Q"],
      fp: true,
      feature: () => feature,
      asm: (f) => {
        const [register, index] = elementOf({ ...f, size: 2 });
        const operands = `${vector(f.Rd, 2, f.Q)}, ${vector(f.Rn, 0, f.Q)}`;
        return `${name} ${operands}, v${register}.4b[${index}]`;
      },
      operands: (f) => operandsOf({ ...f, size: 2 }),
      run: (op, f, o) => {
        const value = products.dotProduct(new Lanes(op, 0, 128), run, sourcesOf(op, 2, o));
        new Lanes(op, 2, f.Q ? 128 : 64).put(o.d, value);
      },
    },
  );

/** The definitions of this part. */
export const simdByElement: readonly AnyInsn[] = [
  ...SameRows.map(same),
  ...SameRows.filter((row) => row.scalar).map(scalarSame),
  ...LongRows.map(long),
  ...LongRows.filter((row) => row.scalar).map(scalarLong),
  ...Dots.map(dot),
];
