/** Exceptions, hints, barriers and system instructions, DDI 0487 C4.1. @module */

import { AbsentRegisterNames } from "./absent_registers.ts";
import { AccessGuard } from "../cpu/system_register_traps.ts";
import {
  type PlainAccess,
  plainAccess,
  systemRegisterAt,
  systemRegisterName,
} from "../cpu/system_registers.ts";
import { Ec, esr, Iss } from "../cpu/syndrome.ts";
import { type AnyInsn, dst, insn, inTypeScript, orSp, src, type StateOffset } from "./insn.ts";
import type { Ops, SlotRef } from "./ops.ts";
import { plainCall, plainDaif, plainReturn, plainTables } from "./plain_exceptions.ts";
import { MaintenanceNames, PstateNames } from "./system_text.ts";
import { gpr } from "./text.ts";

const hex = (n: number) => `#0x${n.toString(16)}`;
/** D, A, I and F. */
const DaifBits = 0x3c0;
const Calls = [undefined, "svc", "hvc", "smc"] as const;

const exceptionCall = insn(
  "Exception generation: SVC, HVC, SMC",
  "11010100 000 imm16:16 000 LL:2",
  {
    ref: "SVC, HVC, SMC",
    shape: ["LL"],
    undefined: (f) => f.LL === 0,
    ends: true,
    interpreted: true,
    asm: (f) => `${Calls[f.LL]} ${hex(f.imm16)}`,
    operands: (f) => ({
      d: orSp(31),
      imm: esr(f.LL === 1 ? Ec.svc : Ec.hvc, Iss.immediate(f.imm16)),
    }),
    run: (op, f, o) => {
      if (f.LL === 3) op.execute();
      else plainCall(op, f.LL === 1 ? "svc" : "hvc", o.d, o.imm);
    },
    execute: (c, f) => c.system.call(Calls[f.LL] as "svc", f.imm16),
  },
);

const breakpoint = insn("Exception generation: BRK, HLT", "11010100 0 hlt:1 brk:1 imm16:16 00000", {
  ref: "BRK, HLT",
  shape: [],
  undefined: (f) => f.hlt === f.brk,
  ends: true,
  asm: (f) => `${f.brk ? "brk" : "hlt"} ${hex(f.imm16)}`,
  operands: () => ({}),
  run: inTypeScript,
  execute: (c, f) => c.system.call(f.brk ? "brk" : "hlt", f.imm16),
});

/** DCPS1–3 and DRPS need Debug state, which is never entered: UNDEFINED, but known by name. */
const debugState = insn("Exception generation: DCPS", "11010100 101 imm16:16 000 LL:2", {
  ref: "DCPS1, DCPS2, DCPS3",
  shape: [],
  undefined: (f) => f.LL === 0,
  ends: true,
  asm: (f) => `dcps${f.LL}${f.imm16 ? ` ${hex(f.imm16)}` : ""}`,
  operands: () => ({}),
  run: inTypeScript,
  execute: (c) => c.system.undefined(),
});

const exceptionReturn = insn(
  "Exception return",
  "1101011 010 drps:1 11111 000000 11111 00000",
  {
    ref: "ERET, DRPS",
    shape: ["drps"],
    ends: true,
    interpreted: true,
    asm: (f) => (f.drps ? "drps" : "eret"),
    operands: () => ({ d: orSp(31) }),
    run: (op, f, o) => {
      if (f.drps) op.execute();
      else plainReturn(op, o.d);
    },
    execute: (c, f) => (f.drps ? c.system.undefined() : c.system.eret()),
  },
);

const HintNames: Readonly<Record<number, string>> = {
  0: "nop",
  1: "yield",
  2: "wfe",
  3: "wfi",
  4: "sev",
  5: "sevl",
  7: "xpaclri",
  8: "pacia1716",
  10: "pacib1716",
  12: "autia1716",
  14: "autib1716",
  16: "esb",
  17: "psb csync",
  18: "tsb csync",
  20: "csdb",
  22: "clearbhb",
  24: "paciaz",
  25: "paciasp",
  26: "pacibz",
  27: "pacibsp",
  28: "autiaz",
  29: "autiasp",
  30: "autibz",
  31: "autibsp",
  32: "bti",
  34: "bti c",
  36: "bti j",
  38: "bti jc",
};
/** Hints that do something, from number 2 on. */
const Effective = ["wfe", "wfi", "sev", "sevl"] as const;

