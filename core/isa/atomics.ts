/** Exclusive, ordered and atomic accesses, DDI 0487 C4.1 "Loads and Stores". @module */

import { type AnyInsn, dst, insn, orSp, src } from "./insn.ts";
import type { LoadName, Ops, SlotRef, StoreName, Val } from "./ops.ts";
import { gpr, gprOrSp } from "./text.ts";

const Loads = ["i64.load8_u", "i64.load16_u", "i64.load32_u", "i64.load"] as const;
const Stores = ["i64.store8", "i64.store16", "i64.store32", "i64.store"] as const;
const load = (size: number) => Loads[size] as LoadName;
const store = (size: number) => Stores[size] as StoreName;
const suffix = (size: number) => ["b", "h", "", ""][size] as string;
const at = (n: number) => `[${gprOrSp(n, 1)}]`;
const wide = (size: number) => (size === 3 ? 1 : 0);

const exclusive = insn(
  "Load/store exclusive",
  "size:2 001000 0 L:1 pair:1 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5",
  {
    ref: "LDXR, LDAXR, STXR, STLXR, LDXP, LDAXP, STXP, STLXP and their byte and halfword forms",
    shape: ["size", "L", "pair", "sp"],
    undefined: (f) => f.pair === 1 && f.size < 2,
    asm: (f) => {
      const t = gpr(f.Rt, wide(f.size)) + (f.pair ? `, ${gpr(f.Rt2, wide(f.size))}` : "");
      const tail = `x${f.pair ? "p" : "r"}${suffix(f.size)}`;
      if (f.L) return `ld${f.o0 ? "a" : ""}${tail} ${t}, ${at(f.Rn)}`;
      return `st${f.o0 ? "l" : ""}${tail} ${gpr(f.Rs, 0)}, ${t}, ${at(f.Rn)}`;
    },
    operands: (f) =>
      f.L
        ? { d: dst(f.Rt), m: f.pair ? dst(f.Rt2) : dst(31), n: orSp(f.Rn), a: dst(31) }
        : { d: src(f.Rt), m: f.pair ? src(f.Rt2) : src(31), n: orSp(f.Rn), a: dst(f.Rs) },
    run: (op, f, o) => {
      const address = op.x(o.n);
      if (f.sp) op.checkSp(address);
      if (f.L) loadExclusive(op, f, address, o);
      else storeExclusive(op, f, address, o);
    },
  },
);

interface ExclusiveShape {
  readonly size: number;
  readonly pair: number;
}
interface ExclusiveSlots {
  readonly d: SlotRef;
  readonly m: SlotRef;
  readonly a: SlotRef;
}

function loadExclusive(op: Ops, f: ExclusiveShape, address: Val, o: ExclusiveSlots): void {
  const unit = 1 << f.size;
  const bytes = f.pair ? unit * 2 : unit;
  const m = op.mem(address, bytes, "read", { align: bytes });
  const low = m.load(load(f.size), 0);
  const high = f.pair ? m.load(load(f.size), unit) : op.i64(0);
  op.setField("exclusiveBytes", op.i32(bytes));
  op.setField("exclusiveAddress", address);
  op.setField("exclusiveLow", low);
  op.setField("exclusiveHigh", high);
  op.setX(o.d, low);
  if (f.pair) op.setX(o.m, high);
}

/**
 * The monitor passes when the address and size are those of the load and memory still holds what it
 * read. Other cores run in turns; the turn's end opens the monitor, so none stores in between.
 */
function storeExclusive(op: Ops, f: ExclusiveShape, address: Val, o: ExclusiveSlots): void {
  const unit = 1 << f.size;
  const bytes = f.pair ? unit * 2 : unit;
  const sameSize = op.w("i32.eq", op.field("exclusiveBytes"), op.i32(bytes));
  const sameAddress = op.w("i64.eq", op.field("exclusiveAddress"), address);
  const both = op.let(op.w("i32.and", sameSize, sameAddress));
  const failed = op.w("i64.extend_i32_u", op.w("i32.eqz", both));
  op.if(both, () => {
    const m = op.mem(address, bytes, "update", { align: bytes });
    const low = op.w("i64.eq", m.load(load(f.size), 0), op.field("exclusiveLow"));
    const same = f.pair
      ? op.w("i32.and", low, op.w("i64.eq", m.load(load(f.size), unit), op.field("exclusiveHigh")))
      : low;
    const holds = op.let(same);
    op.if(holds, () => {
      m.store(store(f.size), 0, op.x(o.d));
      if (f.pair) m.store(store(f.size), unit, op.x(o.m));
      m.commit();
    });
    op.setX(o.a, op.w("i64.extend_i32_u", op.w("i32.eqz", holds)));
  }, () => op.setX(o.a, failed));
  op.setField("exclusiveBytes", op.i32(0));
}

