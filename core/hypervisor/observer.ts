/** What somebody who watches the hypervisor is told. @module */

import type { ExitRecord } from "./ledger.ts";
import type { Vcpu } from "./vm.ts";

/** Told of what happens at EL2, in the order in which each core does it; it must change nothing. */
export interface RunObserver {
  /** EL2 has been entered; `vcpu` was in its guest, unless the core waited. Its interrupts are back. */
  left(core: number, vcpu: Vcpu | undefined, ns: number): void;
  /**
   * EL2 is left for the guest of `vcpu`, or the core waits from now on. `exit` is of the vCPU that
   * `left` had.
   */
  entered(core: number, vcpu: Vcpu | undefined, ns: number, exit: ExitRecord | undefined): void;
  /** A vCPU that was off or waited can run from now on. */
  woken(vcpu: Vcpu, ns: number): void;
}
