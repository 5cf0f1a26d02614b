/** Scalar floating-point data processing, DDI 0487 C4.1: all but conversions to and from integers. @module */

import { type FpInfo, packFpInfo, Rounding } from "../fp/table.ts";
import { fpr, fprs, halfFeature, noFormat, sizeOf } from "./fp_text.ts";
import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { condition, hexImm } from "./text.ts";

/** The low bits of a register; the rest is zero. */
function low(op: Ops, ftype: number, slot: SlotRef): Val {
  if (ftype === 1) return op.scalar(64, slot);
  const word = ftype === 3 ? op.w("i32.and", op.w32(slot), op.i32(0xffff)) : op.w32(slot);
  return op.w("i64.extend_i32_u", word);
}

interface OneSource {
  readonly name: string;
  /** Absent for a move. */
  readonly operation?: string;
  readonly info?: Partial<FpInfo>;
  readonly feature?: Feature;
  /** Precisions (`ftype`) it takes, where not all three. */
  readonly only?: readonly number[];
}

const round = (letter: string, mode: FpInfo["mode"], flag = false): OneSource => ({
  name: `frint${letter}`,
  operation: "roundInt",
  info: { mode, flag },
});

const roundTo = (to: 32 | 64, letter: "x" | "z"): OneSource => ({
  name: `frint${to}${letter}`,
  operation: "roundIntN",
  info: { mode: letter === "z" ? Rounding.zero : Rounding.current, to },
  feature: "fptoint",
  only: [0, 1],
});

const convert = (to: 16 | 32 | 64, only: readonly number[]): OneSource => ({
  name: "fcvt",
  operation: "convert",
  info: { to, mode: Rounding.current },
  only,
});

/** By opcode. */
const OneSource: readonly (OneSource | undefined)[] = [
  { name: "fmov" },
  { name: "fabs", operation: "abs" },
  { name: "fneg", operation: "neg" },
  { name: "fsqrt", operation: "sqrt" },
  convert(32, [1, 3]),
  convert(64, [0, 3]),
  { name: "bfcvt", operation: "convertToBrain", feature: "bf16", only: [1] },
  convert(16, [0, 1]),
  round("n", Rounding.tieEven),
  round("p", Rounding.plusInfinity),
  round("m", Rounding.minusInfinity),
  round("z", Rounding.zero),
  round("a", Rounding.tieAway),
  undefined,
  round("x", Rounding.current, true),
  round("i", Rounding.current),
  roundTo(32, "z"),
  roundTo(32, "x"),
  roundTo(64, "z"),
  roundTo(64, "x"),
];

const oneSource = insn(
  "Floating-point data-processing (1 source)",
  "00011110 ftype:2 1 opcode:6 10000 Rn:5 Rd:5",
  {
    ref: "FMOV (register), FABS, FNEG, FSQRT (scalar), FCVT, BFCVT, FRINT<r> (scalar)",
    shape: ["ftype", "opcode"],
    fp: true,
    undefined: (f) => {
      const row = OneSource[f.opcode];
      return noFormat(f) || !row || row.only?.includes(f.ftype) === false;
    },
    feature: (f) => {
      const row = OneSource[f.opcode] as OneSource;
      return row.feature ?? (row.operation === "convert" ? undefined : halfFeature(f));
    },
    asm: (f) => {
      const { name, operation, info } = OneSource[f.opcode] as OneSource;
      if (name === "bfcvt") return `bfcvt ${fpr(f.Rd, 16)}, ${fpr(f.Rn, 32)}`;
      const from = sizeOf(f.ftype);
      const to = operation === "convert" ? info?.to as FpInfo["to"] : from;
      return `${name} ${fpr(f.Rd, to)}, ${fpr(f.Rn, from)}`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, f, o) => {
      const { operation, info } = OneSource[f.opcode] as OneSource;
      const size = sizeOf(f.ftype);
      if (!operation) return op.setScalar(size, o.d, low(op, f.ftype, o.n));
      const to = operation === "convertToBrain" ? 16 : operation === "convert" ? info?.to : size;
      const result = op.fp(operation, packFpInfo({ ...info, size }), op.scalar(size, o.n));
      op.setScalar(to ?? size, o.d, result);
    },
  },
);

