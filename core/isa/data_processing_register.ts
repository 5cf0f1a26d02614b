/** Data processing (register), DDI 0487 C4.1. @module */

import { type AnyInsn, dst, insn, orSp, src } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { get, int, ones, put, regs, ShiftOps, Shifts, wide, zero } from "./integer.ts";
import { condition, gpr, gprOrSp } from "./text.ts";

const shiftText = (shift: number, amount: number) =>
  amount || shift ? `, ${Shifts[shift]} #${amount}` : "";

function shifted(op: Ops, f: { sf: number; shift: number }, m: SlotRef, p: Val): Val {
  return op.w(`${int(f.sf)}.${ShiftOps[f.shift] as "shl"}`, get(op, f.sf, m), wide(op, f.sf, p));
}

const logicalShifted = insn(
  "Logical (shifted register)",
  "sf:1 opc:2 01010 shift:2 N:1 Rm:5 imm6:6 Rn:5 Rd:5",
  {
    ref: "AND, BIC, ORR, ORN, EOR, EON, ANDS, BICS (shifted register)",
    shape: ["sf", "opc", "shift", "N"],
    undefined: (f) => !f.sf && f.imm6 > 31,
    asm: (f) => {
      const name = ["and", "bic", "orr", "orn", "eor", "eon", "ands", "bics"][f.opc * 2 + f.N];
      return `${name} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}${shiftText(f.shift, f.imm6)}`;
    },
    alias: (f) => {
      const shift = shiftText(f.shift, f.imm6);
      if (f.opc === 3 && !f.N && f.Rd === 31) return `tst ${regs(f.sf, f.Rn, f.Rm)}${shift}`;
      if (f.opc !== 1 || f.Rn !== 31) return undefined;
      if (f.N) return `mvn ${regs(f.sf, f.Rd, f.Rm)}${shift}`;
      return shift ? undefined : `mov ${regs(f.sf, f.Rd, f.Rm)}`;
    },
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm), p: f.imm6 }),
    run: (op, f, o) => {
      const t = int(f.sf);
      let m = shifted(op, f, o.m, o.p);
      if (f.N) m = op.w(`${t}.xor`, m, ones(op, f.sf));
      const name = (["and", "or", "xor", "and"] as const)[f.opc] as "and";
      const r = op.let(op.w(`${t}.${name}`, get(op, f.sf, o.n), m));
      if (f.opc === 3) op.logicFlags(f.sf ? 64 : 32, r);
      put(op, f.sf, o.d, r);
    },
  },
);

function addSub(
  op: Ops,
  f: { sf: number; op: number; S: number },
  d: SlotRef,
  n: Val,
  m: Val,
): void {
  const size = f.sf ? 64 : 32;
  const r = f.S
    ? (f.op ? op.subFlags(size, n, m) : op.addFlags(size, n, m))
    : op.w(`${int(f.sf)}.${f.op ? "sub" : "add"}`, n, m);
  put(op, f.sf, d, r);
}
const addSubName = (f: { op: number; S: number }) => `${f.op ? "sub" : "add"}${f.S ? "s" : ""}`;

const addSubtractShifted = insn(
  "Add/subtract (shifted register)",
  "sf:1 op:1 S:1 01011 shift:2 0 Rm:5 imm6:6 Rn:5 Rd:5",
  {
    ref: "ADD, ADDS, SUB, SUBS (shifted register)",
    shape: ["sf", "op", "S", "shift"],
    undefined: (f) => f.shift === 3 || (!f.sf && f.imm6 > 31),
    asm: (f) => `${addSubName(f)} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}${shiftText(f.shift, f.imm6)}`,
    alias: (f) => {
      const shift = shiftText(f.shift, f.imm6);
      if (f.S && f.Rd === 31) return `${f.op ? "cmp" : "cmn"} ${regs(f.sf, f.Rn, f.Rm)}${shift}`;
      if (f.op && f.Rn === 31) return `neg${f.S ? "s" : ""} ${regs(f.sf, f.Rd, f.Rm)}${shift}`;
      return undefined;
    },
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm), p: f.imm6 }),
    run: (op, f, o) => addSub(op, f, o.d, get(op, f.sf, o.n), shifted(op, f, o.m, o.p)),
  },
);

const Extends = ["uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"] as const;

/** ExtendReg of the pseudocode, without the shift. */
export function extended(op: Ops, m: SlotRef, option: number): Val {
  const x = op.x(m);
  switch (option) {
    case 0:
      return op.w("i64.and", x, op.i64(0xff));
    case 1:
      return op.w("i64.and", x, op.i64(0xffff));
    case 2:
      return op.w("i64.and", x, op.i64(0xffff_ffff));
    case 4:
      return op.w("i64.extend8_s", x);
    case 5:
      return op.w("i64.extend16_s", x);
    case 6:
      return op.w("i64.extend32_s", x);
    default:
      return x;
  }
}

