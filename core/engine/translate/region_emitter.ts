/**
 * Code of a region: X and V registers and the flags live in locals, memory is reached through the
 * inline TLB, and whatever needs TypeScript leaves the region before the instruction that needs it.
 *
 * So nothing here can fault, and the interpreter finds the exact state at every exit.
 *
 * @module
 */

import { Tlb, TlbIndexMask } from "../../memory_map.ts";
import type { AnyInsn } from "../../isa/insn.ts";
import type { Access, AccessKind, AccessOptions, Val } from "../../isa/ops.ts";
import { describeAccess } from "../access_descriptor.ts";
import { asNode, nodeAddress } from "../emitter.ts";
import { goFunction, HandlerType } from "../handler_emitter.ts";
import { Code } from "../code.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { type Block, dominates, edges, isBackEdge, type Region } from "./region.ts";
import { emitMiss } from "./region_miss.ts";
import { type RegionHints, RegionState } from "./region_state.ts";

/** Where a region's page is and what runs when the region cannot. */
export interface RegionPlace {
  /** Address of the page's first record. */
  readonly records: number;
  /** Table slot of the interpreter's handler for the entry. */
  readonly handler: number;
  /** Table slot of the function for a floating-point operation (fp_routine.ts). */
  readonly fpRoutine: (operation: string, info: number, lanes: number | undefined) => number;
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

class RegionEmitter extends RegionState {
  readonly #region: Region;
  readonly #place: RegionPlace;
  readonly #exitRecord: number;
  readonly #exitTarget: number;
  readonly #labels: (number | "near" | "far" | "if")[] = [];
  /** Where branches are that are seldom taken. */
  readonly #unlikely: number[] = [];
  /** Where the code of each instruction begins, and its index in the page. */
  readonly #starts: (readonly [at: number, index: number])[] = [];
  #prologueLength = 0;
  #block!: Block;
  #index = 0;

  constructor(region: Region, place: RegionPlace, hints: RegionHints) {
    super(2, hints);
    this.#region = region;
    this.#place = place;
    this.#exitRecord = this.ownLocal("i64");
    this.#exitTarget = this.ownLocal("i64");
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
    this.#prologueLength = prologue.length;
    const code = new Uint8Array(prologue.length + this.code.length);
    code.set(prologue);
    code.set(this.code.view(), prologue.length);
    const unlikely = this.#unlikely.map((at) => prologue.length + at);
    return { type: HandlerType, locals: this.locals, code, unlikely };
  }

