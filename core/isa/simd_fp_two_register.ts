/** Advanced SIMD two-register miscellaneous, floating-point of one width, DDI 0487 C4.1. @module */

import { type FpInfo, packFpInfo, Rounding } from "../fp/table.ts";
import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Ops, SlotRef } from "./ops.ts";
import {
  compute,
  elementSize,
  laneFeature,
  type LaneFields,
  laneRegisters,
  oneDouble,
  put,
  source,
  zeros,
} from "./simd_fp_lanes.ts";

interface Registers {
  readonly Rn: number;
  readonly Rd: number;
}

interface Slots {
  readonly d: SlotRef;
  readonly n: SlotRef;
}

const registers = (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn) });

interface Row {
  readonly name: string;
  readonly operation: string;
  readonly info?: Partial<FpInfo>;
  /** Whether there are vector forms, scalar forms or both. */
  readonly forms: "vector" | "scalar" | "both";
  /** Element sizes, where not all. */
  readonly sizes?: readonly number[];
  readonly feature?: Feature;
}

const round = (letter: string, mode: FpInfo["mode"], flag = false): Row => ({
  name: `frint${letter}`,
  operation: "roundInt",
  info: { mode, flag },
  forms: "vector",
});

const roundTo = (to: 32 | 64, letter: "x" | "z"): Row => ({
  name: `frint${to}${letter}`,
  operation: "roundIntN",
  info: { mode: letter === "z" ? Rounding.zero : Rounding.current, to },
  forms: "vector",
  sizes: [32, 64],
  feature: "fptoint",
});

const toInteger = (letter: string, mode: FpInfo["mode"]): readonly [Row, Row] => {
  const of = (sign: string, flag: boolean): Row => ({
    name: `fcvt${letter}${sign}`,
    operation: "toFixed",
    info: { mode, flag },
    forms: "both",
  });
  return [of("s", false), of("u", true)];
};

const fromInteger = (sign: string, flag: boolean): Row => ({
  name: `${sign}cvtf`,
  operation: "fixedToFp",
  info: { mode: Rounding.current, flag },
  forms: "both",
});

const estimate = (name: string, operation: string, forms: Row["forms"]): Row => ({
  name,
  operation,
  forms,
});

const word = (name: string, operation: string): Row => ({
  name,
  operation,
  forms: "vector",
  sizes: [32],
});

/** Opcodes 11xxx by a:opcode, then U. */
const Rows: readonly (readonly (Row | undefined)[])[] = [
  [round("n", Rounding.tieEven), round("a", Rounding.tieAway)],
  [round("m", Rounding.minusInfinity), round("x", Rounding.current, true)],
  toInteger("n", Rounding.tieEven),
  toInteger("m", Rounding.minusInfinity),
  toInteger("a", Rounding.tieAway),
  [fromInteger("s", false), fromInteger("u", true)],
  [roundTo(32, "z"), roundTo(32, "x")],
  [roundTo(64, "z"), roundTo(64, "x")],
  // a = 1.
  [round("p", Rounding.plusInfinity)],
  [round("z", Rounding.zero), round("i", Rounding.current)],
  toInteger("p", Rounding.plusInfinity),
  toInteger("z", Rounding.zero),
  [word("urecpe", "unsignedRecipEstimate"), word("ursqrte", "unsignedRSqrtEstimate")],
  [estimate("frecpe", "recipEstimate", "both"), estimate("frsqrte", "rsqrtEstimate", "both")],
  [],
  [estimate("frecpx", "recpX", "scalar"), estimate("fsqrt", "sqrt", "vector")],
];

interface Unary extends LaneFields {
  readonly U: number;
  readonly a: number;
  readonly opcode: number;
}

const rowOf = (f: Unary) => Rows[f.a * 8 + f.opcode]?.[f.U] as Row;

const unary = {
  ref:
    "FRINT<r>, FCVT<r>S, FCVT<r>U, SCVTF, UCVTF, FRECPE, FRECPX, FRSQRTE, FSQRT, URECPE, URSQRTE",
  fp: true,
  undefined: (f: Unary) => {
    const row: Row | undefined = rowOf(f);
    if (!row || oneDouble(f) || row.forms === (f.Q === undefined ? "vector" : "scalar")) {
      return true;
    }
    return row.sizes?.includes(elementSize(f)) === false;
  },
  feature: (f: Unary) => rowOf(f).feature ?? laneFeature(f),
  asm: (f: Unary & Registers) => `${rowOf(f).name} ${laneRegisters(f, f.Rd, f.Rn)}`,
  operands: registers,
} as const;

