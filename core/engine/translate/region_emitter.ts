/**
 * Code of a region: X and V registers and the flags live in locals, memory is reached through the
 * inline TLB, and whatever needs TypeScript leaves the region before the instruction that needs it.
 *
 * So nothing here can fault, and the interpreter finds the exact state at every exit.
 *
 * @module
 */

import { MaxSites, MemoryMap, Tlb, TlbIndexMask } from "../../memory_map.ts";
import type { Decoded } from "../../isa/decode.ts";
import type { AnyInsn } from "../../isa/insn.ts";
import type { Access, AccessKind, AccessOptions, Val } from "../../isa/ops.ts";
import { describeAccess } from "../access_descriptor.ts";
import { asNode, nodeAddress } from "../emitter.ts";
import { goFunction, HandlerType } from "../handler_emitter.ts";
import { FindFunction } from "./find_page.ts";
import type { FunctionBody } from "../wasm_module.ts";
import {
  BlockJournal,
  type JournalNode,
  neededAtEntry,
  RegisterSet,
  spreadDirty,
} from "./block_journal.ts";
import { type Block, dominates, edges, isBackEdge, type Region } from "./region.ts";
import { FlagsCurrent, FlagsJoined, type FlagState } from "./region_flags.ts";
import { RegionState } from "./region_state.ts";

type Node = JournalNode & { readonly successors: JournalNode[]; readonly loop: JournalNode[] };

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
  call: 0x10,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  empty: 0x40,
} as const;
const Budget = 1;
const RecordBytes = 16;

/** Where a page's VA is kept, and what makes host addresses of VAs in it. */
interface Site {
  readonly page: number;
  readonly addend: number;
}
/** Bits 55 and 54 differ, so no VA of this page translates. */
const NoPage = 0x0040_0000_0000_0000n;

/** Code that is known only when all blocks have been emitted, and where it goes. */
interface Gap {
  readonly at: number;
  readonly fill: () => void;
}

class RegionEmitter extends RegionState {
  readonly #region: Region;
  readonly #place: RegionPlace;
  readonly #labels: (number | "if")[] = [];
  readonly #nodes = new Map<number, Node>();
  /** In the order of the code. */
  readonly #gaps: Gap[] = [];
  /** Offsets of branches that are seldom taken, in the finished code. */
  readonly #unlikely: number[] = [];
  /** Pages of accesses in loops, by base register and kind. */
  readonly #sites = new Map<string, Site>();
  /** Where the flags are on the paths that join at a block. */
  readonly #joins = new Map<number, FlagState>();
  #block!: Block;
  #node!: Node;
  #index = 0;

