/** Advanced SIMD two-register miscellaneous on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { addMixedSaturated, narrowSaturated, negatedSaturated } from "./simd_arithmetic.ts";
import { Lanes, type Unsigned } from "./simd_lanes.ts";
import { scalar, vector, vectors } from "./simd_text.ts";

interface Sources {
  readonly n: Val;
  /** The destination before. */
  readonly d: Val;
}

/** One opcode that keeps the size of elements. */
interface Row {
  readonly opcode: string;
  /** Names for U = 0 and 1; undefined where there is none. */
  readonly names: readonly [string | undefined, string | undefined];
  /** Element sizes (log2 of bytes) of the vector form, for U = 0 and 1. */
  readonly sizes: readonly [readonly number[], readonly number[]];
  /** Those of the scalar form. */
  readonly scalar?: readonly number[];
  /** Text after the operands. */
  readonly suffix?: string;
  readonly run: (l: Lanes, u: Unsigned, s: Sources) => Val;
}

const All = [0, 1, 2, 3];
const Short = [0, 1, 2];

/** Bytes in reverse order in groups of `bytes`, in units of the element size. */
const reversed = (l: Lanes, bytes: number, n: Val) =>
  l.elements((i) => i ^ ((bytes >> l.size) - 1), n);

/** Sums of neighbours, twice the size. */
export function pairwiseLong(l: Lanes, u: Unsigned, n: Val): Val {
  const w = l.wider;
  const by = l.op.i32(l.bits);
  return w.add(w.shr(u, w.shl(n, by), by), w.shr(u, n, by));
}

/** Leading zeros of every element. */
const leadingZeros = (l: Lanes, n: Val) =>
  l.each((i) => l.op.w("i64.sub", l.op.w("i64.clz", l.element(1, i, n)), l.op.i64(64 - l.bits)));

/** Leading bits that equal the sign, not counting it. */
function leadingSigns(l: Lanes, n: Val): Val {
  const changes = l.xor(n, l.shr(0, n, l.op.i32(1)));
  return l.sub(leadingZeros(l, changes), l.every(1n));
}

/** Bits of every byte in reverse order. */
export function bitsReversed(l: Lanes, n: Val): Val {
  const swap = (v: Val, by: number, mask: bigint) =>
    l.or(
      l.and(l.shr(1, v, l.op.i32(by)), l.every(mask)),
      l.shl(l.and(v, l.every(mask)), l.op.i32(by)),
    );
  return swap(swap(swap(n, 4, 0x0fn), 2, 0x33n), 1, 0x55n);
}

const Rows: readonly Row[] = [
  {
    opcode: "00000",
    names: ["rev64", "rev32"],
    sizes: [Short, [0, 1]],
    run: (l, u, { n }) => reversed(l, u ? 4 : 8, n),
  },
  {
    opcode: "00001",
    names: ["rev16", undefined],
    sizes: [[0], []],
    run: (l, _u, { n }) => reversed(l, 2, n),
  },
  {
    opcode: "00011",
    names: ["suqadd", "usqadd"],
    sizes: [All, All],
    scalar: All,
    run: (l, u, { n, d }) => addMixedSaturated(l, u, n, d),
  },
  {
    opcode: "00100",
    names: ["cls", "clz"],
    sizes: [Short, Short],
    run: (l, u, { n }) => u ? leadingZeros(l, n) : leadingSigns(l, n),
  },
  {
    opcode: "00101",
    names: ["cnt", undefined],
    sizes: [[0], []],
    run: (l, _u, { n }) => l.w("popcnt", n),
  },
  {
    opcode: "00111",
    names: ["sqabs", "sqneg"],
    sizes: [All, All],
    scalar: All,
    run: (l, u, { n }) => {
      if (u) return negatedSaturated(l, n);
      const minus = l.gt(0, l.zero, n);
      return l.select(minus, negatedSaturated(l, l.and(n, minus)), n);
    },
  },
  {
    opcode: "01000",
    names: ["cmgt", "cmge"],
    sizes: [All, All],
    scalar: [3],
    suffix: ", #0",
    run: (l, u, { n }) => u ? l.ge(0, n, l.zero) : l.gt(0, n, l.zero),
  },
  {
    opcode: "01001",
    names: ["cmeq", "cmle"],
    sizes: [All, All],
    scalar: [3],
    suffix: ", #0",
    run: (l, u, { n }) => u ? l.ge(0, l.zero, n) : l.eq(n, l.zero),
  },
  {
    opcode: "01010",
    names: ["cmlt", undefined],
    sizes: [All, []],
    scalar: [3],
    suffix: ", #0",
    run: (l, _u, { n }) => l.gt(0, l.zero, n),
  },
  {
    opcode: "01011",
    names: ["abs", "neg"],
    sizes: [All, All],
    scalar: [3],
    run: (l, u, { n }) => l.w(u ? "neg" : "abs", n),
  },
];

