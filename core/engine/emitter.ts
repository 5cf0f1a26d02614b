/** {@linkcode Ops} as WebAssembly code: what the interpreter and the translator have in common. @module */

import { MemoryMap, Tlb } from "../memory_map.ts";
import { type StateField, StateFields, StateLayout } from "../cpu/state.ts";
import { fpOperationIndex } from "../fp/table.ts";
import type { Access, AccessKind, AccessOptions, Ops, Size, SlotRef, Val } from "../isa/ops.ts";
import {
  type LaneOp,
  LaneOps,
  type LoadOp,
  LoadOps,
  type StoreOp,
  StoreOps,
  type WasmOp,
  WasmOps,
  type WasmType,
} from "../isa/wasm_ops.ts";
import { describeAccess } from "./access_descriptor.ts";
import { Code } from "./code.ts";
import { emitFp, emitFpLanes } from "./fp_call.ts";
import { describeFp } from "./fp_helper.ts";
import { Imports } from "./imports.ts";
import { TypeCode } from "./wasm_module.ts";

/** A pure expression; `emit` pushes its value. */
export interface Node {
  readonly type: WasmType;
  readonly emit: (c: Code) => void;
}

/** Where a slot is: `emit` pushes an i64 address, to which `offset` is added. */
export interface SlotAddress {
  readonly emit: (c: Code) => void;
  readonly offset: number;
}

const W = {
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  i32Const: 0x41,
  i64Const: 0x42,
  empty: 0x40,
} as const;

/** The opaque values of instruction bodies are nodes. */
export const asNode = (v: Val): Node => v as unknown as Node;
const asVal = (n: Node): Val => n as unknown as Val;

/** Emits one function body: locals beyond the parameters and code. */
export abstract class Emitter implements Ops {
  readonly code = new Code();
  readonly locals: WasmType[] = [];
  readonly #firstLocal: number;

  constructor(firstLocal: number) {
    this.#firstLocal = firstLocal;
  }

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

  // -- pure values --------------------------------------------------------------------------------
  w(name: WasmOp, ...args: Val[]): Val {
    const [opcode, params, result] = WasmOps[name];
    return this.#pure(name, opcode, [], params, result, args);
  }
  lane(name: LaneOp, index: number, ...args: Val[]): Val {
    const [opcode, params, result] = LaneOps[name];
    return this.#pure(name, opcode, [index], params, result, args);
  }
  shuffle(lanes: readonly number[], a: Val, b: Val): Val {
    return this.#pure("i8x16.shuffle", [0xfd, 13], lanes, ["v128", "v128"], "v128", [a, b]);
  }
  #pure(
    name: string,
    opcode: readonly number[],
    immediate: readonly number[],
    params: readonly WasmType[],
    type: WasmType,
    args: readonly Val[],
  ): Val {
    const nodes = args.map(asNode);
    if (nodes.length !== params.length || nodes.some((n, i) => n.type !== params[i])) {
      const got = nodes.map((n) => n.type).join(", ");
      throw new TypeError(`Cannot emit ${name}: it takes (${params.join(", ")}), got (${got})`);
    }
    return asVal({
      type,
      emit: (c) => {
        for (const n of nodes) n.emit(c);
        c.bytes(opcode);
        c.bytes(immediate);
      },
    });
  }
  i32(value: number): Val {
    return asVal({
      type: "i32",
      emit: (c) => {
        c.byte(W.i32Const);
        c.sleb32(value);
      },
    });
  }
  i64(value: bigint | number): Val {
    return asVal({
      type: "i64",
      emit: (c) => {
        c.byte(W.i64Const);
        c.sleb64(BigInt(value));
      },
    });
  }
  v128(low: bigint, high: bigint): Val {
    const bytes = new DataView(new ArrayBuffer(16));
    bytes.setBigUint64(0, BigInt.asUintN(64, low), true);
    bytes.setBigUint64(8, BigInt.asUintN(64, high), true);
    return asVal({
      type: "v128",
      emit: (c) => {
        c.bytes([0xfd, 12]);
        c.bytes(new Uint8Array(bytes.buffer));
      },
    });
  }
  let(value: Val): Val {
    const node = asNode(value);
    const local = this.newLocal(node.type);
    node.emit(this.code);
    this.setLocal(local);
    return this.local(local, node.type);
  }
  select(condition: Val, a: Val, b: Val): Val {
    const [x, y, c0] = [asNode(a), asNode(b), asNode(condition)];
    if (x.type !== y.type || c0.type !== "i32") {
      throw new TypeError(`Cannot select between ${x.type} and ${y.type} by ${c0.type}`);
    }
    return asVal({
      type: x.type,
      emit: (c) => {
        x.emit(c);
        y.emit(c);
        c0.emit(c);
        if (x.type === "v128") c.bytes([0x1c, 1, TypeCode.v128]);
        else c.byte(W.select);
      },
    });
  }

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

  // -- locals and memory --------------------------------------------------------------------------
  newLocal(type: WasmType): number {
    this.locals.push(type);
    return this.#firstLocal + this.locals.length - 1;
  }
  local(index: number, type: WasmType): Val {
    return asVal({
      type,
      emit: (c) => {
        c.byte(W.localGet);
        c.uleb(index);
      },
    });
  }
  setLocal(index: number): void {
    this.code.byte(W.localSet);
    this.code.uleb(index);
  }
  /** A local that may be set more than once. */
  variable(type: WasmType): { readonly get: Val; set(value: Val): void } {
    const index = this.newLocal(type);
    return {
      get: this.local(index, type),
      set: (value) => {
        asNode(value).emit(this.code);
        this.setLocal(index);
      },
    };
  }
  /** Loads now, so that later stores do not change the value. */
  load(name: LoadOp, address: Val, offset: number): Val {
    return this.loadAt(name, nodeAddress(address, offset));
  }
  protected loadAt(name: LoadOp, address: SlotAddress): Val {
    const [opcode, type] = LoadOps[name];
    const local = this.newLocal(type);
    address.emit(this.code);
    this.code.bytes(opcode);
    this.code.byte(0);
    this.code.uleb(address.offset);
    this.setLocal(local);
    return this.local(local, type);
  }
  protected storeAt(name: StoreOp, address: SlotAddress, value: Val): void {
    const [opcode, type] = StoreOps[name];
    const node = asNode(value);
    if (node.type !== type) {
      throw new TypeError(`Cannot emit ${name}: it takes ${type}, got ${node.type}`);
    }
    address.emit(this.code);
    node.emit(this.code);
    this.code.bytes(opcode);
    this.code.byte(0);
    this.code.uleb(address.offset);
  }
}

const TlbIndexMask = (Tlb.entries - 1) * Tlb.entryBytes;
const Mailbox = MemoryMap.window + StateLayout.mailbox;

/** Address of a place in the window. */
export function stateAddress(offset: number): SlotAddress {
  return { emit: (c) => c.bytes([W.i64Const, 0]), offset: MemoryMap.window + offset };
}

export function nodeAddress(address: Val, offset: number): SlotAddress {
  return { emit: asNode(address).emit, offset };
}
