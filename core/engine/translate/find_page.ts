/** The functions by which translated code reaches a page that it has no address for. @module */

import { Tlb, TlbIndexMask } from "../../memory_map.ts";
import type { AccessKind, Val } from "../../isa/ops.ts";
import { asNode, ValueEmitter } from "../value_emitter.ts";
import { stateAddress } from "../emitter.ts";
import { StateFields } from "../../cpu/state.ts";
import { Imports } from "../imports.ts";
import type { FunctionBody } from "../wasm_module.ts";

/** Where the helpers are, counted from `go`. */
export const FindFunction = { read: 4, write: 5 } as const;

class FindEmitter extends ValueEmitter {
  constructor() {
    super(5);
  }
  emit(type: number, kind: AccessKind): FunctionBody {
    const [context, va, key] = [0, 1, 2].map((i) => this.local(i, "i64")) as [Val, Val, Val];
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", context, slot));
    const tag = this.load("i64.load", entry, kind === "read" ? Tlb.readTag : Tlb.writeTag);
    asNode(this.w("i64.ne", tag, key)).emit(this.code);
    this.code.bytes([0x04, 0x40]); // if
    this.storeAt("i64.store", stateAddress(StateFields.accessAddress[0]), va);
    this.code.bytes([0x20, 3, 0x20, 4, 0x10]);
    this.code.uleb(Imports.fill);
    this.code.bytes([0x04, 0x40, 0x42, 0, 0x0f, 0x0b, 0x0b]); // if: return 0
    asNode(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend))).emit(this.code);
    return { type, locals: this.locals, code: this.code.view().slice() };
  }
}

/**
 * `find(context: i64, va: i64, key: i64, record: i32, descriptor: i32): i64`: the host address of a
 * VA whose access the TLB or the page tables allow; 0 when the interpreter has to do the access.
 */
export function emitFind(type: number, kind: AccessKind): FunctionBody {
  return new FindEmitter().emit(type, kind);
}
