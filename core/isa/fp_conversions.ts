/** Conversions between scalar floating-point and general registers, DDI 0487 C4.1. @module */

import { packFpInfo, Rounding, type RoundingMode } from "../fp/table.ts";
import { element, fpr, halfFeature, noFormat, sizeOf } from "./fp_text.ts";
import { type AnyInsn, dst, insn, src, type StateOffset, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { gpr } from "./text.ts";

interface Conversion {
  readonly sf: number;
  readonly ftype: number;
  readonly rmode: number;
  readonly opcode: number;
}

interface Registers {
  readonly Rn: number;
  readonly Rd: number;
}

/** By rmode: the letter of the name and the rounding. */
const Modes = [
  ["n", Rounding.tieEven],
  ["p", Rounding.plusInfinity],
  ["m", Rounding.minusInfinity],
  ["z", Rounding.zero],
] as const;

/** Opcodes 00x round by `rmode`, 01x come from integers, 10x round ties away from zero. */
const fromInteger = (f: Conversion) => (f.opcode & 6) === 2;
const isUnsigned = (f: Conversion) => (f.opcode & 1) !== 0;

function rounding(f: Conversion): readonly [letter: string, mode: RoundingMode] {
  return f.opcode & 4 ? ["a", Rounding.tieAway] : Modes[f.rmode] as (typeof Modes)[number];
}

function conversionText(f: Conversion & Registers): string {
  const signed = isUnsigned(f) ? "u" : "s";
  const size = sizeOf(f.ftype);
  return fromInteger(f)
    ? `${signed}cvtf ${fpr(f.Rd, size)}, ${gpr(f.Rn, f.sf)}`
    : `fcvt${rounding(f)[0]}${signed} ${gpr(f.Rd, f.sf)}, ${fpr(f.Rn, size)}`;
}

function conversionOperands(f: Conversion & Registers): { d: StateOffset; n: StateOffset } {
  return fromInteger(f) ? { d: vreg(f.Rd), n: src(f.Rn) } : { d: dst(f.Rd), n: vreg(f.Rn) };
}

function convert(
  op: Ops,
  f: Conversion,
  o: { readonly d: SlotRef; readonly n: SlotRef },
  fractionBits: number,
): void {
  const fp = sizeOf(f.ftype);
  const integer = f.sf ? 64 : 32;
  const flag = isUnsigned(f);
  if (fromInteger(f)) {
    const info = { size: integer, to: fp, mode: Rounding.current, flag, fractionBits } as const;
    return op.setScalar(fp, o.d, op.fp("fixedToFp", packFpInfo(info), op.x(o.n)));
  }
  const info = { size: fp, to: integer, mode: rounding(f)[1], flag, fractionBits } as const;
  op.setX(o.d, op.fp("toFixed", packFpInfo(info), op.scalar(fp, o.n)));
}

const integerConversion = insn(
  "Conversion between floating-point and integer",
  "sf:1 0011110 ftype:2 1 rmode:2 opcode:3 000000 Rn:5 Rd:5",
  {
    ref: "FCVT<r>S, FCVT<r>U (scalar), SCVTF, UCVTF (scalar, integer)",
    shape: ["sf", "ftype", "rmode", "opcode"],
    fp: true,
    undefined: (f) => noFormat(f) || (f.opcode >= 2 && f.rmode !== 0),
    feature: halfFeature,
    asm: conversionText,
    operands: conversionOperands,
    run: (op, f, o) => convert(op, f, o, 0),
  },
);

const fixedConversion = insn(
  "Conversion between floating-point and fixed-point",
  "sf:1 0011110 ftype:2 0 rmode:2 opcode:3 scale:6 Rn:5 Rd:5",
  {
    ref: "FCVTZS, FCVTZU (scalar, fixed-point), SCVTF, UCVTF (scalar, fixed-point)",
    shape: ["sf", "ftype", "rmode", "opcode", "scale"],
    fp: true,
    undefined: (f) => {
      const known = (f.opcode >> 1 === 0 && f.rmode === 3) || (f.opcode >> 1 === 1 && !f.rmode);
      return noFormat(f) || !known || (!f.sf && f.scale < 32);
    },
    feature: halfFeature,
    asm: (f) => `${conversionText(f)}, #${64 - f.scale}`,
    operands: conversionOperands,
    run: (op, f, o) => convert(op, f, o, 64 - f.scale),
  },
);

const low = (op: Ops, bits: number, v: Val) => {
  if (bits === 32) return op.w("i64.extend_i32_u", op.w("i32.wrap_i64", v));
  return bits === 64 ? v : op.w("i64.and", v, op.i64(2 ** bits - 1));
};

const moveGeneral = insn(
  "Conversion between floating-point and integer: moves",
  "sf:1 0011110 ftype:2 1 00 11 in:1 000000 Rn:5 Rd:5",
  {
    ref: "FMOV (general)",
    shape: ["sf", "ftype", "in"],
    fp: true,
    undefined: (f) => f.ftype === 2 || (f.ftype !== 3 && f.ftype !== f.sf),
    feature: halfFeature,
    asm: (f) => {
      const size = sizeOf(f.ftype);
      return f.in
        ? `fmov ${fpr(f.Rd, size)}, ${gpr(f.Rn, f.sf)}`
        : `fmov ${gpr(f.Rd, f.sf)}, ${fpr(f.Rn, size)}`;
    },
    operands: (f) => f.in ? { d: vreg(f.Rd), n: src(f.Rn) } : { d: dst(f.Rd), n: vreg(f.Rn) },
    run: (op, f, o) => {
      const size = sizeOf(f.ftype);
      if (f.in) op.setScalar(size, o.d, low(op, size, op.x(o.n)));
      else op.setX(o.d, low(op, size, op.scalar(size, o.n)));
    },
  },
);

const topHalf = (n: number) => vreg(n) + 8 as StateOffset;

const moveTopHalf = insn(
  "Conversion between floating-point and integer: moves of the top half",
  "1 0011110 10 1 01 11 in:1 000000 Rn:5 Rd:5",
  {
    ref: "FMOV (general)",
    shape: [],
    fp: true,
    asm: (f) =>
      f.in
        ? `fmov ${element(f.Rd, 64, 1)}, ${gpr(f.Rn, 1)}`
        : `fmov ${gpr(f.Rd, 1)}, ${element(f.Rn, 64, 1)}`,
    operands: (f) => f.in ? { d: topHalf(f.Rd), n: src(f.Rn) } : { d: dst(f.Rd), n: topHalf(f.Rn) },
    run: (op, _f, o) => op.setX(o.d, op.x(o.n)),
  },
);

const javaScript = insn(
  "Conversion between floating-point and integer: JavaScript",
  "00011110 01 1 11 110 000000 Rn:5 Rd:5",
  {
    ref: "FJCVTZS",
    shape: [],
    fp: true,
    feature: () => "jsconv",
    asm: (f) => `fjcvtzs ${gpr(f.Rd, 0)}, ${fpr(f.Rn, 64)}`,
    operands: (f) => ({ d: dst(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const both = op.let(op.fp("toFixedJavaScript", 64, op.scalar(64, o.n)));
      op.setW(o.d, op.w("i32.wrap_i64", both));
      const zero = op.w("i32.wrap_i64", op.w("i64.shr_u", both, op.i64(32)));
      op.setNzcv(op.w("i32.shl", zero, op.i32(30)));
    },
  },
);

/** The definitions of this part. */
export const fpConversions: readonly AnyInsn[] = [
  integerConversion,
  fixedConversion,
  moveGeneral,
  moveTopHalf,
  javaScript,
];