  /** Names of locals, and where in the code each instruction's part begins. */
  explain(): Omit<ExplainedRegion, "body"> {
    const own = [[0, "record"], [Budget, "budget"], [this.#exitRecord, "exitRecord"], [
      this.#exitTarget,
      "exitTarget",
    ]] as const;
    return {
      locals: new Map([...own, ...this.stateLocals()]),
      starts: this.#starts.map(([at, index]) => [at + this.#prologueLength, index] as const),
    };
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
    const { pending } = this.vectors;
    this.vectors.pending = 0n;
    this.#instructions(b);
    this.vectors.pending = pending;
  }
  #instructions(b: Block): void {
    this.#block = b;
    if (b.isLoop || b.isMerge || b.start === this.#region.entry) this.last = undefined;
    const count = b.instructions.length;
    if (b.isLoop) {
      const short = this.w("i32.le_u", this.#budget(), this.i32(b.longest));
      this.ifSeldom(short, () => this.#exitTo(b.start));
    }
    this.#spend(count);
    b.instructions.forEach((d, i) => {
      this.#block = b;
      this.#index = i;
      this.#starts.push([this.code.length, b.start + i]);
      const { operands } = d;
      const bound: Record<string, unknown> = { ...operands };
      if (operands.imm !== undefined) bound.imm = this.i64(operands.imm);
      if (operands.p !== undefined) bound.p = this.i32(operands.p);
      if (operands.q !== undefined) bound.q = this.i32(operands.q);
      d.insn.run(this, d.fields, bound as unknown as Parameters<AnyInsn["run"]>[2]);
      this.recycle();
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
    const last = this.last;
    this.vectors.settle();
    this.#tree(target);
    this.last = last;
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
    this.vectors.settle();
    const depth = this.#labels.length - 1 - this.#labels.lastIndexOf(label);
    this.code.byte(Op.br);
    this.code.uleb(depth);
  }
  override if(condition: Val, then: () => void, otherwise?: () => void): void {
    const [last, sets] = [this.last, this.flagSets];
    asNode(condition).emit(this.code);
    this.#open(Op.if, "if");
    this.#conditional(then);
    if (otherwise) {
      this.code.byte(Op.else);
      this.last = last;
      this.#conditional(otherwise);
    }
    this.#close();
    this.last = this.flagSets === sets ? last : undefined;
  }

  /** What is written on one path only is noted there. */
  #conditional(path: () => void): void {
    const { pending } = this.vectors;
    path();
    this.vectors.settle(pending);
    this.vectors.pending = pending;
  }
  ifSeldom(condition: Val, then: () => void): void {
    const last = this.last;
    const sets = this.flagSets;
    asNode(condition).emit(this.code);
    this.#unlikely.push(this.code.length);
    this.#open(Op.if, "if");
    this.#conditional(then);
    this.#close();
    this.last = this.flagSets === sets ? last : undefined;
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
  /** At its own entry a region would only leave again, so the interpreter's handler runs there. */
  #leaveNear(): void {
    this.writeBack();
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
    this.writeBack();
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
    const aligned = this.w("i64.ne", this.loadField("alignMask"), this.i64(0));
    let refuse = this.w("i32.or", short, aligned);
    if (this.#region.usesFp) refuse = this.w("i32.or", refuse, this.loadField("fpTrap"));
    asNode(refuse).emit(this.code);
    this.code.bytes([Op.if, Op.empty, 0x20, 0, 0x20, Budget]);
    asNode(this.i32(this.#place.handler)).emit(this.code);
    this.code.bytes([0x13, HandlerType, 0, Op.end]);
    this.loadState();
    const prologue = this.code.view().slice();
    this.code.clear();
    this.code.bytes(body.view());
    return prologue;
  }
  // -- memory -------------------------------------------------------------------------------------
  override mem(address: Val, bytes: number, kind: AccessKind, options: AccessOptions = {}): Access {
    const va = this.let(address);
    const context = this.field(options.unprivileged ? "tlbUnprivileged" : "tlb");
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const place = this.variable("i64");
    const entry = place.get;
    place.set(this.w("i64.add", context, slot));
    const last = bytes === 1 ? va : this.w("i64.add", va, this.i64(bytes - 1));
    let key = this.w("i64.and", last, this.i64(-4096));
    if (options.align) {
      key = this.w("i64.or", key, this.w("i64.and", va, this.i64(options.align - 1)));
    }
    const tagAt = kind === "read" ? Tlb.readTag : Tlb.writeTag;
    const missed = this.w("i64.ne", key, this.load("i64.load", entry, tagAt));
    this.ifSeldom(missed, () => {
      const left = this.i32(this.#block.instructions.length - this.#index);
      const descriptor = describeAccess(bytes, kind, options);
      const budget = this.let(this.w("i32.add", this.#budget(), left));
      const leave = (now: Val) => {
        asNode(this.w("i32.sub", now, left)).emit(this.code);
        this.setLocal(Budget);
        this.#sideExit();
      };
      const miss = { va, context, descriptor, record: this.#recordAddress(), budget, leave };
      place.set(emitMiss(this, miss, entry));
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
    this.ifSeldom(bad, () => this.#sideExit());
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
      const [index, last, sets] = [this.#index, this.last, this.flagSets];
      this.#goTo(b, b.taken);
      this.#block = b;
      this.#index = index;
      // What other blocks do to the flags is of no concern on the path that goes on here.
      this.last = last;
      this.flagSets = sets;
    } else this.jumpTo(this.w("i64.add", this.pc(), offset));
  }
  jumpTo(address: Val): void {
    const b = this.#block;
    const target = b.returns.length > 0 ? this.let(address) : address;
    for (const to of b.returns) {
      const [index, last, sets] = [this.#index, this.last, this.flagSets];
      this.if(this.w("i64.eq", target, this.#pcOf(to)), () => this.#goTo(b, to));
      this.#block = b;
      this.#index = index;
      this.last = last;
      this.flagSets = sets;
    }
    this.#exitFar(target);
  }
  #exitFar(target: Val): void {
    asNode(target).emit(this.code);
    this.setLocal(this.#exitTarget);
    this.#branch("far");
  }
  protected fpRoutine(operation: string, info: number, lanes: number | undefined): number {
    return this.#place.fpRoutine(operation, info, lanes);
  }
  override execute(): void {
    this.#sideExit();
  }
  override interpreted(): void {
    this.#sideExit();
  }
  override checkAttention(): void {}
  #recordAddress(): Val {
    return this.i32(this.#place.records + this.#here() * RecordBytes);
  }
  protected emitRecord(): void {
    asNode(this.#recordAddress()).emit(this.code);
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

function emitted(region: Region, place: RegionPlace): readonly [RegionEmitter, FunctionBody] {
  const hints: RegionHints = { kinds: new Map(), writesFpsr: false };
  for (;;) {
    const e = new RegionEmitter(region, place, hints);
    const body = e.emit();
    if (!e.failed) return [e, body];
  }
}

/** Code of the region, as a handler for the record of its entry. */
export function emitRegion(region: Region, place: RegionPlace): FunctionBody {
  return emitted(region, place)[1];
}

/** A region's code with what a listing of it says. */
export interface ExplainedRegion {
  readonly body: FunctionBody;
  /** Names of the locals that last. */
  readonly locals: ReadonlyMap<number, string>;
  /** Offsets in the code at which instructions begin, with their indices in the page. */
  readonly starts: readonly (readonly [at: number, index: number])[];
}

/** The same with explanations. */
export function explainRegion(region: Region, place: RegionPlace): ExplainedRegion {
  const [emitter, body] = emitted(region, place);
  return { body, ...emitter.explain() };
}
