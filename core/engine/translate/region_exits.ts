/**
 * How a region is entered and left: what it keeps in locals is loaded, and what was written is stored
 * at each exit. Both are known when all its blocks have been emitted, so their code is put in then.
 *
 * @module
 */

import type { Val } from "../../isa/ops.ts";
import { asNode } from "../emitter.ts";
import { goFunction, HandlerType } from "../handler_emitter.ts";
import { RegisterSet } from "./block_journal.ts";
import type { Block, Region } from "./region.ts";
import { RegionMemory } from "./region_memory.ts";
import type { RegionHints } from "./region_state.ts";

/** Where a region's page is and what runs when the region cannot. */
export interface RegionPlace {
  /** Address of the page's first record. */
  readonly records: number;
  /** Table slot of the interpreter's handler for the entry. */
  readonly handler: number;
  /** Table slot of the function for a floating-point operation (fp_routine.ts). */
  readonly fpRoutine: (operation: string, info: number, lanes: number | undefined) => number;
  /** Whether the instruction of a record has accessed a device. */
  readonly accessesDevice: (record: number) => boolean;
}

const Op = {
  if: 0x04,
  end: 0x0b,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  empty: 0x40,
} as const;
const Budget = 1;
export const RecordBytes = 16;

/** Code that is known only when all blocks have been emitted, and where it goes. */
interface Gap {
  readonly at: number;
  readonly fill: () => void;
}

/** Emits entries and exits. */
export abstract class RegionExits extends RegionMemory {
  protected readonly place: RegionPlace;
  /** In the order of the code. */
  readonly #gaps: Gap[] = [];
  /** Offsets of branches that are seldom taken, in the finished code. */
  protected readonly unlikely: number[] = [];
  #entry = -1;

  constructor(place: RegionPlace, hints: RegionHints) {
    super(2, hints);
    this.place = place;
  }
  /** Index in the page of the current instruction. */
  protected abstract here(): number;
  /** Instructions of the block from the current one on. */
  protected abstract unspent(): number;

  /** `fill` emits what belongs here, later. */
  protected gap(fill: () => void): void {
    this.#gaps.push({ at: this.code.length, fill });
  }
  /** The finished code: what has been emitted, with a prologue and with its gaps filled. */
  protected assemble(region: Region, needed: RegisterSet): Uint8Array {
    this.#entry = region.entry;
    const body = this.code.view().slice();
    this.code.clear();
    this.#prologue(region, needed);
    let from = 0;
    for (const { at, fill } of this.#gaps) {
      this.code.bytes(body.subarray(from, at));
      from = at;
      fill();
    }
    this.code.bytes(body.subarray(from));
    return this.code.view().slice();
  }

  /** Leaves unless the budget lasts to the next such check. */
  protected checkBudget(b: Block): void {
    const short = this.w("i32.le_u", this.#budget(), this.i32(b.longest));
    this.ifSeldom(short, () => this.exitTo(b.start));
  }
  /** Leaves for instruction `index` of the page. */
  protected exitTo(index: number): void {
    this.#leave(() => this.#dispatch(index));
  }
  /** Leaves before the current instruction: the interpreter executes it. */
  protected sideExit(): void {
    const here = this.here();
    const unspent = this.unspent();
    this.#leave(() => {
      this.spend(-unspent);
      this.#dispatch(here);
    });
  }
  protected accessesDevice(): boolean {
    return this.place.accessesDevice(this.place.records + this.here() * RecordBytes);
  }
  protected budgetHere(): Val {
    return this.w("i32.add", this.#budget(), this.i32(this.unspent()));
  }
  protected leaveWithBudget(): void {
    const here = this.here();
    this.#leave(() => {
      asNode(this.w("i32.wrap_i64", super.field("budget"))).emit(this.code);
      this.setLocal(Budget);
      this.#dispatch(here);
    });
  }
  /** Makes the state in memory exact, and then `go` does. */
  #leave(go: () => void): void {
    const { journal } = this;
    const written = journal.written.length;
    const flags = this.flagState;
    const { pending } = this.vectors;
    journal.hasExits = true;
    if (!flags.pending) this.observeFlags();
    this.gap(() => {
      const dirty = new RegisterSet();
      dirty.addAll(journal.dirty);
      for (const register of journal.written.slice(0, written)) dirty.add(register);
      this.storeRegisters(dirty, pending);
      this.storeFlags(flags);
      go();
    });
  }
  /** At its own entry a region would only leave again, so the interpreter's handler runs there. */
  #dispatch(index: number): void {
    const { records, handler } = this.place;
    const record = this.i64(records + index * RecordBytes);
    const isEntry = index === this.#entry;
    const slot = isEntry ? this.i32(handler) : this.load("i32.load16_u", record, 0);
    for (const v of [record, this.#budget(), slot]) asNode(v).emit(this.code);
    this.code.bytes([Op.returnCallIndirect, HandlerType, 0]);
  }
  protected exitFar(address: Val): void {
    const target = this.let(address);
    this.#leave(() => {
      asNode(target).emit(this.code);
      asNode(this.#budget()).emit(this.code);
      this.code.bytes([Op.returnCall, goFunction]);
    });
  }
  protected spend(count: number): void {
    if (count === 0) return;
    asNode(this.w("i32.sub", this.#budget(), this.i32(count))).emit(this.code);
    this.setLocal(Budget);
  }
  #budget(): Val {
    return this.local(Budget, "i32");
  }
  /** Falls back to the interpreter where the region does not apply; loads what it keeps in locals. */
  #prologue(region: Region, needed: RegisterSet): void {
    const entry = region.blocks.get(region.entry) as Block;
    const short = this.w("i32.le_u", this.#budget(), this.i32(entry.longest));
    const aligned = this.w("i64.ne", super.field("alignMask"), this.i64(0));
    let refuse = this.w("i32.or", short, aligned);
    if (region.usesFp) refuse = this.w("i32.or", refuse, super.field("fpTrap"));
    asNode(refuse).emit(this.code);
    this.unlikely.push(this.code.length);
    this.code.bytes([Op.if, Op.empty, 0x20, 0, 0x20, Budget]);
    asNode(this.i32(this.place.handler)).emit(this.code);
    this.code.bytes([Op.returnCallIndirect, HandlerType, 0, Op.end]);
    this.loadState(needed);
    this.forgetPages();
  }
}
