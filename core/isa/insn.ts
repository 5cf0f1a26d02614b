/** The shape of an instruction definition. @module */

import { Slot, StateLayout } from "../cpu/state.ts";
import type { Context } from "./context.ts";
import type { Ops, SlotRef, Val } from "./ops.ts";
import { type Fields, type Pattern, pattern } from "./pattern.ts";

/** A byte offset in the CPU state block, known at decode time. */
export type StateOffset = number & { readonly __offset: never };

const offset = (n: number): StateOffset => n as StateOffset;

/** X register read as a source: 31 reads as zero. */
export const src = (n: number): StateOffset => offset(StateLayout.x + n * 8);
/** X register written as a destination: writes to 31 vanish. */
export const dst = (n: number): StateOffset =>
  offset(StateLayout.x + (n === 31 ? Slot.discard : n) * 8);
/** X register for which 31 is the stack pointer. */
export const orSp = (n: number): StateOffset =>
  offset(StateLayout.x + (n === 31 ? Slot.sp : n) * 8);
/** V register; numbers wrap at 32, as register lists do. */
export const vreg = (n: number): StateOffset => offset(StateLayout.v + (n & 31) * 16);

/**
 * Operands as decoded. They share a 16-byte record: `imm` excludes `a`, `p` and `q`; `a` excludes
 * `p`; `list` (up to four places) excludes all of those.
 */
export interface Operands {
  readonly d?: StateOffset;
  readonly n?: StateOffset;
  readonly m?: StateOffset;
  readonly a?: StateOffset;
  readonly list?: readonly StateOffset[];
  /** A 64-bit immediate (signed or unsigned), seen as i64. */
  readonly imm?: bigint;
  /** Small immediates, seen as i32. */
  readonly p?: number;
  readonly q?: number;
}

/** The same operands as a body sees them. */
export type Bound<O extends Operands> = {
  readonly [K in keyof O]: K extends "imm" | "p" | "q" ? Val
    : K extends "list" ? readonly [SlotRef, SlotRef, SlotRef, SlotRef]
    : SlotRef;
};

/** Extension an instruction needs, by llvm's names as the vectors use; absent: Armv8.0 with FP and SIMD. */
export type Feature =
  | "crc"
  | "aes"
  | "sha2"
  | "lse"
  | "rdm"
  | "sha3"
  | "sm4"
  | "dotprod"
  | "fullfp16"
  | "fp16fml"
  | "complxnum"
  | "jsconv"
  | "rcpc"
  | "rcpc-immo"
  | "flagm"
  | "altnzcv"
  | "fptoint"
  | "bf16"
  | "i8mm"
  | "lor"
  | "sb"
  | "bti"
  | "pan"
  | "uao"
  | "ssbs"
  | "dit";

/** Fields a shape may name: those of the pattern, and `sp`, which is 1 when Rn is 31. */
export type ShapeFields<P extends string> = Fields<P> & { readonly sp: number };

/** One A64 encoding class: how it is recognised, printed and executed. */
export interface Insn<P extends string, S extends keyof ShapeFields<P>, O extends Operands> {
  /** Encoding class as titled in DDI 0487 C4.1. */
  readonly name: string;
  /** Titles of the DDI 0487 C6 and C7 pages that define its members. */
  readonly ref: string;
  readonly pattern: Pattern<P>;
  /** The fields `run` may branch on; each combination becomes one handler. */
  readonly shape: readonly S[];
  /** Shapes whose body is `execute` alone: they share one handler. */
  readonly rare?: (f: Pick<ShapeFields<P>, S>) => boolean;
  /** Unallocated or reserved combinations, which are UNDEFINED. */
  readonly undefined?: (f: Fields<P>) => boolean;
  /** The extension that a combination needs. */
  readonly feature?: (f: Fields<P>) => Feature | undefined;
  /** FP and Advanced SIMD, always or by shape: trapped by CPACR_EL1.FPEN and CPTR_EL2. */
  readonly fp?: boolean | ((f: Pick<ShapeFields<P>, S>) => boolean);
  /** A direct branch: `operands` gives `imm`, the offset from PC in bytes. */
  readonly branch?: boolean;
  /** Ends a straight run of instructions (branches, exceptions, system changes). */
  readonly ends?: boolean;
  /** Translated code leaves this to the interpreter. */
  readonly interpreted?: true;
  /** Text as `objdump -M no-aliases` prints it. `pc` is the instruction's address. */
  readonly asm: (f: Fields<P>, pc: bigint) => string;
  /** The preferred alias that objdump prints instead, if one applies. */
  readonly alias?: (f: Fields<P>, pc: bigint) => string | undefined;
  readonly operands: (f: Fields<P>) => O;
  readonly run: (op: Ops, f: Pick<ShapeFields<P>, S>, o: Bound<O>) => void;
  /**
   * Behaviour in TypeScript, for what is rare or leaves the core: reached by `op.execute()`.
   * Returns 0 to go on with the next instruction, 1 when the state already says where to go on.
   */
  readonly execute?: (c: Context, f: Fields<P>) => number;
}

/** Any instruction definition, as tables hold them. */
// deno-lint-ignore no-explicit-any
export type AnyInsn = Insn<any, any, any>;

/** Defines an instruction; see {@linkcode Insn} for the parts. */
export function insn<
  const P extends string,
  const S extends keyof ShapeFields<P>,
  O extends Operands,
>(
  name: string,
  text: P,
  spec: Omit<Insn<P, S, O>, "name" | "pattern">,
): Insn<P, S, O> {
  return { name, pattern: pattern(text), ...spec };
}

/** A body that is all TypeScript. */
export const inTypeScript = (op: Ops): void => op.execute();
