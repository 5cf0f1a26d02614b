/** Advanced SIMD across lanes and scalar pairwise, on integers, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { Lanes, type Unsigned } from "./simd_lanes.ts";
import { scalar, vector } from "./simd_text.ts";
import { pairwiseLong } from "./simd_two_misc.ts";

interface Row {
  readonly opcode: string;
  /** Names for U = 0 and 1; undefined where there is none. */
  readonly names: readonly [string | undefined, string | undefined];
  /** The result is twice as wide as the elements. */
  readonly long?: true;
  readonly combine: (l: Lanes, u: Unsigned, a: Val, b: Val) => Val;
}

const Rows: readonly Row[] = [
  {
    opcode: "00011",
    names: ["saddlv", "uaddlv"],
    long: true,
    combine: (l, _u, a, b) => l.add(a, b),
  },
  { opcode: "01010", names: ["smaxv", "umaxv"], combine: (l, u, a, b) => l.max(u, a, b) },
  { opcode: "11010", names: ["sminv", "uminv"], combine: (l, u, a, b) => l.min(u, a, b) },
  { opcode: "11011", names: ["addv", undefined], combine: (l, _u, a, b) => l.add(a, b) },
];

const acrossLanes = ({ opcode, names, long, combine }: Row) =>
  insn(
    "Advanced SIMD across lanes",
    `0 Q:1 U:1 01110 size:2 11000 ${opcode} 10 Rn:5 Rd:5`,
    {
      ref: names.filter((name) => name).join(", ").toUpperCase(),
      shape: ["Q", "U", "size"],
      fp: true,
      undefined: (f) => !names[f.U] || f.size === 3 || (f.size === 2 && !f.Q),
      asm: (f) => {
        const d = scalar(f.Rd, long ? f.size + 1 : f.size);
        return `${names[f.U]} ${d}, ${vector(f.Rn, f.size, f.Q)}`;
      },
      operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
      run: (op, f, o) => {
        const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
        const n = op.v(o.n);
        const [l, elements] = long
          ? [new Lanes(op, f.size + 1, lanes.active), pairwiseLong(lanes, f.U, n)]
          : [lanes, n];
        const result = l.reduced((a, b) => combine(l, f.U, a, b), elements);
        new Lanes(op, l.size, l.bits).put(o.d, result);
      },
    },
  );

const scalarPairwise = insn(
  "Advanced SIMD scalar pairwise",
  "01 0 11110 11 11000 11011 10 Rn:5 Rd:5",
  {
    ref: "ADDP (scalar)",
    shape: [],
    fp: true,
    asm: (f) => `addp d${f.Rd}, v${f.Rn}.2d`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn) }),
    run: (op, _f, o) => {
      const lanes = new Lanes(op, 3, 128);
      const n = op.v(o.n);
      op.setD(o.d, op.w("i64.add", lanes.element(1, 0, n), lanes.element(1, 1, n)));
    },
  },
);

/** The definitions of this part. */
export const simdAcross: readonly AnyInsn[] = [...Rows.map(acrossLanes), scalarPairwise];
