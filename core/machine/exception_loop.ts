/**
 * Noticing software that has lost its way: an exception at its own vector, again and again.
 *
 * @module
 */

import { stored } from "../cpu/controls.ts";
import type { Core, El } from "../cpu/types.ts";

/** How often the same exception comes before it is called a loop. */
const Enough = 1000;
/** Bytes of a vector table. */
const VectorBytes = 0x800n;

/** Counts exceptions of one core that repeat without anything else in between. */
export class ExceptionLoop {
  #core = -1;
  #elr = 0n;
  #esr = 0n;
  #count = 0;

  /** An exception from a lower level has been taken. */
  reset(): void {
    this.#count = 0;
  }

  /** Notes a synchronous exception that has just been taken from `from`; true when it is a loop. */
  note(core: Core, from: El, to: 1 | 2): boolean {
    if (from !== to) {
      this.reset();
      return false;
    }
    const elr = stored(core, to === 2 ? "ELR_EL2" : "ELR_EL1");
    const esr = stored(core, to === 2 ? "ESR_EL2" : "ESR_EL1");
    const vbar = stored(core, to === 2 ? "VBAR_EL2" : "VBAR_EL1");
    const isAtVector = elr >= vbar && elr < vbar + VectorBytes;
    const isSame = elr === this.#elr && esr === this.#esr && core.index === this.#core;
    this.#core = core.index;
    this.#elr = elr;
    this.#esr = esr;
    this.#count = isAtVector && isSame ? this.#count + 1 : 0;
    return this.#count % Enough === Enough - 1;
  }
}