function runUnary(op: Ops, f: Unary, o: Slots): void {
  const { operation, info } = rowOf(f);
  const size = elementSize(f);
  const packed = packFpInfo({ to: size, ...info, size });
  put(op, f, o.d, compute(op, f, operation, packed, source(op, f, o.n)));
}

const vectorUnary = insn(
  "Advanced SIMD two-register miscellaneous (floating-point)",
  "0 Q:1 U:1 01110 a:1 sz:1 10000 11 opcode:3 10 Rn:5 Rd:5",
  { ...unary, shape: ["Q", "U", "a", "sz", "opcode"], run: runUnary },
);

const vectorUnaryHalf = insn(
  "Advanced SIMD two-register miscellaneous (FP16)",
  "0 Q:1 U:1 01110 a:1 111100 11 opcode:3 10 Rn:5 Rd:5",
  { ...unary, shape: ["Q", "U", "a", "opcode"], run: runUnary },
);

const scalarUnary = insn(
  "Advanced SIMD scalar two-register miscellaneous (floating-point)",
  "01 U:1 11110 a:1 sz:1 10000 11 opcode:3 10 Rn:5 Rd:5",
  { ...unary, shape: ["U", "a", "sz", "opcode"], run: runUnary },
);

const scalarUnaryHalf = insn(
  "Advanced SIMD scalar two-register miscellaneous FP16",
  "01 U:1 11110 a:1 111100 11 opcode:3 10 Rn:5 Rd:5",
  { ...unary, shape: ["U", "a", "opcode"], run: runUnary },
);

interface Sign extends LaneFields {
  readonly U: number;
  readonly opcode: number;
}

/** Opcodes 011xx: comparisons with zero, which may come first, and changes of the sign; by opcode:U. */
const Signs = [
  ["fcmgt", "greater", "n0"],
  ["fcmge", "greaterEqual", "n0"],
  ["fcmeq", "equal", "n0"],
  ["fcmle", "greaterEqual", "0n"],
  ["fcmlt", "greater", "0n"],
  undefined,
  ["fabs", "abs", "n"],
  ["fneg", "neg", "n"],
] as const;
type SignRow = Exclude<(typeof Signs)[number], undefined>;

const signOf = (f: Sign) => Signs[f.opcode * 2 + f.U] as SignRow;

const signs = {
  ref: "FCMEQ, FCMGE, FCMGT, FCMLE, FCMLT (zero), FABS, FNEG (vector)",
  fp: true,
  undefined: (f: Sign) => {
    const row: SignRow | undefined = signOf(f);
    return !row || oneDouble(f) || (f.Q === undefined && row[2] === "n");
  },
  feature: laneFeature,
  asm: (f: Sign & Registers) => {
    const [name, , sources] = signOf(f);
    return `${name} ${laneRegisters(f, f.Rd, f.Rn)}${sources === "n" ? "" : ", #0.0"}`;
  },
  operands: registers,
} as const;

function runSign(op: Ops, f: Sign, o: Slots): void {
  const [, operation, sources] = signOf(f);
  const args = [...sources].map((s) => s === "n" ? source(op, f, o.n) : zeros(op, f));
  put(op, f, o.d, compute(op, f, operation, elementSize(f), ...args));
}

const vectorSign = insn(
  "Advanced SIMD two-register miscellaneous (floating-point): signs",
  "0 Q:1 U:1 01110 1 sz:1 10000 011 opcode:2 10 Rn:5 Rd:5",
  { ...signs, shape: ["Q", "U", "sz", "opcode"], run: runSign },
);

const vectorSignHalf = insn(
  "Advanced SIMD two-register miscellaneous (FP16): signs",
  "0 Q:1 U:1 01110 1111100 011 opcode:2 10 Rn:5 Rd:5",
  { ...signs, shape: ["Q", "U", "opcode"], run: runSign },
);

const scalarSign = insn(
  "Advanced SIMD scalar two-register miscellaneous (floating-point): signs",
  "01 U:1 11110 1 sz:1 10000 011 opcode:2 10 Rn:5 Rd:5",
  { ...signs, shape: ["U", "sz", "opcode"], run: runSign },
);

const scalarSignHalf = insn(
  "Advanced SIMD scalar two-register miscellaneous FP16: signs",
  "01 U:1 11110 1111100 011 opcode:2 10 Rn:5 Rd:5",
  { ...signs, shape: ["U", "opcode"], run: runSign },
);

/** The definitions of this part. */
export const simdFpTwoRegister: readonly AnyInsn[] = [
  vectorUnary,
  vectorUnaryHalf,
  scalarUnary,
  scalarUnaryHalf,
  vectorSign,
  vectorSignHalf,
  scalarSign,
  scalarSignHalf,
];
