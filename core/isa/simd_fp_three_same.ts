/** Floating-point members of Advanced SIMD three same, pairwise and across lanes, DDI 0487 C4.1. @module */

import { vec } from "./fp_text.ts";
import { type AnyInsn, insn, type StateOffset, vreg } from "./insn.ts";
import type { Ops, Val } from "./ops.ts";
import {
  compute,
  elementSize,
  laneCount,
  laneFeature,
  type LaneFields,
  laneOf,
  laneRegister,
  laneRegisters,
  oneDouble,
  pick,
  put,
  source,
} from "./simd_fp_lanes.ts";

/** How operands are taken: element by element, with the destination as addend, or in pairs. */
type Way = "each" | "onto" | "pairs";

interface Row {
  readonly name: string;
  readonly operation: string;
  readonly way: Way;
  /** There is a scalar form. */
  readonly scalar: boolean;
}

const row = (name: string, operation: string, way: Way = "each", scalar = false): Row => ({
  name,
  operation,
  way,
  scalar,
});
const both = (name: string, operation: string) => row(name, operation, "each", true);

/** By U:a:opcode, where opcode is the low three bits. */
const Rows: readonly (Row | undefined)[] = [
  row("fmaxnm", "maxNum"),
  row("fmla", "mulAdd", "onto"),
  row("fadd", "add"),
  both("fmulx", "mulX"),
  both("fcmeq", "equal"),
  undefined,
  row("fmax", "max"),
  both("frecps", "recipStep"),
  // U = 0, a = 1.
  row("fminnm", "minNum"),
  row("fmls", "mulSub", "onto"),
  row("fsub", "sub"),
  undefined,
  undefined,
  undefined,
  row("fmin", "min"),
  both("frsqrts", "rsqrtStep"),
  // U = 1, a = 0.
  row("fmaxnmp", "maxNum", "pairs"),
  undefined,
  row("faddp", "add", "pairs"),
  row("fmul", "mul"),
  both("fcmge", "greaterEqual"),
  both("facge", "absGreaterEqual"),
  row("fmaxp", "max", "pairs"),
  row("fdiv", "div"),
  // U = 1, a = 1.
  row("fminnmp", "minNum", "pairs"),
  undefined,
  both("fabd", "absDiff"),
  undefined,
  both("fcmgt", "greater"),
  both("facgt", "absGreater"),
  row("fminp", "min", "pairs"),
  undefined,
];

interface ThreeSame extends LaneFields {
  readonly U: number;
  readonly a: number;
  readonly opcode: number;
}

