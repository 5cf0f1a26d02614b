/** Floating-point operations as generated code calls them: operands and result in scratch. @module */

import { type CpuState, StateLayout } from "../cpu/state.ts";
import { type FpOperation, fpOperations } from "../fp/table.ts";

/** Bits that `packFpInfo` uses. */
const InfoBits = 25;

/** The argument of the `fp` import. */
export function describeFp(operation: number, info: number): number {
  return (operation << InfoBits) | info;
}

/** The `fp` import for the core whose state is `state`. */
export function fpHelper(
  state: CpuState,
  memory: ArrayBufferLike,
): (record: number, argument: number) => number {
  const scratch = new BigUint64Array(memory, state.base + StateLayout.scratch, 4);
  const env = { fpcr: 0, fpsr: 0 };
  return (_record, argument) => {
    const { run } = fpOperations[argument >>> InfoBits] as FpOperation;
    env.fpcr = state.u32("fpcr");
    env.fpsr = 0;
    const info = argument & ((1 << InfoBits) - 1);
    scratch[0] = run(scratch[0] as bigint, scratch[1] as bigint, scratch[2] as bigint, info, env);
    if (env.fpsr !== 0) state.setU32("fpsr", state.u32("fpsr") | env.fpsr);
    return 0;
  };
}
