/**
 * Code of a region: X and V registers and the flags live in locals, memory is reached through the
 * inline TLB, and whatever needs TypeScript for more than a TLB entry or the read of a device leaves
 * the region before the instruction that needs it.
 *
 * So nothing here can fault, and the interpreter finds the exact state at every exit.
 *
 * @module
 */

import type { Decoded } from "../../isa/decode.ts";
import type { AnyInsn } from "../../isa/insn.ts";
import type { Val } from "../../isa/ops.ts";
import { asNode } from "../emitter.ts";
import { HandlerType } from "../handler_emitter.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { BlockJournal, type JournalNode, neededAtEntry, spreadDirty } from "./block_journal.ts";
import { type Block, dominates, edges, isBackEdge, type Region } from "./region.ts";
import { FlagsCurrent, FlagsJoined, type FlagState } from "./region_flags.ts";
import { RecordBytes, RegionExits, type RegionPlace } from "./region_exits.ts";
import type { RegionHints } from "./region_state.ts";

type Node = JournalNode & { readonly successors: JournalNode[]; readonly loop: JournalNode[] };

const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  empty: 0x40,
} as const;

/** A region's code with what a listing of it says. */
export interface ExplainedRegion {
  readonly body: FunctionBody;
  /** Names of the locals that last. */
  readonly locals: ReadonlyMap<number, string>;
  /** Offsets in the code at which instructions begin, with their indices in the page. */
  readonly starts: readonly (readonly [at: number, index: number])[];
}

/** Emits one region. */
export class RegionEmitter extends RegionExits {
  readonly #region: Region;
  readonly #labels: (number | "if")[] = [];
  readonly #nodes = new Map<number, Node>();
  /** Slots that loads in loops write. */
  #loaded: ReadonlySet<number> | undefined;
  /** Where the code of each instruction begins, and its index in the page. */
  readonly #starts: (readonly [at: number, index: number])[] = [];
  /** Where the flags are on the paths that join at a block. */
  readonly #joins = new Map<number, FlagState>();
  #block!: Block;
  #node!: Node;
  #index = 0;