interface Registers {
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

const rowOf = (f: ThreeSame) => Rows[f.U * 16 + f.a * 8 + f.opcode] as Row;

/** Even or odd elements of two vectors one after the other. */
function halves(op: Ops, f: LaneFields, n: Val, m: Val): readonly [even: Val, odd: Val] {
  const count = laneCount(f);
  const every = (first: number) => {
    const from = Array.from({ length: count }, (_, i) => i * 2 + first);
    return pick(op, elementSize(f), count, from, n, m);
  };
  return [every(0), every(1)];
}

const threeSame = {
  ref: "FADD, FSUB, FMUL, FMULX, FDIV, FABD, FMLA, FMLS, FMAX, FMIN, FMAXNM, FMINNM, FRECPS, " +
    "FRSQRTS, FCMEQ, FCMGE, FCMGT, FACGE, FACGT, FADDP, FMAXP, FMINP, FMAXNMP, FMINNMP (vector)",
  fp: true,
  undefined: (f: ThreeSame) => {
    const found: Row | undefined = rowOf(f);
    return !found || oneDouble(f) || (f.Q === undefined && !found.scalar);
  },
  feature: laneFeature,
  asm: (f: ThreeSame & Registers) => `${rowOf(f).name} ${laneRegisters(f, f.Rd, f.Rn, f.Rm)}`,
  operands: (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
} as const;

type ThreeSlots = Readonly<Record<"d" | "n" | "m", Parameters<Ops["v"]>[0]>>;

function runThreeSame(op: Ops, f: ThreeSame, o: ThreeSlots): void {
  const { operation, way } = rowOf(f);
  const [n, m] = [source(op, f, o.n), source(op, f, o.m)];
  const args = way === "each"
    ? [n, m]
    : way === "onto"
    ? [source(op, f, o.d), n, m]
    : halves(op, f, n, m);
  put(op, f, o.d, compute(op, f, operation, elementSize(f), ...args));
}

const vectorThreeSame = insn(
  "Advanced SIMD three same (floating-point)",
  "0 Q:1 U:1 01110 a:1 sz:1 1 Rm:5 11 opcode:3 1 Rn:5 Rd:5",
  { ...threeSame, shape: ["Q", "U", "a", "sz", "opcode"], run: runThreeSame },
);

const vectorThreeSameHalf = insn(
  "Advanced SIMD three same (FP16)",
  "0 Q:1 U:1 01110 a:1 10 Rm:5 00 opcode:3 1 Rn:5 Rd:5",
  { ...threeSame, shape: ["Q", "U", "a", "opcode"], run: runThreeSame },
);

const scalarThreeSame = insn(
  "Advanced SIMD scalar three same (floating-point)",
  "01 U:1 11110 a:1 sz:1 1 Rm:5 11 opcode:3 1 Rn:5 Rd:5",
  { ...threeSame, shape: ["U", "a", "sz", "opcode"], run: runThreeSame },
);

const scalarThreeSameHalf = insn(
  "Advanced SIMD scalar three same FP16",
  "01 U:1 11110 a:1 10 Rm:5 00 opcode:3 1 Rn:5 Rd:5",
  { ...threeSame, shape: ["U", "a", "opcode"], run: runThreeSame },
);

/** By opcode: maximum and minimum by `a`, the sum. */
const Reductions = [
  [["fmaxnm", "maxNum"], ["fminnm", "minNum"]],
  [["fadd", "add"]],
  [],
  [["fmax", "max"], ["fmin", "min"]],
] as const;

interface Reduction {
  readonly U: number;
  readonly a: number;
  readonly sz: number;
  readonly opcode: number;
}

const reductionOf = (f: Reduction) =>
  Reductions[f.opcode]?.[f.a] as readonly [name: string, operation: string] | undefined;

/** U = 0 is half precision, for which `sz` is 0. */
const reductionSize = (f: Reduction) => elementSize(f.U ? f : {});

const scalarPairwise = insn(
  "Advanced SIMD scalar pairwise (floating-point)",
  "01 U:1 11110 a:1 sz:1 11000 011 opcode:2 10 Rn:5 Rd:5",
  {
    ref: "FADDP, FMAXP, FMINP, FMAXNMP, FMINNMP (scalar)",
    shape: ["U", "a", "sz", "opcode"],
    fp: true,
    undefined: (f) => !reductionOf(f) || (!f.U && f.sz === 1),
    feature: (f) => f.U ? undefined : "fullfp16",
    asm: (f) => {
      const size = reductionSize(f);
      const [name] = reductionOf(f) ?? [];
      return `${name}p ${laneRegister(f.U ? f : {}, f.Rd)}, ${vec(f.Rn, 2, size)}`;
    },
    operands: (f) => ({
      d: vreg(f.Rd),
      n: vreg(f.Rn),
      m: vreg(f.Rn) + reductionSize(f) / 8 as StateOffset,
    }),
    run: (op, f, o) => {
      const [, operation = ""] = reductionOf(f) ?? [];
      op.setD(o.d, op.fp(operation, reductionSize(f), op.x(o.n), op.x(o.m)));
    },
  },
);

const acrossLanes = insn(
  "Advanced SIMD across lanes (floating-point)",
  "0 Q:1 U:1 01110 a:1 sz:1 11000 011 opcode:2 10 Rn:5 Rd:5",
  {
    ref: "FMAXV, FMINV, FMAXNMV, FMINNMV",
    shape: ["Q", "U", "a", "opcode"],
    fp: true,
    undefined: (f) => f.opcode === 1 || !reductionOf(f) || f.sz === 1 || (f.U === 1 && !f.Q),
    feature: (f) => f.U ? undefined : "fullfp16",
    asm: (f) => {
      const size = reductionSize(f);
      const [name] = reductionOf(f) ?? [];
      return `${name}v ${laneRegister(f.U ? { sz: 0 } : {}, f.Rd)}, ${
        vec(f.Rn, laneCount(f, size), size)
      }`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, f, o) => {
      const fields = { ...f, sz: 0 };
      const size = reductionSize(fields);
      const [, operation = ""] = reductionOf(fields) ?? [];
      const v = op.v(o.n);
      // The order in which NaNs meet: halves first (Reduce of the pseudocode).
      const reduce = (from: number, count: number): Val =>
        count === 1
          ? laneOf(op, v, size, from)
          : op.fp(operation, size, ...[0, count / 2].map((i) => reduce(from + i, count / 2)));
      op.setD(o.d, reduce(0, laneCount(f, size)));
    },
  },
);

/** The definitions of this part. */
export const simdFpThreeSame: readonly AnyInsn[] = [
  vectorThreeSame,
  vectorThreeSameHalf,
  scalarThreeSame,
  scalarThreeSameHalf,
  scalarPairwise,
  acrossLanes,
];
