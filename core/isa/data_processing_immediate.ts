/** Data processing (immediate), DDI 0487 C4.1. @module */

import { type AnyInsn, dst, insn, orSp, src } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { bitmaskImmediate } from "./bitmask.ts";
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

const pcRelative = insn("PC-rel. addressing", "op:1 immlo:2 10000 immhi:19 Rd:5", {
  ref: "ADR, ADRP",
  shape: ["op"],
  asm: (f, pc) => {
    const base = f.op ? pc & ~0xfffn : pc;
    const to = BigInt.asUintN(64, base + pcOffset(f));
    return `${f.op ? "adrp" : "adr"} ${gpr(f.Rd, 1)}, 0x${to.toString(16)}`;
  },
  operands: (f) => ({ d: dst(f.Rd), imm: pcOffset(f) }),
  run: (op, f, o) => {
    const base = f.op ? op.w("i64.and", op.pc(), op.i64(-4096)) : op.pc();
    op.setX(o.d, op.w("i64.add", base, o.imm));
  },
});

function pcOffset(f: { op: number; immhi: number; immlo: number }): bigint {
  const imm = BigInt.asIntN(21, BigInt((f.immhi << 2) | f.immlo));
  return f.op ? imm << 12n : imm;
}

const Logical = ["and", "orr", "eor", "ands"] as const;
const LogicalOp = ["and", "or", "xor", "and"] as const;

const logicalImmediate = insn(
  "Logical (immediate)",
  "sf:1 opc:2 100100 N:1 immr:6 imms:6 Rn:5 Rd:5",
  {
    ref: "AND, ORR, EOR, ANDS (immediate)",
    shape: ["sf", "opc"],
    undefined: (f) => bitmaskImmediate(f.N, f.imms, f.immr, f.sf ? 64 : 32) === undefined,
    asm: (f) => {
      const d = f.opc === 3 ? gpr(f.Rd, f.sf) : gprOrSp(f.Rd, f.sf);
      return `${Logical[f.opc]} ${d}, ${gpr(f.Rn, f.sf)}, ${hexImm(bitmaskOf(f))}`;
    },
    alias: (f) => {
      if (f.opc === 3 && f.Rd === 31) return `tst ${gpr(f.Rn, f.sf)}, ${hexImm(bitmaskOf(f))}`;
      if (f.opc !== 1 || f.Rn !== 31 || moveWidePreferred(f)) return undefined;
      return `mov ${gprOrSp(f.Rd, f.sf)}, ${hexImm(bitmaskOf(f))}`;
    },
    operands: (f) => ({
      d: f.opc === 3 ? dst(f.Rd) : orSp(f.Rd),
      n: src(f.Rn),
      imm: bitmaskOf(f),
    }),
    run: (op, f, o) => {
      const t = f.sf ? "i64" : "i32";
      const imm = f.sf ? o.imm : op.w("i32.wrap_i64", o.imm);
      const n = f.sf ? op.x(o.n) : op.w32(o.n);
      const r = op.let(op.w(`${t}.${LogicalOp[f.opc] as "and"}`, n, imm));
      if (f.opc === 3) op.logicFlags(f.sf ? 64 : 32, r);
      if (f.sf) op.setX(o.d, r);
      else op.setW(o.d, r);
    },
  },
);

type BitmaskFields = { N: number; imms: number; immr: number; sf: number };

const bitmaskOf = (f: BitmaskFields) =>
  bitmaskImmediate(f.N, f.imms, f.immr, f.sf ? 64 : 32) as bigint;

/** MoveWidePreferred of the pseudocode: MOVZ or MOVN could make the same value. */
function moveWidePreferred(f: BitmaskFields): boolean {
  const size = f.sf ? 64 : 32;
  const value = bitmaskOf(f);
  const oneHalfWord = (v: bigint) => {
    for (let at = 0n; at < size; at += 16n) if ((v & ~(0xffffn << at)) === 0n) return true;
    return false;
  };
  return oneHalfWord(value) || oneHalfWord(BigInt.asUintN(size, ~value));
}

