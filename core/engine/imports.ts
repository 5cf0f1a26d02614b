/** The functions of TypeScript that generated code calls. @module */

/**
 * Indices of the imported functions, all `(record: i32, argument: i32) -> i32` but for `fill`.
 *
 * They return 0 to go on, and otherwise leave generated code with the state saying where to go on.
 */
export const Imports = {
  /** Decodes the instruction of `record` and some that follow. */
  decode: 0,
  /** An access that missed the TLB; the argument describes it (access_descriptor.ts). */
  slow: 1,
  /** The mailbox holds what an access of the slow path stored. */
  commit: 2,
  /** Runs `execute` of instruction class `argument`. */
  execute: 3,
  /** A floating-point operation; fp_helper.ts describes it, operands are in scratch. */
  fp: 4,
  /** SP is misaligned where that is checked. */
  spFault: 5,
  /** FP or SIMD is trapped. */
  fpTrap: 6,
  /** `attention` is set: leave after this instruction. */
  attend: 7,
  /**
   * A translated access missed the TLB: fills the entry if memory can be accessed directly. Other
   * than 0, it cannot: `Fill` says what then.
   */
  fill: 8,
  /** A record has been jumped to often. */
  hot: 9,
} as const;

/** What `fill` answers. */
export const Fill = {
  filled: 0,
  /** The interpreter must execute the instruction. */
  refused: 1,
  /** A device has answered: what was read is in the mailbox. */
  read: 2,
} as const;

/** Name of an import. */
export type ImportName = keyof typeof Imports;

/** The functions that are told of an access by arguments: its address in halves, the TLB context. */
export type FillFunction = (
  record: number,
  argument: number,
  low: number,
  high: number,
  context: number,
) => number;

/** The same functions as a host provides them. */
export type ImportFunctions = {
  readonly [K in ImportName]: K extends "fill" ? FillFunction
    : (record: number, argument: number) => number;
};
