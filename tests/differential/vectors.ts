/** The programs' exception vectors: they count, record what happened and go on. @module */

import { Assembler, type Label } from "./assembler.ts";
import { page, Pages, Ram } from "./layout.ts";

/** After so many exceptions of one kind a program is over. */
const Enough = 120;
const system = (name: string) => ({ L: 0, ...Registers[name as keyof typeof Registers] });

/** Encodings of the system registers that programs name. */
export const Registers = {
  ESR_EL1: { o0: 1, op1: 0, CRn: 5, CRm: 2, op2: 0 },
  FAR_EL1: { o0: 1, op1: 0, CRn: 6, CRm: 0, op2: 0 },
  ELR_EL1: { o0: 1, op1: 0, CRn: 4, CRm: 0, op2: 1 },
  SPSR_EL1: { o0: 1, op1: 0, CRn: 4, CRm: 0, op2: 0 },
  TPIDR_EL0: { o0: 1, op1: 3, CRn: 13, CRm: 0, op2: 2 },
  TPIDRRO_EL0: { o0: 1, op1: 3, CRn: 13, CRm: 0, op2: 3 },
  TPIDR_EL1: { o0: 1, op1: 0, CRn: 13, CRm: 0, op2: 4 },
  CONTEXTIDR_EL1: { o0: 1, op1: 0, CRn: 13, CRm: 0, op2: 1 },
  CPACR_EL1: { o0: 1, op1: 0, CRn: 1, CRm: 0, op2: 2 },
  SCTLR_EL1: { o0: 1, op1: 0, CRn: 1, CRm: 0, op2: 0 },
  TTBR0_EL1: { o0: 1, op1: 0, CRn: 2, CRm: 0, op2: 0 },
  PAR_EL1: { o0: 1, op1: 0, CRn: 7, CRm: 4, op2: 0 },
  NZCV: { o0: 1, op1: 3, CRn: 4, CRm: 2, op2: 0 },
  DAIF: { o0: 1, op1: 3, CRn: 4, CRm: 2, op2: 1 },
  FPCR: { o0: 1, op1: 3, CRn: 4, CRm: 4, op2: 0 },
  FPSR: { o0: 1, op1: 3, CRn: 4, CRm: 4, op2: 1 },
  CurrentEL: { o0: 1, op1: 0, CRn: 4, CRm: 2, op2: 2 },
  MIDR_EL1: { o0: 1, op1: 0, CRn: 0, CRm: 0, op2: 0 },
  CNTVCT_EL0: { o0: 1, op1: 3, CRn: 14, CRm: 0, op2: 2 },
  CNTPCT_EL0: { o0: 1, op1: 3, CRn: 14, CRm: 0, op2: 1 },
  CNTP_TVAL_EL0: { o0: 1, op1: 3, CRn: 14, CRm: 2, op2: 0 },
  CNTP_CTL_EL0: { o0: 1, op1: 3, CRn: 14, CRm: 2, op2: 1 },
  ICC_IAR1_EL1: { o0: 1, op1: 0, CRn: 12, CRm: 12, op2: 0 },
  ICC_EOIR1_EL1: { o0: 1, op1: 0, CRn: 12, CRm: 12, op2: 1 },
} as const;

/** `mrs Rt, name`. */
export function mrs(a: Assembler, Rt: number, name: keyof typeof Registers): void {
  a.insn("System register move", { ...system(name), L: 1, Rt });
}
/** `msr name, Rt`. */
export function msr(a: Assembler, name: keyof typeof Registers, Rt: number): void {
  a.insn("System register move", { ...system(name), L: 0, Rt });
}

/** `ldr`/`str` of 64 bits at a multiple of 8. */
export function access(a: Assembler, opc: number, Rt: number, Rn: number, offset: number): void {
  const place = { size: 3, V: 0, opc, imm12: offset / 8, Rn, Rt };
  a.insn("Load/store register (unsigned immediate)", place);
}
const load = (a: Assembler, t: number, n: number, at: number) => access(a, 1, t, n, at);
const store = (a: Assembler, t: number, n: number, at: number) => access(a, 0, t, n, at);

/** `add Rd, Rn, #imm12`. */
export function addImmediate(a: Assembler, Rd: number, Rn: number, imm12: number): void {
  a.insn("Add/subtract (immediate)", { sf: 1, op: 0, S: 0, sh: 0, imm12, Rn, Rd });
}
/** `cmp Rn, #imm12`. */
export function compareImmediate(a: Assembler, Rn: number, imm12: number): void {
  a.insn("Add/subtract (immediate)", { sf: 1, op: 1, S: 1, sh: 0, imm12, Rn, Rd: 31 });
}

