/**
 * The shape of a system register's row, and the names of encodings.
 *
 * @module
 */

import type { StateField } from "./state.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import type { TrapRule } from "./system_register_traps.ts";
import type { Core, El } from "./types.ts";

/** op0, op1, CRn, CRm, op2. */
export type Encoding = readonly [op0: number, op1: number, crn: number, crm: number, op2: number];

/** A value, or one that depends on the core's controls (E2H mostly). */
export type Bits = bigint | ((core: Core) => bigint);

/** One system register as MRS and MSR see it. */
export interface SystemRegister {
  /** Arm's spelling. */
  readonly name: string;
  readonly at: Encoding;
  /** Lowest exception level that may read it; nobody when absent. */
  readonly read?: El;
  /** Lowest exception level that may write it; nobody when absent. */
  readonly write?: El;
  /** Whether this core has it; it has when absent. */
  readonly exists?: (core: Core) => boolean;
  /** Where its value is kept. */
  readonly slot?: SystemSlot;
  /** PSTATE or FP state that it shows, shifted left by so many bits. */
  readonly field?: readonly [field: StateField, shift: number];
  /** Bits a write changes; all 64 when absent. */
  readonly mask?: Bits;
  /** Bits that always read as one. */
  readonly res1?: Bits;
  /** Value at reset; zero when absent. Identification registers take theirs from the CPU model. */
  readonly reset?: bigint;
  /** Value read, in place of the storage. */
  readonly get?: (core: Core) => bigint;
  /** Effect of a write, in place of storing. */
  readonly set?: (core: Core, value: bigint) => void;
  /** What follows a write that was stored. */
  readonly then?: (core: Core, value: bigint) => void;
  /** Reasons to trap, first match first. */
  readonly traps?: readonly TrapRule[];
  /** Register that this name means at EL2 when HCR_EL2.E2H is 1. */
  readonly e2h?: string;
  /** The redirection also holds for EL0 under HCR_EL2.{E2H,TGE} = {1,1}. */
  readonly e2hAtEl0?: true;
  /** Accessible only at EL2 with E2H: the _EL12 and _EL02 names. */
  readonly hostOnly?: true;
  /** The storage is what a read at the right EL gives, though `get` exists, unless a guard is set. */
  readonly guard?: number;
  /** The stack pointer selected by SPSel 0, which has no register access while in use. */
  readonly unlessSelected?: true;
}

/** op0:op1:CRn:CRm:op2 as in instruction bits 20:5. */
export function keyOf([op0, op1, crn, crm, op2]: Encoding): number {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

/** The inverse of {@linkcode keyOf}. */
export function encodingOf(key: number): Encoding {
  return [(key >>> 14) & 3, (key >>> 11) & 7, (key >>> 7) & 15, (key >>> 3) & 15, key & 7];
}

/** The generic name of an encoding: S3_0_C1_C0_2. */
export function genericName(key: number): string {
  const [op0, op1, crn, crm, op2] = encodingOf(key);
  return `S${op0}_${op1}_C${crn}_C${crm}_${op2}`;
}
