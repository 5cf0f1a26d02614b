/** Loads and stores of one or two registers, DDI 0487 C4.1 "Loads and Stores". @module */

import { extended } from "./data_processing_register.ts";
import { type AnyInsn, dst, insn, orSp, src, type StateOffset, vreg } from "./insn.ts";
import type { Access, AccessOptions, LoadName, Ops, SlotRef, StoreName, Val } from "./ops.ts";
import { gpr, gprOrSp } from "./text.ts";

/** The fields that say what is loaded or stored. */
interface Kind {
  readonly size: number;
  readonly V: number;
  readonly opc: number;
}

/** log2 of the bytes accessed. */
const scaleOf = (f: Kind) => (f.V && f.opc & 2 ? 4 : f.size);
const isPrefetch = (f: Kind) => !f.V && f.size === 3 && f.opc === 2;
const isLoad = (f: Kind) => (f.V ? (f.opc & 1) === 1 : f.opc !== 0);
const reserved = (f: Kind) =>
  f.V ? (f.opc & 2) !== 0 && f.size !== 0 : (f.opc === 3 && f.size >= 2);

/** Slot of the register transferred. */
function transferSlot(f: Kind & { readonly Rt: number }): StateOffset {
  if (f.V) return vreg(f.Rt);
  return isLoad(f) ? dst(f.Rt) : src(f.Rt);
}

const Loads = ["i64.load8_u", "i64.load16_u", "i64.load32_u", "i64.load"] as const;
const SignedLoads = ["i64.load8_s", "i64.load16_s", "i64.load32_s"] as const;
const ShortLoads = ["i32.load8_s", "i32.load16_s"] as const;
const Stores = ["i64.store8", "i64.store16", "i64.store32", "i64.store"] as const;

/** A scalar of the SIMD registers as i64, by way of a number where there is such a type. */
function scalarLoad(op: Ops, scale: number, m: Access, offset: number): Val {
  if (scale === 3) return op.w("i64.reinterpret_f64", m.load("f64.load", offset));
  if (scale < 2) return m.load(Loads[scale] as LoadName, offset);
  return op.w("i64.extend_i32_u", op.w("i32.reinterpret_f32", m.load("f32.load", offset)));
}

/** Loads into a register at `offset` of an access: the value, and a function that writes it. */
function loadValue(op: Ops, f: Kind, m: Access, offset: number): (slot: SlotRef) => void {
  if (f.V) {
    const scale = scaleOf(f);
    if (scale === 4) {
      const v = m.load("v128.load", offset);
      return (slot) => op.setV(slot, v);
    }
    const v = scalarLoad(op, scale, m, offset);
    return (slot) => op.setScalar(8 << scale, slot, v);
  }
  if (f.opc === 3) {
    const v = m.load(ShortLoads[f.size] as LoadName, offset);
    return (slot) => op.setW(slot, v);
  }
  const v = m.load((f.opc === 2 ? SignedLoads : Loads)[f.size] as LoadName, offset);
  return (slot) => op.setX(slot, v);
}

function storeValue(op: Ops, f: Kind, m: Access, offset: number, slot: SlotRef): void {
  const scale = scaleOf(f);
  if (scale === 4) m.store("v128.store", offset, op.v(slot));
  else {
    const value = f.V ? op.scalar(8 << scale, slot) : op.x(slot);
    m.store(Stores[scale] as StoreName, offset, value);
  }
}

/** The base register's value; SP is checked before anything is added to it. */
function baseValue(op: Ops, f: { readonly sp: number }, n: SlotRef): Val {
  const value = op.x(n);
  if (f.sp) op.checkSp(value);
  return value;
}

/** One access; `after` runs once it can no longer fault. */
function transfer(
  op: Ops,
  f: Kind,
  address: Val,
  t: SlotRef,
  options: AccessOptions = {},
  after: () => void = () => {},
): void {
  const bytes = 1 << scaleOf(f);
  if (isLoad(f)) {
    const put = loadValue(op, f, op.mem(address, bytes, "read", options), 0);
    after();
    put(t);
  } else {
    const m = op.mem(address, bytes, "write", options);
    storeValue(op, f, m, 0, t);
    m.commit();
    after();
  }
}

