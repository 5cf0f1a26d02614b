/** Data processing (register) with one, two and three sources, DDI 0487 C4.1. @module */

import { type AnyInsn, dst, insn, src } from "./insn.ts";
import { get, int, ones, put, regs, ShiftOps, Shifts, zero } from "./integer.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { gpr } from "./text.ts";

const oneSource = insn(
  "Data-processing (1 source)",
  "sf:1 1 0 11010110 00000 opcode:6 Rn:5 Rd:5",
  {
    ref: "RBIT, REV16, REV, REV32, CLZ, CLS",
    shape: ["sf", "opcode"],
    undefined: (f) => f.opcode > 5 || (!f.sf && f.opcode === 3),
    asm: (f) => {
      const name = ["rbit", "rev16", f.sf ? "rev32" : "rev", "rev", "clz", "cls"][f.opcode];
      return `${name} ${regs(f.sf, f.Rd, f.Rn)}`;
    },
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn) }),
    run: (op, f, o) => {
      const t = int(f.sf);
      const n = get(op, f.sf, o.n);
      const lit = (v: bigint) => f.sf ? op.i64(v) : op.i32(Number(BigInt.asIntN(32, v)));
      const swap = (v: Val, mask: bigint, by: bigint) => {
        const x = op.let(v);
        const up = op.w(`${t}.shl`, op.w(`${t}.and`, x, lit(mask)), lit(by));
        return op.w(`${t}.or`, up, op.w(`${t}.and`, op.w(`${t}.shr_u`, x, lit(by)), lit(mask)));
      };
      const bytes = (v: Val) => swap(v, 0x00ff_00ff_00ff_00ffn, 8n);
      const halves = (v: Val) => swap(v, 0x0000_ffff_0000_ffffn, 16n);
      const words = (v: Val) => f.sf ? op.w("i64.rotl", v, op.i64(32)) : v;
      const results: readonly (() => Val)[] = [
        () => {
          const bits = swap(
            swap(swap(n, 0x5555_5555_5555_5555n, 1n), 0x3333_3333_3333_3333n, 2n),
            0x0f0f_0f0f_0f0f_0f0fn,
            4n,
          );
          return words(halves(bytes(bits)));
        },
        () => bytes(n),
        () => halves(bytes(n)),
        () => words(halves(bytes(n))),
        () => op.w(`${t}.clz`, n),
        () => {
          const sign = op.w(`${t}.shr_s`, n, lit(f.sf ? 63n : 31n));
          return op.w(`${t}.sub`, op.w(`${t}.clz`, op.w(`${t}.xor`, n, sign)), lit(1n));
        },
      ];
      put(op, f.sf, o.d, (results[f.opcode] as () => Val)());
    },
  },
);

const twoSource = insn(
  "Data-processing (2 source)",
  "sf:1 0 0 11010110 Rm:5 00 opcode:4 Rn:5 Rd:5",
  {
    ref: "UDIV, SDIV, LSLV, LSRV, ASRV, RORV",
    shape: ["sf", "opcode"],
    undefined: (f) => ![2, 3, 8, 9, 10, 11].includes(f.opcode),
    asm: (f) => `${TwoSourceNames[f.opcode]} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}`,
    alias: (f) =>
      f.opcode >= 8 ? `${Shifts[f.opcode - 8]} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}` : undefined,
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm) }),
    run: (op, f, o) => {
      const t = int(f.sf);
      const n = get(op, f.sf, o.n);
      const m = get(op, f.sf, o.m);
      if (f.opcode >= 8) {
        return put(op, f.sf, o.d, op.w(`${t}.${ShiftOps[f.opcode - 8] as "shl"}`, n, m));
      }
      // Division by zero gives 0; the most negative number by −1 gives itself.
      op.if(op.w(`${t}.eqz`, m), () => put(op, f.sf, o.d, zero(op, f.sf)), () => {
        if (f.opcode === 2) return put(op, f.sf, o.d, op.w(`${t}.div_u`, n, m));
        const minusOne = op.w(`${t}.eq`, m, ones(op, f.sf));
        op.if(
          minusOne,
          () => put(op, f.sf, o.d, op.w(`${t}.sub`, zero(op, f.sf), n)),
          () => put(op, f.sf, o.d, op.w(`${t}.div_s`, n, m)),
        );
      });
    },
  },
);

const TwoSourceNames: Readonly<Record<number, string>> = {
  2: "udiv",
  3: "sdiv",
  8: "lslv",
  9: "lsrv",
  10: "asrv",
  11: "rorv",
};