  constructor(region: Region, place: RegionPlace) {
    super(2);
    this.#region = region;
    this.#place = place;
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
    const body = this.code.view().slice();
    this.code.clear();
    const nodes = [...this.#nodes.values()];
    spreadDirty(nodes);
    this.#prologue(neededAtEntry(nodes));
    let from = 0;
    for (const { at, fill } of this.#gaps) {
      this.code.bytes(body.subarray(from, at));
      from = at;
      fill();
    }
    this.code.bytes(body.subarray(from));
    const code = this.code.view().slice();
    return { type: HandlerType, locals: this.locals, code, unlikely: this.#unlikely };
  }
  #gap(fill: () => void): void {
    this.#gaps.push({ at: this.code.length, fill });
  }

  // -- structure: every block in the place where its dominator's code ends -------------------------
  #tree(b: Block): void {
    const merges = [...this.#region.blocks.values()]
      .filter((c) => c.isMerge && c.dominator === b.start && c !== b)
      .sort((x, y) => y.order - x.order);
    if (b.isMerge) this.flagState = this.#joins.get(b.start) ?? FlagsJoined;
    if (!b.isLoop) return this.#within(b, merges);
    const { stored } = (this.#nodes.get(b.start) as Node).journal;
    this.#gap(() => this.storeRegisters(stored));
    if (b.isMerge) this.#at(b, () => this.#checkBudget(b));
    else if (b.start !== this.#region.entry) {
      this.#checkBudget(b);
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
    this.#at(b, () => {
      this.#spend(b.instructions.length);
      b.instructions.forEach((d, i) => {
        this.#index = i;
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
  }
  /** Continues at instruction `to` of the page, in the region if it is there. */
  #goTo(to: number): void {
    const { blocks } = this.#region;
    const from = this.#block;
    const target = edges(blocks, from).includes(to) ? blocks.get(to) : undefined;
    if (!target) return to === from.taken ? this.#exitFar(this.#pcOf(to)) : this.#exitTo(to);
    if (isBackEdge(from, target)) {
      if (!dominates(blocks, to, from.start)) return this.#exitTo(to);
      this.#checkBudget(target);
      this.#join(to);
      return this.#branch(to);
    }
    if (!target.isMerge) return this.#tree(target);
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
    this.#gap(() => {
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
    then();
    const after = this.flagState;
    const changed = after !== before;
    if (otherwise || (changed && before.pending)) {
      this.code.byte(Op.else);
      this.flagState = before;
      otherwise?.();
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
  #ifSeldom(condition: Val, then: () => void, otherwise?: () => void): void {
    asNode(condition).emit(this.code);
    this.#gap(() => this.#unlikely.push(this.code.length));
    this.#open(Op.if, "if");
    then();
    if (otherwise) {
      this.code.byte(Op.else);
      otherwise();
    }
    this.#close();
  }

  // -- leaving ------------------------------------------------------------------------------------
  /** Leaves unless the budget lasts to the next such check. */
  #checkBudget(b: Block): void {
    const short = this.w("i32.le_u", this.#budget(), this.i32(b.longest));
    this.#ifSeldom(short, () => this.#exitTo(b.start));
  }
  /** Leaves for instruction `index` of the page. */
  #exitTo(index: number): void {
    this.#leave(() => this.#dispatch(index));
  }
  /** Leaves before the current instruction: the interpreter executes it. */
  #sideExit(): void {
    const here = this.#here();
    const unspent = this.#block.instructions.length - this.#index;
    this.#leave(() => {
      this.#spend(-unspent);
      this.#dispatch(here);
    });
  }
  /** Makes the state in memory exact, and then `go` does. */
  #leave(go: () => void): void {
    const { journal } = this.#node;
    const written = journal.written.length;
    const flags = this.flagState;
    journal.hasExits = true;
    if (!flags.pending) this.observeFlags();
    this.#gap(() => {
      const dirty = new RegisterSet();
      dirty.addAll(journal.dirty);
      for (const register of journal.written.slice(0, written)) dirty.add(register);
      this.storeRegisters(dirty);
      this.storeFlags(flags);
      go();
    });
  }
  /** At its own entry a region would only leave again, so the interpreter's handler runs there. */
  #dispatch(index: number): void {
    const { records, handler } = this.#place;
    const record = this.i64(records + index * RecordBytes);
    const isEntry = index === this.#region.entry;
    const slot = isEntry ? this.i32(handler) : this.load("i32.load16_u", record, 0);
    for (const v of [record, this.#budget(), slot]) asNode(v).emit(this.code);
    this.code.bytes([Op.returnCallIndirect, HandlerType, 0]);
  }
  #exitFar(address: Val): void {
    const target = this.let(address);
    this.#leave(() => {
      asNode(target).emit(this.code);
      asNode(this.#budget()).emit(this.code);
      this.code.bytes([Op.returnCall, goFunction]);
    });
  }
  #spend(count: number): void {
    if (count === 0) return;
    asNode(this.w("i32.sub", this.#budget(), this.i32(count))).emit(this.code);
    this.setLocal(Budget);
  }
  #budget(): Val {
    return this.local(Budget, "i32");
  }
  /** Falls back to the interpreter where the region does not apply; loads what it keeps in locals. */
  #prologue(needed: RegisterSet): void {
    const entry = this.#region.blocks.get(this.#region.entry) as Block;
    const short = this.w("i32.le_u", this.#budget(), this.i32(entry.longest));
    const aligned = this.w("i64.ne", super.field("alignMask"), this.i64(0));
    let refuse = this.w("i32.or", short, aligned);
    if (this.#region.usesFp) refuse = this.w("i32.or", refuse, super.field("fpTrap"));
    asNode(refuse).emit(this.code);
    this.#unlikely.push(this.code.length);
    this.code.bytes([Op.if, Op.empty, 0x20, 0, 0x20, Budget]);
    asNode(this.i32(this.#place.handler)).emit(this.code);
    this.code.bytes([Op.returnCallIndirect, HandlerType, 0, Op.end]);
    this.loadState(needed);
    for (const { page } of this.#sites.values()) {
      this.storeAt("i64.store", nodeAddress(this.i64(0), page), this.i64(NoPage));
    }
  }
  // -- memory -------------------------------------------------------------------------------------
  override mem(address: Val, bytes: number, kind: AccessKind, options: AccessOptions = {}): Access {
    const va = this.let(address);
    const site = this.#siteOf(kind, options);
    const host = site
      ? this.#hostBySite(va, bytes, kind, site)
      : this.#hostByTlb(va, bytes, kind, options);
    return {
      load: (name, offset) => this.load(name, host, offset),
      store: (name, offset, value) => this.storeAt(name, nodeAddress(host, offset), value),
      commit: () => {},
    };
  }
  /** In a loop, accesses by one register mostly stay in a page. */
  #siteOf(kind: AccessKind, { align, unprivileged }: AccessOptions): Site | undefined {
    const { n } = (this.#block.instructions[this.#index] as Decoded).operands;
    if (!this.#block.repeats || n === undefined || align || unprivileged) return undefined;
    const key = `${n} ${kind}`;
    let site = this.#sites.get(key);
    if (!site && this.#sites.size < MaxSites) {
      const page = MemoryMap.sites + this.#sites.size * 16;
      site = { page, addend: page + 8 };
      this.#sites.set(key, site);
    }
    return site;
  }
  #hostBySite(va: Val, bytes: number, kind: AccessKind, { page, addend }: Site): Val {
    const none = this.i64(0);
    const inPage = this.w("i64.sub", va, this.load("i64.load", none, page));
    this.#ifSeldom(this.w("i64.gt_u", inPage, this.i64(4096 - bytes)), () => {
      const host = this.#hostByTlb(va, bytes, kind, {});
      const start = this.w("i64.and", va, this.i64(-4096));
      this.storeAt("i64.store", nodeAddress(none, page), start);
      this.storeAt("i64.store", nodeAddress(none, addend), this.w("i64.sub", host, va));
    });
    return this.let(this.w("i64.add", va, this.load("i64.load", none, addend)));
  }
  #hostByTlb(va: Val, bytes: number, kind: AccessKind, options: AccessOptions): Val {
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", this.#context(options), slot));
    const tagAt = kind === "read" ? Tlb.readTag : Tlb.writeTag;
    const missed = this.w(
      "i64.ne",
      this.#keyOf(va, bytes, options),
      this.load("i64.load", entry, tagAt),
    );
    const host = this.variable("i64");
    this.#ifSeldom(missed, () => {
      host.set(this.#find(va, this.#keyOf(va, bytes, options), bytes, kind, options));
    }, () => host.set(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend))));
    return host.get;
  }
  #context({ unprivileged }: AccessOptions): Val {
    return this.field(unprivileged ? "tlbUnprivileged" : "tlb");
  }
  /** What the tag must be: misalignment and page crossing show in it. */
  #keyOf(va: Val, bytes: number, { align }: AccessOptions): Val {
    const last = bytes === 1 ? va : this.w("i64.add", va, this.i64(bytes - 1));
    const key = this.w("i64.and", last, this.i64(-4096));
    if (!align) return key;
    return this.w("i64.or", key, this.w("i64.and", va, this.i64(align - 1)));
  }
  /** Host address by the TLB, filled if need be; leaves where that does not do. */
  #find(va: Val, key: Val, bytes: number, kind: AccessKind, options: AccessOptions): Val {
    const record = this.i32(this.#place.records + this.#here() * RecordBytes);
    const descriptor = this.i32(describeAccess(bytes, kind, options));
    for (const v of [this.#context(options), va, key, record, descriptor]) {
      asNode(v).emit(this.code);
    }
    this.code.byte(Op.call);
    this.code.uleb(goFunction + (kind === "read" ? FindFunction.read : FindFunction.write));
    const host = this.newLocal("i64");
    this.setLocal(host);
    this.#ifSeldom(this.w("i64.eqz", this.local(host, "i64")), () => this.#sideExit());
    return this.local(host, "i64");
  }
  #here(): number {
    return this.#block.start + this.#index;
  }
  override checkSp(address: Val): void {
    const low = this.w("i64.and", address, this.i64(15));
    const bad = this.w("i32.and", this.w("i64.ne", low, this.i64(0)), this.field("spCheck"));
    this.#ifSeldom(bad, () => this.#sideExit());
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
    const { taken } = this.#block;
    if (taken !== undefined) this.#aside(() => this.#goTo(taken));
    else this.#exitFar(this.w("i64.add", this.pc(), offset));
  }
  jumpTo(address: Val): void {
    const { returns } = this.#block;
    const target = returns.length > 0 ? this.let(address) : address;
    for (const to of returns) {
      this.if(this.w("i64.eq", target, this.#pcOf(to)), () => this.#aside(() => this.#goTo(to)));
    }
    this.#exitFar(target);
  }
  /** Emits a path that does not come back: it changes nothing for the code that follows. */
  #aside(path: () => void): void {
    const [flags, conditions] = [this.flagState, this.conditions];
    const inside = this.suspend();
    this.conditions = 0;
    path();
    this.conditions = conditions;
    this.flagState = flags;
    this.resume(inside);
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

/** Code of the region, as a handler for the record of its entry. */
export function emitRegion(region: Region, place: RegionPlace): FunctionBody {
  return new RegionEmitter(region, place).emit();
}