const ordered = insn(
  "Load/store ordered",
  "size:2 001000 1 L:1 0 Rs:5 o0:1 Rt2:5 Rn:5 Rt:5",
  {
    ref: "LDAR, STLR, LDLAR, STLLR and their byte and halfword forms",
    shape: ["size", "L", "sp"],
    feature: (f) => (f.o0 ? undefined : "lor"),
    asm: (f) =>
      `${f.L ? (f.o0 ? "ldar" : "ldlar") : f.o0 ? "stlr" : "stllr"}${suffix(f.size)} ${
        gpr(f.Rt, wide(f.size))
      }, ${at(f.Rn)}`,
    operands: (f) => ({ d: f.L ? dst(f.Rt) : src(f.Rt), n: orSp(f.Rn) }),
    run: (op, f, o) => {
      const address = op.x(o.n);
      if (f.sp) op.checkSp(address);
      const bytes = 1 << f.size;
      const m = op.mem(address, bytes, f.L ? "read" : "write", { align: bytes });
      if (f.L) return op.setX(o.d, m.load(load(f.size), 0));
      m.store(store(f.size), 0, op.x(o.d));
      m.commit();
    },
  },
);

const compareAndSwap = insn(
  "Compare and swap",
  "size:2 001000 1 L:1 1 Rs:5 o0:1 11111 Rn:5 Rt:5",
  {
    ref: "CAS, CASA, CASAL, CASL and their byte and halfword forms",
    shape: ["size", "sp"],
    feature: () => "lse",
    asm: (f) => {
      const name = `cas${f.L ? "a" : ""}${f.o0 ? "l" : ""}${suffix(f.size)}`;
      return `${name} ${gpr(f.Rs, wide(f.size))}, ${gpr(f.Rt, wide(f.size))}, ${at(f.Rn)}`;
    },
    operands: (f) => ({ d: dst(f.Rs), n: orSp(f.Rn), m: src(f.Rt), a: src(f.Rs) }),
    run: (op, f, o) => {
      const address = op.x(o.n);
      if (f.sp) op.checkSp(address);
      const bytes = 1 << f.size;
      const m = op.mem(address, bytes, "update", { align: bytes });
      const old = m.load(load(f.size), 0);
      op.if(op.w("i64.eq", old, truncate(op, f.size, op.x(o.a))), () => {
        m.store(store(f.size), 0, op.x(o.m));
        m.commit();
      });
      op.setX(o.d, old);
    },
  },
);

const truncate = (op: Ops, size: number, v: Val) =>
  size === 3 ? v : op.w("i64.and", v, op.i64(2 ** (8 << size) - 1));

const compareAndSwapPair = insn(
  "Compare and swap pair",
  "0 sz:1 001000 0 L:1 1 Rs:5 o0:1 11111 Rn:5 Rt:5",
  {
    ref: "CASP, CASPA, CASPAL, CASPL",
    shape: ["sz", "sp"],
    feature: () => "lse",
    undefined: (f) => ((f.Rs | f.Rt) & 1) === 1,
    asm: (f) => {
      const name = `casp${f.L ? "a" : ""}${f.o0 ? "l" : ""}`;
      const both = (n: number) => `${gpr(n, f.sz)}, ${gpr(n + 1, f.sz)}`;
      return `${name} ${both(f.Rs)}, ${both(f.Rt)}, ${at(f.Rn)}`;
    },
    operands: (f) => ({
      n: orSp(f.Rn),
      m: src(f.Rs + 1),
      list: [dst(f.Rs), dst(f.Rs + 1), src(f.Rt), src(f.Rt + 1)],
      d: src(f.Rs),
    }),
    run: (op, f, o) => {
      const address = op.x(o.n);
      if (f.sp) op.checkSp(address);
      const size = f.sz + 2;
      const unit = 1 << size;
      const [low, high, newLow, newHigh] = o.list;
      const m = op.mem(address, unit * 2, "update", { align: unit * 2 });
      const oldLow = m.load(load(size), 0);
      const oldHigh = m.load(load(size), unit);
      const same = op.w(
        "i32.and",
        op.w("i64.eq", oldLow, truncate(op, size, op.x(o.d))),
        op.w("i64.eq", oldHigh, truncate(op, size, op.x(o.m))),
      );
      op.if(same, () => {
        m.store(store(size), 0, op.x(newLow));
        m.store(store(size), unit, op.x(newHigh));
        m.commit();
      });
      op.setX(low, oldLow);
      op.setX(high, oldHigh);
    },
  },
);

