/** Floating-point operations as generated code calls them: operands and result in scratch. @module */

import { type CpuState, StateLayout } from "../cpu/state.ts";

/** The `fp` import for the core whose state is `state`. */
export function fpHelper(
  state: CpuState,
  memory: ArrayBufferLike,
): (record: number, argument: number) => number {
  const scratch = new BigUint64Array(memory, state.base + StateLayout.scratch, 8);
  return (_record, argument) => {
    throw new Error(`fp ${argument} ${scratch.length}`);
  };
}