  constructor(region: Region, place: RegionPlace, hints: RegionHints) {
    super(place, hints);
    this.#region = region;
    region.order.forEach((start, order) => {
      const node = { journal: new BlockJournal(), order, successors: [], loop: [] };
      this.#nodes.set(start, node);
    });
    for (const [start, node] of this.#nodes) {
      const block = region.blocks.get(start) as Block;
      const add = (to: number, list: JournalNode[]) => list.push(this.#nodes.get(to) as Node);
      for (const to of edges(region.blocks, block)) add(to, node.successors);
      for (const member of block.loop) add(member, node.loop);
    }
  }
  protected get journal(): BlockJournal {
    return this.#node.journal;
  }

  /** The whole function. */
  emit(): FunctionBody {
    const { entry, blocks } = this.#region;
    this.#tree(blocks.get(entry) as Block);
    this.code.byte(0x00); // unreachable
    const nodes = [...this.#nodes.values()];
    spreadDirty(nodes);
    const code = this.assemble(this.#region, neededAtEntry(nodes));
    return { type: HandlerType, locals: this.locals, code, unlikely: this.unlikely };
  }
  /** Names of locals, and where in the code each instruction's part begins. */
  explain(): Omit<ExplainedRegion, "body"> {
    const own = [[0, "record"], [1, "budget"]] as const;
    return { locals: new Map([...own, ...this.stateLocals()]), starts: this.#starts };
  }
  // -- structure: every block in the place where its dominator's code ends -------------------------
  #tree(b: Block): void {
    const merges = [...this.#region.blocks.values()]
      .filter((c) => c.isMerge && c.dominator === b.start && c !== b)
      .sort((x, y) => y.order - x.order);
    if (b.isMerge) this.flagState = this.#joins.get(b.start) ?? FlagsJoined;
    if (b.isMerge || b.isLoop) this.stackIsAligned = false;
    if (!b.isLoop) return this.#within(b, merges);
    const { stored } = (this.#nodes.get(b.start) as Node).journal;
    this.gap(() => this.storeRegisters(stored));
    if (b.isMerge) this.#at(b, () => this.checkBudget(b));
    else if (b.start !== this.#region.entry) {
      this.checkBudget(b);
      this.#join(b.start);
    }
    this.flagState = FlagsJoined;
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
  /** What `emit` emits belongs to the start of `b`. */
  #at(b: Block, emit: () => void): void {
    const [block, node, index] = [this.#block, this.#node, this.#index];
    this.#block = b;
    this.#node = this.#nodes.get(b.start) as Node;
    this.#index = 0;
    emit();
    this.#block = block;
    this.#node = node;
    this.#index = index;
  }
  #body(b: Block): void {
    const { pending } = this.vectors;
    this.vectors.pending = 0n;
    this.#at(b, () => {
      this.spend(b.instructions.length);
      b.instructions.forEach((d, i) => {
        this.#index = i;
        this.gap(() => this.#starts.push([this.code.length, b.start + i]));
        const { operands } = d;
        const bound: Record<string, unknown> = { ...operands };
        if (operands.imm !== undefined) bound.imm = this.i64(operands.imm);
        if (operands.p !== undefined) bound.p = this.i32(operands.p);
        if (operands.q !== undefined) bound.q = this.i32(operands.q);
        d.insn.run(this, d.fields, bound as unknown as Parameters<AnyInsn["run"]>[2]);
        this.recycle();
      });
      if (b.next !== undefined) this.#goTo(b.next);
    });
    this.vectors.pending = pending;
  }
  /** Continues at instruction `to` of the page, in the region if it is there. */
  #goTo(to: number): void {
    const { blocks } = this.#region;
    const from = this.#block;
    const target = edges(blocks, from).includes(to) ? blocks.get(to) : undefined;
    if (!target) {
      // What may become hot is to be counted.
      return this.#region.isEntered(to) ? this.exitTo(to) : this.exitFar(this.#pcOf(to));
    }
    if (isBackEdge(from, target)) {
      if (!dominates(blocks, to, from.start)) return this.exitTo(to);
      this.checkBudget(target);
      this.#join(to);
      return this.#branch(to);
    }
    if (!target.isMerge) {
      this.vectors.settle();
      return this.#tree(target);
    }
    this.#join(to);
    this.#branch(~to);
  }
  /** The path joins others at `to`: flags that matter there go to the state. */
  #join(to: number): void {
    const { lazyMaybe, pending } = this.flagState;
    const joined = this.#joins.get(to)?.lazyMaybe || lazyMaybe || pending !== undefined;
    this.#joins.set(to, joined ? FlagsJoined : FlagsCurrent);
    if (!pending) return this.observeFlags();
    const { journal } = this.#nodes.get(to) as Node;
    const state = this.flagState;
    this.gap(() => {
      if (journal.flags === "set") return;
      this.flagState = state;
      this.flushFlags();
    });
  }
  #open(opcode: number, label: number | "if"): void {
    this.code.bytes([opcode, Op.empty]);
    this.#labels.push(label);
  }
  #close(): void {
    this.code.byte(Op.end);
    this.#labels.pop();
  }
  #branch(label: number): void {
    this.vectors.settle();
    const depth = this.#labels.length - 1 - this.#labels.lastIndexOf(label);
    this.code.byte(Op.br);
    this.code.uleb(depth);
  }
  override if(condition: Val, then: () => void, otherwise?: () => void): void {
    asNode(condition).emit(this.code);
    this.keepReads();
    const before = this.flagState;
    this.conditions++;
    this.#open(Op.if, "if");
    this.#conditional(then);
    const after = this.flagState;
    const changed = after !== before;
    if (otherwise || (changed && before.pending)) {
      this.code.byte(Op.else);
      this.flagState = before;
      if (otherwise) this.#conditional(otherwise);
      if (changed && this.flagState === before) this.flushFlags();
      if (!changed && this.flagState !== before && before.pending) {
        throw new Error("Cannot emit a condition: its first path must set the flags, too");
      }
    }
    this.#close();
    this.conditions--;
    if (this.flagState !== before || changed) {
      this.flagState = after.lazyMaybe || this.flagState.lazyMaybe ? FlagsJoined : FlagsCurrent;
    }
  }
  /** A condition that hardly ever holds; neither path changes registers or flags. */
  ifSeldom(condition: Val, then: () => void, otherwise?: () => void): void {
    asNode(condition).emit(this.code);
    this.gap(() => this.unlikely.push(this.code.length));
    this.#open(Op.if, "if");
    then();
    if (otherwise) {
      this.code.byte(Op.else);
      otherwise();
    }
    this.#close();
  }
  /** What is written on one path only is noted there. */
  #conditional(path: () => void): void {
    const { pending } = this.vectors;
    path();
    this.vectors.settle(pending);
    this.vectors.pending = pending;
  }

  protected repeats(): boolean {
    return this.#block.repeats;
  }
  protected followsPointers(slot: number): boolean {
    this.#loaded ??= loadedInLoops(this.#region);
    return this.#loaded.has(slot);
  }
  protected instruction(): Decoded {
    return this.#block.instructions[this.#index] as Decoded;
  }
  protected emitRecord(): void {
    asNode(this.i32(this.place.records + this.here() * RecordBytes)).emit(this.code);
  }
  protected here(): number {
    return this.#block.start + this.#index;
  }
  protected unspent(): number {
    return this.#block.instructions.length - this.#index;
  }
  // -- control ------------------------------------------------------------------------------------
  pc(): Val {
    return this.#pcOf(this.here());
  }
  #pcOf(index: number): Val {
    const at = (this.place.records + index * RecordBytes) / 4;
    return this.w("i64.add", this.field("pcBias"), this.i64(at));
  }
  jump(offset: Val): void {
    const { taken } = this.#block;
    if (taken !== undefined) this.#aside(() => this.#goTo(taken));
    else this.exitFar(this.w("i64.add", this.pc(), offset));
  }
  jumpTo(address: Val): void {
    const { returns } = this.#block;
    const target = returns.length > 0 ? this.let(address) : address;
    for (const to of returns) {
      this.if(this.w("i64.eq", target, this.#pcOf(to)), () => this.#aside(() => this.#goTo(to)));
    }
    this.exitFar(target);
  }
  /** Emits a path that does not come back: it changes nothing for the code that follows. */
  #aside(path: () => void): void {
    const [flags, conditions, stack] = [this.flagState, this.conditions, this.stackIsAligned];
    const inside = this.suspend();
    const { pending } = this.vectors;
    this.conditions = 0;
    path();
    this.vectors.pending = pending;
    this.conditions = conditions;
    this.flagState = flags;
    this.stackIsAligned = stack;
    this.resume(inside);
  }
  protected fpRoutine(operation: string, info: number, lanes: number | undefined): number {
    return this.place.fpRoutine(operation, info, lanes);
  }
  override interpreted(): void {
    this.sideExit();
  }
  override execute(): void {
    this.sideExit();
  }
  override checkAttention(): void {}
  protected beforeCall(): void {}
  protected afterCall(): void {}
  protected leave(): void {
    this.sideExit();
  }
  protected classIndex(): number {
    return 0;
  }
}

function loadedInLoops({ blocks }: Region): Set<number> {
  const slots = new Set<number>();
  for (const { repeats, instructions } of blocks.values()) {
    if (!repeats) continue;
    for (const { insn, operands } of instructions) {
      if (insn.name.startsWith("Load") && operands.d !== undefined) slots.add(operands.d);
    }
  }
  return slots;
}
