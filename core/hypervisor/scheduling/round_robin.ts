/** Round robin: the vCPUs of a core take turns of one time slice, in the order in which they came. @module */

import type { Policy } from "./policy.ts";

/** How long a vCPU may keep a core that others want. */
const SliceNs = 10_000_000;

/** See the module. */
export function roundRobin(): Policy {
  return {
    precedes: () => false,
    outranks: () => false,
    preempts: () => false,
    sliceNs: () => SliceNs,
  };
}
