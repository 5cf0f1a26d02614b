/**
 * The state that a region keeps in locals: X and V registers and the flags, loaded at its entry and
 * written back where it is left.
 *
 * @module
 */

import { type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import type { Size, SlotRef, Val } from "../../isa/ops.ts";
import type { LoadOp, StoreOp, WasmType } from "../../isa/wasm_ops.ts";
import { asNode, Emitter, type SlotAddress, stateAddress } from "../emitter.ts";
import { FpLane } from "../fp_lane.ts";
import { FpTypes } from "../fp_routine.ts";
import { goFunction } from "../handler_emitter.ts";
import { FpLimits } from "./fp_limits.ts";
import { regionFp, regionFpLanes } from "./region_fp.ts";
import { type VectorKinds, VectorLocals } from "./vector_locals.ts";
import { flagKind, type FlagSetter, LazyFlags } from "./lazy_flags.ts";

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

/** What emitting a region once teaches for the next time. */
export interface RegionHints {
  readonly kinds: VectorKinds;
  /** The region writes FPSR, so that nothing may be kept of it. */
  writesFpsr: boolean;
}

/** Emits accesses to the state through locals. */
export abstract class RegionState extends Emitter {
  readonly #cached = new Map<number, Cached>();
  readonly #fixed = new Map<StateField, number>();
  readonly #flags: LazyFlags;
  readonly #hints: RegionHints;
  /** V registers. */
  protected readonly vectors: VectorLocals;
  /** Bounds of floating-point results. */
  protected readonly limits: FpLimits;
  /** How the flags were set last, where that is known. */
  protected last: FlagSetter | undefined;
  /** Flag settings emitted so far. */
  protected flagSets = 0;

  constructor(firstLocal: number, hints: RegionHints) {
    super(firstLocal);
    this.#hints = hints;
    this.vectors = new VectorLocals(this, (type) => this.ownLocal(type), hints.kinds);
    this.limits = new FpLimits(this, (type) => this.ownLocal(type), hints.writesFpsr);
    this.#flags = new LazyFlags(this, (type) => this.ownLocal(type));
  }

  /** Loads everything that is kept in locals; its code goes before all else. */
  protected loadState(): void {
    for (const [offset, { local, type }] of this.#cached) {
      asNode(this.loadAt(`${type}.load` as LoadOp, stateAddress(offset))).emit(this.code);
      this.setLocal(local);
    }
    this.vectors.load();
    this.limits.load();
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
    this.vectors.writeBack();
    if (!this.#flags.used) return;
    this.if(this.#flags.kind, () => this.#flags.store(goFunction + FlagsHelper));
  }
  /** Names of the locals that hold state. */
  protected stateLocals(): (readonly [local: number, name: string])[] {
    return [
      ...[...this.#cached].map(([offset, { local }]) => [local, slotName(offset)] as const),
      ...[...this.#fixed].map(([name, local]) => [local, name] as const),
      ...this.#flags.names(),
      ...this.vectors.names(),
    ];
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
  ownLocal(type: WasmType): number {
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
    return isV(offset) ? this.vectors.part(64, offset) : super.x(slot);
  }
  override w32(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (isX(offset)) return this.w("i32.wrap_i64", this.x(slot));
    return isV(offset) ? this.vectors.part(32, offset) : super.w32(slot);
  }
  override setX(slot: SlotRef, value: Val): void {
    const offset = slot as unknown as number;
    if (isX(offset)) return this.#write(this.#cache(offset, "i64"), value);
    if (isV(offset)) this.vectors.setPart(offset, value);
    else super.setX(slot, value);
  }
  override v(slot: SlotRef): Val {
    return this.vectors.read(slot as unknown as number);
  }
  override setV(slot: SlotRef, value: Val): void {
    this.vectors.write(slot as unknown as number, value);
  }
  override setD(slot: SlotRef, value: Val): void {
    this.vectors.writeScalar(64, slot as unknown as number, value, "any");
  }
  override scalar(size: number, slot: SlotRef): Val {
    return this.vectors.scalar(size, slot as unknown as number);
  }
  override setScalar(size: number, slot: SlotRef, value: Val): void {
    this.vectors.writeScalar(size, slot as unknown as number, value);
  }

  override setHalf(slot: SlotRef, value: Val): void {
    super.setHalf(slot, value);
    if (slot as unknown as number !== StateFields.fpsr[0] || this.#hints.writesFpsr) return;
    this.#hints.writesFpsr = true;
    this.vectors.failed = true;
  }
  /** What was emitted rests on a wrong guess: it has to be emitted again with the same hints. */
  get failed(): boolean {
    return this.vectors.failed;
  }

  // -- floating point -----------------------------------------------------------------------------
  /** Table slot of the function for an operation where the short way does not hold. */
  protected abstract fpRoutine(operation: string, info: number, lanes?: number): number;
  /** `if` of a condition that hardly ever holds. */
  abstract ifSeldom(condition: Val, then: () => void): void;
  /** Calls that function. */
  callFp(operation: string, info: number, lanes: number | undefined, args: readonly Val[]): Val {
    const type = lanes === undefined ? "i64" : "v128";
    const none = lanes === undefined ? this.i64(0) : this.v128(0n, 0n);
    for (const v of [...args, none, none].slice(0, 3)) asNode(v).emit(this.code);
    asNode(this.i32(this.fpRoutine(operation, info, lanes))).emit(this.code);
    this.code.bytes([0x11, lanes === undefined ? FpTypes.scalar : FpTypes.vector, 0]);
    const result = this.newLocal(type);
    this.setLocal(result);
    return this.local(result, type);
  }
  override fp(operation: string, info: number, ...args: Val[]): Val {
    return regionFp(this, this.limits, operation, info, args);
  }
  override fpFlags(size: number, signalling: boolean, a: Val, b: Val): void {
    if (size === 16) return super.fpFlags(size, signalling, a, b);
    const t = new FpLane(this, size === 64 ? "f64" : "f32");
    const operands = [this.let(a), this.let(b)] as const;
    const [x, y] = operands.map((v) => t.fromBits(v)) as [Val, Val];
    // The sum of two numbers is none only where they are infinities of unlike signs.
    this.ifSeldom(this.limits.exceeded(t, t.w("add", x, y), "numbers"), () => {
      this.if(this.w("i32.eqz", this.field("fpFast")), () => this.leave());
      this.callFp(signalling ? "compareSignalling" : "compare", size, undefined, operands);
    });
    const wide = (v: Val) => t.double ? v : this.w("f64.promote_f32", v);
    this.#flags.setNumbers(wide(x), wide(y));
    this.last = { operation: "number", size: 64 };
    this.flagSets++;
  }
  override fpLanes(operation: string, info: number, lanes: number, ...args: Val[]): Val {
    return regionFpLanes(this, this.limits, { operation, info, lanes }, args);
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
  #setFlags(operation: "add" | "sub" | "logic", size: Size, a: Val, b: Val): Val {
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

/** What listings call a slot of the state. */
function slotName(offset: number): string {
  const x = (offset - StateLayout.x) / 8;
  if (isX(offset)) return ["zero", "sp", "discard"][x - 31] ?? `x${x}`;
  return FlagFields.find((name) => StateFields[name][0] === offset) ?? `state${offset}`;
}
