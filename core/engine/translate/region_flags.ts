/** The flags of a region as they are on the path that is being emitted. @module */

import type { Size, Val } from "../../isa/ops.ts";
import type { WasmType } from "../../isa/wasm_ops.ts";
import type { StateField } from "../../cpu/state.ts";
import { asNode, Emitter } from "../emitter.ts";
import { goFunction } from "../handler_emitter.ts";
import type { BlockJournal } from "./block_journal.ts";
import { type FlagSetter, LazyFlags } from "./lazy_flags.ts";

/** Helpers that every module carries, counted from `go`. */
const Helper = { storeFlags: 2, settleFlags: 3 } as const;

/** Where the flags are. */
export interface FlagState {
  /** Set by this, and nowhere else yet. */
  readonly pending?: FlagSetter;
  /** The state's lazy fields may hold them. */
  readonly lazyMaybe: boolean;
}

/** The flag words are current. */
export const FlagsCurrent: FlagState = { lazyMaybe: false };
/** Paths join here. */
export const FlagsJoined: FlagState = { lazyMaybe: true };

const FlagFields: readonly StateField[] = ["nFlag", "zFlag", "cFlag", "vFlag"];

/** Emits what instructions do to the flags. */
export abstract class RegionFlags extends Emitter {
  readonly #flags: LazyFlags;
  readonly #choice: number;
  /** Where the flags are at this point of the path. */
  protected flagState: FlagState = FlagsCurrent;
  /** How many conditions inside the instruction this code is under. */
  protected conditions = 0;

  constructor(firstLocal: number) {
    super(firstLocal);
    this.#flags = new LazyFlags(this, (type) => this.ownLocal(type));
    this.#choice = this.ownLocal("i32");
  }
  /** What listings call the locals. */
  protected flagLocals(): (readonly [local: number, name: string])[] {
    return [...this.#flags.names(), [this.#choice, "flagsChoice"]];
  }
  /** A local that stays the region's. */
  abstract ownLocal(type: WasmType): number;
  /** Of the block that is being emitted. */
  protected abstract get journal(): BlockJournal;
  /** The flags that the block was given are looked at. */
  protected observeFlags(): void {
    this.journal.flags ??= "observed";
  }

  override addFlags(size: Size, a: Val, b: Val): Val {
    return this.#set("add", size, a, b);
  }
  override subFlags(size: Size, a: Val, b: Val): Val {
    return this.#set("sub", size, a, b);
  }
  override logicFlags(size: Size, value: Val): void {
    this.#set("logic", size, value);
  }
  override setNzcv(value: Val): void {
    const bits = this.let(this.w("i64.extend_i32_u", value));
    this.#flags.set(bits);
    this.#pend({ operation: "nzcv", size: 64 });
  }
  #set(operation: "add" | "sub" | "logic", size: Size, a: Val, b?: Val): Val {
    const t = size === 64 ? "i64" : "i32";
    const x = this.let(a);
    const y = b && this.let(b);
    const result = operation === "logic" || !y ? x : this.let(this.w(`${t}.${operation}`, x, y));
    const wide = (v: Val) => (size === 64 ? v : this.w("i64.extend_i32_u", v));
    this.#flags.set(wide(x), y && wide(y));
    this.#pend({ operation, size });
    return result;
  }
  #pend(setter: FlagSetter): void {
    if (this.conditions > 0) this.observeFlags();
    else this.journal.flags ??= "set";
    this.flagState = { pending: setter, lazyMaybe: this.flagState.lazyMaybe };
    if (this.conditions > 0) this.flushFlags();
  }
  /** The flags are what comparing two f64 gives. */
  protected setNumberFlags(x: Val, y: Val): void {
    this.#flags.setNumbers(x, y);
    this.#pend({ operation: "number", size: 64 });
  }
  override chooseFlags(condition: Val, set: () => void, nzcv: Val): void {
    const constant = Number(asNode(nzcv).constant);
    const chosen = this.let(condition);
    set();
    asNode(chosen).emit(this.code);
    this.setLocal(this.#choice);
    const pending = this.flagState.pending as FlagSetter;
    const choice = { local: this.#choice, nzcv: constant };
    this.flagState = { ...this.flagState, pending: { ...pending, choice } };
  }

  /** Hands pending flags to the state's lazy fields, where paths join. */
  protected flushFlags(): void {
    const { pending } = this.flagState;
    if (!pending) return;
    const [kind, a, b] = this.#flags.lazy(pending);
    this.setField("lazyKind", kind);
    this.setField("lazyA", a);
    if (pending.operation !== "logic" && pending.operation !== "nzcv") this.setField("lazyB", b);
    this.flagState = FlagsJoined;
  }
  /** Makes the flag words current; other code's idea of the flags stays as it is. */
  protected storeFlags({ pending, lazyMaybe }: FlagState): void {
    if (pending) {
      for (const v of this.#flags.lazy(pending)) asNode(v).emit(this.code);
      this.#callHelper(Helper.storeFlags);
    } else if (lazyMaybe) this.#callHelper(Helper.settleFlags);
  }
  #callHelper(helper: number): void {
    this.code.byte(0x10);
    this.code.uleb(goFunction + helper);
  }
  #settle(): void {
    if (!this.flagState.pending) this.observeFlags();
    this.storeFlags(this.flagState);
    this.flagState = FlagsCurrent;
  }
  override cond(cond: number): Val {
    if (cond >= 14) return this.i32(1);
    const { pending } = this.flagState;
    const known = pending && this.#flags.condition(pending, cond);
    return known ?? super.cond(cond);
  }
  override carry(): Val {
    const { pending } = this.flagState;
    const known = pending && this.#flags.condition(pending, 2);
    return known ?? super.carry();
  }
  override field(name: StateField): Val {
    if (FlagFields.includes(name)) this.#settle();
    return super.field(name);
  }
  override setField(name: StateField, value: Val): void {
    if (FlagFields.includes(name)) this.#setWord();
    super.setField(name, value);
  }
  /** Words are set all four together, so what was there before does not matter. */
  #setWord(): void {
    const { pending, lazyMaybe } = this.flagState;
    if (this.conditions > 0) this.observeFlags();
    else this.journal.flags ??= "set";
    if (lazyMaybe) super.setField("lazyKind", this.i32(0));
    if (pending || lazyMaybe) this.flagState = FlagsCurrent;
  }
}
