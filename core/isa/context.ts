/** What an instruction's TypeScript behaviour may use. @module */

import type { CpuState } from "../cpu/state.ts";

/** The running core, as `execute` sees it. */
export interface Context {
  /** State of the running core. */
  readonly state: CpuState;
  /** Address of the instruction. */
  readonly pc: bigint;
  /** The instruction word. */
  readonly word: number;
  /** System-level operations; each returns what `execute` returns. */
  readonly system: SystemCalls;
  /** A byte-wise view of the whole linear memory. */
  readonly memory: DataView;
}

/** Operations that involve exceptions, system registers or other cores. */
export interface SystemCalls {
  /** Takes the Undefined Instruction exception. */
  undefined(): number;
  /** SVC, HVC, SMC, BRK, HLT with their immediate. */
  call(kind: "svc" | "hvc" | "smc" | "brk" | "hlt", imm: number): number;
  eret(): number;
  /** MRS: reads into Xt. `key` is op0:op1:CRn:CRm:op2 as in instruction bits 20:5. */
  mrs(key: number, t: number): number;
  /** MSR (register). */
  msr(key: number, t: number): number;
  /** MSR (immediate): PSTATE field op1:op2 gets CRm. */
  msrImmediate(op1: number, op2: number, crm: number): number;
  /** SYS: IC, DC, AT, TLBI. SYSL is `mrs` of op0 = 1. */
  sys(key: number, t: number): number;
  /** WFI, WFE, SEV, SEVL, YIELD. */
  hint(kind: "wfi" | "wfe" | "sev" | "sevl"): number;
  /** FP or SIMD instruction executed while `fpTrap` is set. */
  fpTrapped(): number;
}
