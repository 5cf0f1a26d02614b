/** The functions by which translated code reaches a page that it has no address for. @module */

import { MemoryMap, Tlb, TlbIndexMask } from "../../memory_map.ts";
import type { AccessKind, Val } from "../../isa/ops.ts";
import { asNode, ValueEmitter } from "../value_emitter.ts";
import { stateAddress } from "../emitter.ts";
import { type StateField, StateFields, StateLayout } from "../../cpu/state.ts";
import { Fill, Imports } from "../imports.ts";
import type { FunctionBody } from "../wasm_module.ts";

/** Where the helpers are, counted from `go`. */
export const FindFunction = { read: 4, write: 5 } as const;

/** Host address of what a device has answered. */
export const Mailbox = MemoryMap.window + StateLayout.mailbox;

class FindEmitter extends ValueEmitter {
  constructor() {
    super(6);
  }
  emit(type: number, kind: AccessKind): FunctionBody {
    const [context, va, key] = [0, 1, 2].map((i) => this.local(i, "i64")) as [Val, Val, Val];
    const slot = this.w("i64.and", this.w("i64.shr_u", va, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", context, slot));
    const tag = this.load("i64.load", entry, kind === "read" ? Tlb.readTag : Tlb.writeTag);
    this.#when(this.w("i64.ne", tag, key), () => this.#miss(context, va));
    asNode(this.w("i64.add", va, this.load("i64.load", entry, Tlb.addend))).emit(this.code);
    return { type, locals: this.locals, code: this.code.view().slice() };
  }
  /** Asks TypeScript; goes on when that has filled the entry. */
  #miss(context: Val, va: Val): void {
    const [record, descriptor, budget] = [3, 4, 5].map((i) => this.local(i, "i32")) as [
      Val,
      Val,
      Val,
    ];
    const at = (name: StateField) => stateAddress(StateFields[name][0]);
    this.storeAt("i64.store", at("accessAddress"), va);
    this.storeAt("i64.store", at("budget"), this.w("i64.extend_i32_u", budget));
    const high = this.w("i64.shr_u", va, this.i64(32));
    const halves = [va, high, context].map((v) => this.w("i32.wrap_i64", v));
    for (const v of [record, descriptor, ...halves]) asNode(v).emit(this.code);
    this.code.byte(0x10); // call
    this.code.uleb(Imports.fill);
    const local = this.newLocal("i32");
    this.setLocal(local);
    const answer = this.local(local, "i32");
    this.#when(answer, () => {
      const now = this.loadAt("i32.load", at("budget"));
      // Where a device has shortened the run or raised an interrupt, the interpreter finishes.
      const ended = this.w(
        "i32.or",
        this.w("i32.ne", now, budget),
        this.loadAt("i32.load", at("attention")),
      );
      const refused = this.w("i32.eq", answer, this.i32(Fill.refused));
      this.#when(this.w("i32.or", refused, ended), () => {
        this.storeAt("i32.store", at("readAhead"), this.select(refused, this.i32(0), record));
        this.#return(0);
      });
      this.#return(Mailbox);
    });
  }
  #when(condition: Val, then: () => void): void {
    asNode(condition).emit(this.code);
    this.code.bytes([0x04, 0x40]); // if
    then();
    this.code.byte(0x0b);
  }
  #return(value: number): void {
    asNode(this.i64(value)).emit(this.code);
    this.code.byte(0x0f);
  }
}

/**
 * `find(context: i64, va: i64, key: i64, record: i32, descriptor: i32, budget: i32): i64`: the host
 * address of a VA whose access the TLB or the page tables allow, or of the answer of the device there;
 * 0 when the interpreter has to go on, with the budget in the state.
 */
export function emitFind(type: number, kind: AccessKind): FunctionBody {
  return new FindEmitter().emit(type, kind);
}
