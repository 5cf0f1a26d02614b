/** Advanced SIMD copy and modified immediate, DDI 0487 C4.1. @module */

import { expandImmediate, immediateText } from "./fp_scalar.ts";
import { type AnyInsn, dst, insn, src, vreg } from "./insn.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { elementSlot, Lanes } from "./simd_lanes.ts";
import { element, scalar, vector } from "./simd_text.ts";
import { gpr } from "./text.ts";

interface Place {
  readonly imm5: number;
}

/** log2 of the bytes of the element that `imm5` names: its lowest bit that is set. */
const sizeOf = (f: Place) => 31 - Math.clz32(f.imm5 & -f.imm5);
const indexOf = (f: Place) => f.imm5 >> (sizeOf(f) + 1);
const noElement = (f: Place) => (f.imm5 & 15) === 0;
const noVector = (f: Place & { Q: number }) => noElement(f) || (sizeOf(f) === 3 && !f.Q);

/** All elements set to the low bits of a slot. */
function splat(op: Ops, size: number, slot: SlotRef): Val {
  const lanes = new Lanes(op, size, 128);
  return lanes.w("splat", size === 3 ? op.x(slot) : op.w32(slot));
}

const duplicateElement = insn(
  "Advanced SIMD copy: DUP (element)",
  "0 Q:1 0 01110000 imm5:5 0 0000 1 Rn:5 Rd:5",
  {
    ref: "DUP (element)",
    shape: ["Q", "imm5"],
    fp: true,
    undefined: noVector,
    asm: (f) => {
      const size = sizeOf(f);
      return `dup ${vector(f.Rd, size, f.Q)}, ${element(f.Rn, size, indexOf(f))}`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: elementSlot(f.Rn, sizeOf(f), indexOf(f)) }),
    run: (op, f, o) => new Lanes(op, 0, f.Q ? 128 : 64).put(o.d, splat(op, sizeOf(f), o.n)),
  },
);

