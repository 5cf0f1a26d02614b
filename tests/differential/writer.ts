/** The code of a program: statements, and the branches, loops, calls and patches around them. @module */

import type { Assembler, Label } from "./assembler.ts";
import { page, Pages } from "./layout.ts";
import {
  condition,
  exclusive,
  memory,
  place,
  refresh,
  Scratch,
  Scratch2,
  straight,
  type Surroundings,
  uart,
  vector,
} from "./plain_statements.ts";
import type { Mode } from "./mode.ts";
import type { Random } from "./random.ts";
import { armTimer, control, odd, remap, serviceCall, systemMove } from "./system_statements.ts";

/** X24 to X26 count loops. */
const FirstCounter = 24;
const DeepestLoop = 3;
/** Words of code that programs have at most, more or less: short ones find as much in less time. */
const Sizes = [30, 60, 60, 90, 90, 90, 140, 140, 200, 400] as const;

/** Writes one program's code. */
export class Writer {
  readonly #r: Random;
  readonly #a: Assembler;
  readonly #s: Surroundings;
  readonly #mode: Mode;
  readonly #start: number;
  readonly #functions: Label[];
  /** Targets of jumps forward that are not bound yet. */
  #pending: Label[] = [];
  /** Instructions that the program changes. */
  readonly #patched: Label[] = [];
  readonly #most: number;
  #depth = 0;
  #tables = 0;
  /** Index of the function being written; −1 in the main program. */
  #inFunction = -1;
  readonly #end: Label;

  constructor(r: Random, a: Assembler, mode: Mode) {
    this.#r = r;
    this.#a = a;
    this.#s = { r, a };
    this.#mode = mode;
    this.#start = a.at;
    this.#functions = Array.from({ length: r.pick([0, 0, 1, 2, 3]) }, () => a.label());
    this.#end = a.label();
    this.#most = r.pick(Sizes);
  }