interface TwoMisc {
  readonly U: number;
  readonly size: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: TwoMisc) => ({ d: vreg(f.Rd), n: vreg(f.Rn) });

const refOf = (names: readonly (string | undefined)[]) =>
  names.filter((name) => name).join(", ").toUpperCase();

const vectorForm = (row: Row) =>
  insn(
    "Advanced SIMD two-register miscellaneous",
    `0 Q:1 U:1 01110 size:2 10000 ${row.opcode} 10 Rn:5 Rd:5`,
    {
      ref: refOf(row.names),
      shape: ["Q", "U", "size"],
      fp: true,
      undefined: (f) =>
        !row.names[f.U] || !row.sizes[f.U as 0 | 1].includes(f.size) || (f.size === 3 && !f.Q),
      asm: (f) => `${row.names[f.U]} ${vectors(f.size, f.Q, f.Rd, f.Rn)}${row.suffix ?? ""}`,
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
        lanes.put(o.d, row.run(lanes, f.U, { n: op.v(o.n), d: op.v(o.d) }));
      },
    },
  );

const scalarForm = (row: Row) =>
  insn(
    "Advanced SIMD scalar two-register miscellaneous",
    `01 U:1 11110 size:2 10000 ${row.opcode} 10 Rn:5 Rd:5`,
    {
      ref: refOf(row.names),
      shape: ["U", "size"],
      fp: true,
      undefined: (f) => !row.names[f.U] || !row.scalar?.includes(f.size),
      asm: (f) => {
        const operands = `${scalar(f.Rd, f.size)}, ${scalar(f.Rn, f.size)}`;
        return `${row.names[f.U]} ${operands}${row.suffix ?? ""}`;
      },
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, 8 << f.size);
        lanes.put(o.d, row.run(lanes, f.U, { n: op.v(o.n), d: op.v(o.d) }));
      },
    },
  );

