/** Advanced SIMD load/store of structures, DDI 0487 C4.1 "Loads and Stores". @module */

import { type AnyInsn, insn, orSp, src, vreg } from "./insn.ts";
import type { Access, LoadName, Ops, SlotRef, StoreName, Val } from "./ops.ts";
import { Lanes } from "./simd_lanes.ts";
import { arrangement, registerList } from "./simd_text.ts";
import { gpr, gprOrSp } from "./text.ts";

/** How the base register moves: not at all, by the bytes transferred, or by a register. */
type Post = "none" | "bytes" | "register";

interface Registers {
  readonly Rn: number;
  readonly Rt: number;
  readonly Rm?: number;
}

interface Bases {
  readonly n: SlotRef;
  readonly m: SlotRef;
  readonly list: readonly SlotRef[];
}

/** Registers of an instruction that transfers `count` of them. */
const operandsOf = (f: Registers, count: number) => ({
  n: orSp(f.Rn),
  m: src(f.Rm ?? 31),
  list: Array.from({ length: count }, (_, i) => vreg(f.Rt + i)),
});

function addressText(f: Registers, post: Post, bytes: number): string {
  const by = { none: "", bytes: `, #${bytes}`, register: `, ${gpr(f.Rm ?? 31, 1)}` }[post];
  return `[${gprOrSp(f.Rn, 1)}]${by}`;
}

/** An access at the base register; the second result moves that register. */
function accessAt(
  op: Ops,
  f: { readonly L: number; readonly sp: number },
  o: Bases,
  { post, bytes, element }: { post: Post; bytes: number; element: number },
): [Access, () => void] {
  const base = op.x(o.n);
  const by = post === "register" ? op.x(o.m) : op.i64(bytes);
  if (f.sp) op.checkSp(base);
  const access = op.mem(base, bytes, f.L ? "read" : "write", { element });
  return [access, () => post === "none" || op.setX(o.n, op.w("i64.add", base, by))];
}

// -- multiple structures --------------------------------------------------------------------------

/** By opcode: registers, and whether their elements alternate in memory. */
const Multiple: Readonly<Record<number, readonly [count: number, interleaved: boolean]>> = {
  0b0000: [4, true],
  0b0010: [4, false],
  0b0100: [3, true],
  0b0110: [3, false],
  0b0111: [1, false],
  0b1000: [2, true],
  0b1010: [2, false],
};

interface MultipleFields {
  readonly Q: number;
  readonly L: number;
  readonly opcode: number;
  readonly size: number;
}

function layout(f: MultipleFields) {
  const [count, interleaved] = Multiple[f.opcode] ?? [0, false];
  const registerBytes = f.Q ? 16 : 8;
  const unit = 1 << f.size;
  return {
    count,
    interleaved,
    bytes: count * registerBytes,
    /** Place in memory of byte `i` of register `r`. */
    inMemory: (r: number, i: number) =>
      interleaved ? ((i >> f.size) * count + r) * unit + i % unit : r * registerBytes + i,
    /** Register and byte that byte `at` of memory belongs to, as register * 16 + byte. */
    inRegisters: (at: number) => {
      const structure = Math.floor(at / unit / count);
      return interleaved
        ? ((at >> f.size) % count) * 16 + structure * unit + at % unit
        : Math.floor(at / registerBytes) * 16 + at % registerBytes;
    },
  };
}

/** 16 bytes of which byte i is byte `from(i)` of the sources in a row. */
function gathered(op: Ops, sources: readonly Val[], from: (i: number) => number): Val {
  const places = Array.from({ length: 16 }, (_, i) => Math.min(from(i), sources.length * 16 - 1));
  const whole = sources.findIndex((_, k) => places.every((at, i) => at === k * 16 + i));
  if (whole >= 0) return sources[whole] as Val;
  return sources.reduce(
    (result, source, k) =>
      op.let(op.shuffle(places.map((at, i) => at >> 4 === k ? 16 + at % 16 : i), result, source)),
    sources[0] as Val,
  );
}

function multipleSpec(post: Post) {
  return {
    ref: "LD1, LD2, LD3, LD4, ST1, ST2, ST3, ST4 (multiple structures)",
    shape: ["Q", "L", "opcode", "size", "sp"] as const,
    fp: true,
    undefined: (f: MultipleFields) => {
      const { count, interleaved } = layout(f);
      return count === 0 || (interleaved && f.size === 3 && !f.Q);
    },
    asm: (f: MultipleFields & Registers) => {
      const { count, interleaved, bytes } = layout(f);
      const name = `${f.L ? "ld" : "st"}${interleaved ? count : 1}`;
      const list = registerList(f.Rt, count, arrangement(f.size, f.Q));
      return `${name} ${list}, ${addressText(f, post, bytes)}`;
    },
    operands: (f: MultipleFields & Registers) => operandsOf(f, layout(f).count),
    run: (op: Ops, f: MultipleFields & { sp: number }, o: Bases) => {
      const { count, bytes, inMemory, inRegisters } = layout(f);
      const [access, move] = accessAt(op, f, o, { post, bytes, element: 1 << f.size });
      const registers = o.list.slice(0, count);
      const chunks = Array.from({ length: Math.ceil(bytes / 16) }, (_, i) => i * 16);
      if (f.L) {
        const read = chunks.map((at) =>
          access.load(bytes - at < 16 ? "v128.load64_zero" : "v128.load", at)
        );
        move();
        const lanes = new Lanes(op, f.size, f.Q ? 128 : 64);
        registers.forEach((d, r) => lanes.put(d, gathered(op, read, (i) => inMemory(r, i))));
      } else {
        const held = registers.map((slot) => op.v(slot));
        for (const at of chunks) {
          const chunk = gathered(op, held, (i) => inRegisters(at + i));
          if (bytes - at >= 16) access.store("v128.store", at, chunk);
          else access.store("i64.store", at, op.lane("i64x2.extract_lane", 0, chunk));
        }
        access.commit();
        move();
      }
    },
  };
}

