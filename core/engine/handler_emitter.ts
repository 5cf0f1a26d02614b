/** Code of one interpreter handler: operands come from the record at run time. @module */

import { HeatBytes, MemoryMap, Records, Tlb, TlbIndexMask } from "../memory_map.ts";
import { StateFields } from "../cpu/state.ts";
import type { AnyInsn, Operands } from "../isa/insn.ts";
import type { SlotRef, Val } from "../isa/ops.ts";
import { asNode, Emitter, type SlotAddress, stateAddress } from "./emitter.ts";
import { Imports } from "./imports.ts";
import type { FunctionBody } from "./wasm_module.ts";

/** Byte offsets in a record (see `Operands`). */
export const RecordLayout = {
  handler: 0,
  d: 2,
  n: 4,
  m: 6,
  imm: 8,
  a: 8,
  list: 8,
  p: 8,
  q: 12,
} as const;

/** Why generated code returned, in the state's `exit` field. */
export const Exit = {
  /** The budget is used up. */
  budget: 0,
  /** No record is known for PC. */
  lookup: 1,
  /** TypeScript asked to leave. */
  left: 2,
} as const;

/** Jumps to an instruction that make it worth translating, when nobody says otherwise. */
export const HotCount = 10_000;
/** Counters of 4 bytes, found by record address. */
const HeatMask = HeatBytes - 4;

/** Parameters of a handler. */
const Rec = 0;
const Budget = 1;
/** Index of the handler type in the module's types. */
export const HandlerType = 0;
/** Function indices of the helpers that every module carries after the imports. */
export const goFunction = Object.keys(Imports).length;

/** What a handler's body is given. */
export interface HandlerVariant {
  readonly insn: AnyInsn;
  readonly classIndex: number;
  readonly fields: Readonly<Record<string, number>>;
  /** A sample of the operands: which of them there are. */
  readonly operands: Operands;
  /** A direct branch that stays in its page. */
  readonly near: boolean;
}

class HandlerEmitter extends Emitter {
  readonly #variant: HandlerVariant;
  readonly #hotCount: number;

  constructor(variant: HandlerVariant, hotCount = HotCount) {
    super(2);
    this.#variant = variant;
    this.#hotCount = hotCount;
  }