/** Most hints do nothing here: YIELD, and those of pointer authentication and BTI, which are absent. */
const hint = insn("Hints", "1101 0101 0000 0011 0010 CRm:4 op2:3 11111", {
  ref: "HINT, NOP, YIELD, WFE, WFI, SEV, SEVL",
  shape: ["CRm", "op2"],
  asm: (f) => `hint ${hex(f.CRm * 8 + f.op2)}`,
  alias: (f) => HintNames[f.CRm * 8 + f.op2],
  operands: () => ({}),
  run: (op, f) => {
    if (f.CRm === 0 && f.op2 >= 2 && f.op2 <= 5) op.execute();
  },
  execute: (c, f) => c.system.hint(Effective[f.op2 - 2] ?? "sevl"),
});

const BarrierOptions = [
  "#0x00",
  "oshld",
  "oshst",
  "osh",
  "#0x04",
  "nshld",
  "nshst",
  "nsh",
  "#0x08",
  "ishld",
  "ishst",
  "ish",
  "#0x0c",
  "ld",
  "st",
  "sy",
] as const;

/** Memory is sequentially consistent here: barriers have nothing to order. */
const barrier = insn("Barriers", "1101 0101 0000 0011 0011 CRm:4 op2:3 11111", {
  ref: "CLREX, DSB, DMB, ISB, SB",
  shape: ["op2"],
  undefined: (f) => f.op2 < 2 || f.op2 === 3 || (f.op2 === 7 && f.CRm !== 0),
  feature: (f) => (f.op2 === 7 ? "sb" : undefined),
  asm: (f) => {
    if (f.op2 === 7) return "sb";
    if (f.op2 === 2) return f.CRm === 15 ? "clrex" : `clrex ${hex(f.CRm)}`;
    if (f.op2 === 6) return f.CRm === 15 ? "isb" : `isb ${hex(f.CRm)}`;
    return `${f.op2 === 4 ? "dsb" : "dmb"} ${BarrierOptions[f.CRm]}`;
  },
  alias: (f) =>
    f.op2 === 4 ? ({ 0: "ssbb", 4: "pssbb" } as Record<number, string>)[f.CRm] : undefined,
  operands: () => ({}),
  run: (op, f) => {
    if (f.op2 === 2) op.setField("exclusiveBytes", op.i32(0));
  },
});

/** PSTATE fields, and the flag manipulations that share the encoding space. */
const msrImmediate = insn("PSTATE", "1101 0101 0000 0 op1:3 0100 CRm:4 op2:3 Rt:5", {
  ref: "MSR (immediate), CFINV, XAFLAG, AXFLAG",
  shape: ["op1", "op2"],
  undefined: (f) => f.Rt !== 31 || PstateNames[f.op1 * 8 + f.op2] === undefined,
  feature: (f) => {
    if (f.op1 === 0 && f.op2 < 3) return f.op2 === 0 ? "flagm" : "altnzcv";
    return ({ 3: "uao", 4: "pan", 25: "ssbs", 26: "dit" } as const)[f.op1 * 8 + f.op2 as 3];
  },
  asm: (f) => {
    const name = PstateNames[f.op1 * 8 + f.op2] as string;
    return f.op1 === 0 && f.op2 < 3 ? name : `msr ${name}, ${hex(f.CRm)}`;
  },
  operands: (f) => ({ p: f.CRm << 6 }),
  run: (op, f, o) => {
    if (f.op1 === 3 && f.op2 === 6) return plainDaif(op, op.w("i32.or", op.field("daif"), o.p));
    if (f.op1 === 3 && f.op2 === 7) {
      const kept = op.w("i32.xor", o.p, op.i32(-1));
      return plainDaif(op, op.w("i32.and", op.field("daif"), kept));
    }
    if (f.op1 !== 0 || f.op2 > 2) return op.execute();
    const flags = op.nzcv();
    const bit = (n: number) => op.w("i32.and", op.w("i32.shr_u", flags, op.i32(n)), op.i32(1));
    const not = (v: ReturnType<typeof bit>) => op.w("i32.xor", v, op.i32(1));
    const and = (a: ReturnType<typeof bit>, b: ReturnType<typeof bit>) => op.w("i32.and", a, b);
    const or = (a: ReturnType<typeof bit>, b: ReturnType<typeof bit>) => op.w("i32.or", a, b);
    if (f.op2 === 0) return op.setNzcv(op.w("i32.xor", flags, op.i32(1 << 29)));
    const [z, c, v] = [bit(30), bit(29), bit(28)];
    const [n2, z2, c2, v2] = f.op2 === 1
      ? [and(not(c), not(z)), and(z, c), or(c, z), and(not(c), z)]
      : [op.i32(0), or(z, v), and(c, not(v)), op.i32(0)];
    const at = (x: typeof z, n: number) => op.w("i32.shl", x, op.i32(n));
    op.setNzcv(or(or(at(n2, 31), at(z2, 30)), or(at(c2, 29), at(v2, 28))));
  },
  execute: (c, f) => c.system.msrImmediate(f.op1, f.op2, f.CRm),
});

