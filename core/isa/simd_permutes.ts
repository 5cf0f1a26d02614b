/** Advanced SIMD permute, extract and table lookup, DDI 0487 C4.1. @module */

import { type AnyInsn, insn, vreg } from "./insn.ts";
import type { Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import { registerList, vector, vectors } from "./simd_text.ts";

const Permutes = ["", "uzp1", "trn1", "zip1", "", "uzp2", "trn2", "zip2"] as const;

const permute = insn(
  "Advanced SIMD permute",
  "0 Q:1 001110 size:2 0 Rm:5 0 opcode:3 10 Rn:5 Rd:5",
  {
    ref: "UZP1, UZP2, TRN1, TRN2, ZIP1, ZIP2",
    shape: ["Q", "size", "opcode"],
    fp: true,
    undefined: (f) => (f.opcode & 3) === 0 || (f.size === 3 && !f.Q),
    asm: (f) => `${Permutes[f.opcode]} ${vectors(f.size, f.Q, f.Rd, f.Rn, f.Rm)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
    run: (op, f, o) => {
      const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
      const [n, m] = [op.v(o.n), op.v(o.m)];
      const count = lanes.active / lanes.bits;
      const second = 128 / lanes.bits;
      const part = f.opcode >> 2;
      const unzipped = (i: number) => {
        const at = 2 * i + part;
        return at < count ? at : at - count + second;
      };
      const transposed = (i: number) => (i & 1 ? second : 0) + (i & ~1) + part;
      const zipped = (i: number) => (i & 1 ? second : 0) + (i >> 1) + part * count / 2;
      const from = [unzipped, transposed, zipped][(f.opcode & 3) - 1] as (i: number) => number;
      lanes.put(o.d, lanes.elements(from, n, m));
    },
  },
);

const extract = insn("Advanced SIMD extract", "0 Q:1 101110000 Rm:5 0 imm4:4 0 Rn:5 Rd:5", {
  ref: "EXT",
  shape: ["Q", "imm4"],
  fp: true,
  undefined: (f) => !f.Q && f.imm4 > 7,
  asm: (f) => `ext ${vectors(0, f.Q, f.Rd, f.Rn, f.Rm)}, #${f.imm4}`,
  operands: (f) => ({ d: vreg(f.Rd), n: vreg(f.Rn), m: vreg(f.Rm) }),
  run: (op, f, o) => {
    const lanes = new Lanes(op, 0, f.Q ? 128 : 64);
    const bytes = lanes.active / 8;
    const from = (i: number) => i + f.imm4 < bytes ? i + f.imm4 : i + f.imm4 - bytes + 16;
    lanes.put(o.d, lanes.bytes(from, op.v(o.n), op.v(o.m)));
  },
});

const tableLookup = insn(
  "Advanced SIMD table lookup",
  "0 Q:1 001110000 Rm:5 0 len:2 op:1 00 Rn:5 Rd:5",
  {
    ref: "TBL, TBX",
    shape: ["Q", "len", "op"],
    fp: true,
    asm: (f) => {
      const table = registerList(f.Rn, f.len + 1, "16b");
      return `tb${f.op ? "x" : "l"} ${vector(f.Rd, 0, f.Q)}, ${table}, ${vector(f.Rm, 0, f.Q)}`;
    },
    operands: (f) => ({
      d: vreg(f.Rd),
      m: vreg(f.Rm),
      list: Array.from({ length: f.len + 1 }, (_, i) => vreg(f.Rn + i)),
    }),
    run: (op, f, o) => {
      const lanes = new Lanes(op, 0, f.Q ? 128 : 64);
      const index = op.v(o.m);
      // An index out of a register's range, seen from there, is 16 or more and swizzles to 0.
      const found = o.list.slice(0, f.len + 1).map((slot, k): Val =>
        lanes.w("swizzle", op.v(slot), k ? lanes.sub(index, lanes.every(BigInt(16 * k))) : index)
      ).reduce((a, b) => lanes.or(a, b));
      const outside = () => lanes.gt(1, index, lanes.every(BigInt(16 * f.len + 15)));
      lanes.put(o.d, f.op ? lanes.select(outside(), op.v(o.d), found) : found);
    },
  },
);

/** The definitions of this part. */
export const simdPermutes: readonly AnyInsn[] = [permute, extract, tableLookup];