const addSubtractExtended = insn(
  "Add/subtract (extended register)",
  "sf:1 op:1 S:1 01011 00 1 Rm:5 option:3 imm3:3 Rn:5 Rd:5",
  {
    ref: "ADD, ADDS, SUB, SUBS (extended register)",
    shape: ["sf", "op", "S", "option"],
    undefined: (f) => f.imm3 > 4,
    asm: (f) => {
      const d = f.S ? gpr(f.Rd, f.sf) : gprOrSp(f.Rd, f.sf);
      return `${addSubName(f)} ${d}, ${gprOrSp(f.Rn, f.sf)}, ${extendedText(f)}`;
    },
    alias: (f) =>
      f.S && f.Rd === 31
        ? `${f.op ? "cmp" : "cmn"} ${gprOrSp(f.Rn, f.sf)}, ${extendedText(f)}`
        : undefined,
    operands: (f) => ({
      d: f.S ? dst(f.Rd) : orSp(f.Rd),
      n: orSp(f.Rn),
      m: src(f.Rm),
      p: f.imm3,
    }),
    run: (op, f, o) => {
      const by = op.w("i64.extend_i32_u", o.p);
      const m = op.w("i64.shl", extended(op, o.m, f.option), by);
      addSub(op, f, o.d, get(op, f.sf, o.n), f.sf ? m : op.w("i32.wrap_i64", m));
    },
  },
);

interface ExtendedFields {
  readonly sf: number;
  readonly S: number;
  readonly option: number;
  readonly imm3: number;
  readonly Rm: number;
  readonly Rn: number;
  readonly Rd: number;
}

function extendedText(f: ExtendedFields): string {
  const m = gpr(f.Rm, f.sf && (f.option & 3) === 3 ? 1 : 0);
  const usesSp = f.Rn === 31 || (!f.S && f.Rd === 31);
  if (usesSp && f.option === (f.sf ? 3 : 2)) return f.imm3 ? `${m}, lsl #${f.imm3}` : m;
  return `${m}, ${Extends[f.option]}${f.imm3 ? ` #${f.imm3}` : ""}`;
}

const addSubtractCarry = insn(
  "Add/subtract (with carry)",
  "sf:1 op:1 S:1 11010000 Rm:5 000000 Rn:5 Rd:5",
  {
    ref: "ADC, ADCS, SBC, SBCS",
    shape: ["sf", "op", "S"],
    asm: (f) => `${f.op ? "sbc" : "adc"}${f.S ? "s" : ""} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}`,
    alias: (f) =>
      f.op && f.Rn === 31 ? `ngc${f.S ? "s" : ""} ${regs(f.sf, f.Rd, f.Rm)}` : undefined,
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm) }),
    run: (op, f, o) => {
      const t = int(f.sf);
      const n = get(op, f.sf, o.n);
      let m = get(op, f.sf, o.m);
      if (f.op) m = op.w(`${t}.xor`, m, ones(op, f.sf));
      const r = f.S
        ? op.adcFlags(f.sf ? 64 : 32, n, m)
        : op.w(`${t}.add`, op.w(`${t}.add`, n, m), wide(op, f.sf, op.carry()));
      put(op, f.sf, o.d, r);
    },
  },
);

const rotateIntoFlags = insn(
  "Rotate right into flags",
  "1 0 1 11010000 imm6:6 00001 Rn:5 0 mask:4",
  {
    ref: "RMIF",
    shape: [],
    feature: () => "flagm",
    asm: (f) => `rmif ${gpr(f.Rn, 1)}, #${f.imm6}, #${f.mask}`,
    operands: (f) => ({ n: src(f.Rn), p: f.imm6, q: f.mask << 28 }),
    run: (op, _f, o) => {
      const rotated = op.w("i64.rotr", op.x(o.n), op.w("i64.extend_i32_u", o.p));
      const fresh = op.w("i32.shl", op.w("i32.wrap_i64", rotated), op.i32(28));
      const kept = op.w("i32.and", op.nzcv(), op.w("i32.xor", o.q, op.i32(-1)));
      op.setNzcv(op.w("i32.or", kept, op.w("i32.and", fresh, o.q)));
    },
  },
);

