/** Fixed-point conversions of Advanced SIMD shift by immediate, DDI 0487 C4.1. @module */

import { packFpInfo, Rounding } from "../fp/table.ts";
import { type AnyInsn, type Feature, insn, vreg } from "./insn.ts";
import type { Ops, SlotRef } from "./ops.ts";
import { compute, type LaneFields, laneRegisters, put, source } from "./simd_fp_lanes.ts";

interface Fields extends LaneFields {
  readonly U: number;
  /** The bits of immh:immb below the leading one, which tells the size. */
  readonly imm: number;
  readonly op: number;
}

interface Registers {
  readonly Rn: number;
  readonly Rd: number;
}

/** The two low opcode bits: 111xx. */
const ToFp = 0;
const ToFixed = 3;

function conversion(size: 16 | 32 | 64) {
  const lanes = (f: LaneFields): LaneFields =>
    size === 16 ? { Q: f.Q } as LaneFields : { ...f, sz: size === 64 ? 1 : 0 };
  return {
    ref: "SCVTF, UCVTF, FCVTZS, FCVTZU (vector, fixed-point)",
    fp: true,
    undefined: (f: Fields) => (f.op !== ToFp && f.op !== ToFixed) || (size === 64 && f.Q === 0),
    feature: (_f: object): Feature | undefined => size === 16 ? "fullfp16" : undefined,
    asm: (f: Fields & Registers) => {
      const sign = f.U ? "u" : "s";
      const name = f.op === ToFp ? `${sign}cvtf` : `fcvtz${sign}`;
      return `${name} ${laneRegisters(lanes(f), f.Rd, f.Rn)}, #${size - f.imm}`;
    },
    operands: (f: Registers) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op: Ops, f: Fields, o: { readonly d: SlotRef; readonly n: SlotRef }) => {
      const info = packFpInfo({
        size,
        to: size,
        mode: f.op === ToFp ? Rounding.current : Rounding.zero,
        flag: f.U === 1,
        fractionBits: size - f.imm,
      });
      const operation = f.op === ToFp ? "fixedToFp" : "toFixed";
      put(op, f, o.d, compute(op, f, operation, info, source(op, f, o.n)));
    },
  } as const;
}

const vectorShape = ["Q", "U", "imm", "op"] as const;
const scalarShape = ["U", "imm", "op"] as const;

/** The definitions of this part. */
export const simdFpFixedPoint: readonly AnyInsn[] = [
  insn(
    "Advanced SIMD shift by immediate (floating-point), doubles",
    "0 Q:1 U:1 011110 1 imm:6 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(64), shape: vectorShape },
  ),
  insn(
    "Advanced SIMD shift by immediate (floating-point), singles",
    "0 Q:1 U:1 011110 01 imm:5 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(32), shape: vectorShape },
  ),
  insn(
    "Advanced SIMD shift by immediate (floating-point), halves",
    "0 Q:1 U:1 011110 001 imm:4 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(16), shape: vectorShape },
  ),
  insn(
    "Advanced SIMD scalar shift by immediate (floating-point), doubles",
    "01 U:1 111110 1 imm:6 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(64), shape: scalarShape },
  ),
  insn(
    "Advanced SIMD scalar shift by immediate (floating-point), singles",
    "01 U:1 111110 01 imm:5 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(32), shape: scalarShape },
  ),
  insn(
    "Advanced SIMD scalar shift by immediate (floating-point), halves",
    "01 U:1 111110 001 imm:4 111 op:2 1 Rn:5 Rd:5",
    { ...conversion(16), shape: scalarShape },
  ),
];
