/**
 * The state that a region keeps in locals: X and V registers are loaded at its entry and stored where
 * it is left.
 *
 * @module
 */

import { Slot, type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import type { SlotRef, Val } from "../../isa/ops.ts";
import type { LaneOp, LoadOp, StoreOp, WasmOp, WasmType } from "../../isa/wasm_ops.ts";
import { asNode, type SlotAddress, stateAddress } from "../emitter.ts";
import type { RegisterSet } from "./block_journal.ts";
import { RegionFlags } from "./region_flags.ts";

/** A slot of the register files that is kept in a local. */
interface Cached {
  /** Number in the journals' sets. */
  readonly register: number;
  readonly offset: number;
  readonly local: number;
  readonly type: WasmType;
}

/** A register's value in an instruction that has not written that register yet. */
interface Read {
  readonly cached: Cached;
  /** The register's own local, until a write makes a copy necessary. */
  local: number;
}

/** State that does not change while a region runs. */
const FixedFields: readonly StateField[] = ["tlb", "tlbUnprivileged", "pcBias"];

/** Emits accesses to the state through locals. */
export abstract class RegionState extends RegionFlags {
  readonly #cached = new Map<number, Cached>();
  readonly #fixed = new Map<StateField, number>();
  /** Values of registers that the rest of the instruction may use. */
  #reads: Read[] = [];

  /** Loads what is kept in locals and `needed`; its code goes before all else. */
  protected loadState(needed: RegisterSet): void {
    for (const { register, offset, local, type } of this.#cached.values()) {
      if (!needed.has(register)) continue;
      asNode(this.loadAt(`${type}.load` as LoadOp, stateAddress(offset))).emit(this.code);
      this.setLocal(local);
    }
    for (const [name, local] of this.#fixed) {
      asNode(super.field(name)).emit(this.code);
      this.setLocal(local);
    }
  }
  /** Stores registers to the state. */
  protected storeRegisters(dirty: RegisterSet): void {
    for (const { register, offset, local, type } of this.#cached.values()) {
      if (!dirty.has(register)) continue;
      this.storeAt(`${type}.store` as StoreOp, stateAddress(offset), this.local(local, type));
    }
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
    this.#reads = [];
  }
  /** Leaves an instruction half done, for code of other blocks inside it. */
  protected suspend(): readonly [used: [WasmType, number][], reads: Read[]] {
    const inside = [this.#used, this.#reads] as const;
    this.#used = [];
    this.#reads = [];
    return inside;
  }
  protected resume([used, reads]: ReturnType<RegionState["suspend"]>): void {
    this.#used = used;
    this.#reads = reads;
  }
  protected ownLocal(type: WasmType): number {
    return super.newLocal(type);
  }
  /** Adding nothing is common: addresses without an offset. */
  override w(name: WasmOp, ...args: Val[]): Val {
    const [a, b] = args;
    if (name === "i64.add" && a && b && Number(asNode(b).constant) === 0) return a;
    return super.w(name, ...args);
  }

  // -- registers ----------------------------------------------------------------------------------
  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(slot as unknown as number);
  }
  #cache(offset: number, type: WasmType): Cached {
    let c = this.#cached.get(offset);
    if (!c) {
      c = { register: this.#cached.size, offset, local: this.ownLocal(type), type };
      this.#cached.set(offset, c);
    }
    return c;
  }
  #read(cached: Cached): Val {
    this.journal.read(cached.register);
    const read: Read = { cached, local: cached.local };
    this.#reads.push(read);
    const node = {
      type: cached.type,
      emit: (c: typeof this.code) => {
        c.byte(0x20);
        c.uleb(read.local);
      },
    };
    return node as unknown as Val;
  }
  #write(cached: Cached, value: Val): void {
    asNode(value).emit(this.code);
    this.#keep((read) => read.cached === cached);
    this.setLocal(cached.local);
    this.journal.write(cached.register, this.conditions === 0);
  }
  /** Copies the registers whose earlier values may still be used. */
  #keep(which: (read: Read) => boolean): void {
    let copy: number | undefined;
    let copied: Cached | undefined;
    const kept: Read[] = [];
    for (const read of this.#reads) {
      if (!which(read)) kept.push(read);
      else {
        if (copied !== read.cached) {
          copied = read.cached;
          copy = this.newLocal(read.cached.type);
          asNode(this.local(read.cached.local, read.cached.type)).emit(this.code);
          this.setLocal(copy);
        }
        read.local = copy as number;
      }
    }
    this.#reads = kept;
  }
  /** Registers may be written on only one of the paths that follow. */
  protected keepReads(): void {
    if (this.#reads.length > 0) this.#keep(() => true);
  }
  override x(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (offset === ZeroSlot) return this.i64(0);
    if (isX(offset)) return this.#read(this.#cache(offset, "i64"));
    if (!isV(offset)) return super.x(slot);
    return this.#part("i64x2.extract_lane", 8, offset);
  }
  override w32(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (offset === ZeroSlot) return this.i32(0);
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
    if (offset === DiscardSlot) return;
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
    if (!FixedFields.includes(name)) return super.field(name);
    const wasm = StateFields[name][1] === "u32" ? "i32" : "i64";
    let local = this.#fixed.get(name);
    if (local === undefined) {
      local = this.ownLocal(wasm);
      this.#fixed.set(name, local);
    }
    return this.local(local, wasm);
  }
}

const ZeroSlot = StateLayout.x + Slot.zero * 8;
const DiscardSlot = StateLayout.x + Slot.discard * 8;
const isX = (offset: number) => offset >= StateLayout.x && offset < StateLayout.x + 34 * 8;
const isV = (offset: number) => offset >= StateLayout.v && offset < StateLayout.v + 32 * 16;

/** The V register that a slot lies in, and where: some slots name a part of a register. */
function laneOf(offset: number): { vector: SlotRef; byte: number } {
  const byte = (offset - StateLayout.v) % 16;
  return { vector: (offset - byte) as unknown as SlotRef, byte };
}
