/** Advanced SIMD three different, vector and scalar, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import { absoluteDifference, polynomialProduct } from "./simd_arithmetic.ts";
import { Lanes, type Unsigned } from "./simd_lanes.ts";
import * as products from "./simd_products.ts";
import type { Long } from "./simd_products.ts";
import { scalar, vector, vectors } from "./simd_text.ts";
import { bitsReversed } from "./simd_two_misc.ts";

/** One opcode whose result is twice as wide as m. */
interface Row {
  readonly opcode: string;
  /** Names for U = 0 and 1; undefined where there is none. */
  readonly names: readonly [string | undefined, string | undefined];
  /** n is as wide as the result. */
  readonly wide?: boolean;
  /** Has no byte form, but a scalar form: the saturating ones. */
  readonly saturating?: boolean;
  readonly run: Long;
}

const differenceLong = (l: Lanes, u: Unsigned, high: number, n: Val, m: Val) =>
  absoluteDifference(l.wider, 0, l.widened(u, high, n), l.widened(u, high, m));

const Rows: readonly Row[] = [
  {
    opcode: "0000",
    names: ["saddl", "uaddl"],
    run: (l, u, high, { n, m }) => l.wider.add(l.widened(u, high, n), l.widened(u, high, m)),
  },
  {
    opcode: "0001",
    names: ["saddw", "uaddw"],
    wide: true,
    run: (l, u, high, { n, m }) => l.wider.add(n, l.widened(u, high, m)),
  },
  {
    opcode: "0010",
    names: ["ssubl", "usubl"],
    run: (l, u, high, { n, m }) => l.wider.sub(l.widened(u, high, n), l.widened(u, high, m)),
  },
  {
    opcode: "0011",
    names: ["ssubw", "usubw"],
    wide: true,
    run: (l, u, high, { n, m }) => l.wider.sub(n, l.widened(u, high, m)),
  },
  {
    opcode: "0101",
    names: ["sabal", "uabal"],
    run: (l, u, high, { n, m, d }) => l.wider.add(d, differenceLong(l, u, high, n, m)),
  },
  {
    opcode: "0111",
    names: ["sabdl", "uabdl"],
    run: (l, u, high, { n, m }) => differenceLong(l, u, high, n, m),
  },
  { opcode: "1000", names: ["smlal", "umlal"], run: products.multiplyAddLong },
  {
    opcode: "1001",
    names: ["sqdmlal", undefined],
    saturating: true,
    run: products.doublingAddLong,
  },
  { opcode: "1010", names: ["smlsl", "umlsl"], run: products.multiplySubLong },
  {
    opcode: "1011",
    names: ["sqdmlsl", undefined],
    saturating: true,
    run: products.doublingSubLong,
  },
  { opcode: "1100", names: ["smull", "umull"], run: products.multiplyLong },
  { opcode: "1101", names: ["sqdmull", undefined], saturating: true, run: products.doublingLong },
];

interface ThreeDifferent {
  readonly size: number;
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const operandsOf = (f: ThreeDifferent) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) });

const refOf = (row: Row) => row.names.filter((name) => name).join(", ").toUpperCase();

const long = (row: Row) =>
  insn(
    "Advanced SIMD three different",
    `0 Q:1 U:1 01110 size:2 1 Rm:5 ${row.opcode} 00 Rn:5 Rd:5`,
    {
      ref: refOf(row),
      shape: ["Q", "U", "size"],
      fp: true,
      undefined: (f) => !row.names[f.U] || f.size === 3 || (row.saturating === true && !f.size),
      asm: (f) => {
        const n = row.wide ? vector(f.Rn, f.size + 1, 1) : vector(f.Rn, f.size, f.Q);
        const sources = `${n}, ${vector(f.Rm, f.size, f.Q)}`;
        return `${row.names[f.U]}${f.Q ? "2" : ""} ${vector(f.Rd, f.size + 1, 1)}, ${sources}`;
      },
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, 128);
        const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
        op.setV(o.d, row.run(lanes, f.U, f.Q, sources));
      },
    },
  );

const scalarLong = (row: Row) =>
  insn(
    "Advanced SIMD scalar three different",
    `01 0 11110 size:2 1 Rm:5 ${row.opcode} 00 Rn:5 Rd:5`,
    {
      ref: refOf(row),
      shape: ["size"],
      fp: true,
      undefined: (f) => f.size === 0 || f.size === 3,
      asm: (f) => {
        const sources = `${scalar(f.Rn, f.size)}, ${scalar(f.Rm, f.size)}`;
        return `${row.names[0]} ${scalar(f.Rd, f.size + 1)}, ${sources}`;
      },
      operands: operandsOf,
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, 8 << f.size);
        const sources = { n: op.v(o.n), m: op.v(o.m), d: op.v(o.d) };
        lanes.wider.put(o.d, row.run(lanes, 0, 0, sources));
      },
    },
  );

