/** Code of functions that generated code calls: they know state and parameters, but no instruction. @module */

import type { Val } from "../isa/ops.ts";
import { asNode, Emitter, type SlotAddress } from "./emitter.ts";

/** Emits such a function. */
export class HelperEmitter extends Emitter {
  #absent(): never {
    throw new Error("Cannot emit that: the function belongs to no instruction");
  }
  protected slotAddress(): SlotAddress {
    return this.#absent();
  }
  /** Only faults ask where they were. */
  protected emitRecord(): void {
    asNode(this.i32(0)).emit(this.code);
  }
  protected beforeCall(): void {}
  protected afterCall(): void {}
  protected leave(): void {}
  protected classIndex(): number {
    return this.#absent();
  }
  pc(): Val {
    return this.#absent();
  }
  jump(): void {
    this.#absent();
  }
  jumpTo(): void {
    this.#absent();
  }
}
