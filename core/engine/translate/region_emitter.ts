/**
 * Code of a region: X and V registers and the flags live in locals, memory is reached through the
 * inline TLB, and whatever needs TypeScript leaves the region before the instruction that needs it.
 *
 * So nothing here can fault, and the interpreter finds the exact state at every exit.
 *
 * @module
 */

import { Tlb } from "../../memory_map.ts";
import { type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import type { AnyInsn } from "../../isa/insn.ts";
import type { Access, AccessKind, AccessOptions, Size, SlotRef, Val } from "../../isa/ops.ts";
import type { LaneOp, LoadOp, StoreOp, WasmType } from "../../isa/wasm_ops.ts";
import { describeAccess } from "../access_descriptor.ts";
import { asNode, Emitter, nodeAddress, type SlotAddress, stateAddress } from "../emitter.ts";
import { goFunction, HandlerType } from "../handler_emitter.ts";
import { Code } from "../code.ts";
import { Imports } from "../imports.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { flagKind, type FlagOperation, type FlagSetter, LazyFlags } from "./lazy_flags.ts";
import { type Block, dominates, edges, isBackEdge, type Region } from "./region.ts";

/** Where a region's page is and what runs when the region cannot. */
export interface RegionPlace {
  /** Address of the page's first record. */
  readonly records: number;
  /** Table slot of the interpreter's handler for the entry. */
  readonly handler: number;
}

const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  empty: 0x40,
} as const;
const Budget = 1;
const RecordBytes = 16;
const TlbIndexMask = (Tlb.entries - 1) * Tlb.entryBytes;

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

class RegionEmitter extends Emitter {
  readonly #region: Region;
  readonly #place: RegionPlace;
  readonly #cached = new Map<number, Cached>();
  readonly #fixed = new Map<StateField, number>();
  readonly #exitRecord: number;
  readonly #exitTarget: number;
  readonly #labels: (number | "near" | "far" | "if")[] = [];
  #block!: Block;
  #index = 0;
  /** How the flags were set last, where that is known. */
  #last: FlagSetter | undefined;
  /** Flag settings emitted so far. */
  #flagSets = 0;
  readonly #flags: LazyFlags;

  constructor(region: Region, place: RegionPlace) {
    super(2);
    this.#region = region;
    this.#place = place;
    this.#exitRecord = this.#ownLocal("i64");
    this.#exitTarget = this.#ownLocal("i64");
    this.#flags = new LazyFlags(this, (type) => this.#ownLocal(type));
  }

  /** The whole function. */
  emit(): FunctionBody {
    const { entry, blocks } = this.#region;
    this.#open(Op.block, "far");
    this.#open(Op.block, "near");
    this.#tree(blocks.get(entry) as Block);
    this.code.byte(0x00); // unreachable
    this.#close();
    this.#leaveNear();
    this.#close();
    this.#leaveFar();
    const prologue = this.#prologue();
    const code = new Uint8Array(prologue.length + this.code.length);
    code.set(prologue);
    code.set(this.code.view(), prologue.length);
    return { type: HandlerType, locals: this.locals, code };
  }

