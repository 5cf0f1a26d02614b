/**
 * The state that a region keeps in locals: X and V registers and the flags, loaded at its entry and
 * written back where it is left.
 *
 * @module
 */

import { type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import type { Size, SlotRef, Val } from "../../isa/ops.ts";
import type { LaneOp, LoadOp, StoreOp, WasmType } from "../../isa/wasm_ops.ts";
import { asNode, Emitter, type SlotAddress, stateAddress } from "../emitter.ts";
import { goFunction } from "../handler_emitter.ts";
import { flagKind, type FlagOperation, type FlagSetter, LazyFlags } from "./lazy_flags.ts";

/** The function that stores flags, counted from `go`. */
const FlagsHelper = 2;

/** What a slot of the register files is kept as. */
interface Cached {
  readonly local: number;
  readonly type: WasmType;
  written: boolean;
}

/** The flag words, which live in locals as registers do. */
const FlagFields: readonly StateField[] = ["nFlag", "zFlag", "cFlag", "vFlag"];
/** State that does not change while a region runs. */
const FixedFields: readonly StateField[] = ["tlb", "tlbUnprivileged", "pcBias"];

/** Emits accesses to the state through locals. */
export abstract class RegionState extends Emitter {
  readonly #cached = new Map<number, Cached>();
  readonly #fixed = new Map<StateField, number>();
  readonly #flags: LazyFlags;
  /** How the flags were set last, where that is known. */
  protected last: FlagSetter | undefined;
  /** Flag settings emitted so far. */
  protected flagSets = 0;

  constructor(firstLocal: number) {
    super(firstLocal);
    this.#flags = new LazyFlags(this, (type) => this.ownLocal(type));
  }

  /** Loads everything that is kept in locals; its code goes before all else. */
  protected loadState(): void {
    for (const [offset, { local, type }] of this.#cached) {
      asNode(this.loadAt(`${type}.load` as LoadOp, stateAddress(offset))).emit(this.code);
      this.setLocal(local);
    }
    for (const [name, local] of this.#fixed) {
      asNode(this.loadField(name)).emit(this.code);
      this.setLocal(local);
    }
  }
  /** Makes the state in memory exact. */
  protected writeBack(): void {
    for (const [offset, { local, type, written }] of this.#cached) {
      if (!written) continue;
      const store = `${type}.store` as StoreOp;
      this.storeAt(store, stateAddress(offset), this.local(local, type));
    }
    if (!this.#flags.used) return;
    this.if(this.#flags.kind, () => this.#flags.store(goFunction + FlagsHelper));
  }
  /** A field as it is in memory. */
  protected loadField(name: StateField): Val {
    const [offset, type] = StateFields[name];
    return this.loadAt(type === "u32" ? "i32.load" : "i64.load", stateAddress(offset));
  }

  // -- temporaries are free again after their instruction ---------------------------------------------
  readonly #free = new Map<WasmType, number[]>();
  #used: [WasmType, number][] = [];
  override newLocal(type: WasmType): number {
    const local = this.#free?.get(type)?.pop() ?? super.newLocal(type);
    this.#used?.push([type, local]);
    return local;
  }
  /** Ends an instruction. */
  protected recycle(): void {
    for (const [type, local] of this.#used) {
      const free = this.#free.get(type);
      if (free) free.push(local);
      else this.#free.set(type, [local]);
    }
    this.#used = [];
  }
  /** A local that stays the region's. */
  protected ownLocal(type: WasmType): number {
    return super.newLocal(type);
  }

  // -- registers ----------------------------------------------------------------------------------
  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(slot as unknown as number);
  }
  #cache(offset: number, type: WasmType): Cached {
    let c = this.#cached.get(offset);
    if (!c) {
      c = { local: this.ownLocal(type), type, written: false };
      this.#cached.set(offset, c);
    }
    return c;
  }
  #read(c: Cached): Val {
    return this.let(this.local(c.local, c.type));
  }
  #write(c: Cached, value: Val): void {
    asNode(value).emit(this.code);
    this.setLocal(c.local);
    c.written = true;
  }
  override x(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (isX(offset)) return this.#read(this.#cache(offset, "i64"));
    if (!isV(offset)) return super.x(slot);
    return this.#part("i64x2.extract_lane", 8, offset);
  }
  override w32(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (isX(offset)) return this.w("i32.wrap_i64", this.x(slot));
    if (!isV(offset)) return super.w32(slot);
    return this.#part("i32x4.extract_lane", 4, offset);
  }
  /** `bytes` bytes of a V register; what an element near its end has above it is of no account. */
  #part(name: LaneOp, bytes: number, offset: number): Val {
    const { vector, byte } = laneOf(offset);
    const v = this.v(vector);
    if (byte % bytes === 0) return this.let(this.lane(name, byte / bytes, v));
    const rotated = this.shuffle(Array.from({ length: 16 }, (_, i) => (i + byte) % 16), v, v);
    return this.let(this.lane(name, 0, rotated));
  }
  override setX(slot: SlotRef, value: Val): void {
    const offset = slot as unknown as number;
    if (isX(offset)) return this.#write(this.#cache(offset, "i64"), value);
    if (!isV(offset)) return super.setX(slot, value);
    const { vector, byte } = laneOf(offset);
    this.setV(vector, this.lane("i64x2.replace_lane", byte / 8, this.v(vector), value));
  }
  override v(slot: SlotRef): Val {
    return this.#read(this.#cache(slot as unknown as number, "v128"));
  }
  override setV(slot: SlotRef, value: Val): void {
    this.#write(this.#cache(slot as unknown as number, "v128"), value);
  }
  override field(name: StateField): Val {
    const [offset, type] = StateFields[name];
    const wasm = type === "u32" ? "i32" : "i64";
    if (FlagFields.includes(name)) {
      this.#settleFlags();
      return this.#read(this.#cache(offset, wasm));
    }
    if (!FixedFields.includes(name)) return super.field(name);
    let local = this.#fixed.get(name);
    if (local === undefined) {
      local = this.ownLocal(wasm);
      this.#fixed.set(name, local);
    }
    return this.local(local, wasm);
  }
  override setField(name: StateField, value: Val): void {
    const [offset, type] = StateFields[name];
    if (!FlagFields.includes(name)) return super.setField(name, value);
    this.#write(this.#cache(offset, type === "u32" ? "i32" : "i64"), value);
    this.#flags.clear();
    this.flagSets++;
    this.last = undefined;
  }

  // -- flags: kept as the operation that set them last, and computed where they are needed ----------
  override addFlags(size: Size, a: Val, b: Val): Val {
    return this.#setFlags("add", size, a, b);
  }
  override subFlags(size: Size, a: Val, b: Val): Val {
    return this.#setFlags("sub", size, a, b);
  }
  override logicFlags(size: Size, value: Val): void {
    this.#setFlags("logic", size, value, value);
  }
  #setFlags(operation: FlagOperation, size: Size, a: Val, b: Val): Val {
    const t = size === 64 ? "i64" : "i32";
    const x = this.let(a);
    const y = operation === "logic" ? x : this.let(b);
    const result = operation === "logic" ? x : this.let(this.w(`${t}.${operation}`, x, y));
    const wide = (v: Val) => size === 64 ? v : this.w("i64.extend_i32_u", v);
    this.#flags.set(wide(x), wide(y), flagKind(operation, size));
    this.last = { operation, size };
    this.flagSets++;
    return result;
  }
  /** Makes the flag words current. */
  #settleFlags(): void {
    this.if(this.#flags.kind, () => {
      this.#flags.store(goFunction + FlagsHelper);
      for (const name of FlagFields) {
        const [offset, type] = StateFields[name];
        const c = this.#cache(offset, type === "u32" ? "i32" : "i64");
        asNode(this.loadAt(`${c.type}.load` as LoadOp, stateAddress(offset))).emit(this.code);
        this.setLocal(c.local);
      }
      this.#flags.clear();
    });
  }
  override cond(cond: number): Val {
    return (this.last && this.#flags.compare(this.last, cond)) ?? super.cond(cond);
  }
}

const isX = (offset: number) => offset >= StateLayout.x && offset < StateLayout.x + 34 * 8;
const isV = (offset: number) => offset >= StateLayout.v && offset < StateLayout.v + 32 * 16;

/** The V register that a slot lies in, and where: some slots name a part of a register. */
function laneOf(offset: number): { vector: SlotRef; byte: number } {
  const byte = (offset - StateLayout.v) % 16;
  return { vector: (offset - byte) as unknown as SlotRef, byte };
}