const bytewise = insn(
  "Advanced SIMD two-register miscellaneous: NOT, RBIT",
  "0 Q:1 1 01110 0 rbit:1 10000 00101 10 Rn:5 Rd:5",
  {
    ref: "NOT, RBIT (vector)",
    shape: ["Q", "rbit"],
    fp: true,
    asm: (f) => `${f.rbit ? "rbit" : "not"} ${vectors(0, f.Q, f.Rd, f.Rn)}`,
    alias: (f) => f.rbit ? undefined : `mvn ${vectors(0, f.Q, f.Rd, f.Rn)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, f, o) => {
      const lanes = new Lanes(op, 0, f.Q ? 128 : 64);
      const n = op.v(o.n);
      lanes.put(o.d, f.rbit ? bitsReversed(lanes, n) : lanes.not(n));
    },
  },
);

const pairwiseAddLong = insn(
  "Advanced SIMD two-register miscellaneous: pairwise long",
  "0 Q:1 U:1 01110 size:2 10000 00 acc:1 10 10 Rn:5 Rd:5",
  {
    ref: "SADDLP, UADDLP, SADALP, UADALP",
    shape: ["Q", "U", "size", "acc"],
    fp: true,
    undefined: (f) => f.size === 3,
    asm: (f) => {
      const name = `${f.U ? "u" : "s"}ad${f.acc ? "a" : "d"}lp`;
      return `${name} ${vector(f.Rd, f.size + 1, f.Q)}, ${vector(f.Rn, f.size, f.Q)}`;
    },
    operands: operandsOf,
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
      const sums = pairwiseLong(lanes, f.U, op.v(o.n));
      lanes.put(o.d, f.acc ? lanes.wider.add(op.v(o.d), sums) : sums);
    },
  },
);

/** By U: XTN and SQXTUN, or SQXTN and UQXTN; how elements are read and limited. */
const Narrowing = [
  [{ name: "xtn" }, { name: "sqxtun", from: 0, to: 1 }],
  [{ name: "sqxtn", from: 0, to: 0 }, { name: "uqxtn", from: 1, to: 1 }],
] as const;

const narrowings = (saturating: 0 | 1, opcode: string): AnyInsn[] => [
  insn(
    "Advanced SIMD two-register miscellaneous: narrowing",
    `0 Q:1 U:1 01110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`,
    {
      ref: refOf(Narrowing[saturating].map((row) => row.name)),
      shape: ["Q", "U", "size"],
      fp: true,
      undefined: (f) => f.size === 3,
      asm: (f) => {
        const { name } = Narrowing[saturating][f.U as 0 | 1];
        return `${name}${f.Q ? "2" : ""} ${vector(f.Rd, f.size, f.Q)}, ${
          vector(f.Rn, f.size + 1, 1)
        }`;
      },
      operands: operandsOf,
      run: (op, f, o) => {
        const row = Narrowing[saturating][f.U as 0 | 1];
        const wide = new Lanes(op, f.size + 1, 128);
        const n = op.v(o.n);
        const value = "from" in row ? narrowSaturated(wide, row.from, row.to, n) : wide.narrowed(n);
        wide.putHalf(o.d, f.Q, value);
      },
    },
  ),
  insn(
    "Advanced SIMD scalar two-register miscellaneous: narrowing",
    `01 U:1 11110 size:2 10000 ${opcode} 10 Rn:5 Rd:5`,
    {
      ref: refOf(Narrowing[saturating].map((row) => row.name)),
      shape: ["U", "size"],
      fp: true,
      undefined: (f) => f.size === 3 || !("from" in Narrowing[saturating][f.U as 0 | 1]),
      asm: (f) => {
        const { name } = Narrowing[saturating][f.U as 0 | 1];
        return `${name} ${scalar(f.Rd, f.size)}, ${scalar(f.Rn, f.size + 1)}`;
      },
      operands: operandsOf,
      run: (op, f, o) => {
        const { from, to } = Narrowing[saturating][f.U as 0 | 1] as {
          from: Unsigned;
          to: Unsigned;
        };
        const lanes = new Lanes(op, f.size, 8 << f.size);
        lanes.put(o.d, narrowSaturated(lanes.wider, from, to, op.v(o.n)));
      },
    },
  ),
];

const shiftLeftLong = insn(
  "Advanced SIMD two-register miscellaneous: SHLL",
  "0 Q:1 1 01110 size:2 10000 10011 10 Rn:5 Rd:5",
  {
    ref: "SHLL, SHLL2",
    shape: ["Q", "size"],
    fp: true,
    undefined: (f) => f.size === 3,
    asm: (f) => {
      const operands = `${vector(f.Rd, f.size + 1, 1)}, ${vector(f.Rn, f.size, f.Q)}`;
      return `shll${f.Q ? "2" : ""} ${operands}, #${8 << f.size}`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, 128);
      const wide = lanes.widened(1, f.Q, op.v(o.n));
      op.setV(o.d, lanes.wider.shl(wide, op.i32(lanes.bits)));
    },
  },
);

/** The definitions of this part. */
export const simdTwoMisc: readonly AnyInsn[] = [
  ...Rows.map(vectorForm),
  ...Rows.filter((row) => row.scalar).map(scalarForm),
  bytewise,
  pairwiseAddLong,
  ...narrowings(0, "10010"),
  ...narrowings(1, "10100"),
  shiftLeftLong,
];
