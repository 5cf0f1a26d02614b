/**
 * The state that a region keeps in locals: X and V registers are loaded at its entry and stored where
 * it is left.
 *
 * @module
 */

import { Slot, type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import type { SlotRef, Val } from "../../isa/ops.ts";
import type { WasmOp, WasmType } from "../../isa/wasm_ops.ts";
import { asNode, type SlotAddress, stateAddress } from "../emitter.ts";
import { FpLane } from "../fp_lane.ts";
import { FpTypes } from "../fp_routine.ts";
import type { RegisterSet } from "./block_journal.ts";
import { FpLimits } from "./fp_limits.ts";
import { RegionFlags } from "./region_flags.ts";
import { regionFp, regionFpLanes } from "./region_fp.ts";
import { type VectorKinds, VectorLocals } from "./vector_locals.ts";

/** An X register that is kept in a local. */
interface Cached {
  /** Number in the journals' sets. */
  readonly register: number;
  readonly offset: number;
  readonly local: number;
}

/** A register's value as an instruction finds it. */
interface Read {
  readonly cached: Cached;
  /** The register's own local, until a write makes a copy necessary. */
  local: number;
  /** The register has been written since. */
  isStale: boolean;
}

/** State that does not change while a region runs. */
const FixedFields: readonly StateField[] = ["tlb", "tlbUnprivileged", "pcBias"];

/** What emitting a region once teaches for the next time. */
export interface RegionHints {
  readonly kinds: VectorKinds;
  /** The region writes FPSR, so that nothing may be kept of it. */
  writesFpsr: boolean;
  /** Some instruction uses a register's value after it has written the register. */
  readsLate: boolean;
}

/** Emits accesses to the state through locals. */
export abstract class RegionState extends RegionFlags {
  readonly #cached = new Map<number, Cached>();
  readonly #fixed = new Map<StateField, number>();
  /** Values of registers that the rest of the instruction may use. */
  #reads: Read[] = [];
  readonly #hints: RegionHints;
  /** V registers. */
  protected readonly vectors: VectorLocals;
  /** Bounds of floating-point results. */
  protected readonly limits: FpLimits;

  constructor(firstLocal: number, hints: RegionHints) {
    super(firstLocal);
    this.#hints = hints;
    const ownLocal = (type: WasmType) => this.ownLocal(type);
    this.vectors = new VectorLocals(this, ownLocal, hints.kinds, {
      read: (register) => this.journal.read(register),
      write: (register) => this.journal.write(register, this.conditions === 0),
    });
    this.limits = new FpLimits(this, ownLocal, hints.writesFpsr);
  }
  /** Names of the locals that hold state. */
  protected stateLocals(): (readonly [local: number, name: string])[] {
    return [
      ...[...this.#cached].map(([offset, { local }]) => [local, slotName(offset)] as const),
      ...[...this.#fixed].map(([name, local]) => [local, name] as const),
      ...this.flagLocals(),
      ...this.vectors.names(),
    ];
  }

  /** Loads what is kept in locals and `needed`; its code goes before all else. */
  protected loadState(needed: RegisterSet): void {
    for (const { register, offset, local } of this.#cached.values()) {
      if (!needed.has(register)) continue;
      asNode(this.loadAt("i64.load", stateAddress(offset))).emit(this.code);
      this.setLocal(local);
    }
    this.vectors.load(needed);
    this.limits.load();
    for (const [name, local] of this.#fixed) {
      asNode(super.field(name)).emit(this.code);
      this.setLocal(local);
    }
  }
  /** Stores registers to the state; `pending`: numbers that the path has surely written. */
  protected storeRegisters(dirty: RegisterSet, pending = 0n): void {
    for (const { register, offset, local } of this.#cached.values()) {
      if (!dirty.has(register)) continue;
      this.storeAt("i64.store", stateAddress(offset), this.local(local, "i64"));
    }
    this.vectors.store(dirty, pending);
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
  ownLocal(type: WasmType): number {
    return super.newLocal(type);
  }
  /** Leaves out what changes nothing: additions and shifts by 0 are common. */
  override w(name: WasmOp, ...args: Val[]): Val {
    const [a, b] = args as [Val, Val | undefined];
    if (b && asNode(b).constant === 0n && Neutral.has(name)) return a;
    const { constant } = a ? asNode(a) : {};
    if (name === "i64.extend_i32_u" && constant !== undefined) {
      return this.i64(BigInt.asUintN(32, constant));
    }
    return super.w(name, ...args);
  }

  // -- registers ----------------------------------------------------------------------------------
  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(slot as unknown as number);
  }
  #cache(offset: number): Cached {
    let c = this.#cached.get(offset);
    if (!c) {
      const register = (offset - StateLayout.x) / 8;
      c = { register, offset, local: this.ownLocal("i64") };
      this.#cached.set(offset, c);
    }
    return c;
  }
  #read(cached: Cached): Val {
    this.journal.read(cached.register);
    const read: Read = { cached, local: cached.local, isStale: false };
    this.#reads.push(read);
    const node = {
      type: "i64",
      emit: (c: typeof this.code) => {
        if (read.isStale) this.#mustCopy();
        c.byte(0x20);
        c.uleb(read.local);
      },
    };
    return node as unknown as Val;
  }
  #mustCopy(): void {
    this.#hints.readsLate = true;
    this.vectors.failed = true;
  }
  #write(cached: Cached, value: Val): void {
    if (this.#hints.readsLate) this.#copy((read) => read.cached === cached);
    asNode(value).emit(this.code);
    this.setLocal(cached.local);
    for (const read of this.#reads) if (read.cached === cached) read.isStale = true;
    this.journal.write(cached.register, this.conditions === 0);
  }
  /** Copies registers whose earlier values may still be used. */
  #copy(which: (read: Read) => boolean): void {
    const kept: Read[] = [];
    for (const read of this.#reads) {
      if (which(read)) {
        asNode(this.local(read.local, "i64")).emit(this.code);
        read.local = this.newLocal("i64");
        this.setLocal(read.local);
      } else kept.push(read);
    }
    this.#reads = kept;
  }
  /** Registers may be written on only one of the paths that follow. */
  protected keepReads(): void {
    if (this.#hints.readsLate) this.#copy(() => true);
  }
  override x(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (offset === ZeroSlot) return this.i64(0);
    if (isX(offset)) return this.#read(this.#cache(offset));
    return isV(offset) ? this.vectors.part(64, offset) : super.x(slot);
  }
  override w32(slot: SlotRef): Val {
    const offset = slot as unknown as number;
    if (offset === ZeroSlot) return this.i32(0);
    if (isX(offset)) return this.w("i32.wrap_i64", this.x(slot));
    return isV(offset) ? this.vectors.part(32, offset) : super.w32(slot);
  }
  override setX(slot: SlotRef, value: Val): void {
    const offset = slot as unknown as number;
    if (offset === DiscardSlot) return;
    if (isX(offset)) return this.#write(this.#cache(offset), value);
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
  abstract ifSeldom(condition: Val, then: () => void, otherwise?: () => void): void;
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
    this.setNumberFlags(wide(x), wide(y));
  }
  override fpLanes(operation: string, info: number, lanes: number, ...args: Val[]): Val {
    return regionFpLanes(this, this.limits, { operation, info, lanes }, args);
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

/** Operations of which a second operand of 0 makes the first the result. */
const Neutral: ReadonlySet<WasmOp> = new Set(
  (["i32", "i64"] as const).flatMap((t) =>
    (["add", "sub", "or", "xor", "shl", "shr_u", "shr_s", "rotr"] as const).map((op) =>
      `${t}.${op}` as const
    )
  ),
);
const ZeroSlot = StateLayout.x + Slot.zero * 8;
const DiscardSlot = StateLayout.x + Slot.discard * 8;
const isX = (offset: number) => offset >= StateLayout.x && offset < StateLayout.x + 34 * 8;
const isV = (offset: number) => offset >= StateLayout.v && offset < StateLayout.v + 32 * 16;

/** What listings call a slot of the state. */
function slotName(offset: number): string {
  const x = (offset - StateLayout.x) / 8;
  return ["zero", "sp", "discard"][x - 31] ?? `x${x}`;
}