/** By opcode. */
const TwoSource = [
  ["fmul", "mul"],
  ["fdiv", "div"],
  ["fadd", "add"],
  ["fsub", "sub"],
  ["fmax", "max"],
  ["fmin", "min"],
  ["fmaxnm", "maxNum"],
  ["fminnm", "minNum"],
  ["fnmul", "nmul"],
] as const;
type TwoSourceRow = (typeof TwoSource)[number];

const twoSource = insn(
  "Floating-point data-processing (2 source)",
  "00011110 ftype:2 1 Rm:5 opcode:4 10 Rn:5 Rd:5",
  {
    ref: "FMUL, FDIV, FADD, FSUB, FMAX, FMIN, FMAXNM, FMINNM, FNMUL (scalar)",
    shape: ["ftype", "opcode"],
    fp: true,
    undefined: (f) => noFormat(f) || f.opcode >= TwoSource.length,
    feature: halfFeature,
    asm: (f) => `${TwoSource[f.opcode]?.[0]} ${fprs(sizeOf(f.ftype), f.Rd, f.Rn, f.Rm)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const [, operation] = TwoSource[f.opcode] as TwoSourceRow;
      const size = sizeOf(f.ftype);
      op.setScalar(size, o.d, op.fp(operation, size, op.scalar(size, o.n), op.scalar(size, o.m)));
    },
  },
);

/** By o1:o0. */
const ThreeSource = [
  ["fmadd", "mulAdd"],
  ["fmsub", "mulSub"],
  ["fnmadd", "negMulAdd"],
  ["fnmsub", "negMulSub"],
] as const;
type ThreeSourceRow = (typeof ThreeSource)[number];

const threeSource = insn(
  "Floating-point data-processing (3 source)",
  "00011111 ftype:2 o1:1 Rm:5 o0:1 Ra:5 Rn:5 Rd:5",
  {
    ref: "FMADD, FMSUB, FNMADD, FNMSUB",
    shape: ["ftype", "o1", "o0"],
    fp: true,
    undefined: noFormat,
    feature: halfFeature,
    asm: (f) => {
      const [name] = ThreeSource[f.o1 * 2 + f.o0] as ThreeSourceRow;
      return `${name} ${fprs(sizeOf(f.ftype), f.Rd, f.Rn, f.Rm, f.Ra)}`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm), a: vreg(f.Ra) }),
    run: (op, f, o) => {
      const [, operation] = ThreeSource[f.o1 * 2 + f.o0] as ThreeSourceRow;
      const size = sizeOf(f.ftype);
      const args = [o.a, o.n, o.m].map((slot) => op.scalar(size, slot));
      op.setScalar(size, o.d, op.fp(operation, size, ...args));
    },
  },
);

interface Comparison {
  readonly ftype: number;
  /** Quiet NaNs are invalid operands, too. */
  readonly E: number;
}

const comparisonName = (f: Comparison, stem: string) => `${stem}${f.E ? "e" : ""}`;

/** Compares with zero when `m` is absent. */
function setFlags(op: Ops, f: Comparison, n: SlotRef, m?: SlotRef): void {
  const size = sizeOf(f.ftype);
  op.fpFlags(size, f.E !== 0, op.scalar(size, n), m ? op.scalar(size, m) : op.i64(0));
}

const compare = insn(
  "Floating-point compare",
  "00011110 ftype:2 1 Rm:5 001000 Rn:5 E:1 zero:1 000",
  {
    ref: "FCMP, FCMPE",
    shape: ["ftype", "E", "zero"],
    fp: true,
    undefined: noFormat,
    feature: halfFeature,
    asm: (f) => {
      const size = sizeOf(f.ftype);
      const other = f.zero ? "#0.0" : fpr(f.Rm, size);
      return `${comparisonName(f, "fcmp")} ${fpr(f.Rn, size)}, ${other}`;
    },
    operands: (f) => ({ n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => setFlags(op, f, o.n, f.zero ? undefined : o.m),
  },
);

const conditionalCompare = insn(
  "Floating-point conditional compare",
  "00011110 ftype:2 1 Rm:5 cond:4 01 Rn:5 E:1 nzcv:4",
  {
    ref: "FCCMP, FCCMPE",
    shape: ["ftype", "cond", "E"],
    fp: true,
    undefined: noFormat,
    feature: halfFeature,
    asm: (f) => {
      const registers = fprs(sizeOf(f.ftype), f.Rn, f.Rm);
      const name = comparisonName(f, "fccmp");
      return `${name} ${registers}, ${hexImm(f.nzcv)}, ${condition(f.cond)}`;
    },
    operands: (f) => ({ n: vreg(f.Rn), m: vreg(f.Rm), p: f.nzcv << 28 }),
    run: (op, f, o) => {
      op.if(
        op.cond(f.cond),
        () => setFlags(op, f, o.n, o.m),
        () => op.setNzcv(o.p),
      );
    },
  },
);

const conditionalSelect = insn(
  "Floating-point conditional select",
  "00011110 ftype:2 1 Rm:5 cond:4 11 Rn:5 Rd:5",
  {
    ref: "FCSEL",
    shape: ["ftype", "cond"],
    fp: true,
    undefined: noFormat,
    feature: halfFeature,
    asm: (f) => `fcsel ${fprs(sizeOf(f.ftype), f.Rd, f.Rn, f.Rm)}, ${condition(f.cond)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const pair = [low(op, f.ftype, o.n), low(op, f.ftype, o.m)] as const;
      op.setScalar(sizeOf(f.ftype), o.d, op.select(op.cond(f.cond), ...pair));
    },
  },
);

