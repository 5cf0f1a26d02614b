/**
 * What a plan must know of the board; platforms derive it from their own description.
 *
 * @module
 */

import type { Range } from "./ranges.ts";

/** A device of the board, or one of its windows. */
export interface DeviceFact extends Range {
  readonly name: string;
  /** Path of its device tree node; several windows may share one, and some have none. */
  readonly path: string | undefined;
  /** `gic` is any window of the interrupt controller that no guest uses directly. */
  readonly kind: "gicd" | "gicc" | "gicr" | "gic" | "uart" | "device";
  /** Interrupt numbers (INTID), in the order of the node's `interrupts`. */
  readonly irqs: readonly number[];
}

/** The board as it is configured for this run. */
export interface PlatformFacts {
  readonly name: string;
  readonly ram: readonly Range[];
  /** The most RAM that the board can have, for advice. */
  readonly maxRamBytes: number;
  readonly cpus: { readonly count: number; readonly max: number };
  readonly gicVersion: 2 | 3;
  readonly devices: readonly DeviceFact[];
  /** Device tree nodes without addresses that may be named, such as `/timer`. */
  readonly otherPaths: readonly string[];
}