const AtomicNames = ["add", "clr", "eor", "set", "smax", "smin", "umax", "umin"] as const;

const atomicMemory = insn(
  "Atomic memory operations",
  "size:2 111 0 00 A:1 R:1 1 Rs:5 o3:1 opc:3 00 Rn:5 Rt:5",
  {
    ref: "LDADD, LDCLR, LDEOR, LDSET, LDSMAX, LDSMIN, LDUMAX, LDUMIN, SWP, LDAPR",
    shape: ["size", "o3", "opc", "sp"],
    feature: (f) => (f.o3 && f.opc === 4 ? "rcpc" : "lse"),
    undefined: (f) =>
      f.o3 === 1 && !(f.opc === 0 || (f.opc === 4 && f.A === 1 && f.R === 0 && f.Rs === 31)),
    asm: (f) => {
      const t = gpr(f.Rt, wide(f.size));
      if (f.o3 && f.opc === 4) return `ldapr${suffix(f.size)} ${t}, ${at(f.Rn)}`;
      const name = f.o3 ? "swp" : `ld${AtomicNames[f.opc]}`;
      const order = `${f.A ? "a" : ""}${f.R ? "l" : ""}${suffix(f.size)}`;
      return `${name}${order} ${gpr(f.Rs, wide(f.size))}, ${t}, ${at(f.Rn)}`;
    },
    alias: (f) =>
      !f.o3 && !f.A && f.Rt === 31
        ? `st${AtomicNames[f.opc]}${f.R ? "l" : ""}${suffix(f.size)} ${gpr(f.Rs, wide(f.size))}, ${
          at(f.Rn)
        }`
        : undefined,
    operands: (f) => ({ d: dst(f.Rt), n: orSp(f.Rn), m: src(f.Rs) }),
    run: (op, f, o) => {
      const address = op.x(o.n);
      if (f.sp) op.checkSp(address);
      const bytes = 1 << f.size;
      if (f.o3 && f.opc === 4) {
        return op.setX(o.d, op.mem(address, bytes, "read", { align: bytes }).load(load(f.size), 0));
      }
      const m = op.mem(address, bytes, "update", { align: bytes });
      const old = m.load(load(f.size), 0);
      m.store(store(f.size), 0, f.o3 ? op.x(o.m) : combine(op, f, old, op.x(o.m)));
      m.commit();
      op.setX(o.d, old);
    },
  },
);

/** The value an atomic operation stores. */
function combine(op: Ops, f: { size: number; opc: number }, old: Val, operand: Val): Val {
  switch (f.opc) {
    case 0:
      return op.w("i64.add", old, operand);
    case 1:
      return op.w("i64.and", old, op.w("i64.xor", operand, op.i64(-1)));
    case 2:
      return op.w("i64.xor", old, operand);
    case 3:
      return op.w("i64.or", old, operand);
    default: {
      // Compare at the top of the word, where the sign is.
      const up = (v: Val) => op.w("i64.shl", v, op.i64(64 - (8 << f.size)));
      const b = op.let(operand);
      const order = (["gt_s", "lt_s", "gt_u", "lt_u"] as const)[f.opc - 4] as "gt_s";
      return op.select(op.w(`i64.${order}`, up(old), up(b)), old, b);
    }
  }
}

/** The definitions of this part. */
export const atomics: readonly AnyInsn[] = [
  exclusive,
  ordered,
  compareAndSwap,
  compareAndSwapPair,
  atomicMemory,
];