const Suffixes = ["b", "h", "", ""] as const;

/** Mnemonic and register of a single transfer. */
function nameOf(f: Kind & { readonly Rt: number }, infix: string): string {
  if (isPrefetch(f)) return `prf${infix === "r" ? "" : infix.slice(0, 1)}m ${prefetchName(f.Rt)}`;
  const verb = isLoad(f) ? "ld" : "st";
  if (f.V) return `${verb}${infix} ${"bhsdq"[scaleOf(f)]}${f.Rt}`;
  if (f.opc < 2) return `${verb}${infix}${Suffixes[f.size]} ${gpr(f.Rt, f.size === 3 ? 1 : 0)}`;
  return `${verb}${infix}s${"bhw"[f.size]} ${gpr(f.Rt, f.opc === 2 ? 1 : 0)}`;
}

function prefetchName(rt: number): string {
  const kind = ["pld", "pli", "pst"][rt >> 3];
  const level = (rt >> 1) & 3;
  if (!kind || level === 3) return `#0x${rt.toString(16).padStart(2, "0")}`;
  return `${kind}l${level + 1}${rt & 1 ? "strm" : "keep"}`;
}

const signed = (bits: number, value: number) => BigInt.asIntN(bits, BigInt(value));
const base = (n: number, imm: bigint) => imm ? `[${gprOrSp(n, 1)}, #${imm}]` : `[${gprOrSp(n, 1)}]`;

const literal = insn("Load register (literal)", "opc:2 011 V:1 00 imm19:19 Rt:5", {
  ref: "LDR (literal), LDRSW (literal), PRFM (literal), LDR (literal, SIMD&FP)",
  shape: ["opc", "V"],
  fp: (f) => f.V === 1,
  undefined: (f) => f.V === 1 && f.opc === 3,
  asm: (f, pc) => {
    const to = BigInt.asUintN(64, pc + signed(19, f.imm19) * 4n);
    const text = `0x${to.toString(16)}`;
    if (f.V) return `ldr ${"sdq"[f.opc]}${f.Rt}, ${text}`;
    if (f.opc === 3) return `prfm ${prefetchName(f.Rt)}, ${text}`;
    return `${f.opc === 2 ? "ldrsw" : "ldr"} ${gpr(f.Rt, f.opc ? 1 : 0)}, ${text}`;
  },
  operands: (f) => ({ d: f.V ? vreg(f.Rt) : dst(f.Rt), imm: signed(19, f.imm19) * 4n }),
  run: (op, f, o) => {
    if (!f.V && f.opc === 3) return;
    const kind: Kind = f.V
      ? { size: [2, 3, 0][f.opc] as number, V: 1, opc: f.opc === 2 ? 3 : 1 }
      : { size: f.opc === 1 ? 3 : 2, V: 0, opc: f.opc === 2 ? 2 : 1 };
    transfer(op, kind, op.w("i64.add", op.pc(), o.imm), o.d);
  },
});

const offsetOperands = (f: Kind & { Rt: number; Rn: number }, imm: bigint) => ({
  d: transferSlot(f),
  n: orSp(f.Rn),
  imm,
});
const offsetAddress = (op: Ops, f: { readonly sp: number }, o: { n: SlotRef; imm: Val }) =>
  op.w("i64.add", baseValue(op, f, o.n), o.imm);

const unscaled = insn(
  "Load/store register (unscaled immediate)",
  "size:2 111 V:1 00 opc:2 0 imm9:9 00 Rn:5 Rt:5",
  {
    ref: "LDUR, STUR and their byte, halfword, signed, SIMD&FP forms, PRFUM",
    shape: ["size", "V", "opc", "sp"],
    fp: (f) => f.V === 1,
    undefined: reserved,
    asm: (f) => `${nameOf(f, "ur")}, ${base(f.Rn, signed(9, f.imm9))}`,
    operands: (f) => offsetOperands(f, signed(9, f.imm9)),
    run: (op, f, o) => isPrefetch(f) || transfer(op, f, offsetAddress(op, f, o), o.d),
  },
);

