/** Operand access of integer instructions, by operand size. @module */

import type { Ops, SlotRef, Val } from "./ops.ts";
import { gpr } from "./text.ts";

/** WebAssembly type of an operation. */
export type Int = "i32" | "i64";
/** Type by the `sf` field. */
export const int = (sf: number): Int => (sf ? "i64" : "i32");
/** A register in the type of the operation. */
export const get = (op: Ops, sf: number, slot: SlotRef): Val => sf ? op.x(slot) : op.w32(slot);
/** Zero in the type of the operation. */
export const zero = (op: Ops, sf: number): Val => sf ? op.i64(0) : op.i32(0);
/** All ones in the type of the operation. */
export const ones = (op: Ops, sf: number): Val => sf ? op.i64(-1) : op.i32(-1);
/** A small immediate in the type of the operation. */
export const wide = (op: Ops, sf: number, v: Val): Val => sf ? op.w("i64.extend_i32_u", v) : v;

/** Writes a result of the operation's type. */
export function put(op: Ops, sf: number, slot: SlotRef, value: Val): void {
  if (sf) op.setX(slot, value);
  else op.setW(slot, value);
}

/** Register names, separated by commas. */
export const regs = (sf: number, ...numbers: number[]): string =>
  numbers.map((n) => gpr(n, sf)).join(", ");

/** Shifts by their encoding: name and operation. */
export const Shifts = ["lsl", "lsr", "asr", "ror"] as const;
export const ShiftOps = ["shl", "shr_u", "shr_s", "rotr"] as const;