/** Saves X0 to X3, counts at `counter` bytes into the log and leaves the log's address in X0. */
function enter(a: Assembler, counter: number, over: Label): void {
  msr(a, "TPIDR_EL1", 0);
  msr(a, "TPIDRRO_EL0", 1);
  a.mov(0, page(Pages.log));
  store(a, 2, 0, 16);
  store(a, 3, 0, 24);
  load(a, 1, 0, counter);
  addImmediate(a, 1, 1, 1);
  store(a, 1, 0, counter);
  compareImmediate(a, 1, Enough);
  a.bCond(8, over); // hi
  // X2: 32 bytes of the log for this one
  a.insn("Logical (immediate)", { sf: 1, opc: 0, N: 1, immr: 0, imms: 4, Rn: 1, Rd: 2 });
  a.insn("Add/subtract (shifted register)", {
    ...{ sf: 1, op: 0, S: 0, shift: 0, Rm: 2, imm6: 5, Rn: 0, Rd: 2 },
  });
}

function leave(a: Assembler): void {
  load(a, 2, 0, 16);
  load(a, 3, 0, 24);
  mrs(a, 1, "TPIDRRO_EL0");
  mrs(a, 0, "TPIDR_EL1");
  a.insn("Exception return", { drps: 0 });
}

function synchronous(a: Assembler, over: Label, end: Label): void {
  enter(a, 0, over);
  const done = a.label();
  const restart = a.label();
  const skip = a.label();
  const abandon = a.label();
  for (const [i, name] of (["ESR_EL1", "FAR_EL1", "ELR_EL1", "SPSR_EL1"] as const).entries()) {
    mrs(a, 3, name);
    store(a, 3, 2, 64 + i * 8);
  }
  mrs(a, 3, "ESR_EL1");
  a.insn("Bitfield", { sf: 1, opc: 2, N: 1, immr: 26, imms: 63, Rn: 3, Rd: 3 });
  compareImmediate(a, 3, 0x15); // SVC: ELR is the next instruction
  a.bCond(0, done);
  compareImmediate(a, 3, 0x07); // FP is trapped: allow it and try again
  a.bCond(0, restart);
  for (const ec of [0x0e, 0x20, 0x21, 0x22]) { // no way to go on there
    compareImmediate(a, 3, ec);
    a.bCond(0, abandon);
  }
  a.b(skip);
  a.bind(restart);
  a.mov(3, 3 << 20);
  msr(a, "CPACR_EL1", 3);
  a.b(done);
  a.bind(abandon);
  a.adr(3, end);
  msr(a, "ELR_EL1", 3);
  mrs(a, 3, "SPSR_EL1");
  a.insn("Logical (immediate)", { sf: 1, opc: 0, N: 1, immr: 43, imms: 62, Rn: 3, Rd: 3 });
  msr(a, "SPSR_EL1", 3);
  a.b(done);
  a.bind(skip);
  mrs(a, 3, "ELR_EL1");
  addImmediate(a, 3, 3, 4);
  msr(a, "ELR_EL1", 3);
  a.bind(done);
  leave(a);
}

function interrupt(a: Assembler, over: Label, ticks: number): void {
  enter(a, 8, over);
  mrs(a, 3, "ELR_EL1");
  store(a, 3, 2, 2112);
  mrs(a, 3, "ICC_IAR1_EL1");
  store(a, 3, 2, 2120);
  a.mov(1, ticks);
  msr(a, "CNTP_TVAL_EL0", 1);
  msr(a, "ICC_EOIR1_EL1", 3);
  leave(a);
}

/** Writes the vectors; the timer rings every `ticks` from the first time on. `end` is bound here. */
export function writeVectors(image: Uint8Array, end: Label, ticks: number): number {
  const a = new Assembler(image, Ram, page(Pages.vectors) + 0x800);
  const over = a.here();
  a.b(over);
  const sync = a.here();
  synchronous(a, over, end);
  const irq = a.here();
  interrupt(a, over, ticks);
  const next = a.at;
  for (let i = 0; i < 16; i++) {
    a.at = page(Pages.vectors) + i * 0x80;
    a.b(i % 4 === 0 ? sync : i % 4 === 1 ? irq : over);
  }
  a.finish(page(Pages.vectors));
  return next;
}
