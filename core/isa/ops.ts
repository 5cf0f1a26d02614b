/**
 * The vocabulary instruction bodies are written in, and the whole contract with the engines.
 *
 * A body is plain TypeScript over opaque values. What TypeScript branches on is known at decode
 * time; what passes through {@linkcode Ops} happens at run time. Pure computation uses
 * WebAssembly's own instruction names ({@linkcode Ops.w}); both engines emit WebAssembly.
 *
 * @module
 */

import type { StateField } from "../cpu/state.ts";

import type { LaneOp, LoadOp, StoreOp, WasmOp } from "./wasm_ops.ts";

export type { LoadOp as LoadName, StoreOp as StoreName };

declare const runtime: unique symbol;
declare const slot: unique symbol;

/**
 * A value known only at run time, of one WebAssembly type; TypeScript cannot look inside.
 *
 * Values are pure expressions: use {@linkcode Ops.let} for one that is used more than once, so that
 * it is computed once.
 */
export interface Val {
  readonly [runtime]: never;
}

/** A place in the CPU state: an X or V register or a system register's storage. */
export interface SlotRef {
  readonly [slot]: never;
}

/** How memory is accessed. `update` reads and writes (atomics): it needs both permissions. */
export type AccessKind = "read" | "write" | "update";

/** Particulars of an access. */
export interface AccessOptions {
  /** Check permissions as EL0 does (LDTR, STTR). */
  readonly unprivileged?: boolean;
  /** Fault when the address is not a multiple of this many bytes (atomics, exclusives). */
  readonly align?: number;
  /** Bytes of one element, where alignment is checked by element (pairs, structures); default: all. */
  readonly element?: number;
}

/** Memory that {@linkcode Ops.mem} has checked; offsets are bytes below the size that was checked. */
export interface Access {
  load(name: LoadOp, offset: number): Val;
  store(name: StoreOp, offset: number, value: Val): void;
  /** Ends an access that stored. */
  commit(): void;
}

/** Operand size in bits. */
export type Size = 32 | 64;

/** Run-time operations. */
export interface Ops {
  // -- pure values --------------------------------------------------------------------------------
  /** A WebAssembly instruction without immediates, by its text name: `w("i64.add", a, b)`. */
  w(name: WasmOp, ...args: Val[]): Val;
  /** A SIMD instruction with a lane immediate: `lane("i8x16.extract_lane_u", 3, v)`. */
  lane(name: LaneOp, index: number, ...args: Val[]): Val;
  /** `i8x16.shuffle`: 16 byte indices into `a` (0–15) and `b` (16–31). */
  shuffle(lanes: readonly number[], a: Val, b: Val): Val;
  i32(value: number): Val;
  i64(value: bigint | number): Val;
  /** A vector constant from its low and high halves. */
  v128(low: bigint, high: bigint): Val;
  /** Computes `value` now, once, into a temporary. */
  let(value: Val): Val;
  /** `condition` (i32) not zero: `a`, else `b`; both are computed. */
  select(condition: Val, a: Val, b: Val): Val;

  // -- registers ----------------------------------------------------------------------------------
  /** 64 bits of a slot, as i64. */
  x(slot: SlotRef): Val;
  /** The low 32 bits of a slot, as i32. */
  w32(slot: SlotRef): Val;
  setX(slot: SlotRef, value: Val): void;
  /** Writes an i32, zero-extended to 64 bits. */
  setW(slot: SlotRef, value: Val): void;
  /** Writes the low 32 bits of a slot (i32) and keeps the rest: state fields of 32 bits. */
  setHalf(slot: SlotRef, value: Val): void;
  /** A whole V register, as v128. */
  v(slot: SlotRef): Val;
  setV(slot: SlotRef, value: Val): void;
  /** Writes the low 64 bits of a V register (i64) and zeroes the rest. */
  setD(slot: SlotRef, value: Val): void;
  /** Writes the low 32 bits of a V register (i32) and zeroes the rest. */
  setS(slot: SlotRef, value: Val): void;
  /** The low `size` bits of a V register as i64, with anything above them: a scalar operand. */
  scalar(size: number, slot: SlotRef): Val;
  /** Writes the low `size` bits of a V register (i64, zero above them) and zeroes the rest. */
  setScalar(size: number, slot: SlotRef, value: Val): void;
  /** A field of the CPU state: i32 or i64 as StateFields says. */
  field(name: StateField): Val;
  setField(name: StateField, value: Val): void;
  /** The 32-bit word of the state `at` (i32) plus `offset` bytes into it, i32. */
  word(at: Val, offset: number): Val;
  setWord(at: Val, value: Val): void;
  /** 64 bits of the state, as {@linkcode Ops.word}: i64. */
  wide(at: Val): Val;
  setWide(at: Val, value: Val): void;
  /** Address of this instruction, i64. */
  pc(): Val;

