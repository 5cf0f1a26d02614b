/** {@linkcode Ops} as WebAssembly code: what the interpreter and the translator have in common. @module */

import { MemoryMap, Tlb, TlbIndexMask } from "../memory_map.ts";
import { type StateField, StateFields, StateLayout } from "../cpu/state.ts";
import { fpOperationIndex } from "../fp/table.ts";
import type { Access, AccessKind, AccessOptions, Ops, Size, SlotRef, Val } from "../isa/ops.ts";
import { describeAccess } from "./access_descriptor.ts";
import { emitFp, emitFpLanes } from "./fp_call.ts";
import { describeFp } from "./fp_helper.ts";
import { Imports } from "./imports.ts";
import {
  asNode,
  nodeAddress,
  type SlotAddress,
  stateAddress,
  ValueEmitter,
} from "./value_emitter.ts";

export { asNode, nodeAddress, type SlotAddress, stateAddress };

const W = {
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  call: 0x10,
  empty: 0x40,
} as const;

const Mailbox = MemoryMap.window + StateLayout.mailbox;

/** Emits an instruction's body; a subclass says where slots are and how instructions end. */
export abstract class Emitter extends ValueEmitter implements Ops {
  /** Address of a slot that a body was given. */
  protected abstract slotAddress(slot: SlotRef): SlotAddress;
  /** Pushes the record address as i32, by which TypeScript knows the instruction. */
  protected abstract emitRecord(): void;
  /** Makes the state in memory exact before TypeScript runs. */
  protected abstract beforeCall(): void;
  /** Takes over what TypeScript may have changed. */
  protected abstract afterCall(): void;
  /** Leaves generated code; the state says where to go on. */
  protected abstract leave(): void;
  /** Index of this instruction's class, for `execute`. */
  protected abstract classIndex(): number;
  abstract pc(): Val;
  abstract jump(offset: Val): void;
  abstract jumpTo(address: Val): void;

  // -- registers ----------------------------------------------------------------------------------
  x(slot: SlotRef): Val {
    return this.loadAt("i64.load", this.slotAddress(slot));
  }
  w32(slot: SlotRef): Val {
    return this.loadAt("i32.load", this.slotAddress(slot));
  }
  setX(slot: SlotRef, value: Val): void {
    this.storeAt("i64.store", this.slotAddress(slot), value);
  }
  setW(slot: SlotRef, value: Val): void {
    this.setX(slot, this.w("i64.extend_i32_u", value));
  }
  setHalf(slot: SlotRef, value: Val): void {
    this.storeAt("i32.store", this.slotAddress(slot), value);
  }
  v(slot: SlotRef): Val {
    return this.loadAt("v128.load", this.slotAddress(slot));
  }
  setV(slot: SlotRef, value: Val): void {
    this.storeAt("v128.store", this.slotAddress(slot), value);
  }
  setD(slot: SlotRef, value: Val): void {
    this.setV(slot, this.lane("i64x2.replace_lane", 0, this.v128(0n, 0n), value));
  }
  scalar(_size: number, slot: SlotRef): Val {
    return this.x(slot);
  }
  setScalar(_size: number, slot: SlotRef, value: Val): void {
    this.setD(slot, value);
  }
  setS(slot: SlotRef, value: Val): void {
    this.setV(slot, this.lane("i32x4.replace_lane", 0, this.v128(0n, 0n), value));
  }
  field(name: StateField): Val {
    const [offset, type] = StateFields[name];
    return this.loadAt(type === "u32" ? "i32.load" : "i64.load", stateAddress(offset));
  }
  setField(name: StateField, value: Val): void {
    const [offset, type] = StateFields[name];
    this.storeAt(type === "u32" ? "i32.store" : "i64.store", stateAddress(offset), value);
  }

  word(at: Val, offset: number): Val {
    return this.load("i32.load", this.w("i64.extend_i32_u", at), MemoryMap.window + offset);
  }
  setWord(at: Val, value: Val): void {
    const address = nodeAddress(this.w("i64.extend_i32_u", at), MemoryMap.window);
    this.storeAt("i32.store", address, value);
  }
  wide(at: Val): Val {
    return this.load("i64.load", this.w("i64.extend_i32_u", at), MemoryMap.window);
  }
  setWide(at: Val, value: Val): void {
    const address = nodeAddress(this.w("i64.extend_i32_u", at), MemoryMap.window);
    this.storeAt("i64.store", address, value);
  }

