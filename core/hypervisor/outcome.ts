/**
 * What becomes of a vCPU after an exit. Handlers answer with one of these and touch neither the
 * return address nor the scheduler.
 *
 * @module
 */

/** An exception that the guest's own EL1 is to take. */
export interface Reflection {
  /** Exception class and syndrome for ESR_EL1. */
  readonly ec: number;
  readonly iss: number;
  /** Value for FAR_EL1; the register is left alone when absent. */
  readonly far?: bigint;
}

/** Next step for the vCPU that exited. */
export type Outcome =
  /** Go on at the return address. */
  | { readonly next: "resume" }
  /** Step over the instruction that trapped, then go on. */
  | { readonly next: "skip" }
  /** Leave the core until an interrupt is pending; `skip` steps over the instruction first. */
  | { readonly next: "wait"; readonly skip: boolean }
  /** Let others have the core, then go on behind the instruction. */
  | { readonly next: "yield" }
  /** The vCPU has turned itself off. */
  | { readonly next: "off" }
  /** The guest takes the exception. */
  | { readonly next: "reflect"; readonly exception: Reflection }
  /** The guest has asked for its VM to end. */
  | { readonly next: "halt"; readonly how: "off" | "reset" }
  /** The VM cannot go on. */
  | { readonly next: "fail"; readonly why: string };

export const resume: Outcome = { next: "resume" };
export const skip: Outcome = { next: "skip" };

/** Stops the VM; `why` goes into its report. */
export function fail(why: string): Outcome {
  return { next: "fail", why };
}

/** Hands an exception to the guest. */
export function reflect(exception: Reflection): Outcome {
  return { next: "reflect", exception };
}