const duplicateScalar = insn(
  "Advanced SIMD scalar copy",
  "01 0 11110000 imm5:5 0 0000 1 Rn:5 Rd:5",
  {
    ref: "DUP (element)",
    shape: ["imm5"],
    fp: true,
    undefined: noElement,
    asm: (f) => `dup ${scalarCopyText(f)}`,
    alias: (f) => `mov ${scalarCopyText(f)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: elementSlot(f.Rn, sizeOf(f), indexOf(f)) }),
    run: (op, f, o) => {
      const size = sizeOf(f);
      new Lanes(op, 0, 8 << size).put(o.d, splat(op, size, o.n));
    },
  },
);

const scalarCopyText = (f: Place & { Rd: number; Rn: number }) =>
  `${scalar(f.Rd, sizeOf(f))}, ${element(f.Rn, sizeOf(f), indexOf(f))}`;

const duplicateGeneral = insn(
  "Advanced SIMD copy: DUP (general)",
  "0 Q:1 0 01110000 imm5:5 0 0001 1 Rn:5 Rd:5",
  {
    ref: "DUP (general)",
    shape: ["Q", "imm5"],
    fp: true,
    undefined: noVector,
    asm: (f) => {
      const size = sizeOf(f);
      return `dup ${vector(f.Rd, size, f.Q)}, ${gpr(f.Rn, size === 3 ? 1 : 0)}`;
    },
    operands: (f) => ({ d: vreg(f.Rd), n: src(f.Rn) }),
    run: (op, f, o) => new Lanes(op, 0, f.Q ? 128 : 64).put(o.d, splat(op, sizeOf(f), o.n)),
  },
);

const insertGeneralText = (f: Place & { Rd: number; Rn: number }) =>
  `${element(f.Rd, sizeOf(f), indexOf(f))}, ${gpr(f.Rn, sizeOf(f) === 3 ? 1 : 0)}`;

function insertInto(op: Ops, f: Place, d: SlotRef, value: Val): void {
  op.setV(d, new Lanes(op, sizeOf(f), 128).withElement(indexOf(f), op.v(d), value));
}

const insertGeneral = insn(
  "Advanced SIMD copy: INS (general)",
  "0 1 0 01110000 imm5:5 0 0011 1 Rn:5 Rd:5",
  {
    ref: "INS (general)",
    shape: ["imm5"],
    fp: true,
    undefined: noElement,
    asm: (f) => `ins ${insertGeneralText(f)}`,
    alias: (f) => `mov ${insertGeneralText(f)}`,
    operands: (f) => ({ d: vreg(f.Rd), n: src(f.Rn) }),
    run: (op, f, o) => insertInto(op, f, o.d, op.x(o.n)),
  },
);

const insertElementText = (f: Place & { Rd: number; Rn: number; imm4: number }) => {
  const size = sizeOf(f);
  return `${element(f.Rd, size, indexOf(f))}, ${element(f.Rn, size, f.imm4 >> size)}`;
};

const insertElement = insn(
  "Advanced SIMD copy: INS (element)",
  "0 1 1 01110000 imm5:5 0 imm4:4 1 Rn:5 Rd:5",
  {
    ref: "INS (element)",
    shape: ["imm5"],
    fp: true,
    undefined: noElement,
    asm: (f) => `ins ${insertElementText(f)}`,
    alias: (f) => `mov ${insertElementText(f)}`,
    operands: (f) => ({
      d: vreg(f.Rd),
      n: elementSlot(f.Rn, sizeOf(f), f.imm4 >> sizeOf(f)),
    }),
    run: (op, f, o) => insertInto(op, f, o.d, op.x(o.n)),
  },
);

const moveText = (f: Place & { Rd: number; Rn: number; Q: number }) =>
  `${gpr(f.Rd, f.Q)}, ${element(f.Rn, sizeOf(f), indexOf(f))}`;

const moveSigned = insn(
  "Advanced SIMD copy: SMOV",
  "0 Q:1 0 01110000 imm5:5 0 0101 1 Rn:5 Rd:5",
  {
    ref: "SMOV",
    shape: ["Q", "imm5"],
    fp: true,
    undefined: (f) => noElement(f) || sizeOf(f) >= 2 + f.Q,
    asm: (f) => `smov ${moveText(f)}`,
    operands: (f) => ({ d: dst(f.Rd), n: elementSlot(f.Rn, sizeOf(f), indexOf(f)) }),
    run: (op, f, o) => {
      const extend = (["extend8_s", "extend16_s", "extend32_s"] as const)[sizeOf(f) as 0 | 1 | 2];
      const value = op.w(`i64.${extend}`, op.x(o.n));
      if (f.Q) op.setX(o.d, value);
      else op.setW(o.d, op.w("i32.wrap_i64", value));
    },
  },
);

const moveUnsigned = insn(
  "Advanced SIMD copy: UMOV",
  "0 Q:1 0 01110000 imm5:5 0 0111 1 Rn:5 Rd:5",
  {
    ref: "UMOV",
    shape: ["imm5"],
    fp: true,
    undefined: (f) => noElement(f) || (sizeOf(f) === 3) !== (f.Q === 1),
    asm: (f) => `umov ${moveText(f)}`,
    alias: (f) => sizeOf(f) >= 2 ? `mov ${moveText(f)}` : undefined,
    operands: (f) => ({ d: dst(f.Rd), n: elementSlot(f.Rn, sizeOf(f), indexOf(f)) }),
    run: (op, f, o) => {
      const bits = 8 << sizeOf(f);
      const value = op.x(o.n);
      op.setX(o.d, bits === 64 ? value : op.w("i64.and", value, op.i64(2 ** bits - 1)));
    },
  },
);

// -- modified immediate ---------------------------------------------------------------------------

interface Modified {
  readonly op: number;
  readonly cmode: number;
  readonly o2: number;
  readonly abc: number;
  readonly defgh: number;
}

const imm8Of = (f: Modified) => (f.abc << 5) | f.defgh;

/** What `cmode` and `op` say. */
function expansion(f: Modified): { name: string; size: number; shift: string; value: bigint } {
  const imm8 = BigInt(imm8Of(f));
  const name = f.op ? "mvni" : "movi";
  const shifted = (size: number, by: number) => ({
    name: f.cmode & 1 ? (f.op ? "bic" : "orr") : name,
    size,
    shift: by ? `, lsl #${by}` : "",
    value: repeated(imm8 << BigInt(by), size),
  });
  if (f.cmode < 8) return shifted(2, (f.cmode >> 1) * 8);
  if (f.cmode < 12) return shifted(1, ((f.cmode >> 1) & 1) * 8);
  if (f.cmode < 14) {
    const by = f.cmode & 1 ? 16 : 8;
    const value = (imm8 << BigInt(by)) | ((1n << BigInt(by)) - 1n);
    return { name, size: 2, shift: `, msl #${by}`, value: repeated(value, 2) };
  }
  if (f.cmode === 14) {
    if (!f.op) return { name, size: 0, shift: "", value: repeated(imm8, 0) };
    let value = 0n;
    for (let i = 0n; i < 8n; i++) if (imm8 & (1n << i)) value |= 0xffn << (8n * i);
    return { name: "movi", size: 3, shift: "", value };
  }
  const size = f.op ? 3 : f.o2 ? 1 : 2;
  const value = expandImmediate(imm8Of(f), (8 << size) as 16 | 32 | 64);
  return { name: "fmov", size, shift: "", value: repeated(value, size) };
}

