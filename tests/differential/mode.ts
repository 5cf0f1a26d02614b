/** The circumstances a program runs in. @module */

/** What a program's surroundings are. */
export interface Mode {
  /** It runs at EL0 rather than at EL1. */
  readonly atEl0: boolean;
  readonly mmu: boolean;
  /** SCTLR_EL1.A: unaligned accesses fault. */
  readonly strict: boolean;
  /** Interrupts are not masked, and the timer is armed. */
  readonly interrupts: boolean;
}