const moveWide = insn("Move wide (immediate)", "sf:1 opc:2 100101 hw:2 imm16:16 Rd:5", {
  ref: "MOVN, MOVZ, MOVK",
  shape: ["sf", "opc", "hw"],
  undefined: (f) => f.opc === 1 || (!f.sf && f.hw > 1),
  asm: (f) => {
    const shift = f.hw ? `, lsl #${f.hw * 16}` : "";
    return `${["movn", "", "movz", "movk"][f.opc]} ${gpr(f.Rd, f.sf)}, ${hexImm(f.imm16)}${shift}`;
  },
  alias: (f) => {
    if (f.opc === 3 || (f.imm16 === 0 && f.hw !== 0)) return undefined;
    if (f.opc === 0 && !f.sf && f.imm16 === 0xffff) return undefined;
    return `mov ${gpr(f.Rd, f.sf)}, #0x${BigInt.asUintN(f.sf ? 64 : 32, moved(f)).toString(16)}`;
  },
  operands: (f) => ({ d: dst(f.Rd), imm: f.sf ? moved(f) : BigInt.asUintN(32, moved(f)) }),
  run: (op, f, o) => {
    if (f.opc !== 3) return op.setX(o.d, o.imm);
    const keep = BigInt.asUintN(f.sf ? 64 : 32, ~(0xffffn << BigInt(f.hw * 16)));
    op.setX(o.d, op.w("i64.or", op.w("i64.and", op.x(o.d), op.i64(keep)), o.imm));
  },
});

function moved(f: { opc: number; hw: number; imm16: number }): bigint {
  const value = BigInt(f.imm16) << BigInt(f.hw * 16);
  return f.opc === 0 ? BigInt.asIntN(64, ~value) : BigInt.asIntN(64, value);
}

/**
 * SBFM and UBFM move a field with two shifts: left by `p` to drop what lies above it, right by `q`
 * to place it. BFM keeps the rest of the destination by the mask in `imm`, whose field is rotated in.
 */
const bitfield = insn("Bitfield", "sf:1 opc:2 100110 N:1 immr:6 imms:6 Rn:5 Rd:5", {
  ref: "SBFM, BFM, UBFM",
  shape: ["sf", "opc"],
  undefined: (f) => f.opc === 3 || f.N !== f.sf || (!f.sf && (f.immr > 31 || f.imms > 31)),
  asm: (f) =>
    `${["sbfm", "bfm", "ubfm"][f.opc]} ${gpr(f.Rd, f.sf)}, ${
      gpr(f.Rn, f.sf)
    }, #${f.immr}, #${f.imms}`,
  alias: bitfieldAlias,
  operands: (f) => {
    const size = f.sf ? 64 : 32;
    const width = f.imms >= f.immr ? f.imms - f.immr + 1 : f.imms + 1;
    const to = f.imms >= f.immr ? 0 : size - f.immr;
    return {
      d: dst(f.Rd),
      n: src(f.Rn),
      p: size - 1 - f.imms,
      // `q` right shifts bring the field's top bit from bit size − 1 to bit to + width − 1.
      q: size - to - width,
    };
  },
  run: (op, f, o) => {
    const t = f.sf ? "i64" : "i32";
    const wide = (v: Val) => f.sf ? op.w("i64.extend_i32_u", v) : v;
    const get = (slot: SlotRef) => f.sf ? op.x(slot) : op.w32(slot);
    const up = op.let(op.w(`${t}.shl`, get(o.n), wide(o.p)));
    let r = op.w(`${t}.shr_${f.opc === 0 ? "s" : "u"}`, up, wide(o.q));
    if (f.opc === 1) {
      const ones = f.sf ? op.i64(-1n) : op.i32(-1);
      const mask = op.let(op.w(`${t}.shr_u`, op.w(`${t}.shl`, ones, wide(o.p)), wide(o.q)));
      const kept = op.w(`${t}.and`, get(o.d), op.w(`${t}.xor`, mask, ones));
      r = op.w(`${t}.or`, kept, r);
    }
    if (f.sf) op.setX(o.d, r);
    else op.setW(o.d, r);
  },
});