const systemInstruction = insn(
  "System instructions",
  "1101010100 L:1 01 op1:3 CRn:4 CRm:4 op2:3 Rt:5",
  {
    ref: "SYS, SYSL: AT, DC, IC, TLBI",
    shape: ["L", "op1", "CRn", "CRm", "op2"],
    rare: (f) => f.L !== 0 || (keyOf(1, f) !== DcZva && !Maintenance.includes(keyOf(1, f))),
    asm: (f) => {
      const at = `#${f.op1}, C${f.CRn}, C${f.CRm}, #${f.op2}`;
      return f.L
        ? `sysl ${gpr(f.Rt, 1)}, ${at}`
        : `sys ${at}${f.Rt === 31 ? "" : `, ${gpr(f.Rt, 1)}`}`;
    },
    alias: (f) => {
      const name = f.L ? undefined : MaintenanceNames[keyOf(1, f)];
      if (!name) return undefined;
      const [text, takesRegister] = name;
      return takesRegister ? `${text}, ${gpr(f.Rt, 1)}` : text;
    },
    operands: (f) => ({ n: src(f.Rt) }),
    run: (op, f, o) => {
      const key = keyOf(1, f);
      if (f.L === 0 && Maintenance.includes(key)) {
        // Caches are not modelled; what remains is that data must be reachable.
        const guarded = op.w("i32.and", op.field("sysregTrap"), op.i32(AccessGuard.maintenance));
        const unknown = key === IcIvau ? op.i32(0) : op.w("i32.eqz", op.isReadable(op.x(o.n)));
        return op.if(op.w("i32.or", guarded, unknown), () => op.execute());
      }
      if (f.L || key !== DcZva) return op.execute();
      const trapped = op.w("i32.and", op.field("sysregTrap"), op.i32(AccessGuard.zeroing));
      op.if(trapped, () => op.execute(), () => {
        // The block is 64 bytes (DCZID_EL0.BS = 4).
        const block = op.w("i64.and", op.x(o.n), op.i64(-64));
        const m = op.mem(block, 64, "write");
        for (let at = 0; at < 64; at += 16) m.store("v128.store", at, op.v128(0n, 0n));
        m.commit();
      });
    },
    execute: (c, f) => f.L ? c.system.mrs(keyOf(1, f), f.Rt) : c.system.sys(keyOf(1, f), f.Rt),
  },
);

interface Key {
  readonly op1: number;
  readonly CRn: number;
  readonly CRm: number;
  readonly op2: number;
}
const keyOf = (op0: number, f: Key) =>
  (op0 << 14) | (f.op1 << 11) | (f.CRn << 7) | (f.CRm << 3) | f.op2;
const DcZva = keyOf(1, { op1: 3, CRn: 7, CRm: 4, op2: 1 });
const IcIvau = keyOf(1, { op1: 3, CRn: 7, CRm: 5, op2: 1 });
/** IC IVAU, and DC CVAC, CVAU and CIVAC, by which caches are kept coherent. */
const Maintenance = [5, 10, 11, 14].map((CRm) => keyOf(1, { op1: 3, CRn: 7, CRm, op2: 1 }));
const Nzcv = keyOf(3, { op1: 3, CRn: 4, CRm: 2, op2: 0 });
const Daif = keyOf(3, { op1: 3, CRn: 4, CRm: 2, op2: 1 });
const Tables = [0, 1].map((op2) => keyOf(3, { op1: 0, CRn: 2, CRm: 0, op2 }));

