/** The functions of TypeScript that generated code calls. @module */

/**
 * Indices of the imported functions, all `(record: i32, argument: i32) -> i32`.
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
   * than 0: it cannot, and the interpreter must execute the instruction.
   */
  fill: 8,
  /** A record has been jumped to often. */
  hot: 9,
} as const;

/** Name of an import. */
export type ImportName = keyof typeof Imports;

/** The same functions as a host provides them. */
export type ImportFunctions = {
  readonly [K in ImportName]: (record: number, argument: number) => number;
};