const highHalf = insn(
  "Advanced SIMD three different: high half",
  "0 Q:1 U:1 01110 size:2 1 Rm:5 01 sub:1 0 00 Rn:5 Rd:5",
  {
    ref: "ADDHN, RADDHN, SUBHN, RSUBHN",
    shape: ["Q", "U", "size", "sub"],
    fp: true,
    undefined: (f) => f.size === 3,
    asm: (f) => {
      const name = `${f.U ? "r" : ""}${f.sub ? "sub" : "add"}hn${f.Q ? "2" : ""}`;
      return `${name} ${vector(f.Rd, f.size, f.Q)}, ${vectors(f.size + 1, 1, f.Rn, f.Rm)}`;
    },
    operands: operandsOf,
    run: (op, f, o) => {
      const wide = new Lanes(op, f.size + 1, 128);
      const [n, m] = [op.v(o.n), op.v(o.m)];
      const half = 8 << f.size;
      const exact = f.sub ? wide.sub(n, m) : wide.add(n, m);
      const rounded = f.U ? wide.add(exact, wide.every(1n << BigInt(half - 1))) : exact;
      wide.putHalf(o.d, f.Q, wide.narrowed(wide.shr(1, rounded, op.i32(half))));
    },
  },
);

const polynomialBytes = insn(
  "Advanced SIMD three different: PMULL of bytes",
  "0 Q:1 0 01110 00 1 Rm:5 1110 00 Rn:5 Rd:5",
  {
    ref: "PMULL, PMULL2",
    shape: ["Q"],
    fp: true,
    asm: (f) => `pmull${f.Q ? "2" : ""} ${vector(f.Rd, 1, 1)}, ${vectors(0, f.Q, f.Rn, f.Rm)}`,
    operands: (f) => operandsOf({ ...f, size: 0 }),
    run: (op, f, o) => {
      const lanes = new Lanes(op, 0, 128);
      const [n, m] = [lanes.widened(1, f.Q, op.v(o.n)), lanes.widened(1, f.Q, op.v(o.m))];
      op.setV(o.d, polynomialProduct(lanes.wider, 8, n, m));
    },
  },
);

/**
 * The low 64 bits of the carry-less products of two pairs of elements.
 *
 * Integer products of operands that have only every fourth bit leave room for the carries, so that
 * every fourth bit of the sums is that of the carry-less product.
 */
function carrylessLow(op: Ops, a: Val, b: Val): Val {
  const l = new Lanes(op, 3, 128);
  const every4 = (from: number) => l.every(0x1111_1111_1111_1111n << BigInt(from));
  const parts = (v: Val) => [0, 1, 2, 3].map((i) => l.and(v, every4(i)));
  const [x, y] = [parts(a), parts(b)];
  return [0, 1, 2, 3].map((k) => {
    const terms = x.map((part, i) => l.mul(part, y[(k - i + 4) % 4] as Val));
    return l.and(terms.reduce((s, t) => l.xor(s, t)), every4(k));
  }).reduce((s, t) => l.or(s, t));
}

const polynomialLong = insn(
  "Advanced SIMD three different: PMULL of doublewords",
  "0 Q:1 0 01110 11 1 Rm:5 1110 00 Rn:5 Rd:5",
  {
    ref: "PMULL, PMULL2",
    shape: ["Q"],
    fp: true,
    feature: () => "aes",
    asm: (f) => `pmull${f.Q ? "2" : ""} v${f.Rd}.1q, ${vectors(3, f.Q, f.Rn, f.Rm)}`,
    operands: (f) => operandsOf({ ...f, size: 3 }),
    run: (op, f, o) => {
      const bytes = new Lanes(op, 0, 128);
      const half = f.Q * 8;
      // The high half is the low half of the product of the reversed operands, reversed.
      const reversed = (v: Val) => bitsReversed(bytes, bytes.bytes((i) => 15 - i, v));
      const both = (v: Val) =>
        bytes.bytes((i) => i < 8 ? half + i : 16 + 8 - half + i % 8, v, reversed(v));
      const product = carrylessLow(op, both(op.v(o.n)), both(op.v(o.m)));
      const lanes = new Lanes(op, 3, 128);
      const high = lanes.shr(1, reversed(product), op.i32(1));
      op.setV(o.d, bytes.bytes((i) => i < 8 ? i : 16 + i % 8, product, high));
    },
  },
);

/** The definitions of this part. */
export const simdThreeDifferent: readonly AnyInsn[] = [
  ...Rows.map(long),
  ...Rows.filter((row) => row.saturating).map(scalarLong),
  highHalf,
  polynomialBytes,
  polynomialLong,
];