/** VFPExpandImm: a sign, three exponent bits and four fraction bits in `size` bits. */
export function expandImmediate(imm8: number, size: 16 | 32 | 64): bigint {
  const exponentBits = { 16: 5, 32: 8, 64: 11 }[size];
  const high = imm8 & 0x40 ? 2 ** (exponentBits - 3) - 1 : 2 ** (exponentBits - 1);
  const exponent = (imm8 & 0x40 ? high << 2 : high) | ((imm8 >> 4) & 3);
  const sign = BigInt(imm8 >> 7) << BigInt(size - 1);
  const fractionBits = BigInt(size - 1 - exponentBits);
  return sign | (BigInt(exponent) << fractionBits) | (BigInt(imm8 & 15) << (fractionBits - 4n));
}

/** The value of an 8-bit immediate as objdump prints it. */
export function immediateText(imm8: number): string {
  const exponent = imm8 & 0x40 ? ((imm8 >> 4) & 3) - 3 : ((imm8 >> 4) & 3) + 1;
  const value = (imm8 & 0x80 ? -1 : 1) * (1 + (imm8 & 15) / 16) * 2 ** exponent;
  return `#${value.toExponential(18).replace(/([+-])(\d)$/, "$10$2")}`;
}

const immediate = insn(
  "Floating-point immediate",
  "00011110 ftype:2 1 imm8:8 10000000 Rd:5",
  {
    ref: "FMOV (scalar, immediate)",
    shape: ["ftype"],
    fp: true,
    undefined: noFormat,
    feature: halfFeature,
    asm: (f) => `fmov ${fpr(f.Rd, sizeOf(f.ftype))}, ${immediateText(f.imm8)}`,
    operands: (f) => ({
      d: vreg(f.Rd),
      imm: BigInt.asIntN(64, expandImmediate(f.imm8, sizeOf(f.ftype))),
    }),
    run: (op, f, o) => {
      const narrow = f.ftype === 0 ? op.w("i64.extend_i32_u", op.w("i32.wrap_i64", o.imm)) : o.imm;
      op.setScalar(sizeOf(f.ftype), o.d, narrow);
    },
  },
);

/** The definitions of this part. */
export const fpScalar: readonly AnyInsn[] = [
  oneSource,
  twoSource,
  threeSource,
  compare,
  conditionalCompare,
  conditionalSelect,
  immediate,
];