  // -- structure: every block in the place where its dominator's code ends -------------------------
  #tree(b: Block): void {
    const merges = [...this.#region.blocks.values()]
      .filter((c) => c.isMerge && c.dominator === b.start && c !== b)
      .sort((x, y) => y.order - x.order);
    if (!b.isLoop) return this.#within(b, merges);
    this.#open(Op.loop, b.start);
    this.#within(b, merges);
    this.#close();
  }
  #within(b: Block, merges: readonly Block[]): void {
    const [first, ...rest] = merges;
    if (!first) return this.#body(b);
    // A label of a merge block is negative, so that it differs from the block's own loop label.
    this.#open(Op.block, ~first.start);
    this.#within(b, rest);
    this.#close();
    this.#tree(first);
  }
  #body(b: Block): void {
    this.#block = b;
    if (b.isLoop || b.isMerge || b.start === this.#region.entry) this.#last = undefined;
    const count = b.instructions.length;
    if (b.isLoop) {
      const short = this.w("i32.le_u", this.#budget(), this.i32(b.longest));
      this.if(short, () => this.#exitTo(b.start));
    }
    this.#spend(count);
    b.instructions.forEach((d, i) => {
      this.#block = b;
      this.#index = i;
      const { operands } = d;
      const bound: Record<string, unknown> = { ...operands };
      if (operands.imm !== undefined) bound.imm = this.i64(operands.imm);
      if (operands.p !== undefined) bound.p = this.i32(operands.p);
      if (operands.q !== undefined) bound.q = this.i32(operands.q);
      d.insn.run(this, d.fields, bound as unknown as Parameters<AnyInsn["run"]>[2]);
      this.#recycle();
    });
    this.#block = b;
    if (b.next !== undefined) this.#goTo(b, b.next);
  }
  /** Continues at instruction `to` of the page, in the region if it is there. */
  #goTo(from: Block, to: number): void {
    const { blocks } = this.#region;
    const target = edges(blocks, from).includes(to) ? blocks.get(to) : undefined;
    if (!target) return to === from.taken ? this.#exitFar(this.#pcOf(to)) : this.#exitTo(to);
    if (isBackEdge(from, target)) {
      if (dominates(blocks, to, from.start)) return this.#branch(to);
      return this.#exitTo(to);
    }
    if (target.isMerge) return this.#branch(~to);
    const last = this.#last;
    this.#tree(target);
    this.#last = last;
  }
  #open(opcode: number, label: number | "near" | "far" | "if"): void {
    this.code.bytes([opcode, Op.empty]);
    this.#labels.push(label);
  }
  #close(): void {
    this.code.byte(Op.end);
    this.#labels.pop();
  }
  #branch(label: number | "near" | "far"): void {
    const depth = this.#labels.length - 1 - this.#labels.lastIndexOf(label);
    this.code.byte(Op.br);
    this.code.uleb(depth);
  }
  override if(condition: Val, then: () => void, otherwise?: () => void): void {
    const [last, sets] = [this.#last, this.#flagSets];
    asNode(condition).emit(this.code);
    this.#open(Op.if, "if");
    then();
    if (otherwise) {
      this.code.byte(Op.else);
      this.#last = last;
      otherwise();
    }
    this.#close();
    this.#last = this.#flagSets === sets ? last : undefined;
  }

  // -- leaving ------------------------------------------------------------------------------------
  /** Leaves for instruction `index` of the page; those of the block not executed are given back. */
  #exitTo(index: number): void {
    asNode(this.i64(this.#place.records + index * RecordBytes)).emit(this.code);
    this.setLocal(this.#exitRecord);
    this.#branch("near");
  }
  /** Leaves before the current instruction: the interpreter executes it. */
  #sideExit(): void {
    this.#spend(this.#index - this.#block.instructions.length);
    this.#exitTo(this.#block.start + this.#index);
  }
  #spend(count: number): void {
    if (count === 0) return;
    asNode(this.w("i32.sub", this.#budget(), this.i32(count))).emit(this.code);
    this.setLocal(Budget);
  }
  #budget(): Val {
    return this.local(Budget, "i32");
  }
  #writeBack(): void {
    for (const [offset, { local, type, written }] of this.#cached) {
      if (!written) continue;
      const store = `${type}.store` as StoreOp;
      this.storeAt(store, stateAddress(offset), this.local(local, type));
    }
    if (!this.#flags.used) return;
    this.if(this.#flags.kind, () => this.#flags.store(goFunction + FlagsHelper));
  }
  /** At its own entry a region would only leave again, so the interpreter's handler runs there. */
  #leaveNear(): void {
    this.#writeBack();
    const { records, handler } = this.#place;
    const record = this.local(this.#exitRecord, "i64");
    const entry = this.i64(records + this.#region.entry * RecordBytes);
    const other = this.load("i32.load16_u", record, 0);
    asNode(record).emit(this.code);
    asNode(this.#budget()).emit(this.code);
    asNode(this.select(this.w("i64.eq", record, entry), this.i32(handler), other)).emit(this.code);
    this.code.bytes([0x13, HandlerType, 0]);
  }
  #leaveFar(): void {
    this.#writeBack();
    asNode(this.local(this.#exitTarget, "i64")).emit(this.code);
    asNode(this.#budget()).emit(this.code);
    this.code.bytes([0x12, goFunction]);
  }
  /** Falls back to the interpreter where the region does not apply; loads what it keeps in locals. */
  #prologue(): Uint8Array {
    const body = new Code();
    body.bytes(this.code.view());
    this.code.clear();
    const entry = this.#region.blocks.get(this.#region.entry) as Block;
    const short = this.w("i32.le_u", this.#budget(), this.i32(entry.longest));
    const aligned = this.w("i64.ne", this.#load("alignMask"), this.i64(0));
    let refuse = this.w("i32.or", short, aligned);
    if (this.#region.usesFp) refuse = this.w("i32.or", refuse, this.#load("fpTrap"));
    asNode(refuse).emit(this.code);
    this.code.bytes([Op.if, Op.empty, 0x20, 0, 0x20, Budget]);
    asNode(this.i32(this.#place.handler)).emit(this.code);
    this.code.bytes([0x13, HandlerType, 0, Op.end]);
    for (const [offset, { local, type }] of this.#cached) {
      asNode(this.loadAt(`${type}.load` as LoadOp, stateAddress(offset))).emit(this.code);
      this.setLocal(local);
    }
    for (const [name, local] of this.#fixed) {
      asNode(this.#load(name)).emit(this.code);
      this.setLocal(local);
    }
    const prologue = this.code.view().slice();
    this.code.clear();
    this.code.bytes(body.view());
    return prologue;
  }
  #load(name: StateField): Val {
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
  #recycle(): void {
    for (const [type, local] of this.#used) {
      const free = this.#free.get(type);
      if (free) free.push(local);
      else this.#free.set(type, [local]);
    }
    this.#used = [];
  }
  /** A local that stays the region's. */
  #ownLocal(type: WasmType): number {
    return super.newLocal(type);
  }

  // -- registers ----------------------------------------------------------------------------------
  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(slot as unknown as number);
  }
  #cache(offset: number, type: WasmType): Cached {
    let c = this.#cached.get(offset);
    if (!c) {
      c = { local: this.#ownLocal(type), type, written: false };
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
      local = this.#ownLocal(wasm);
      this.#fixed.set(name, local);
    }
    return this.local(local, wasm);
  }
  override setField(name: StateField, value: Val): void {
    const [offset, type] = StateFields[name];
    if (!FlagFields.includes(name)) return super.setField(name, value);
    this.#write(this.#cache(offset, type === "u32" ? "i32" : "i64"), value);
    this.#flags.clear();
    this.#flagSets++;
    this.#last = undefined;
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
    this.#last = { operation, size };
    this.#flagSets++;
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
    return (this.#last && this.#flags.compare(this.#last, cond)) ?? super.cond(cond);
  }

  // -- memory -------------------------------------------------------------------------------------
  override mem(address: Val, bytes: number, kind: AccessKind, options: AccessOptions = {}): Access {
    const va = this.let(address);
    const context = this.field(options.unprivileged ? "tlbUnprivileged" : "tlb");
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", context, slot));
    const last = bytes === 1 ? va : this.w("i64.add", va, this.i64(bytes - 1));
    let key = this.w("i64.and", last, this.i64(-4096));
    if (options.align) {
      key = this.w("i64.or", key, this.w("i64.and", va, this.i64(options.align - 1)));
    }
    const tagAt = kind === "read" ? Tlb.readTag : Tlb.writeTag;
    const missed = this.w("i64.ne", key, this.load("i64.load", entry, tagAt));
    this.if(missed, () => {
      this.setField("accessAddress", va);
      asNode(this.i32(this.#place.records + this.#here() * RecordBytes)).emit(this.code);
      asNode(this.i32(describeAccess(bytes, kind, options))).emit(this.code);
      this.call(Imports.fill);
      this.code.bytes([Op.if, Op.empty]);
      this.#labels.push("if");
      this.#sideExit();
      this.#close();
    });
    const host = this.let(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend)));
    return {
      load: (name, offset) => this.load(name, host, offset),
      store: (name, offset, value) => this.storeAt(name, nodeAddress(host, offset), value),
      commit: () => {},
    };
  }
  #here(): number {
    return this.#block.start + this.#index;
  }
  override checkSp(address: Val): void {
    const low = this.w("i64.and", address, this.i64(15));
    const bad = this.w("i32.and", this.w("i64.ne", low, this.i64(0)), this.field("spCheck"));
    this.if(bad, () => this.#sideExit());
  }

  // -- control ------------------------------------------------------------------------------------
  pc(): Val {
    return this.#pcOf(this.#here());
  }
  #pcOf(index: number): Val {
    const at = (this.#place.records + index * RecordBytes) / 4;
    return this.w("i64.add", this.field("pcBias"), this.i64(at));
  }
  jump(offset: Val): void {
    const b = this.#block;
    if (b.taken !== undefined) {
      const [index, last, sets] = [this.#index, this.#last, this.#flagSets];
      this.#goTo(b, b.taken);
      this.#block = b;
      this.#index = index;
      // What other blocks do to the flags is of no concern on the path that goes on here.
      this.#last = last;
      this.#flagSets = sets;
    } else this.jumpTo(this.w("i64.add", this.pc(), offset));
  }
  jumpTo(address: Val): void {
    const b = this.#block;
    const target = b.returns.length > 0 ? this.let(address) : address;
    for (const to of b.returns) {
      const [index, last, sets] = [this.#index, this.#last, this.#flagSets];
      this.if(this.w("i64.eq", target, this.#pcOf(to)), () => this.#goTo(b, to));
      this.#block = b;
      this.#index = index;
      this.#last = last;
      this.#flagSets = sets;
    }
    this.#exitFar(target);
  }
  #exitFar(target: Val): void {
    asNode(target).emit(this.code);
    this.setLocal(this.#exitTarget);
    this.#branch("far");
  }
  override execute(): void {
    this.#sideExit();
  }
  override checkAttention(): void {}
  protected emitRecord(): void {
    asNode(this.i32(this.#place.records + this.#here() * RecordBytes)).emit(this.code);
  }
  protected beforeCall(): void {}
  protected afterCall(): void {}
  protected leave(): void {
    this.#sideExit();
  }
  protected classIndex(): number {
    return 0;
  }
}

const isX = (offset: number) => offset >= StateLayout.x && offset < StateLayout.x + 34 * 8;
const isV = (offset: number) => offset >= StateLayout.v && offset < StateLayout.v + 32 * 16;

/** The V register that a slot lies in, and where: some slots name a part of a register. */
function laneOf(offset: number): { vector: SlotRef; byte: number } {
  const byte = (offset - StateLayout.v) % 16;
  return { vector: (offset - byte) as unknown as SlotRef, byte };
}

/** Code of the region, as a handler for the record of its entry. */
export function emitRegion(region: Region, place: RegionPlace): FunctionBody {
  return new RegionEmitter(region, place).emit();
}