  /** Writes it all; returns where the program ends. */
  write(): Label {
    const a = this.#a;
    if (this.#mode.interrupts && !this.#mode.atEl0) armTimer(this.#s);
    this.#block(this.#r.between(4, 40));
    this.#bindPending();
    a.b(this.#end);
    this.#functions.forEach((label, i) => {
      this.#inFunction = i;
      this.#functionBody(label);
    });
    a.bind(this.#end);
    if (this.#r.oneIn(2)) a.insn("Hints", { CRm: 0, op2: 3 }); // wfi
    a.b(this.#end);
    a.finish(this.#end.address as number);
    return this.#end;
  }

  /** What a register holds at the start. */
  initial(register: number): bigint {
    if (register >= 24 && register <= 26) return BigInt(this.#r.below(5));
    const address = place(this.#r, register);
    return address === undefined ? this.#r.long() : BigInt(address);
  }

  get #full(): boolean {
    return this.#a.at - this.#start > this.#most * 4;
  }

  #block(count: number): void {
    for (let i = 0; i < count && !this.#full; i++) this.#statement();
  }

  #statement(): void {
    if (this.#r.oneIn(6)) this.#bindPending();
    const privileged = this.#mode.atEl0 ? 0 : 1;
    this.#r.weighted<() => void>([
      [30, () => straight(this.#s)],
      [16, () => vector(this.#s)],
      [26, () => memory(this.#s)],
      [8, () => condition(this.#s)],
      [8, () => this.#forward()],
      [this.#depth < DeepestLoop ? 9 : 0, () => this.#loop()],
      [6, () => this.#call()],
      [3, () => this.#table()],
      [4, () => systemMove(this.#s)],
      [2, () => exclusive(this.#s)],
      [2, () => serviceCall(this.#s)],
      [this.#depth > 0 ? 6 : 3, () => this.#patch()],
      [2, () => uart(this.#s)],
      [3, () => refresh(this.#s)],
      [1, () => odd(this.#s, this.#start)],
      [3 * privileged, () => remap(this.#s)],
      [2 * privileged, () => control(this.#s)],
    ])();
  }

  /** A branch on something. */
  #branch(to: Label): void {
    const [r, a] = [this.#r, this.#a];
    switch (r.below(4)) {
      case 0:
        return a.cb(r.below(2), r.below(2), r.below(8), to);
      case 1:
        return a.tb(r.below(2), r.below(64), r.below(8), to);
      default:
        return a.bCond(r.below(16), to);
    }
  }

  /** Jumps ahead: around some statements, or to wherever the label gets bound. */
  #forward(): void {
    const label = this.#a.label();
    if (this.#r.oneIn(12)) this.#a.b(label);
    else this.#branch(label);
    if (this.#r.oneIn(3)) this.#pending.push(label);
    else {
      if (!this.#r.oneIn(8)) this.#block(this.#r.between(1, 3));
      this.#a.bind(label);
    }
  }

  #bindPending(): void {
    for (const label of this.#pending) this.#a.bind(label);
    this.#pending = [];
  }

  #loop(): void {
    const [r, a] = [this.#r, this.#a];
    const counter = FirstCounter + this.#depth;
    a.mov(counter, r.pick([1, 2, 3, 7, 20, this.#depth === 0 ? 90 : 5]));
    const head = a.here();
    this.#depth++;
    this.#block(r.between(1, 6));
    this.#depth--;
    const one = { sf: 1, op: 1, sh: 0, imm12: 1, Rn: counter, Rd: counter };
    if (r.oneIn(2)) {
      a.insn("Add/subtract (immediate)", { ...one, S: 1 });
      a.bCond(r.pick([1, 12, 8]), head); // ne, gt, hi
    } else {
      a.insn("Add/subtract (immediate)", { ...one, S: 0 });
      a.cb(1, 1, counter, head);
    }
  }

  #call(): void {
    const [r, a] = [this.#r, this.#a];
    const callees = this.#functions.slice(this.#inFunction + 1);
    if (callees.length === 0) return;
    const callee = r.pick(callees);
    if (r.oneIn(3)) {
      a.adr(Scratch, callee);
      // The same code at another address, if it is in the first page.
      const pages = Pages.executeAlias - Pages.code;
      const there = { sf: 1, op: 0, S: 0, sh: 1, imm12: pages, Rn: Scratch, Rd: Scratch };
      if (r.oneIn(4)) a.insn("Add/subtract (immediate)", there);
      a.insn("Unconditional branch (register)", { opc: 1, Rn: Scratch });
    } else a.b(callee, 1);
  }

  #functionBody(label: Label): void {
    const [r, a] = [this.#r, this.#a];
    if (r.oneIn(4)) a.at += r.below(600) * 4;
    a.bind(label);
    const saved = { opc: 2, V: 0, Rt: 29, Rt2: 30, Rn: 31 };
    // Functions have to save X30, or they would call themselves for ever.
    a.insn("Load/store register pair", { ...saved, mode: 3, L: 0, imm7: 126 });
    const limit = a.at + this.#most;
    for (let i = r.between(1, 8); i > 0 && a.at < limit; i--) this.#statement();
    this.#bindPending();
    a.insn("Load/store register pair", { ...saved, mode: 1, L: 1, imm7: 2 });
    a.insn("Unconditional branch (register)", { opc: 2, Rn: 30 });
  }

  /** Goes to one of four places through a table. */
  #table(): void {
    const [r, a] = [this.#r, this.#a];
    const table = page(Pages.targets) + this.#tables++ % 128 * 32;
    const join = a.label();
    a.insn("Logical (immediate)", {
      ...{ sf: 1, opc: 0, N: 1, immr: 0, imms: 1, Rn: r.below(8), Rd: Scratch },
    });
    a.mov(Scratch2, table);
    a.insn("Load/store register (register offset)", {
      ...{ size: 3, V: 0, opc: 1, Rm: Scratch, option: 3, S: 1, Rn: Scratch2, Rt: Scratch2 },
    });
    a.insn("Unconditional branch (register)", { opc: r.oneIn(8) ? 2 : 0, Rn: Scratch2 });
    for (let i = 0; i < 4; i++) {
      const target = a.here();
      a.pointer(table + i * 8, target);
      straight(this.#s);
      if (r.oneIn(2)) a.b(join);
    }
    a.bind(join);
  }

  /** An instruction that the program may change without becoming nonsense. */
  #patchable(label: Label): void {
    this.#a.bind(label);
    this.#patched.push(label);
    const Rn = this.#r.below(8);
    const fields = { sf: 1, op: 0, S: 0, sh: 0, imm12: 4, Rn, Rd: 4 };
    this.#a.insn("Add/subtract (immediate)", fields);
  }

  /** Changes an instruction of the program: one that was passed, or one that follows. */
  #patch(): void {
    const [r, a] = [this.#r, this.#a];
    const target = this.#patched.length > 0 && r.oneIn(3) ? r.pick(this.#patched) : a.label();
    const isNew = target.address === undefined;
    const isAhead = isNew && r.oneIn(2);
    if (isNew && !isAhead) this.#patchable(target);
    if (isNew && r.oneIn(2)) straight(this.#s);
    const alias = page(Pages.codeAlias) - page(Pages.code + 1);
    const inAlias = ((target.address ?? 0) & ~4095) === page(Pages.code + 1);
    if (inAlias && r.oneIn(2)) a.mov(Scratch2, (target.address as number) + alias);
    else a.adr(Scratch2, target);
    const word = { size: 2, V: 0, imm12: 0, Rn: Scratch2, Rt: Scratch };
    a.insn("Load/store register (unsigned immediate)", { ...word, opc: 1 });
    // Another immediate, or another destination.
    const bit = r.pick([10, 11, 0, 1, 30]);
    const flip = { sf: 0, opc: 2, N: 0, immr: (32 - bit) % 32, imms: 0, Rn: Scratch, Rd: Scratch };
    a.insn("Logical (immediate)", flip);
    a.insn("Load/store register (unsigned immediate)", { ...word, opc: 0 });
    if (r.oneIn(2)) {
      const line = { L: 0, op1: 3, CRn: 7, op2: 1, Rt: Scratch2 };
      a.insn("System instructions", { ...line, CRm: 11 }); // dc cvau
      a.insn("Barriers", { CRm: 11, op2: 4 });
      a.insn("System instructions", { ...line, CRm: 5 }); // ic ivau
      a.insn("Barriers", { CRm: 15, op2: 6 });
    }
    if (r.oneIn(2)) straight(this.#s);
    if (isAhead) this.#patchable(target);
  }
}
