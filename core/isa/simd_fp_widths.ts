/** Advanced SIMD two-register miscellaneous between floating-point widths, DDI 0487 C4.1. @module */

import { packFpInfo, Rounding } from "../fp/table.ts";
import { fpr, vec } from "./fp_text.ts";
import { type AnyInsn, insn, type StateOffset, vreg } from "./insn.ts";
import { elementSize, gather, laneOf } from "./simd_fp_lanes.ts";

/** Opcode 10110 by U:a:sz: to half the width, into the lower or the upper half. */
const Narrowings = [
  { name: "fcvtn", operation: "convert", from: 32, mode: Rounding.current },
  { name: "fcvtn", operation: "convert", from: 64, mode: Rounding.current },
  { name: "bfcvtn", operation: "convertToBrain", from: 32, mode: Rounding.current },
  undefined,
  undefined,
  { name: "fcvtxn", operation: "convert", from: 64, mode: Rounding.odd },
  undefined,
  undefined,
] as const;
type Narrowing = Exclude<(typeof Narrowings)[number], undefined>;

interface Narrow {
  readonly U: number;
  readonly a: number;
  readonly sz: number;
}

const narrowingOf = (f: Narrow) => Narrowings[f.U * 4 + f.a * 2 + f.sz] as Narrowing;
const halfOf = (size: 32 | 64) => size === 64 ? 32 : 16;
const part = (Q: number) => Q ? "2" : "";

const narrow = insn(
  "Advanced SIMD two-register miscellaneous (floating-point): narrowing",
  "0 Q:1 U:1 01110 a:1 sz:1 10000 10110 10 Rn:5 Rd:5",
  {
    ref: "FCVTN, FCVTXN, BFCVTN",
    shape: ["Q", "U", "a", "sz"],
    fp: true,
    undefined: (f) => !narrowingOf(f),
    feature: (f) => f.a ? "bf16" : undefined,
    asm: (f) => {
      const { name, from } = narrowingOf(f);
      const to = halfOf(from);
      const d = vec(f.Rd, (f.Q ? 128 : 64) / to, to);
      return `${name}${part(f.Q)} ${d}, ${vec(f.Rn, 128 / from, from)}`;
    },
    operands: (f) => ({ d: vreg(f.Rd) + f.Q * 8 as StateOffset, n: vreg(f.Rn) }),
    run: (op, f, o) => {
      const { operation, from, mode } = narrowingOf(f);
      const to = halfOf(from);
      const info = packFpInfo({ size: from, to, mode });
      const v = op.v(o.n);
      const lanes = Array.from({ length: 128 / from }, (_, i) => {
        return op.fp(operation, info, laneOf(op, v, from, i));
      });
      const result = op.lane("i64x2.extract_lane", 0, gather(op, to, lanes));
      if (f.Q) op.setX(o.d, result);
      else op.setD(o.d, result);
    },
  },
);

const scalarNarrow = insn(
  "Advanced SIMD scalar two-register miscellaneous: FCVTXN",
  "01 1 11110 01 10000 10110 10 Rn:5 Rd:5",
  {
    ref: "FCVTXN",
    shape: [],
    fp: true,
    asm: (f) => `fcvtxn ${fpr(f.Rd, 32)}, ${fpr(f.Rn, 64)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const info = packFpInfo({ size: 64, to: 32, mode: Rounding.odd });
      op.setD(o.d, op.fp("convert", info, op.x(o.n)));
    },
  },
);

const widen = insn(
  "Advanced SIMD two-register miscellaneous (floating-point): widening",
  "0 Q:1 0 01110 0 sz:1 10000 10111 10 Rn:5 Rd:5",
  {
    ref: "FCVTL",
    shape: ["sz"],
    fp: true,
    asm: (f) => {
      const to = elementSize(f) as 32 | 64;
      const from = halfOf(to);
      return `fcvtl${part(f.Q)} ${vec(f.Rd, 128 / to, to)}, ${
        vec(f.Rn, (f.Q ? 128 : 64) / from, from)
      }`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) + f.Q * 8 as StateOffset }),
    run: (op, f, o) => {
      const to = elementSize(f) as 32 | 64;
      const from = halfOf(to);
      const info = packFpInfo({ size: from, to, mode: Rounding.current });
      const v = op.w("i64x2.splat", op.x(o.n));
      const lanes = Array.from({ length: 128 / to }, (_, i) => {
        return op.fp("convert", info, laneOf(op, v, from, i));
      });
      op.setV(o.d, gather(op, to, lanes));
    },
  },
);

/** The definitions of this part. */
export const simdFpWidths: readonly AnyInsn[] = [narrow, scalarNarrow, widen];