// -- single structures ----------------------------------------------------------------------------

interface SingleFields {
  readonly Q: number;
  readonly L: number;
  readonly R: number;
  readonly opcode: number;
  readonly S: number;
  readonly size: number;
}

/** Registers, log2 of an element's bytes, and the element; undefined: it goes to all of them. */
function structure(f: SingleFields): { count: number; size: number; index: number | undefined } {
  const count = ((f.opcode & 1) << 1 | f.R) + 1;
  const scale = f.opcode >> 1;
  if (scale === 3) return { count, size: f.size, index: undefined };
  const size = scale === 2 && f.size & 1 ? 3 : scale;
  return { count, size, index: ((f.Q << 3) | (f.S << 2) | f.size) >> size };
}

function singleReserved(f: SingleFields): boolean {
  const scale = f.opcode >> 1;
  if (scale === 3) return !f.L || f.S === 1;
  return (scale === 1 && (f.size & 1) !== 0) ||
    (scale === 2 && (f.size > 1 || (f.size === 1 && f.S === 1)));
}

const Loads: readonly LoadName[] = ["i64.load8_u", "i64.load16_u", "i64.load32_u", "i64.load"];
const Stores: readonly StoreName[] = ["i64.store8", "i64.store16", "i64.store32", "i64.store"];
const Splats: readonly LoadName[] = [
  "v128.load8_splat",
  "v128.load16_splat",
  "v128.load32_splat",
  "v128.load64_splat",
];

function singleSpec(post: Post) {
  return {
    ref: "LD1, LD2, LD3, LD4, ST1, ST2, ST3, ST4 (single structure), LD1R, LD2R, LD3R, LD4R",
    shape: ["Q", "L", "R", "opcode", "S", "size", "sp"] as const,
    fp: true,
    undefined: singleReserved,
    asm: (f: SingleFields & Registers) => {
      const { count, size, index } = structure(f);
      const list = index === undefined
        ? `r ${registerList(f.Rt, count, arrangement(size, f.Q))}`
        : ` ${registerList(f.Rt, count, "bhsd"[size] as string)}[${index}]`;
      const bytes = count << size;
      return `${f.L ? "ld" : "st"}${count}${list}, ${addressText(f, post, bytes)}`;
    },
    operands: (f: SingleFields & Registers) => operandsOf(f, structure(f).count),
    run: (op: Ops, f: SingleFields & { sp: number }, o: Bases) => {
      const { count, size, index } = structure(f);
      const element = 1 << size;
      const [access, move] = accessAt(op, f, o, { post, bytes: count * element, element });
      const registers = o.list.slice(0, count);
      if (index === undefined) {
        const read = registers.map((_, i) => access.load(Splats[size] as LoadName, i * element));
        move();
        const lanes = new Lanes(op, size, f.Q ? 128 : 64);
        registers.forEach((d, i) => lanes.put(d, read[i] as Val));
        return;
      }
      const lanes = new Lanes(op, size, 128);
      if (f.L) {
        const read = registers.map((_, i) => access.load(Loads[size] as LoadName, i * element));
        move();
        registers.forEach((d, i) => op.setV(d, lanes.withElement(index, op.v(d), read[i] as Val)));
      } else {
        registers.forEach((slot, i) => {
          const value = lanes.element(1, index, op.v(slot));
          access.store(Stores[size] as StoreName, i * element, value);
        });
        access.commit();
        move();
      }
    },
  };
}

/** The definitions of this part. */
export const simdLoadsStores: readonly AnyInsn[] = [
  insn(
    "Advanced SIMD load/store multiple structures",
    "0 Q:1 0011000 L:1 000000 opcode:4 size:2 Rn:5 Rt:5",
    multipleSpec("none"),
  ),
  insn(
    "Advanced SIMD load/store multiple structures (post-indexed, immediate)",
    "0 Q:1 0011001 L:1 0 11111 opcode:4 size:2 Rn:5 Rt:5",
    multipleSpec("bytes"),
  ),
  insn(
    "Advanced SIMD load/store multiple structures (post-indexed, register)",
    "0 Q:1 0011001 L:1 0 Rm:5 opcode:4 size:2 Rn:5 Rt:5",
    multipleSpec("register"),
  ),
  insn(
    "Advanced SIMD load/store single structure",
    "0 Q:1 0011010 L:1 R:1 00000 opcode:3 S:1 size:2 Rn:5 Rt:5",
    singleSpec("none"),
  ),
  insn(
    "Advanced SIMD load/store single structure (post-indexed, immediate)",
    "0 Q:1 0011011 L:1 R:1 11111 opcode:3 S:1 size:2 Rn:5 Rt:5",
    singleSpec("bytes"),
  ),
  insn(
    "Advanced SIMD load/store single structure (post-indexed, register)",
    "0 Q:1 0011011 L:1 R:1 Rm:5 opcode:3 S:1 size:2 Rn:5 Rt:5",
    singleSpec("register"),
  ),
];
