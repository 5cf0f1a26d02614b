/** Values, locals and memory of the function that is being emitted. @module */

import { MemoryMap } from "../memory_map.ts";
import type { Val } from "../isa/ops.ts";
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
import { Code } from "./code.ts";
import { TypeCode } from "./wasm_module.ts";

/** A pure expression; `emit` pushes its value. */
export interface Node {
  readonly type: WasmType;
  readonly emit: (c: Code) => void;
  /** Set where the value is another one seen as bits of another type. */
  readonly view?: { readonly name: WasmOp; readonly of: Node };
  /** Set where the value is known, for integers. */
  readonly constant?: bigint;
}

/** Conversions that lose nothing, and what takes them back. */
const Views: { readonly [name in WasmOp]?: WasmOp } = {
  "f64.reinterpret_i64": "i64.reinterpret_f64",
  "i64.reinterpret_f64": "f64.reinterpret_i64",
  "f32.reinterpret_i32": "i32.reinterpret_f32",
  "i32.reinterpret_f32": "f32.reinterpret_i32",
  "i64.extend_i32_u": "i32.wrap_i64",
};

/** Where a slot is: `emit` pushes an i64 address, to which `offset` is added. */
export interface SlotAddress {
  readonly emit: (c: Code) => void;
  readonly offset: number;
}

const W = {
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  i32Const: 0x41,
  i64Const: 0x42,
} as const;

/** The opaque values of instruction bodies are nodes. */
export const asNode = (v: Val): Node => v as unknown as Node;
const asVal = (n: Node): Val => n as unknown as Val;

/** Emits one function body: locals beyond the parameters and code. */
export abstract class ValueEmitter {
  readonly code = new Code();
  readonly locals: WasmType[] = [];
  readonly #firstLocal: number;

  constructor(firstLocal: number) {
    this.#firstLocal = firstLocal;
  }

  // -- pure values --------------------------------------------------------------------------------
  w(name: WasmOp, ...args: Val[]): Val {
    const of = args[0] && asNode(args[0]);
    if (of?.view && args.length === 1 && Views[of.view.name] === name) return asVal(of.view.of);
    const [opcode, params, result] = WasmOps[name];
    const value = this.#pure(name, opcode, [], params, result, args);
    return name in Views ? asVal({ ...asNode(value), view: { name, of: of as Node } }) : value;
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
      constant: BigInt(value),
      emit: (c) => {
        c.byte(W.i32Const);
        c.sleb32(value);
      },
    });
  }
  i64(value: bigint | number): Val {
    return asVal({
      type: "i64",
      constant: BigInt(value),
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
    if (node.view) return this.w(node.view.name, this.let(asVal(node.view.of)));
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
    if (x.view && x.view.name === y.view?.name) {
      return this.w(x.view.name, this.select(condition, asVal(x.view.of), asVal(y.view.of)));
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
  loadAt(name: LoadOp, address: SlotAddress): Val {
    const [opcode, type] = LoadOps[name];
    const local = this.newLocal(type);
    address.emit(this.code);
    this.code.bytes(opcode);
    this.code.byte(0);
    this.code.uleb(address.offset);
    this.setLocal(local);
    return this.local(local, type);
  }
  storeAt(name: StoreOp, address: SlotAddress, value: Val): void {
    const float = floatStore(name, asNode(value));
    if (float) return this.storeAt(float[0], address, float[1]);
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

/** The store of a number whose bits `value` is. */
function floatStore(name: StoreOp, { view }: Node): [StoreOp, Val] | undefined {
  if (name === "i64.store" && view?.of.type === "f64") return ["f64.store", asVal(view.of)];
  if (name === "i64.store32" && view?.of.view?.of.type === "f32") {
    return ["f32.store", asVal(view.of.view.of)];
  }
  return undefined;
}

/** Address of a place in the window. */
export function stateAddress(offset: number): SlotAddress {
  return { emit: (c) => c.bytes([W.i64Const, 0]), offset: MemoryMap.window + offset };
}

export function nodeAddress(address: Val, offset: number): SlotAddress {
  return { emit: asNode(address).emit, offset };
}