const unprivileged = insn(
  "Load/store register (unprivileged)",
  "size:2 111 0 00 opc:2 0 imm9:9 10 Rn:5 Rt:5",
  {
    ref: "LDTR, STTR and their byte, halfword and signed forms",
    shape: ["size", "opc", "sp"],
    undefined: (f) => reserved({ ...f, V: 0 }) || isPrefetch({ ...f, V: 0 }),
    asm: (f) => `${nameOf({ ...f, V: 0 }, "tr")}, ${base(f.Rn, signed(9, f.imm9))}`,
    operands: (f) => offsetOperands({ ...f, V: 0 }, signed(9, f.imm9)),
    run: (op, f, o) =>
      transfer(op, { ...f, V: 0 }, offsetAddress(op, f, o), o.d, { unprivileged: true }),
  },
);

const indexed = insn(
  "Load/store register (immediate pre- and post-indexed)",
  "size:2 111 V:1 00 opc:2 0 imm9:9 pre:1 1 Rn:5 Rt:5",
  {
    ref: "LDR, STR (immediate) pre- and post-index, with byte, halfword, signed, SIMD&FP forms",
    shape: ["size", "V", "opc", "pre", "sp"],
    fp: (f) => f.V === 1,
    undefined: (f) => reserved(f) || isPrefetch(f),
    asm: (f) => {
      const imm = signed(9, f.imm9);
      const name = nameOf(f, "r");
      return f.pre
        ? `${name}, [${gprOrSp(f.Rn, 1)}, #${imm}]!`
        : `${name}, [${gprOrSp(f.Rn, 1)}], #${imm}`;
    },
    operands: (f) => offsetOperands(f, signed(9, f.imm9)),
    run: (op, f, o) => {
      const n = baseValue(op, f, o.n);
      const moved = op.let(op.w("i64.add", n, o.imm));
      transfer(op, f, f.pre ? moved : n, o.d, {}, () => op.setX(o.n, moved));
    },
  },
);

const registerOffset = insn(
  "Load/store register (register offset)",
  "size:2 111 V:1 00 opc:2 1 Rm:5 option:3 S:1 10 Rn:5 Rt:5",
  {
    ref: "LDR, STR (register) with byte, halfword, signed, SIMD&FP forms, PRFM (register)",
    shape: ["size", "V", "opc", "option", "S", "sp"],
    fp: (f) => f.V === 1,
    undefined: (f) => reserved(f) || (f.option & 2) === 0,
    asm: (f) => {
      const m = gpr(f.Rm, f.option & 1);
      const amount = f.S ? ` #${scaleOf(f)}` : "";
      const extend = f.option === 3
        ? (f.S ? `, lsl${amount}` : "")
        : `, ${{ 2: "uxtw", 6: "sxtw", 7: "sxtx" }[f.option]}${amount}`;
      return `${nameOf(f, "r")}, [${gprOrSp(f.Rn, 1)}, ${m}${extend}]`;
    },
    operands: (f) => ({ d: transferSlot(f), n: orSp(f.Rn), m: src(f.Rm) }),
    run: (op, f, o) => {
      if (isPrefetch(f)) return;
      const index = extended(op, o.m, f.option);
      const scaled = f.S ? op.w("i64.shl", index, op.i64(scaleOf(f))) : index;
      transfer(op, f, op.w("i64.add", baseValue(op, f, o.n), scaled), o.d);
    },
  },
);

const unsignedOffset = insn(
  "Load/store register (unsigned immediate)",
  "size:2 111 V:1 01 opc:2 imm12:12 Rn:5 Rt:5",
  {
    ref: "LDR, STR (immediate) unsigned offset, with byte, halfword, signed, SIMD&FP forms, PRFM",
    shape: ["size", "V", "opc", "sp"],
    fp: (f) => f.V === 1,
    undefined: reserved,
    asm: (f) => `${nameOf(f, "r")}, ${base(f.Rn, BigInt(f.imm12) << BigInt(scaleOf(f)))}`,
    operands: (f) => offsetOperands(f, BigInt(f.imm12) << BigInt(scaleOf(f))),
    run: (op, f, o) => isPrefetch(f) || transfer(op, f, offsetAddress(op, f, o), o.d),
  },
);