  // -- flags --------------------------------------------------------------------------------------
  addFlags(size: Size, a: Val, b: Val): Val {
    const t = size === 64 ? "i64" : "i32";
    const x = this.let(a);
    const y = this.let(b);
    const r = this.let(this.w(`${t}.add`, x, y));
    const overflow = this.w(`${t}.and`, this.w(`${t}.xor`, x, r), this.w(`${t}.xor`, y, r));
    this.#setFlags(size, r, this.w(`${t}.lt_u`, r, x), overflow);
    return r;
  }
  subFlags(size: Size, a: Val, b: Val): Val {
    const t = size === 64 ? "i64" : "i32";
    const x = this.let(a);
    const y = this.let(b);
    const r = this.let(this.w(`${t}.sub`, x, y));
    const overflow = this.w(`${t}.and`, this.w(`${t}.xor`, x, y), this.w(`${t}.xor`, x, r));
    this.#setFlags(size, r, this.w(`${t}.ge_u`, x, y), overflow);
    return r;
  }
  adcFlags(size: Size, a: Val, b: Val): Val {
    const t = size === 64 ? "i64" : "i32";
    const x = this.let(a);
    const y = this.let(b);
    const carryIn = this.let(this.carry());
    const wide = size === 64 ? this.w("i64.extend_i32_u", carryIn) : carryIn;
    const r = this.let(this.w(`${t}.add`, this.w(`${t}.add`, x, y), wide));
    const carryOut = this.w(
      "i32.or",
      this.w(`${t}.lt_u`, r, x),
      this.w("i32.and", carryIn, this.w(`${t}.eq`, r, x)),
    );
    const overflow = this.w(`${t}.and`, this.w(`${t}.xor`, x, r), this.w(`${t}.xor`, y, r));
    this.#setFlags(size, r, carryOut, overflow);
    return r;
  }
  logicFlags(size: Size, value: Val): void {
    this.#setFlags(size, this.let(value), this.i32(0), size === 64 ? this.i64(0) : this.i32(0));
  }
  #setFlags(size: Size, result: Val, carry: Val, overflow: Val): void {
    const wide = (v: Val) => size === 64 ? v : this.w("i64.extend_i32_s", v);
    this.setField("nFlag", wide(result));
    this.setField("zFlag", wide(result));
    this.setField("cFlag", carry);
    this.setField("vFlag", wide(overflow));
  }
  setNzcv(value: Val): void {
    const bits = this.let(value);
    const bit = (n: number) =>
      this.w("i32.and", this.w("i32.shr_u", bits, this.i32(n)), this.i32(1));
    const wide = this.w("i64.extend_i32_u", bits);
    this.setField("nFlag", this.w("i64.shl", wide, this.i64(32)));
    this.setField("zFlag", this.w("i64.extend_i32_u", this.w("i32.eqz", bit(30))));
    this.setField("cFlag", bit(29));
    this.setField("vFlag", this.w("i64.shl", wide, this.i64(35)));
  }
  chooseFlags(condition: Val, set: () => void, nzcv: Val): void {
    this.if(condition, set, () => this.setNzcv(nzcv));
  }
  nzcv(): Val {
    const at = (v: Val, n: number) => this.w("i32.shl", v, this.i32(n));
    const top = (name: StateField) =>
      this.w("i32.wrap_i64", this.w("i64.shr_u", this.field(name), this.i64(63)));
    const or = (a: Val, b: Val) => this.w("i32.or", a, b);
    return this.let(or(
      or(at(top("nFlag"), 31), at(this.w("i64.eqz", this.field("zFlag")), 30)),
      or(at(this.carry(), 29), at(top("vFlag"), 28)),
    ));
  }
  carry(): Val {
    return this.w("i32.ne", this.field("cFlag"), this.i32(0));
  }
  cond(cond: number): Val {
    const zero = this.i64(0);
    const nv = () => this.w("i64.xor", this.field("nFlag"), this.field("vFlag"));
    const tests: readonly (() => Val)[] = [
      () => this.w("i64.eqz", this.field("zFlag")),
      () => this.carry(),
      () => this.w("i64.lt_s", this.field("nFlag"), zero),
      () => this.w("i64.lt_s", this.field("vFlag"), zero),
      () => this.w("i32.and", this.carry(), this.w("i64.ne", this.field("zFlag"), zero)),
      () => this.w("i64.ge_s", nv(), zero),
      () =>
        this.w(
          "i32.and",
          this.w("i64.ne", this.field("zFlag"), zero),
          this.w("i64.ge_s", nv(), zero),
        ),
    ];
    const test = tests[cond >> 1];
    if (!test) return this.i32(1);
    return cond & 1 ? this.w("i32.eqz", test()) : test();
  }

  // -- memory -------------------------------------------------------------------------------------
  mem(address: Val, bytes: number, kind: AccessKind, options: AccessOptions = {}): Access {
    const va = this.let(address);
    const descriptor = describeAccess(bytes, kind, options);
    const unit = options.align ?? options.element ?? bytes;
    const context = this.field(options.unprivileged ? "tlbUnprivileged" : "tlb");
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", context, slot));
    const last = this.w("i64.add", va, this.i64(bytes - 1));
    let key = this.w("i64.and", last, this.i64(-4096));
    if (unit > 1) {
      const low = this.w("i64.and", va, this.i64(unit - 1));
      const checked = options.align ? low : this.w("i64.and", low, this.field("alignMask"));
      key = this.w("i64.or", key, checked);
    }
    const tagAt = kind === "read" ? Tlb.readTag : Tlb.writeTag;
    const host = this.newLocal("i64");
    const hit = this.w("i64.eq", key, this.load("i64.load", entry, tagAt));
    this.if(hit, () => {
      asNode(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend))).emit(this.code);
      this.setLocal(host);
    }, () => {
      this.setField("accessAddress", va);
      this.callOrLeave(Imports.slow, () => asNode(this.i32(descriptor)).emit(this.code));
      asNode(this.i64(Mailbox)).emit(this.code);
      this.setLocal(host);
    });
    const at = this.local(host, "i64");
    return {
      load: (name, offset) => this.load(name, at, offset),
      store: (name, offset, value) => this.storeAt(name, nodeAddress(at, offset), value),
      commit: () =>
        this.if(this.w("i64.eq", at, this.i64(Mailbox)), () => {
          this.callOrLeave(Imports.commit, () => asNode(this.i32(descriptor)).emit(this.code));
        }),
    };
  }
  isReadable(address: Val): Val {
    const slot = this.w(
      "i64.and",
      this.w("i64.shr_u", address, this.i64(7)),
      this.i64(TlbIndexMask),
    );
    const entry = this.let(this.w("i64.add", this.field("tlb"), slot));
    const page = this.w("i64.and", address, this.i64(-4096));
    return this.w("i64.eq", page, this.load("i64.load", entry, Tlb.readTag));
  }
  checkSp(address: Val): void {
    const low = this.w("i64.and", address, this.i64(15));
    const bad = this.w("i32.and", this.w("i64.ne", low, this.i64(0)), this.field("spCheck"));
    this.if(bad, () => {
      this.callOrLeave(Imports.spFault, () => asNode(this.i32(0)).emit(this.code));
    });
  }

  // -- control ------------------------------------------------------------------------------------
  if(condition: Val, then: () => void, otherwise?: () => void): void {
    asNode(condition).emit(this.code);
    this.code.bytes([W.if, W.empty]);
    then();
    if (otherwise) {
      this.code.byte(W.else);
      otherwise();
    }
    this.code.byte(W.end);
  }
  execute(): void {
    this.callOrLeave(Imports.execute, () => asNode(this.i32(this.classIndex())).emit(this.code));
  }
  interpreted(): void {}
  checkAttention(): void {
    this.if(this.field("attention"), () => {
      this.callOrLeave(Imports.attend, () => asNode(this.i32(0)).emit(this.code));
    });
  }
  fp(operation: string, info: number, ...args: Val[]): Val {
    return emitFp(this, operation, info, args);
  }
  fpLanes(operation: string, info: number, lanes: number, ...args: Val[]): Val {
    return emitFpLanes(this, operation, info, lanes, args);
  }
  fpFlags(size: number, signalling: boolean, a: Val, b: Val): void {
    const order = this.fp(signalling ? "compareSignalling" : "compare", size, a, b);
    this.setNzcv(this.w("i32.shl", this.w("i32.wrap_i64", order), this.i32(28)));
  }
  /** Calls core/fp; operands and result are i64 bit patterns. */
  fpExact(operation: string, info: number, args: readonly Val[]): Val {
    args.forEach((v, i) => this.storeAt("i64.store", stateAddress(StateLayout.scratch + i * 8), v));
    this.emitRecord();
    asNode(this.i32(describeFp(fpOperationIndex(operation), info))).emit(this.code);
    this.call(Imports.fp);
    this.code.byte(0x1a); // drop
    return this.loadAt("i64.load", stateAddress(StateLayout.scratch));
  }

  /** Calls an import `(record, argument) -> i32` and leaves when it returns other than 0. */
  protected callOrLeave(index: number, argument: () => void): void {
    this.beforeCall();
    this.emitRecord();
    argument();
    this.call(index);
    this.afterCallStatus();
  }
  /** The status is on the stack. */
  protected afterCallStatus(): void {
    const status = this.newLocal("i32");
    this.setLocal(status);
    this.afterCall();
    this.if(this.local(status, "i32"), () => this.leave());
  }
  protected call(index: number): void {
    this.code.byte(W.call);
    this.code.uleb(index);
  }
}