interface BitfieldFields {
  readonly sf: number;
  readonly opc: number;
  readonly immr: number;
  readonly imms: number;
  readonly Rn: number;
  readonly Rd: number;
}

function bitfieldAlias(f: BitfieldFields): string | undefined {
  const size = f.sf ? 64 : 32;
  const regs = `${gpr(f.Rd, f.sf)}, ${gpr(f.Rn, f.sf)}`;
  const kind = ["s", "", "u"][f.opc] as string;
  if (f.opc === 1) {
    if (f.imms >= f.immr) return `bfxil ${regs}, #${f.immr}, #${f.imms - f.immr + 1}`;
    const place = `#${size - f.immr}, #${f.imms + 1}`;
    return f.Rn === 31 ? `bfc ${gpr(f.Rd, f.sf)}, ${place}` : `bfi ${regs}, ${place}`;
  }
  if (f.imms === size - 1) return `${f.opc ? "lsr" : "asr"} ${regs}, #${f.immr}`;
  if (f.opc === 2 && f.imms + 1 === f.immr) return `lsl ${regs}, #${size - 1 - f.imms}`;
  const extend = f.immr === 0 ? { 7: "b", 15: "h", 31: "w" }[f.imms] : undefined;
  if (extend && (f.opc === 0 ? f.sf || extend !== "w" : !f.sf && extend !== "w")) {
    return `${kind}xt${extend} ${gpr(f.Rd, f.sf)}, ${gpr(f.Rn, 0)}`;
  }
  return f.imms < f.immr
    ? `${kind}bfiz ${regs}, #${size - f.immr}, #${f.imms + 1}`
    : `${kind}bfx ${regs}, #${f.immr}, #${f.imms - f.immr + 1}`;
}

const extract = insn("Extract", "sf:1 00 100111 N:1 0 Rm:5 imms:6 Rn:5 Rd:5", {
  ref: "EXTR",
  shape: ["sf"],
  undefined: (f) => f.N !== f.sf || (!f.sf && f.imms > 31),
  asm: (f) => `extr ${[f.Rd, f.Rn, f.Rm].map((r) => gpr(r, f.sf)).join(", ")}, #${f.imms}`,
  alias: (f) =>
    f.Rn === f.Rm ? `ror ${gpr(f.Rd, f.sf)}, ${gpr(f.Rn, f.sf)}, #${f.imms}` : undefined,
  operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm), p: f.imms }),
  run: (op, f, o) => {
    if (!f.sf) {
      const both = op.w("i64.or", op.w("i64.shl", op.x(o.n), op.i64(32)), low32(op, op.x(o.m)));
      return op.setX(o.d, low32(op, op.w("i64.shr_u", both, op.w("i64.extend_i32_u", o.p))));
    }
    const by = op.let(op.w("i64.extend_i32_u", o.p));
    const low = op.w("i64.shr_u", op.x(o.m), by);
    // A shift by 64 − 0 would be a shift by 0: shift by one more instead.
    const high = op.w(
      "i64.shl",
      op.w("i64.shl", op.x(o.n), op.i64(1)),
      op.w("i64.sub", op.i64(63), by),
    );
    op.setX(o.d, op.w("i64.or", low, high));
  },
});

const low32 = (op: Ops, v: Val) => op.w("i64.and", v, op.i64(0xffff_ffff));

/** The definitions of this part. */
export const dataProcessingImmediate: readonly AnyInsn[] = [
  pcRelative,
  addSubtractImmediate,
  logicalImmediate,
  moveWide,
  bitfield,
  extract,
];