  protected slotAddress(slot: SlotRef): SlotAddress {
    const at = slot as unknown as number;
    return {
      emit: (c) => {
        c.bytes([0x20, Rec, 0x33, 1]); // local.get rec; i64.load16_u
        c.uleb(at);
      },
      offset: MemoryMap.window,
    };
  }
  protected emitRecord(): void {
    this.code.bytes([0x20, Rec, 0xa7]);
  }
  protected beforeCall(): void {
    this.setField("budget", this.w("i64.extend_i32_u", this.#budget()));
  }
  protected afterCall(): void {
    asNode(this.w("i32.wrap_i64", this.field("budget"))).emit(this.code);
    this.setLocal(Budget);
  }
  protected leave(): void {
    const left = this.w("i32.sub", this.#budget(), this.i32(1));
    this.setField("budget", this.w("i64.extend_i32_u", left));
    this.setField("exit", this.i32(Exit.left));
    this.code.byte(0x0f);
  }
  protected classIndex(): number {
    return this.#variant.classIndex;
  }
  pc(): Val {
    return this.let(this.#pcOf(this.local(Rec, "i64")));
  }
  #pcOf(record: Val): Val {
    return this.w("i64.add", this.field("pcBias"), this.w("i64.shr_u", record, this.i64(2)));
  }
  #budget(): Val {
    return this.local(Budget, "i32");
  }
  /** Counts this instruction; when that uses up the budget, leaves with `pc`. */
  #count(pc: () => Val): void {
    asNode(this.w("i32.sub", this.#budget(), this.i32(1))).emit(this.code);
    this.setLocal(Budget);
    this.if(this.w("i32.eqz", this.#budget()), () => {
      this.setField("pc", pc());
      this.setField("budget", this.i64(0));
      this.setField("exit", this.i32(Exit.budget));
      this.code.byte(0x0f);
    });
  }
  /** Goes on at the record `local 0` plus what `delta` pushes. */
  #dispatch(delta: Val): void {
    asNode(this.w("i64.add", this.local(Rec, "i64"), delta)).emit(this.code);
    this.setLocal(Rec);
    this.dispatchHere();
  }
  /** Tail-calls the handler of the record in `local 0`. */
  dispatchHere(): void {
    this.code.bytes([0x20, Rec, 0x20, Budget, 0x20, Rec, 0x2f, 1, RecordLayout.handler]);
    this.code.bytes([0x13, HandlerType, 0]);
  }
  jump(offset: Val): void {
    const target = this.let(this.w("i64.add", this.pc(), offset));
    if (!this.#variant.near) return this.jumpTo(target);
    this.#count(() => target);
    asNode(this.w("i64.add", this.local(Rec, "i64"), this.w("i64.shl", offset, this.i64(2))))
      .emit(this.code);
    this.setLocal(Rec);
    this.#heat();
    this.dispatchHere();
  }
  /** Counts a jump to the record in `local 0`; the one that makes it hot is reported. */
  #heat(): void {
    const rec = this.local(Rec, "i64");
    const at = this.let(
      this.w("i64.and", this.w("i64.shr_u", rec, this.i64(2)), this.i64(HeatMask)),
    );
    const heat = this.let(
      this.w("i32.add", this.load("i32.load", at, MemoryMap.heat), this.i32(1)),
    );
    this.storeAt("i32.store", { emit: asNode(at).emit, offset: MemoryMap.heat }, heat);
    this.if(this.w("i32.eq", heat, this.i32(this.#hotCount)), () => {
      this.emitRecord();
      asNode(this.i32(0)).emit(this.code);
      this.call(Imports.hot);
      this.code.byte(0x1a);
    });
  }
  jumpTo(address: Val): void {
    const target = this.let(address);
    this.#count(() => target);
    asNode(target).emit(this.code);
    this.code.bytes([0x20, Budget, 0x12, goFunction]);
  }
  /** The end of every body: the next instruction. */
  next(): void {
    const size = this.i64(Records.recordBytes);
    this.#count(() => this.#pcOf(this.w("i64.add", this.local(Rec, "i64"), size)));
    this.#dispatch(size);
  }
  /** Operands as the body sees them. */
  bound(): Record<string, unknown> {
    const o: Record<string, unknown> = {};
    for (const key of Object.keys(this.#variant.operands)) {
      if (key === "imm") o[key] = this.load("i64.load", this.local(Rec, "i64"), RecordLayout.imm);
      else if (key === "p" || key === "q") {
        o[key] = this.load("i32.load", this.local(Rec, "i64"), RecordLayout[key]);
      } else if (key === "list") o[key] = [0, 2, 4, 6].map((i) => RecordLayout.list + i);
      else o[key] = RecordLayout[key as "d" | "n" | "m" | "a"];
    }
    return o;
  }
  trapFp(): void {
    this.if(this.field("fpTrap"), () => {
      this.callOrLeave(Imports.fpTrap, () => asNode(this.i32(0)).emit(this.code));
    });
  }
  finish(type = HandlerType): FunctionBody {
    return { type, locals: this.locals, code: this.code.view().slice() };
  }
  callImport(index: number): void {
    this.callOrLeave(index, () => asNode(this.i32(0)).emit(this.code));
  }
  /** Looks up the record of the address in `local 0`, with the budget in `local 1`, and goes there. */
  go(): void {
    const pc = this.local(Rec, "i64");
    const slot = this.w("i64.and", this.w("i64.shr_u", pc, this.i64(7)), this.i64(TlbIndexMask));
    const entry = this.let(this.w("i64.add", this.field("tlb"), slot));
    const page = this.let(this.w("i64.and", pc, this.i64(-4096)));
    const aligned = this.w("i64.eqz", this.w("i64.and", pc, this.i64(3)));
    const known = this.w("i64.eq", page, this.load("i64.load", entry, Tlb.executeTag));
    this.if(this.w("i32.and", aligned, known), () => {
      const host = this.w("i64.add", page, this.load("i64.load", entry, Tlb.addend));
      const at = this.w("i64.shl", this.w("i64.shr_u", host, this.i64(12)), this.i64(2));
      const index = this.load("i64.load32_u", at, MemoryMap.pageRecords);
      this.if(this.w("i64.ne", index, this.i64(0)), () => {
        const before = this.w("i64.sub", index, this.i64(1));
        const base = this.let(this.w(
          "i64.add",
          this.w("i64.mul", before, this.i64(Records.pageStride)),
          this.i64(MemoryMap.records),
        ));
        const bias = this.w("i64.sub", page, this.w("i64.shr_u", base, this.i64(2)));
        this.setField("pcBias", bias);
        const inPage = this.w("i64.shl", this.w("i64.and", pc, this.i64(0xffc)), this.i64(2));
        asNode(this.w("i64.add", base, inPage)).emit(this.code);
        this.setLocal(Rec);
        this.#heat();
        this.dispatchHere();
      });
    });
    this.setField("pc", pc);
    this.setField("budget", this.w("i64.extend_i32_u", this.#budget()));
    this.setField("exit", this.i32(Exit.lookup));
  }
  /** The record after a page's last instruction: goes on in the next page. */
  pageEnd(): void {
    asNode(this.pc()).emit(this.code);
    this.code.bytes([0x20, Budget, 0x12, goFunction]);
  }
}

const none: HandlerVariant = {
  insn: {} as AnyInsn,
  classIndex: 0,
  fields: {},
  operands: {},
  near: false,
};

/** Code of the handler of one variant. */
export function emitHandler(variant: HandlerVariant, hotCount = HotCount): FunctionBody {
  const e = new HandlerEmitter(variant, hotCount);
  const { fp } = variant.insn;
  if (typeof fp === "function" ? fp(variant.fields) : fp) e.trapFp();
  variant.insn.run(e, variant.fields, e.bound() as unknown as Parameters<AnyInsn["run"]>[2]);
  e.next();
  return e.finish();
}

/** `go(pc: i64, budget: i32)`: continues at an address. */
export function emitGo(hotCount = HotCount): FunctionBody {
  const e = new HandlerEmitter(none, hotCount);
  e.go();
  return e.finish();
}

/** Handler of records not decoded yet. */
export function emitDecode(): FunctionBody {
  const e = new HandlerEmitter(none);
  e.callImport(Imports.decode);
  e.dispatchHere();
  return e.finish();
}

/** Handler of the record after a page's last instruction. */
export function emitPageEnd(): FunctionBody {
  const e = new HandlerEmitter(none);
  e.pageEnd();
  return e.finish();
}

/** `start()`: goes on at the state's PC with the state's budget. */
export function emitStart(type: number): FunctionBody {
  const e = new HandlerEmitter(none);
  for (const [name, field] of [["i64.load", "pc"], ["i32.load", "budget"]] as const) {
    asNode(e.load(name, e.i64(0), stateAddress(StateFields[field][0]).offset)).emit(e.code);
  }
  e.code.bytes([0x12, goFunction]);
  return { ...e.finish(type), locals: ["i64", "i32", ...e.locals] };
}
