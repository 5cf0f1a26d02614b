/** Branches, DDI 0487 C4.1 "Branches, Exception Generating and System instructions". @module */

import { type AnyInsn, dst, insn, src } from "./insn.ts";
import { condition, gpr } from "./text.ts";

const target = (pc: bigint, offset: bigint) => `0x${BigInt.asUintN(64, pc + offset).toString(16)}`;
const words = (bits: number, value: number) => BigInt.asIntN(bits, BigInt(value)) * 4n;

const conditionalBranch = insn("Conditional branch (immediate)", "01010100 imm19:19 0 cond:4", {
  ref: "B.cond",
  shape: ["cond"],
  branch: true,
  asm: (f, pc) => `b.${condition(f.cond)} ${target(pc, words(19, f.imm19))}`,
  operands: (f) => ({ imm: words(19, f.imm19) }),
  run: (op, f, o) => op.if(op.cond(f.cond), () => op.jump(o.imm)),
});

const unconditionalBranch = insn("Unconditional branch (immediate)", "op:1 00101 imm26:26", {
  ref: "B, BL",
  shape: ["op"],
  branch: true,
  ends: true,
  asm: (f, pc) => `${f.op ? "bl" : "b"} ${target(pc, words(26, f.imm26))}`,
  operands: (f) => ({ d: dst(f.op ? 30 : 31), imm: words(26, f.imm26) }),
  run: (op, f, o) => {
    if (f.op) op.setX(o.d, op.w("i64.add", op.pc(), op.i64(4)));
    op.jump(o.imm);
  },
});

const compareBranch = insn("Compare and branch (immediate)", "sf:1 011010 op:1 imm19:19 Rt:5", {
  ref: "CBZ, CBNZ",
  shape: ["sf", "op"],
  branch: true,
  asm: (f, pc) => `${f.op ? "cbnz" : "cbz"} ${gpr(f.Rt, f.sf)}, ${target(pc, words(19, f.imm19))}`,
  operands: (f) => ({ n: src(f.Rt), imm: words(19, f.imm19) }),
  run: (op, f, o) => {
    const zero = f.sf ? op.w("i64.eqz", op.x(o.n)) : op.w("i32.eqz", op.w32(o.n));
    op.if(f.op ? op.w("i32.eqz", zero) : zero, () => op.jump(o.imm));
  },
});

const testBranch = insn(
  "Test and branch (immediate)",
  "b5:1 011011 op:1 b40:5 imm14:14 Rt:5",
  {
    ref: "TBZ, TBNZ",
    shape: ["op", "b5", "b40"],
    branch: true,
    asm: (f, pc) => {
      const bit = f.b5 * 32 + f.b40;
      const to = target(pc, words(14, f.imm14));
      return `${f.op ? "tbnz" : "tbz"} ${gpr(f.Rt, f.b5)}, #${bit}, ${to}`;
    },
    operands: (f) => ({ n: src(f.Rt), imm: words(14, f.imm14) }),
    run: (op, f, o) => {
      const clear = op.w(
        "i64.eqz",
        op.w("i64.and", op.x(o.n), op.i64(1n << BigInt(f.b5 * 32 + f.b40))),
      );
      op.if(f.op ? op.w("i32.eqz", clear) : clear, () => op.jump(o.imm));
    },
  },
);

/** BR, BLR, RET; the translator looks for RET. */
export const branchRegister: AnyInsn = insn(
  "Unconditional branch (register)",
  "1101011 opc:4 11111 000000 Rn:5 00000",
  {
    ref: "BR, BLR, RET",
    shape: ["opc"],
    undefined: (f) => f.opc > 2,
    ends: true,
    asm: (f) =>
      f.opc === 2 && f.Rn === 30 ? "ret" : `${["br", "blr", "ret"][f.opc]} ${gpr(f.Rn, 1)}`,
    operands: (f) => ({ d: dst(f.opc === 1 ? 30 : 31), n: src(f.Rn) }),
    run: (op, f, o) => {
      const to = op.x(o.n);
      if (f.opc === 1) op.setX(o.d, op.w("i64.add", op.pc(), op.i64(4)));
      op.jumpTo(to);
    },
  },
);

/** The definitions of this part. */
export const branches: readonly AnyInsn[] = [
  conditionalBranch,
  unconditionalBranch,
  compareBranch,
  testBranch,
  branchRegister,
];
