/**
 * NZCV in translated code: what set it last (an operation and its operands) instead of four words,
 * as most flags are overwritten before anybody reads them.
 *
 * Along a path without joins the setter is known when code is emitted, and its operands are locals.
 * Where paths join, the setter goes to the state's lazy fields; a region is left with the flag words
 * current and lazyKind 0.
 *
 * @module
 */

import type { Size, Val } from "../../isa/ops.ts";
import type { WasmType } from "../../isa/wasm_ops.ts";
import type { Emitter } from "../emitter.ts";
import { HelperEmitter } from "../helper_emitter.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { asNode } from "../value_emitter.ts";

/** An operation that sets all flags from two operands; `number` compares double precision numbers. */
export type FlagOperation = "add" | "sub" | "logic" | "number";

/**
 * What set the flags. `choice`: only if that local is not 0; else they are the constant `nzcv`, as
 * conditional comparisons have it. The operands are in the region's two locals for that.
 */
export interface FlagSetter {
  readonly operation: FlagOperation | "nzcv";
  readonly size: Size;
  readonly choice?: { readonly local: number; readonly nzcv: number };
}

/** Setters as lazyKind numbers them; 0 means that the flag words are current. */
const Kinds: readonly FlagSetter[] = [
  ...([64, 32] as const).flatMap((size) =>
    (["sub", "logic", "add"] as const).map((operation) => ({ operation, size }))
  ),
  { operation: "number", size: 64 },
  { operation: "nzcv", size: 64 },
];
/** The flags are bits 31:28 of the first operand. */
const NzcvKind = Kinds.length;

function kindOf({ operation, size }: FlagSetter): number {
  if (operation === "nzcv") return NzcvKind;
  return Kinds.findIndex((k) => k.operation === operation && k.size === size) + 1;
}

/** Comparisons by half of the condition number: EQ, CS, MI, VS, HI, GE, GT. */
const Comparisons: { readonly [O in FlagOperation]: readonly (string | undefined)[] } = {
  sub: ["eq", "ge_u", undefined, undefined, "gt_u", "ge_s", "gt_s"],
  add: [],
  logic: ["eq", undefined, "lt_s", undefined, undefined, "ge_s", "gt_s"],
  number: [],
};

/** The same for numbers, which may be unordered: a comparison, and whether it must not hold. */
const NumberComparisons:
  readonly (readonly ["eq" | "lt" | "le" | "ge" | "gt", boolean] | undefined)[] = [
    ["eq", false],
    ["lt", true],
    ["lt", false],
    undefined,
    ["le", true],
    ["ge", false],
    ["gt", false],
  ];

/** Bits that each half of the condition numbers looks at in an NZCV of bits 31:28. */
const Bit = { N: 31, Z: 30, C: 29, V: 28 } as const;

/** Whether a condition holds for a constant NZCV (DDI 0487 ConditionHolds). */
export function holds(cond: number, nzcv: number): boolean {
  const [n, z, c, v] = [Bit.N, Bit.Z, Bit.C, Bit.V].map((bit) => ((nzcv >>> bit) & 1) !== 0);
  const half = [z, c, n, v, c && !z, n === v, n === v && !z, true][cond >> 1] as boolean;
  return cond & 1 && cond < 14 ? !half : half;
}

/** The locals of one region that hold a setter's operands, and code on them. */
export class LazyFlags {
  readonly #e: Emitter;
  readonly #a: number;
  readonly #b: number;
  /** Operands that are numbers. */
  readonly #x: number;
  readonly #y: number;

  constructor(e: Emitter, ownLocal: (type: WasmType) => number) {
    this.#e = e;
    this.#a = ownLocal("i64");
    this.#b = ownLocal("i64");
    this.#x = ownLocal("f64");
    this.#y = ownLocal("f64");
  }