  // -- flags --------------------------------------------------------------------------------------
  /** a + b (i32 or i64 by size), setting NZCV. */
  addFlags(size: Size, a: Val, b: Val): Val;
  /** a − b, setting NZCV. */
  subFlags(size: Size, a: Val, b: Val): Val;
  /** a + b + C, setting NZCV. */
  adcFlags(size: Size, a: Val, b: Val): Val;
  /** N and Z from the value, C = V = 0. */
  logicFlags(size: Size, value: Val): void;
  /** Sets NZCV from bits 31:28 of an i32. */
  setNzcv(value: Val): void;
  /** `set` sets the flags if `condition` (i32) is not 0; else they become the constant `nzcv`. */
  chooseFlags(condition: Val, set: () => void, nzcv: Val): void;
  /** NZCV in bits 31:28, i32. */
  nzcv(): Val;
  /** The C flag, i32 0 or 1. */
  carry(): Val;
  /** ConditionHolds(cond), i32; `cond` is known at decode time. */
  cond(cond: number): Val;

  // -- memory -------------------------------------------------------------------------------------
  /** Checks an access of `bytes` (a power of two up to 64, or 3-element sizes 12, 24, 48) at an i64 address. Leaves the instruction on a fault. */
  mem(address: Val, bytes: number, kind: AccessKind, options?: AccessOptions): Access;
  /** Whether a byte at an i64 address is known to be memory that may be read; i32. */
  isReadable(address: Val): Val;
  /** CheckSPAlignment: call it before an access whose base register is SP. */
  checkSp(address: Val): void;

  // -- control ------------------------------------------------------------------------------------
  /** Runs `then` when `condition` (i32) is not zero. Temporaries made inside stay inside. */
  if(condition: Val, then: () => void, otherwise?: () => void): void;
  /** Goes on at PC + the `imm` operand; ends the path it is on. */
  jump(offset: Val): void;
  /** Goes on at an address, i64; ends the path it is on. */
  jumpTo(address: Val): void;
  /**
   * Runs this instruction's `execute` in TypeScript from here on; ends the path it is on unless it
   * returns 0. Writes of this body before it are visible to it.
   */
  execute(): void;
  /** What follows is for the interpreter: translated code leaves before this instruction. */
  interpreted(): void;
  /** Leaves generated code after this instruction when `attention` is set (an interrupt may be due). */
  checkAttention(): void;
  /**
   * A floating-point operation of core/fp/table.ts under FPCR, its flags ORed into FPSR. Operands and
   * result are i64 bit patterns; `info` says the sizes and modes as `packFpInfo` takes them.
   */
  fp(operation: string, info: number, ...args: Val[]): Val;
  /** The same on `lanes` elements of vectors (v128); the elements above are left open. */
  fpLanes(operation: string, info: number, lanes: number, ...args: Val[]): Val;
  /** Sets NZCV as FCMP does, or FCMPE where `signalling`; operands as {@linkcode Ops.fp} takes them. */
  fpFlags(size: number, signalling: boolean, a: Val, b: Val): void;
}
