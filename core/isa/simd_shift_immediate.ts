/** Advanced SIMD shift by immediate, vector and scalar, on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { narrowSaturated, shifted, shiftedRight } from "./simd_arithmetic.ts";
import { Lanes, type Unsigned } from "./simd_lanes.ts";
import { scalar, vector } from "./simd_text.ts";

/** immh:immb by element size: its highest bit that is set gives the size, the rest the amount. */
const Amounts = ["0001 amount:3", "001 amount:4", "01 amount:5", "1 amount:6"] as const;

interface Sources {
  readonly n: Val;
  /** The destination before. */
  readonly d: Val;
  /** The amount of a shift to the left; one less than that of a shift to the right (i32). */
  readonly by: Val;
}

/** One opcode. */
interface Row {
  readonly opcode: string;
  /** Names for U = 0 and 1; undefined where there is none. */
  readonly names: readonly [string | undefined, string | undefined];
  readonly right?: boolean;
  /** Element sizes (log2 of bytes) of the scalar form. */
  readonly scalar: readonly number[];
  readonly run: (l: Lanes, u: Unsigned, s: Sources) => Val;
}

/** The amount in every element, as a shift by register wants it. */
const splat = (l: Lanes, by: Val) =>
  l.w("splat", l.size === 3 ? l.op.w("i64.extend_i32_u", by) : by);

const ones = (l: Lanes) => l.every(-1n);

const rightShift = (opcode: string, name: string, accumulate: boolean, round: boolean): Row => ({
  opcode,
  names: [`s${name}`, `u${name}`],
  right: true,
  scalar: [3],
  run: (l, u, { n, d, by }) => {
    const value = shiftedRight(l, u, n, { less: by, round });
    return accumulate ? l.add(d, value) : value;
  },
});

/** Shifts that keep the size of elements. */
const Rows: readonly Row[] = [
  rightShift("00000", "shr", false, false),
  rightShift("00010", "sra", true, false),
  rightShift("00100", "rshr", false, true),
  rightShift("00110", "rsra", true, true),
  {
    opcode: "01000",
    names: [undefined, "sri"],
    right: true,
    scalar: [3],
    run: (l, _u, { n, d, by }) => {
      const how = { less: by, round: false };
      return l.or(shiftedRight(l, 1, n, how), l.without(d, shiftedRight(l, 1, ones(l), how)));
    },
  },
  {
    opcode: "01010",
    names: ["shl", "sli"],
    scalar: [3],
    run: (l, u, { n, d, by }) => {
      const value = l.shl(n, by);
      return u ? l.or(value, l.without(d, l.shl(ones(l), by))) : value;
    },
  },
  {
    opcode: "01100",
    names: [undefined, "sqshlu"],
    scalar: [0, 1, 2, 3],
    run: (l, _u, { n, by }) => shifted(l, n, splat(l, by), { from: 0, saturate: 1 }),
  },
  {
    opcode: "01110",
    names: ["sqshl", "uqshl"],
    scalar: [0, 1, 2, 3],
    run: (l, u, { n, by }) => shifted(l, n, splat(l, by), { from: u, saturate: u }),
  },
];

interface ShiftFields {
  readonly U: number;
  readonly amount: number;
  readonly Rn: number;
  readonly Rd: number;
}

const bitsOf = (size: number) => 8 << size;

/** The amount as the text has it. */
const amountOf = (f: ShiftFields, size: number, right: boolean) =>
  right ? bitsOf(size) - f.amount : f.amount;

const operandsOf = (f: ShiftFields, size: number, right: boolean) => ({
  d: vreg(f.Rd),
  n: vreg(f.Rn),
  p: right ? amountOf(f, size, right) - 1 : f.amount,
});

const refOf = (names: readonly (string | undefined)[]) =>
  names.filter((name) => name).join(", ").toUpperCase();

const vectorForm = ({ opcode, names, right = false, run }: Row, size: 0 | 1 | 2 | 3) =>
  insn(
    "Advanced SIMD shift by immediate",
    `0 Q:1 U:1 011110 ${Amounts[size]} ${opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(names),
      shape: ["Q", "U"],
      fp: true,
      undefined: (f) => !names[f.U] || (size === 3 && !f.Q),
      asm: (f) => {
        const operands = `${vector(f.Rd, size, f.Q)}, ${vector(f.Rn, size, f.Q)}`;
        return `${names[f.U]} ${operands}, #${amountOf(f, size, right)}`;
      },
      operands: (f) => operandsOf(f, size, right),
      run: (op, f, o) => {
        const lanes = new Lanes(op, size, f.Q ? 128 : 64);
        lanes.put(o.d, run(lanes, f.U, { n: op.v(o.n), d: op.v(o.d), by: o.p }));
      },
    },
  );

const scalarForm = ({ opcode, names, right = false, run }: Row, size: 0 | 1 | 2 | 3) =>
  insn(
    "Advanced SIMD scalar shift by immediate",
    `01 U:1 111110 ${Amounts[size]} ${opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(names),
      shape: ["U"],
      fp: true,
      undefined: (f) => !names[f.U],
      asm: (f) => {
        const operands = `${scalar(f.Rd, size)}, ${scalar(f.Rn, size)}`;
        return `${names[f.U]} ${operands}, #${amountOf(f, size, right)}`;
      },
      operands: (f) => operandsOf(f, size, right),
      run: (op, f, o) => {
        const lanes = new Lanes(op, size, bitsOf(size));
        lanes.put(o.d, run(lanes, f.U, { n: op.v(o.n), d: op.v(o.d), by: o.p }));
      },
    },
  );

