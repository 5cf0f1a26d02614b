/**
 * Code of a straight run of instructions as one function: operands are constants and X registers
 * live in locals, written back where TypeScript may look and where the run is left.
 *
 * @module
 */

import { MemoryMap } from "../memory_map.ts";
import { StateLayout } from "../cpu/state.ts";
import type { Decoded } from "../isa/decode.ts";
import type { AnyInsn } from "../isa/insn.ts";
import type { SlotRef, Val } from "../isa/ops.ts";
import { asNode, Emitter, type SlotAddress, stateAddress } from "./emitter.ts";
import { Exit } from "./handler_emitter.ts";
import type { FunctionBody } from "./wasm_module.ts";

/** An instruction of a run: what it is and its record, by which TypeScript knows it. */
export interface BlockEntry {
  readonly decoded: Decoded;
  readonly record: number;
  readonly pc: bigint;
}

/** Slots of the register file: X0–X30, zero, SP, discard. */
const Slots = 34;

class BlockEmitter extends Emitter {
  #entry: BlockEntry | undefined;
  readonly #registers = new Map<number, number>();
  readonly #dirty = new Set<number>();
  readonly #budget: number;

  constructor() {
    super(0);
    this.#budget = this.newLocal("i32");
    this.#loadBudget();
  }

  get #here(): BlockEntry {
    return this.#entry as BlockEntry;
  }

  /** Emits one instruction after those before it. */
  instruction(entry: BlockEntry): void {
    this.#entry = entry;
    const { insn, fields, operands } = entry.decoded;
    const bound: Record<string, unknown> = { ...operands };
    if (operands.imm !== undefined) bound.imm = this.i64(operands.imm);
    if (operands.p !== undefined) bound.p = this.i32(operands.p);
    if (operands.q !== undefined) bound.q = this.i32(operands.q);
    insn.run(this, fields, bound as unknown as Parameters<AnyInsn["run"]>[2]);
    asNode(this.w("i32.sub", this.local(this.#budget, "i32"), this.i32(1))).emit(this.code);
    this.setLocal(this.#budget);
  }

  /** Ends the run after its last instruction. */
  finish(type: number): FunctionBody {
    this.#exit(this.i64(this.#here.pc + 4n));
    return { type, locals: this.locals, code: this.code.view().slice() };
  }

  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(slot as unknown as number);
  }
  #registerOf(slot: SlotRef): number | undefined {
    const offset = slot as unknown as number;
    const number = (offset - StateLayout.x) / 8;
    return number >= 0 && number < Slots ? number : undefined;
  }
  override x(slot: SlotRef): Val {
    const n = this.#registerOf(slot);
    if (n === undefined) return super.x(slot);
    // A copy, as a later write must not change the value that was read.
    return this.let(this.local(this.#localOf(n, true), "i64"));
  }
  override w32(slot: SlotRef): Val {
    return this.#registerOf(slot) === undefined
      ? super.w32(slot)
      : this.w("i32.wrap_i64", this.x(slot));
  }
  override setX(slot: SlotRef, value: Val): void {
    const n = this.#registerOf(slot);
    if (n === undefined) return super.setX(slot, value);
    const local = this.#localOf(n, true);
    asNode(value).emit(this.code);
    this.setLocal(local);
    this.#dirty.add(n);
  }
  #localOf(n: number, load: boolean): number {
    let local = this.#registers.get(n);
    if (local === undefined) {
      local = this.newLocal("i64");
      this.#registers.set(n, local);
      if (load) this.#prologue.push([n, local]);
    }
    return local;
  }
  /** Registers are loaded at the start, so that no path reads one that was not. */
  readonly #prologue: [n: number, local: number][] = [];

  /** Code that loads the registers which the run uses; goes before everything else. */
  prologue(): Uint8Array {
    const e = new BlockEmitter();
    e.code.clear();
    for (const [n, local] of this.#prologue) {
      e.code.bytes([0x42, 0, 0x29, 0]);
      e.code.uleb(MemoryMap.window + StateLayout.x + n * 8);
      e.setLocal(local);
    }
    return e.code.view().slice();
  }

  #loadBudget(): void {
    asNode(this.w("i32.wrap_i64", this.field("budget"))).emit(this.code);
    this.setLocal(this.#budget);
  }
  #writeBack(): void {
    for (const n of this.#dirty) {
      const at = stateAddress(StateLayout.x + n * 8);
      const local = this.#registers.get(n) as number;
      this.storeAt("i64.store", at, this.local(local, "i64"));
    }
  }
  #storeBudget(): void {
    this.setField("budget", this.w("i64.extend_i32_u", this.local(this.#budget, "i32")));
  }
  protected emitRecord(): void {
    asNode(this.i32(this.#here.record)).emit(this.code);
  }
  protected beforeCall(): void {
    this.#writeBack();
    this.#storeBudget();
  }
  protected afterCall(): void {
    this.#loadBudget();
    for (const [n, local] of this.#registers) {
      asNode(super.x(StateLayout.x + n * 8 as unknown as SlotRef)).emit(this.code);
      this.setLocal(local);
    }
  }
  protected leave(): void {
    const left = this.w("i32.sub", this.local(this.#budget, "i32"), this.i32(1));
    this.setField("budget", this.w("i64.extend_i32_u", left));
    this.setField("exit", this.i32(Exit.left));
    this.code.byte(0x0f);
  }
  protected classIndex(): number {
    return this.#here.decoded.classIndex;
  }
  pc(): Val {
    return this.i64(this.#here.pc);
  }
  jump(offset: Val): void {
    this.jumpTo(this.w("i64.add", this.pc(), offset));
  }
  jumpTo(address: Val): void {
    const target = this.let(address);
    asNode(this.w("i32.sub", this.local(this.#budget, "i32"), this.i32(1))).emit(this.code);
    this.setLocal(this.#budget);
    this.#exit(target);
  }
  #exit(pc: Val): void {
    this.#writeBack();
    this.#storeBudget();
    this.setField("pc", pc);
    this.setField("exit", this.i32(Exit.lookup));
    this.code.byte(0x0f);
  }
}

/**
 * Code of a straight run; it is to be entered with a budget of at least its length. Functions of
 * `type` take and return nothing.
 */
export function emitBlock(entries: readonly BlockEntry[], type: number): FunctionBody {
  const e = new BlockEmitter();
  for (const entry of entries) e.instruction(entry);
  const body = e.finish(type);
  const prologue = e.prologue();
  const code = new Uint8Array(prologue.length + body.code.length);
  code.set(prologue);
  code.set(body.code, prologue.length);
  return { ...body, code };
}