const evaluateIntoFlags = insn(
  "Evaluate into flags",
  "0 0 1 11010000 000000 sz:1 0010 Rn:5 0 1101",
  {
    ref: "SETF8, SETF16",
    shape: ["sz"],
    feature: () => "flagm",
    asm: (f) => `setf${f.sz ? 16 : 8} ${gpr(f.Rn, 0)}`,
    operands: (f) => ({ n: src(f.Rn) }),
    run: (op, f, o) => {
      const bits = f.sz ? 16 : 8;
      const x = op.w32(o.n);
      const at = (n: number, to: number) =>
        op.w("i32.shl", op.w("i32.and", op.w("i32.shr_u", x, op.i32(n)), op.i32(1)), op.i32(to));
      const zeroFlag = op.w(
        "i32.shl",
        op.w("i32.eqz", op.w("i32.shl", x, op.i32(32 - bits))),
        op.i32(30),
      );
      const overflow = op.w("i32.xor", at(bits, 28), at(bits - 1, 28));
      const carry = op.w("i32.shl", op.carry(), op.i32(29));
      const nz = op.w("i32.or", at(bits - 1, 31), zeroFlag);
      op.setNzcv(op.let(op.w("i32.or", nz, op.w("i32.or", carry, overflow))));
    },
  },
);

const conditionalCompare = insn(
  "Conditional compare",
  "sf:1 op:1 1 11010010 Rm:5 cond:4 imm:1 0 Rn:5 0 nzcv:4",
  {
    ref: "CCMN, CCMP (register), CCMN, CCMP (immediate)",
    shape: ["sf", "op", "cond", "imm"],
    asm: (f) => {
      const m = f.imm ? `#0x${f.Rm.toString(16)}` : gpr(f.Rm, f.sf);
      const flags = `#0x${f.nzcv.toString(16)}`;
      return `${f.op ? "ccmp" : "ccmn"} ${gpr(f.Rn, f.sf)}, ${m}, ${flags}, ${condition(f.cond)}`;
    },
    operands: (f) =>
      f.imm
        ? { n: src(f.Rn), m: src(31), p: f.Rm, q: f.nzcv << 28 }
        : { n: src(f.Rn), m: src(f.Rm), p: 0, q: f.nzcv << 28 },
    run: (op, f, o) => {
      const set = () => {
        const m = f.imm ? wide(op, f.sf, o.p) : get(op, f.sf, o.m);
        const size = f.sf ? 64 : 32;
        if (f.op) op.subFlags(size, get(op, f.sf, o.n), m);
        else op.addFlags(size, get(op, f.sf, o.n), m);
      };
      op.chooseFlags(op.cond(f.cond), set, o.q);
    },
  },
);

const conditionalSelect = insn(
  "Conditional select",
  "sf:1 op:1 0 11010100 Rm:5 cond:4 0 op2:1 Rn:5 Rd:5",
  {
    ref: "CSEL, CSINC, CSINV, CSNEG",
    shape: ["sf", "op", "op2", "cond"],
    asm: (f) => {
      const name = ["csel", "csinc", "csinv", "csneg"][f.op * 2 + f.op2];
      return `${name} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}, ${condition(f.cond)}`;
    },
    alias: (f) => {
      if (f.cond >= 14 || f.Rn !== f.Rm || (!f.op && !f.op2)) return undefined;
      const cond = condition(f.cond ^ 1);
      if (f.op && f.op2) return `cneg ${regs(f.sf, f.Rd, f.Rn)}, ${cond}`;
      if (f.Rn === 31) return `${f.op ? "csetm" : "cset"} ${gpr(f.Rd, f.sf)}, ${cond}`;
      return `${f.op ? "cinv" : "cinc"} ${regs(f.sf, f.Rd, f.Rn)}, ${cond}`;
    },
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm) }),
    run: (op, f, o) => {
      const t = int(f.sf);
      let m = get(op, f.sf, o.m);
      if (f.op && !f.op2) m = op.w(`${t}.xor`, m, ones(op, f.sf));
      if (f.op && f.op2) m = op.w(`${t}.sub`, zero(op, f.sf), m);
      if (!f.op && f.op2) m = op.w(`${t}.add`, m, f.sf ? op.i64(1) : op.i32(1));
      put(op, f.sf, o.d, op.select(op.cond(f.cond), get(op, f.sf, o.n), m));
    },
  },
);

/** The definitions of this part. */
export const dataProcessingRegister: readonly AnyInsn[] = [
  logicalShifted,
  addSubtractShifted,
  addSubtractExtended,
  addSubtractCarry,
  rotateIntoFlags,
  evaluateIntoFlags,
  conditionalCompare,
  conditionalSelect,
];