/** How a narrowing shift to the right limits its results, for U = 0 and 1; SHRN does not. */
interface Narrowing {
  readonly opcode: string;
  readonly round: boolean;
  readonly names: readonly [string, string];
  readonly limits: readonly (readonly [from: Unsigned, to: Unsigned] | undefined)[];
}

const Narrowings: readonly Narrowing[] = [
  { opcode: "10000", round: false, names: ["shrn", "sqshrun"], limits: [undefined, [0, 1]] },
  { opcode: "10001", round: true, names: ["rshrn", "sqrshrun"], limits: [undefined, [0, 1]] },
  { opcode: "10010", round: false, names: ["sqshrn", "uqshrn"], limits: [[0, 0], [1, 1]] },
  { opcode: "10011", round: true, names: ["sqrshrn", "uqrshrn"], limits: [[0, 0], [1, 1]] },
];

function narrowedRight(wide: Lanes, row: Narrowing, u: number, n: Val, less: Val): Val {
  const limit = row.limits[u];
  const value = shiftedRight(wide, limit?.[0] ?? 1, n, { less, round: row.round });
  return limit ? narrowSaturated(wide, ...limit, value) : wide.narrowed(value);
}

const vectorNarrowing = (row: Narrowing, size: 0 | 1 | 2) =>
  insn(
    "Advanced SIMD shift by immediate: narrowing",
    `0 Q:1 U:1 011110 ${Amounts[size]} ${row.opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(row.names),
      shape: ["Q", "U"],
      fp: true,
      asm: (f) => {
        const name = `${row.names[f.U as 0 | 1]}${f.Q ? "2" : ""}`;
        const operands = `${vector(f.Rd, size, f.Q)}, ${vector(f.Rn, size + 1, 1)}`;
        return `${name} ${operands}, #${amountOf(f, size, true)}`;
      },
      operands: (f) => operandsOf(f, size, true),
      run: (op, f, o) => {
        const wide = new Lanes(op, size + 1, 128);
        wide.putHalf(o.d, f.Q, narrowedRight(wide, row, f.U, op.v(o.n), o.p));
      },
    },
  );

const scalarNarrowing = (row: Narrowing, size: 0 | 1 | 2) =>
  insn(
    "Advanced SIMD scalar shift by immediate: narrowing",
    `01 U:1 111110 ${Amounts[size]} ${row.opcode} 1 Rn:5 Rd:5`,
    {
      ref: refOf(row.names),
      shape: ["U"],
      fp: true,
      undefined: (f) => !row.limits[f.U],
      asm: (f) => {
        const operands = `${scalar(f.Rd, size)}, ${scalar(f.Rn, size + 1)}`;
        return `${row.names[f.U as 0 | 1]} ${operands}, #${amountOf(f, size, true)}`;
      },
      operands: (f) => operandsOf(f, size, true),
      run: (op, f, o) => {
        const lanes = new Lanes(op, size, bitsOf(size));
        lanes.put(o.d, narrowedRight(lanes.wider, row, f.U, op.v(o.n), o.p));
      },
    },
  );

const long = (size: 0 | 1 | 2) =>
  insn(
    "Advanced SIMD shift by immediate: long",
    `0 Q:1 U:1 011110 ${Amounts[size]} 10100 1 Rn:5 Rd:5`,
    {
      ref: "SSHLL, USHLL",
      shape: ["Q", "U"],
      fp: true,
      asm: (f) => `${f.U ? "u" : "s"}shll${longText(f, size)}, #${f.amount}`,
      alias: (f) => f.amount ? undefined : `${f.U ? "u" : "s"}xtl${longText(f, size)}`,
      operands: (f) => operandsOf(f, size, false),
      run: (op, f, o) => {
        const lanes = new Lanes(op, size, 128);
        op.setV(o.d, lanes.wider.shl(lanes.widened(f.U, f.Q, op.v(o.n)), o.p));
      },
    },
  );

const longText = (f: ShiftFields & { Q: number }, size: number) =>
  `${f.Q ? "2" : ""} ${vector(f.Rd, size + 1, 1)}, ${vector(f.Rn, size, f.Q)}`;

const sizes = [0, 1, 2, 3] as const;
const shortSizes = [0, 1, 2] as const;

/** The definitions of this part. */
export const simdShiftImmediate: readonly AnyInsn[] = [
  ...Rows.flatMap((row) => sizes.map((size) => vectorForm(row, size))),
  ...Rows.flatMap((row) =>
    sizes.filter((size) => row.scalar.includes(size)).map((size) => scalarForm(row, size))
  ),
  ...Narrowings.flatMap((row) => shortSizes.map((size) => vectorNarrowing(row, size))),
  ...Narrowings.flatMap((row) => shortSizes.map((size) => scalarNarrowing(row, size))),
  ...shortSizes.map(long),
];