  /** What listings call the locals. */
  names(): (readonly [local: number, name: string])[] {
    const all = [[this.#a, "A"], [this.#b, "B"], [this.#x, "X"], [this.#y, "Y"]] as const;
    return all.map(([local, letter]) => [local, `flags${letter}`]);
  }

  /** Notes operands; 32-bit ones come zero-extended. */
  set(a: Val, b?: Val): void {
    this.#put(this.#a, a);
    if (b) this.#put(this.#b, b);
  }
  /** Notes numbers that are compared. */
  setNumbers(x: Val, y: Val): void {
    this.#put(this.#x, x);
    this.#put(this.#y, y);
  }
  #put(local: number, value: Val): void {
    asNode(value).emit(this.#e.code);
    this.#e.setLocal(local);
  }
  #operand(local: number, size: Size): Val {
    const v = this.#e.local(local, "i64");
    return size === 64 ? v : this.#e.w("i32.wrap_i64", v);
  }

  /** lazyKind, lazyA and lazyB that stand for `setter`. */
  lazy(setter: FlagSetter): readonly [kind: Val, a: Val, b: Val] {
    const e = this.#e;
    const kind = e.i32(kindOf(setter));
    const bits = (local: number) => e.w("i64.reinterpret_f64", e.local(local, "f64"));
    if (setter.operation === "number") return [kind, bits(this.#x), bits(this.#y)];
    const [a, b] = [e.local(this.#a, "i64"), e.local(this.#b, "i64")];
    // Setters of one operand say so by having no use for the other.
    const second = setter.operation === "sub" || setter.operation === "add" ? b : e.i64(0);
    if (!setter.choice) return [kind, a, second];
    const chosen = e.local(setter.choice.local, "i32");
    const constant = e.i64(BigInt(setter.choice.nzcv >>> 0));
    return [e.select(chosen, kind, e.i32(NzcvKind)), e.select(chosen, a, constant), second];
  }

  /** A condition as one comparison of the operands; undefined where that does not do. */
  condition(setter: FlagSetter, cond: number): Val | undefined {
    const e = this.#e;
    const plain = this.#plainCondition(setter, cond);
    if (!plain || !setter.choice) return plain;
    const chosen = e.local(setter.choice.local, "i32");
    return holds(cond, setter.choice.nzcv)
      ? e.w("i32.or", e.w("i32.eqz", chosen), plain)
      : e.w("i32.and", e.w("i32.ne", chosen, e.i32(0)), plain);
  }
  #plainCondition({ operation, size }: FlagSetter, cond: number): Val | undefined {
    const e = this.#e;
    if (cond >= 14) return e.i32(1);
    const negate = (v: Val) => (cond & 1 ? e.w("i32.eqz", v) : v);
    const half = cond >> 1;
    if (operation === "nzcv") return negate(this.#fromNzcv(half));
    if (operation === "number") return this.#fromNumbers(half, (cond & 1) === 1);
    const t = size === 64 ? "i64" : "i32";
    const zero = size === 64 ? e.i64(0) : e.i32(0);
    const name = Comparisons[operation][half] as "eq" | undefined;
    const [a, b] = [this.#operand(this.#a, size), this.#operand(this.#b, size)];
    if (name) return negate(e.w(`${t}.${name}`, a, operation === "sub" ? b : zero));
    // C and V are 0, and so is HI.
    if (operation === "logic") return negate(e.i32(0));
    const result = e.w(`${t}.${operation}`, a, b);
    if (half === 0 || half === 2) {
      return negate(e.w(half === 0 ? `${t}.eq` : `${t}.lt_s`, result, zero));
    }
    return operation === "add" && half === 1 ? negate(e.w(`${t}.lt_u`, result, a)) : undefined;
  }
  #fromNumbers(half: number, negated: boolean): Val | undefined {
    const e = this.#e;
    const [name, isNot] = NumberComparisons[half] ?? [];
    if (!name) return undefined;
    const holds = e.w(`f64.${name}`, e.local(this.#x, "f64"), e.local(this.#y, "f64"));
    return isNot === negated ? holds : e.w("i32.eqz", holds);
  }
  #fromNzcv(half: number): Val {
    const e = this.#e;
    const bits = this.#operand(this.#a, 32);
    const bit = (n: number) => e.w("i32.and", e.w("i32.shr_u", bits, e.i32(n)), e.i32(1));
    const [n, z, c, v] = [bit(Bit.N), bit(Bit.Z), bit(Bit.C), bit(Bit.V)];
    const notZ = e.w("i32.eqz", z);
    const same = e.w("i32.eq", n, v);
    const all = [z, c, n, v, e.w("i32.and", c, notZ), same, e.w("i32.and", same, notZ)];
    return all[half] as Val;
  }
}

class FlagsEmitter extends HelperEmitter {
  /** The chain of tests that makes the flag words. */
  store(kind: Val, a: Val, b: Val): void {
    Kinds.forEach(({ operation, size }, i) => {
      this.if(this.w("i32.eq", kind, this.i32(i + 1)), () => {
        const cut = (v: Val) => (size === 64 ? v : this.w("i32.wrap_i64", v));
        if (operation === "add") this.addFlags(size, cut(a), cut(b));
        else if (operation === "sub") this.subFlags(size, cut(a), cut(b));
        else if (operation === "logic") this.logicFlags(size, cut(a));
        else if (operation === "number") this.#numberFlags(a, b);
        else this.setNzcv(this.w("i32.wrap_i64", a));
        this.setField("lazyKind", this.i32(0));
        this.code.byte(0x0f); // return
      });
    });
  }
  #numberFlags(a: Val, b: Val): void {
    const [x, y] = [a, b].map((v) => this.w("f64.reinterpret_i64", v)) as [Val, Val];
    const above = this.select(this.w("f64.gt", x, y), this.i32(2), this.i32(3));
    const notLess = this.select(this.w("f64.eq", x, y), this.i32(6), above);
    const order = this.select(this.w("f64.lt", x, y), this.i32(8), notLess);
    this.setNzcv(this.w("i32.shl", order, this.i32(28)));
  }
  finish(type: number): FunctionBody {
    return { type, locals: this.locals, code: this.code.view().slice() };
  }
}

/** `storeFlags(kind: i32, a: i64, b: i64)`: writes the flag words to the state. */
export function emitStoreFlags(type: number): FunctionBody {
  const e = new FlagsEmitter(3);
  e.store(e.local(0, "i32"), e.local(1, "i64"), e.local(2, "i64"));
  return e.finish(type);
}

/** `settleFlags()`: writes the flag words if the state's lazy fields say what they are. */
export function emitSettleFlags(type: number): FunctionBody {
  const e = new FlagsEmitter(0);
  const kind = e.field("lazyKind");
  e.if(kind, () => e.store(kind, e.field("lazyA"), e.field("lazyB")));
  return e.finish(type);
}
