/** The statements that programs are made of. @module */

import type { Assembler, Label } from "./assembler.ts";
import { Attribute, dataPage, descriptorAt, page, Pages, Uart } from "./layout.ts";
import type { Mode } from "./program.ts";
import type { Random } from "./random.ts";
import { access, mrs, msr, type Registers } from "./vectors.ts";
import { randomWord } from "./words.ts";

/** X16 and X17 hold what a statement needs for itself; X24 to X26 count loops. */
const Scratch = 16;
const Scratch2 = 17;
const FirstCounter = 24;
const DeepestLoop = 3;
/** Words of code that programs have at most, more or less: short ones find as much in less time. */
const Sizes = [30, 60, 60, 90, 90, 90, 140, 140, 200, 400] as const;

type RegisterName = keyof typeof Registers;
const ReadAnywhere: readonly RegisterName[] = [
  "TPIDR_EL0",
  "TPIDRRO_EL0",
  "NZCV",
  "FPCR",
  "FPSR",
  "CNTVCT_EL0",
  "CNTPCT_EL0",
  "CurrentEL",
  "MIDR_EL1",
  "DAIF",
  "PAR_EL1",
  "ESR_EL1",
  "SPSR_EL1",
];

/** Writes one program's code. */
export class Writer {
  readonly #r: Random;
  readonly #a: Assembler;
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
    this.#mode = mode;
    this.#start = a.at;
    this.#functions = Array.from({ length: r.pick([0, 0, 1, 2, 3]) }, () => a.label());
    this.#end = a.label();
    this.#most = r.pick(Sizes);
  }

  /** Writes it all; returns where the program ends. */
  write(): Label {
    const a = this.#a;
    if (this.#mode.interrupts) this.#armTimer();
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
    const place = this.#place(register);
    return place === undefined ? this.#r.long() : BigInt(place);
  }

  /** Where a base register points. */
  #place(register: number): number | undefined {
    const r = this.#r;
    const aligned = r.oneIn(2) ? 0 : r.below(64);
    switch (register) {
      case 19:
        return page(Pages.data) + r.below(60) * 64 + aligned;
      case 20:
        return page(r.pick([9, 10, 11, 12, 16, 22])) + 4096 - r.below(24);
      case 21:
        return page(r.pick([Pages.dataAlias, Pages.data + 1, Pages.data + 4])) + 512 + aligned;
      case 22:
        return Uart;
      case 23:
        return page(r.pick([16, 17, 17, 18, 21, 22, 28, 28, 29, 40])) + r.below(500) * 8 + aligned;
      case 27:
        return page(Pages.moving) + r.below(1000) * 8;
      case 31:
        return page(Pages.data + 6) + r.below(200) * 16 + (r.oneIn(20) ? 8 : 0);
    }
    return undefined;
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
      [30, () => this.#straight()],
      [16, () => this.#vector()],
      [26, () => this.#memory()],
      [8, () => this.#condition()],
      [8, () => this.#forward()],
      [this.#depth < DeepestLoop ? 9 : 0, () => this.#loop()],
      [6, () => this.#call()],
      [3, () => this.#table()],
      [4, () => this.#systemMove()],
      [2, () => this.#exclusive()],
      [2, () => this.#serviceCall()],
      [3, () => this.#patch()],
      [2, () => this.#uart()],
      [3, () => this.#refresh()],
      [1, () => this.#odd()],
      [3 * privileged, () => this.#remap()],
      [2 * privileged, () => this.#control()],
    ])();
  }

  #straight(): void {
    const count = this.#r.between(1, 8);
    for (let i = 0; i < count; i++) this.#a.word(randomWord(this.#r, "integer"));
  }

  #vector(): void {
    const count = this.#r.between(1, 5);
    for (let i = 0; i < count; i++) this.#a.word(randomWord(this.#r, "vector"));
  }

  #memory(): void {
    const [r, a] = [this.#r, this.#a];
    if (r.oneIn(12)) {
      a.word(randomWord(r, "literal", { imm19: r.between(-20, 20) & 0x7_ffff }));
      return;
    }
    const count = r.between(1, 3);
    for (let i = 0; i < count; i++) {
      const Rn = r.weighted([[60, 19], [16, 20], [10, 21], [6, 23], [5, 27], [12, 31]]);
      const sized = { imm12: r.below(r.oneIn(3) ? 512 : 24), imm7: r.oneIn(2) ? 0 : r.below(128) };
      // X16 is a small index.
      const n = r.below(16);
      if (r.oneIn(3)) {
        const mask = { sf: 1, opc: 0, N: 1, immr: r.pick([0, 0, 61]), imms: r.between(1, 6) };
        a.insn("Logical (immediate)", { ...mask, Rn: n, Rd: Scratch });
      } else a.mov(Scratch, r.below(r.pick([8, 64, 300])));
      const imm9 = r.oneIn(2) ? r.below(32) : r.below(512);
      a.word(randomWord(r, "memory", { Rn, Rm: Scratch, ...sized, imm9 }));
    }
  }

  /** Sets flags and uses them in some way. */
  #condition(): void {
    const [r, a] = [this.#r, this.#a];
    const sf = r.below(2);
    const reg = () => (r.oneIn(12) ? 31 : r.below(8));
    const cond = r.below(16);
    const flags = { sf, op: r.below(2), S: 1, Rn: reg(), Rd: r.oneIn(2) ? 31 : r.below(8) };
    if (r.oneIn(2)) a.insn("Add/subtract (shifted register)", { ...flags, shift: 0, Rm: reg() });
    else {
      const imm12 = r.pick([0, 1, 255, 4095]);
      a.insn("Add/subtract (immediate)", { ...flags, Rn: r.below(8), sh: 0, imm12 });
    }
    if (r.oneIn(3)) a.word(randomWord(r, "integer"));
    if (r.oneIn(3)) {
      const compare = { sf, op: r.below(2), Rm: reg(), cond: r.below(16), imm: r.below(2) };
      a.insn("Conditional compare", { ...compare, Rn: reg(), nzcv: r.below(16) });
    }
    const select = { sf: r.below(2), op: r.below(2), op2: r.below(2), cond };
    a.insn("Conditional select", { ...select, Rm: reg(), Rn: reg(), Rd: r.below(8) });
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
      this.#straight();
      if (r.oneIn(2)) a.b(join);
    }
    a.bind(join);
  }

  #systemMove(): void {
    const [r, a] = [this.#r, this.#a];
    switch (r.below(6)) {
      case 0:
        a.mov(Scratch, r.below(32) << 22);
        return msr(a, "FPCR", r.oneIn(2) ? 31 : Scratch);
      case 1:
        return msr(a, r.pick(["NZCV", "TPIDR_EL0", "FPSR"]), r.below(8));
      case 2:
        return a.insn("PSTATE", { op1: 0, op2: r.below(3), Rt: 31 }); // cfinv and its like
      default:
        return mrs(a, r.below(16), r.pick(ReadAnywhere));
    }
  }

  /** A load and a store of a pair, or one without the other. */
  #exclusive(): void {
    const [r, a] = [this.#r, this.#a];
    const [size, pair] = r.oneIn(3) ? [r.between(2, 3), 1] : [r.below(4), 0];
    const Rn = r.pick([19, 19, 21, 27, 31]);
    const fields = { size, pair, o0: r.below(2), Rn };
    const again = a.here();
    if (!r.oneIn(6)) {
      const target = { L: 1, Rs: 31, Rt: 1, Rt2: pair ? 2 : 31 };
      a.insn("Load/store exclusive", { ...fields, ...target });
    }
    if (r.oneIn(3)) this.#straight();
    if (r.oneIn(10)) a.insn("Barriers", { CRm: 15, op2: 2 });
    const stored = { L: 0, Rs: 9, Rt: r.below(8), Rt2: pair ? r.below(8) : 31 };
    a.insn("Load/store exclusive", { ...fields, size: r.oneIn(9) ? 3 : size, ...stored });
    if (r.oneIn(20)) a.cb(1, 0, 9, again);
  }

  #serviceCall(): void {
    const imm16 = this.#r.below(65536);
    if (this.#r.oneIn(4)) this.#a.insn("Exception generation: BRK, HLT", { brk: 1, hlt: 0, imm16 });
    else this.#a.insn("Exception generation: SVC, HVC, SMC", { imm16, LL: 1 });
  }

  /** Changes an instruction of the program: one that was passed, or one that follows. */
  #patch(): void {
    const [r, a] = [this.#r, this.#a];
    const ahead = a.label();
    const target = this.#patched.length > 0 && r.oneIn(3) ? r.pick(this.#patched) : ahead;
    a.adr(Scratch2, target);
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
    if (r.oneIn(2)) this.#straight();
    if (target !== ahead) return;
    a.bind(ahead);
    this.#patched.push(ahead);
    const Rn = r.below(8);
    a.insn("Add/subtract (immediate)", { sf: 1, op: 0, S: 0, sh: 0, imm12: 4, Rn, Rd: 4 });
  }

  #uart(): void {
    const [r, a] = [this.#r, this.#a];
    const place = { size: 2, V: 0, imm12: 6, Rn: 22, Rt: r.below(8) };
    a.insn("Load/store register (unsigned immediate)", { ...place, opc: 1 });
    if (r.oneIn(6)) {
      a.insn("Load/store register (unsigned immediate)", { ...place, imm12: 0, opc: 0 });
    }
  }

  /** Points a base register somewhere again. */
  #refresh(): void {
    const register = this.#r.pick([19, 19, 20, 21, 22, 23, 27, 31]);
    const place = this.#place(register) as number;
    this.#a.mov(register === 31 ? Scratch : register, place);
    if (register !== 31) return;
    const copy = { sf: 1, op: 0, S: 0, sh: 0, imm12: 0, Rn: Scratch, Rd: 31 };
    this.#a.insn("Add/subtract (immediate)", copy);
  }

  /** What should not be: words that are no instruction, jumps to nowhere. */
  #odd(): void {
    const [r, a] = [this.#r, this.#a];
    switch (r.below(6)) {
      case 0:
        a.mov(Scratch, page(r.pick([17, 8, 20, 1])) + r.below(8) * 2);
        return r.oneIn(4)
          ? a.insn("Unconditional branch (register)", { opc: 1, Rn: Scratch })
          : undefined;
      case 1:
        return a.word(r.word());
      case 2: {
        // The first page of code at its other address.
        const inPage = this.#start % 4096 + 4 * r.below(60);
        a.mov(Scratch, page(Pages.executeAlias) + inPage % 4096);
        const opc = r.below(2);
        return this.#start < page(Pages.code + 1)
          ? a.insn("Unconditional branch (register)", { opc, Rn: Scratch })
          : undefined;
      }
      default:
        return a.word(r.below(65536));
    }
  }

  #armTimer(): void {
    const a = this.#a;
    if (this.#mode.atEl0) return; // the simulator arms it
    a.mov(Scratch, this.#r.between(1, 40));
    msr(a, "CNTP_TVAL_EL0", Scratch);
    a.mov(Scratch, 1);
    msr(a, "CNTP_CTL_EL0", Scratch);
  }

  /** Maps one of the moving pages to another page, with or without a TLBI. */
  #remap(): void {
    const [r, a] = [this.#r, this.#a];
    const index = Pages.moving + r.below(2);
    const attributes = r.pick([0, 0, 0, Attribute.readOnly, Attribute.el0]);
    const value = r.oneIn(10) ? 0n : dataPage(r.between(8, 16), attributes);
    a.mov(Scratch, value);
    a.mov(Scratch2, descriptorAt(index));
    access(a, 0, Scratch, Scratch2, 0);
    a.insn("Barriers", { CRm: 11, op2: 4 });
    if (!r.oneIn(5)) {
      a.mov(Scratch, page(index) / 4096);
      const [CRm, op2, Rt] = r.pick([[7, 1, 16], [7, 3, 16], [3, 1, 16], [7, 0, 31], [3, 0, 31]]);
      const tlbi = { L: 0, op1: 0, CRn: 8, CRm: CRm as number, op2: op2 as number };
      a.insn("System instructions", { ...tlbi, Rt: Rt as number });
      a.insn("Barriers", { CRm: 15, op2: 6 });
    }
    this.#memory();
  }

  /** Changes how the core works. */
  #control(): void {
    const [r, a] = [this.#r, this.#a];
    switch (r.below(7)) {
      case 0: // traps FP, or does not
        a.mov(Scratch, r.below(4) << 20);
        return msr(a, "CPACR_EL1", Scratch);
      case 1: // PAN
        return a.insn("PSTATE", { op1: 0, op2: 4, CRm: r.below(2), Rt: 31 });
      case 2: // SPSel
        return a.insn("PSTATE", { op1: 0, op2: 5, CRm: r.below(2), Rt: 31 });
      case 3: // DAIFSet, DAIFClr
        return a.insn("PSTATE", { op1: 3, op2: r.between(6, 7), CRm: 2, Rt: 31 });
      case 4: // another ASID
        a.mov(Scratch, BigInt(page(Pages.tables)) | (BigInt(r.below(3)) << 48n));
        return msr(a, "TTBR0_EL1", Scratch);
      case 5: { // SCTLR_EL1.A or SA
        const bit = r.pick([1, 3]);
        mrs(a, Scratch, "SCTLR_EL1");
        const flip = { sf: 1, opc: 2, N: 1, immr: 64 - bit, imms: 0, Rn: Scratch, Rd: Scratch };
        a.insn("Logical (immediate)", flip);
        return msr(a, "SCTLR_EL1", Scratch);
      }
      default: { // at s1e1r
        const at = { L: 0, op1: 0, CRn: 7, CRm: 8, op2: r.below(4), Rt: r.pick([19, 20, 23, 27]) };
        return a.insn("System instructions", at);
      }
    }
  }
}