function repeated(value: bigint, size: number): bigint {
  let result = 0n;
  for (let at = 0; at < 64; at += 8 << size) result |= value << BigInt(at);
  return result;
}

const modifiedImmediate = insn(
  "Advanced SIMD modified immediate",
  "0 Q:1 op:1 0111100000 abc:3 cmode:4 o2:1 1 defgh:5 Rd:5",
  {
    ref: "MOVI, MVNI, ORR (vector, immediate), BIC (vector, immediate), FMOV (vector, immediate)",
    shape: ["Q", "op", "cmode"],
    fp: true,
    undefined: (f) =>
      (f.o2 === 1 && (f.cmode !== 15 || f.op === 1)) || (f.cmode === 15 && f.op === 1 && !f.Q),
    feature: (f) => f.o2 ? "fullfp16" : undefined,
    asm: (f) => {
      const { name, size, shift, value } = expansion(f);
      const d = size === 3 && !f.Q ? scalar(f.Rd, 3) : vector(f.Rd, size, f.Q);
      if (name === "fmov") return `fmov ${d}, ${immediateText(imm8Of(f))}`;
      return `${name} ${d}, #0x${(size === 3 ? value : imm8Of(f)).toString(16)}${shift}`;
    },
    operands: (f) => {
      const { name, value } = expansion(f);
      const inverted = name === "mvni" || name === "bic";
      return { d: vreg(f.Rd), imm: BigInt.asIntN(64, inverted ? ~value : value) };
    },
    run: (op, f, o) => {
      const lanes = new Lanes(op, 3, f.Q ? 128 : 64);
      const value = lanes.w("splat", o.imm);
      const combined = f.cmode < 12 && f.cmode & 1;
      if (!combined) return f.Q ? op.setV(o.d, value) : op.setD(o.d, o.imm);
      lanes.put(o.d, f.op ? lanes.and(op.v(o.d), value) : lanes.or(op.v(o.d), value));
    },
  },
);

/** The definitions of this part. */
export const simdMoves: readonly AnyInsn[] = [
  duplicateElement,
  duplicateScalar,
  duplicateGeneral,
  insertGeneral,
  insertElement,
  moveSigned,
  moveUnsigned,
  modifiedImmediate,
];