/** A pair as two transfers of this kind. */
function pairKind(f: { opc: number; V: number; L: number }): Kind {
  if (!f.V) return { size: f.opc === 2 ? 3 : 2, V: 0, opc: f.L ? (f.opc === 1 ? 2 : 1) : 0 };
  if (f.opc === 2) return { size: 0, V: 1, opc: f.L ? 3 : 2 };
  return { size: f.opc + 2, V: 1, opc: f.L };
}

const pair = insn(
  "Load/store register pair",
  "opc:2 101 V:1 0 mode:2 L:1 imm7:7 Rt2:5 Rn:5 Rt:5",
  {
    ref: "LDP, STP, LDPSW, LDNP, STNP and their SIMD&FP forms",
    shape: ["opc", "V", "mode", "L", "sp"],
    fp: (f) => f.V === 1,
    undefined: (f) => f.opc === 3 || (!f.V && f.opc === 1 && (!f.L || f.mode === 0)),
    asm: (f) => {
      const kind = pairKind(f);
      const imm = signed(7, f.imm7) << BigInt(scaleOf(kind));
      const reg = (n: number) => f.V ? `${"bhsdq"[scaleOf(kind)]}${n}` : gpr(n, f.opc ? 1 : 0);
      const name = `${f.L ? "ld" : "st"}${f.mode ? "" : "n"}p${!f.V && f.opc === 1 ? "sw" : ""}`;
      const regs = `${name} ${reg(f.Rt)}, ${reg(f.Rt2)}`;
      if (f.mode === 1) return `${regs}, [${gprOrSp(f.Rn, 1)}], #${imm}`;
      if (f.mode === 3) return `${regs}, [${gprOrSp(f.Rn, 1)}, #${imm}]!`;
      return `${regs}, ${base(f.Rn, imm)}`;
    },
    operands: (f) => {
      const kind = pairKind(f);
      return {
        d: transferSlot({ ...kind, Rt: f.Rt }),
        m: transferSlot({ ...kind, Rt: f.Rt2 }),
        n: orSp(f.Rn),
        imm: signed(7, f.imm7) << BigInt(scaleOf(kind)),
      };
    },
    run: (op, f, o) => {
      const kind = pairKind(f);
      const bytes = 1 << scaleOf(kind);
      const n = baseValue(op, f, o.n);
      const moved = op.let(op.w("i64.add", n, o.imm));
      const address = f.mode === 1 ? n : moved;
      const m = op.mem(address, bytes * 2, f.L ? "read" : "write", { element: bytes });
      if (f.L) {
        const first = loadValue(op, kind, m, 0);
        const second = loadValue(op, kind, m, bytes);
        if (f.mode & 1) op.setX(o.n, moved);
        first(o.d);
        second(o.m);
      } else {
        storeValue(op, kind, m, 0, o.d);
        storeValue(op, kind, m, bytes, o.m);
        m.commit();
        if (f.mode & 1) op.setX(o.n, moved);
      }
    },
  },
);

const rcpcUnscaled = insn(
  "LDAPR/STLR (unscaled immediate)",
  "size:2 011001 opc:2 0 imm9:9 00 Rn:5 Rt:5",
  {
    ref: "LDAPUR, STLUR and their byte, halfword and signed forms",
    shape: ["size", "opc", "sp"],
    feature: () => "rcpc-immo",
    undefined: (f) => reserved({ ...f, V: 0 }) || isPrefetch({ ...f, V: 0 }),
    asm: (f) => {
      const name = nameOf({ ...f, V: 0 }, "ur");
      const ordered = name.startsWith("ld") ? `ldap${name.slice(2)}` : `stl${name.slice(2)}`;
      return `${ordered}, ${base(f.Rn, signed(9, f.imm9))}`;
    },
    operands: (f) => offsetOperands({ ...f, V: 0 }, signed(9, f.imm9)),
    run: (op, f, o) => transfer(op, { ...f, V: 0 }, offsetAddress(op, f, o), o.d),
  },
);

/** The definitions of this part. */
export const loadsStores: readonly AnyInsn[] = [
  literal,
  unscaled,
  unprivileged,
  indexed,
  registerOffset,
  unsignedOffset,
  pair,
  rcpcUnscaled,
];
