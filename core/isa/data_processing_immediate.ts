/** Data processing (immediate), DDI 0487 C4.1. @module */

import { type AnyInsn, dst, insn, orSp } from "./insn.ts";
import { gpr, gprOrSp, hexImm } from "./text.ts";

const imm12 = (f: { imm12: number; sh: number }) => `${hexImm(f.imm12)}${f.sh ? ", lsl #12" : ""}`;

const addSubtractImmediate = insn(
  "Add/subtract (immediate)",
  "sf:1 op:1 S:1 100010 sh:1 imm12:12 Rn:5 Rd:5",
  {
    ref: "ADD (immediate), ADDS (immediate), SUB (immediate), SUBS (immediate)",
    shape: ["sf", "op", "S"],
    asm: (f) => {
      const d = f.S ? gpr(f.Rd, f.sf) : gprOrSp(f.Rd, f.sf);
      return `${f.op ? "sub" : "add"}${f.S ? "s" : ""} ${d}, ${gprOrSp(f.Rn, f.sf)}, ${imm12(f)}`;
    },
    alias: (f) => {
      if (f.S && f.Rd === 31) return `cm${f.op ? "p" : "n"} ${gprOrSp(f.Rn, f.sf)}, ${imm12(f)}`;
      if (f.op || f.S || f.imm12 !== 0 || f.sh || (f.Rd !== 31 && f.Rn !== 31)) return undefined;
      return `mov ${gprOrSp(f.Rd, f.sf)}, ${gprOrSp(f.Rn, f.sf)}`;
    },
    operands: (f) => ({
      d: f.S ? dst(f.Rd) : orSp(f.Rd),
      n: orSp(f.Rn),
      imm: BigInt(f.imm12) << (f.sh ? 12n : 0n),
    }),
    run: (op, f, o) => {
      const imm = f.sf ? o.imm : op.w("i32.wrap_i64", o.imm);
      const n = f.sf ? op.x(o.n) : op.w32(o.n);
      const size = f.sf ? 64 : 32;
      const t = f.sf ? "i64" : "i32";
      const result = f.S
        ? (f.op ? op.subFlags(size, n, imm) : op.addFlags(size, n, imm))
        : op.w(`${t}.${f.op ? "sub" : "add"}`, n, imm);
      if (f.sf) op.setX(o.d, result);
      else op.setW(o.d, result);
    },
  },
);

/** The definitions of this part. */
export const dataProcessingImmediate: readonly AnyInsn[] = [addSubtractImmediate];