/** Writes with effects that generated code can have itself. */
const hasOwnWrite = (key: number) => key === Daif || Tables.includes(key);

/** How an access can be done without leaving generated code, if it can. */
function plainOf(f: Key & { readonly L: number; readonly o0: number }): PlainAccess | undefined {
  const row = systemRegisterAt(keyOf(2 + f.o0, f));
  return row && plainAccess(row, f.L ? "read" : "write");
}

const moveSystem = insn(
  "System register move",
  "1101010100 L:1 1 o0:1 op1:3 CRn:4 CRm:4 op2:3 Rt:5",
  {
    ref: "MRS, MSR (register)",
    shape: ["L", "o0", "op1", "CRn", "CRm", "op2"],
    rare: (f) => {
      const key = keyOf(2 + f.o0, f);
      return key !== Nzcv && plainOf(f) === undefined && !(f.L === 0 && hasOwnWrite(key));
    },
    asm: (f) => {
      const key = keyOf(2 + f.o0, f);
      const present = systemRegisterAt(key)?.name ?? AbsentRegisterNames[key];
      const name = (present ?? systemRegisterName(key)).toLowerCase();
      return f.L ? `mrs ${gpr(f.Rt, 1)}, ${name}` : `msr ${name}, ${gpr(f.Rt, 1)}`;
    },
    operands: (f) => ({
      d: dst(f.Rt),
      n: src(f.Rt),
      m: ((plainOf(f) ?? plainOf({ ...f, L: 1 }))?.offset ?? 0) as StateOffset,
    }),
    run: (op, f, o) => {
      const plain = plainOf(f);
      if (keyOf(2 + f.o0, f) === Nzcv) {
        return f.L ? op.setW(o.d, op.nzcv()) : op.setNzcv(op.w32(o.n));
      }
      const key = keyOf(2 + f.o0, f);
      if (f.L === 0 && key === Daif) {
        return plainDaif(op, op.w("i32.and", op.w32(o.n), op.i32(DaifBits)));
      }
      if (f.L === 0 && Tables.includes(key)) {
        op.interpreted();
        return plainTables(op, key === Tables[1], o.m, op.x(o.n));
      }
      if (!plain) return op.execute();
      const guarded = op.w("i32.and", op.field("sysregTrap"), op.i32(plain.guards));
      op.if(guarded, () => op.execute(), () => moveStored(op, f.L, plain, o));
    },
    execute: (c, f) => {
      const key = keyOf(2 + f.o0, f);
      return f.L ? c.system.mrs(key, f.Rt) : c.system.msr(key, f.Rt);
    },
  },
);

function moveStored(
  op: Ops,
  isRead: number,
  { width, mask }: PlainAccess,
  o: { d: SlotRef; n: SlotRef; m: SlotRef },
): void {
  if (isRead) return width === 64 ? op.setX(o.d, op.x(o.m)) : op.setW(o.d, op.w32(o.m));
  if (width === 32) {
    const bits = Number(BigInt.asIntN(32, mask));
    const kept = op.w("i32.and", op.w32(o.m), op.i32(~bits));
    return op.setHalf(o.m, op.w("i32.or", kept, op.w("i32.and", op.w32(o.n), op.i32(bits))));
  }
  const kept = op.w("i64.and", op.x(o.m), op.i64(~mask));
  op.setX(o.m, op.w("i64.or", kept, op.w("i64.and", op.x(o.n), op.i64(mask))));
}

/** UDF is permanently undefined; it has a name so that traces can say it. */
const undefinedInstruction = insn("Reserved: UDF", "0000000000000000 imm16:16", {
  ref: "UDF",
  shape: [],
  ends: true,
  asm: (f) => `udf #${f.imm16}`,
  operands: () => ({}),
  run: inTypeScript,
  execute: (c) => c.system.undefined(),
});

/** The definitions of this part. */
export const system: readonly AnyInsn[] = [
  exceptionCall,
  breakpoint,
  debugState,
  exceptionReturn,
  hint,
  barrier,
  msrImmediate,
  systemInstruction,
  moveSystem,
  undefinedInstruction,
];