const crc32 = insn("CRC32", "sf:1 0 0 11010110 Rm:5 010 C:1 sz:2 Rn:5 Rd:5", {
  ref: "CRC32B, CRC32H, CRC32W, CRC32X, CRC32CB, CRC32CH, CRC32CW, CRC32CX",
  shape: ["C", "sz"],
  feature: () => "crc",
  undefined: (f) => f.sf !== (f.sz === 3 ? 1 : 0),
  asm: (f) => `crc32${f.C ? "c" : ""}${"bhwx"[f.sz]} ${regs(0, f.Rd, f.Rn)}, ${gpr(f.Rm, f.sf)}`,
  operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm) }),
  run: (op, f, o) => {
    // A nibble at a time, from a 16-entry table folded into the code as four conditional terms.
    const poly = f.C ? 0x82f6_3b78 : 0xedb8_8320;
    const terms = [0, 1, 2, 3].map((bit) => crcStep(1 << bit, poly));
    const bits = 8 << f.sz;
    let crc = op.w32(o.n);
    for (let part = 0; part < bits; part += 32) {
      const data = op.w("i32.wrap_i64", op.w("i64.shr_u", op.x(o.m), op.i64(part)));
      const width = Math.min(bits, 32);
      const masked = width === 32 ? data : op.w("i32.and", data, op.i32(2 ** width - 1));
      crc = op.let(op.w("i32.xor", crc, masked));
      for (let n = 0; n < width; n += 4) {
        let next = op.w("i32.shr_u", crc, op.i32(4));
        terms.forEach((term, bit) => {
          const set = op.w("i32.and", op.w("i32.shr_u", crc, op.i32(bit)), op.i32(1));
          next = op.w("i32.xor", next, op.w("i32.mul", set, op.i32(term)));
        });
        crc = op.let(next);
      }
    }
    op.setW(o.d, crc);
  },
});

function crcStep(value: number, poly: number): number {
  for (let i = 0; i < 4; i++) value = value & 1 ? (value >>> 1) ^ poly : value >>> 1;
  return value | 0;
}

const threeSource = insn(
  "Data-processing (3 source)",
  "sf:1 00 11011 op31:3 Rm:5 o0:1 Ra:5 Rn:5 Rd:5",
  {
    ref: "MADD, MSUB, SMADDL, SMSUBL, SMULH, UMADDL, UMSUBL, UMULH",
    shape: ["sf", "op31", "o0"],
    undefined: (f) => {
      if (f.op31 === 0) return false;
      if (!f.sf) return true;
      return ![1, 2, 5, 6].includes(f.op31) || ((f.op31 & 3) === 2 && f.o0 === 1);
    },
    asm: (f) => {
      const u = f.op31 & 4 ? "u" : "s";
      if ((f.op31 & 3) === 2) return `${u}mulh ${regs(1, f.Rd, f.Rn, f.Rm)}`;
      const name = f.o0 ? "msub" : "madd";
      if (f.op31 === 0) return `${name} ${regs(f.sf, f.Rd, f.Rn, f.Rm, f.Ra)}`;
      return `${u}${name}l ${gpr(f.Rd, 1)}, ${regs(0, f.Rn, f.Rm)}, ${gpr(f.Ra, 1)}`;
    },
    alias: (f) => {
      if (f.Ra !== 31 || (f.op31 & 3) === 2) return undefined;
      const name = f.o0 ? "mneg" : "mul";
      if (f.op31 === 0) return `${name} ${regs(f.sf, f.Rd, f.Rn, f.Rm)}`;
      return `${f.op31 & 4 ? "u" : "s"}${f.o0 ? "mnegl" : "mull"} ${gpr(f.Rd, 1)}, ${
        regs(0, f.Rn, f.Rm)
      }`;
    },
    operands: (f) => ({ d: dst(f.Rd), n: src(f.Rn), m: src(f.Rm), a: src(f.Ra) }),
    run: (op, f, o) => {
      const signed = (f.op31 & 4) === 0;
      if ((f.op31 & 3) === 2) return op.setX(o.d, highProduct(op, signed, op.x(o.n), op.x(o.m)));
      const t = int(f.sf);
      const factor = (slot: SlotRef) =>
        f.op31 === 0
          ? get(op, f.sf, slot)
          : op.w(signed ? "i64.extend_i32_s" : "i64.extend_i32_u", op.w32(slot));
      const product = op.w(`${t}.mul`, factor(o.n), factor(o.m));
      const a = get(op, f.sf, o.a);
      put(op, f.sf, o.d, op.w(`${t}.${f.o0 ? "sub" : "add"}`, a, product));
    },
  },
);

/** The high half of a 128-bit product, from 32-bit pieces. */
function highProduct(op: Ops, signed: boolean, n: Val, m: Val): Val {
  const a = op.let(n);
  const b = op.let(m);
  const low = (v: Val) => op.w("i64.and", v, op.i64(0xffff_ffff));
  const high = (v: Val) => op.w("i64.shr_u", v, op.i64(32));
  const mul = (x: Val, y: Val) => op.w("i64.mul", x, y);
  const add = (x: Val, y: Val) => op.w("i64.add", x, y);
  const middle = op.let(add(mul(high(a), low(b)), high(mul(low(a), low(b)))));
  const carry = add(low(middle), mul(low(a), high(b)));
  const unsigned = add(add(mul(high(a), high(b)), high(middle)), high(carry));
  if (!signed) return unsigned;
  const fix = (x: Val, y: Val) => op.w("i64.and", op.w("i64.shr_s", x, op.i64(63)), y);
  return op.w("i64.sub", op.w("i64.sub", unsigned, fix(a, b)), fix(b, a));
}

/** The definitions of this part. */
export const dataProcessingSources: readonly AnyInsn[] = [oneSource, twoSource, crc32, threeSource];
