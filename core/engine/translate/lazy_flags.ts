/**
 * NZCV in translated code: what set it last (an operation and its operands) instead of four words,
 * as most flags are overwritten before anybody reads them.
 *
 * @module
 */

import type { Size, Val } from "../../isa/ops.ts";
import type { WasmType } from "../../isa/wasm_ops.ts";
import { Emitter, type SlotAddress } from "../emitter.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { asNode } from "../value_emitter.ts";

/** An operation that sets all flags; `number` compares double precision numbers. */
export type FlagOperation = "add" | "sub" | "logic" | "number";

/** What set the flags, known at translation time. */
export interface FlagSetter {
  readonly operation: FlagOperation;
  readonly size: Size;
}

/** Run-time codes of setters; 0 means that the flag words are current. */
const Kinds: readonly FlagSetter[] = [
  ...([64, 32] as const).flatMap((size) =>
    (["add", "sub", "logic"] as const).map((operation) => ({ operation, size }))
  ),
  { operation: "number", size: 64 },
];

/** Code of a setter. */
export function flagKind(operation: FlagOperation, size: Size): number {
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

/** The locals of one region. */
export class LazyFlags {
  readonly #e: Emitter;
  readonly #kind: number;
  readonly #a: number;
  readonly #b: number;
  /** The operands as numbers, for the comparison that follows. */
  readonly #x: number;
  readonly #y: number;
  /** Something sets flags. */
  used = false;

  constructor(e: Emitter, ownLocal: (type: WasmType) => number) {
    this.#e = e;
    this.#kind = ownLocal("i32");
    this.#a = ownLocal("i64");
    this.#b = ownLocal("i64");
    this.#x = ownLocal("f64");
    this.#y = ownLocal("f64");
  }

  /** Not zero while the flag words are out of date. */
  get kind(): Val {
    return this.#e.local(this.#kind, "i32");
  }

  /** What listings call the locals. */
  names(): (readonly [local: number, name: string])[] {
    return [[this.#kind, "flagsKind"], [this.#a, "flagsA"], [this.#b, "flagsB"]];
  }

  /** Notes what sets the flags; 32-bit operands come zero-extended. */
  set(a: Val, b: Val, kind: number): void {
    this.used = true;
    this.#put(this.#a, a);
    this.#put(this.#b, b);
    this.#put(this.#kind, this.#e.i32(kind));
  }

  /** Notes that two numbers were compared. */
  setNumbers(x: Val, y: Val): void {
    const bits = (v: Val) => this.#e.w("i64.reinterpret_f64", v);
    this.set(bits(x), bits(y), flagKind("number", 64));
    this.#put(this.#x, x);
    this.#put(this.#y, y);
  }

  /** The flag words are current from here on. */
  clear(): void {
    this.#put(this.#kind, this.#e.i32(0));
  }

  #put(local: number, value: Val): void {
    asNode(value).emit(this.#e.code);
    this.#e.setLocal(local);
  }

  /** Calls {@linkcode emitStoreFlags}'s function, at that index. */
  store(functionIndex: number): void {
    const e = this.#e;
    for (const v of [this.kind, e.local(this.#a, "i64"), e.local(this.#b, "i64")]) {
      asNode(v).emit(e.code);
    }
    e.code.byte(0x10);
    e.code.uleb(functionIndex);
  }

  /** A condition as one comparison of the operands; undefined where that does not do. */
  compare({ operation, size }: FlagSetter, cond: number): Val | undefined {
    const e = this.#e;
    if (operation === "number") {
      const [name, isNot] = NumberComparisons[cond >> 1] ?? [];
      if (!name) return undefined;
      const holds = e.w(`f64.${name}`, e.local(this.#x, "f64"), e.local(this.#y, "f64"));
      return isNot === ((cond & 1) === 0) ? e.w("i32.eqz", holds) : holds;
    }
    const t = size === 64 ? "i64" : "i32";
    const operand = (local: number) => {
      const v = e.local(local, "i64");
      return size === 64 ? v : e.w("i32.wrap_i64", v);
    };
    const zero = size === 64 ? e.i64(0) : e.i32(0);
    const negate = (v: Val) => (cond & 1 ? e.w("i32.eqz", v) : v);
    const half = cond >> 1;
    const name = Comparisons[operation][half] as "eq" | undefined;
    const [a, b] = [operand(this.#a), operand(this.#b)];
    if (name) return negate(e.w(`${t}.${name}`, a, operation === "sub" ? b : zero));
    if (operation === "logic" || (half !== 0 && half !== 2)) return undefined;
    const result = e.w(`${t}.${operation}`, a, b);
    return negate(e.w(half === 0 ? `${t}.eq` : `${t}.lt_s`, result, zero));
  }
}

class FlagsEmitter extends Emitter {
  constructor() {
    super(3);
  }
  emit(type: number): FunctionBody {
    Kinds.forEach(({ operation, size }, i) => {
      this.if(this.w("i32.eq", this.local(0, "i32"), this.i32(i + 1)), () => {
        const operand = (n: number) => {
          const v = this.local(n, "i64");
          return size === 64 ? v : this.w("i32.wrap_i64", v);
        };
        if (operation === "add") this.addFlags(size, operand(1), operand(2));
        else if (operation === "sub") this.subFlags(size, operand(1), operand(2));
        else if (operation === "number") this.#numberFlags(operand(1), operand(2));
        else this.logicFlags(size, operand(1));
      });
    });
    return { type, locals: this.locals, code: this.code.view().slice() };
  }
  #numberFlags(a: Val, b: Val): void {
    const [x, y] = [a, b].map((v) => this.w("f64.reinterpret_i64", v)) as [Val, Val];
    const above = this.select(this.w("f64.gt", x, y), this.i32(2), this.i32(3));
    const notLess = this.select(this.w("f64.eq", x, y), this.i32(6), above);
    const order = this.select(this.w("f64.lt", x, y), this.i32(8), notLess);
    this.setNzcv(this.w("i32.shl", order, this.i32(28)));
  }
  #absent(): never {
    throw new Error("Cannot emit that: flags are all this function knows");
  }
  protected slotAddress(): SlotAddress {
    return this.#absent();
  }
  protected emitRecord(): void {
    this.#absent();
  }
  protected beforeCall(): void {}
  protected afterCall(): void {}
  protected leave(): void {}
  protected classIndex(): number {
    return this.#absent();
  }
  pc(): Val {
    return this.#absent();
  }
  jump(): void {
    this.#absent();
  }
  jumpTo(): void {
    this.#absent();
  }
}

/** `storeFlags(kind: i32, a: i64, b: i64)`: writes the flag words to the state. */
export function emitStoreFlags(type: number): FunctionBody {
  return new FlagsEmitter().emit(type);
}
