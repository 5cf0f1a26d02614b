/**
 * Fixed priorities with round robin inside a level, in the manner of Minos 0.4, which has eight levels,
 * level 4 for vCPUs and slices of 100 ms.
 *
 * A vCPU runs only while none that is more urgent can; such a one takes the core when it wakes. Who
 * loses the core so is first in its level, with what it had left of its slice.
 *
 * @module
 */

import type { Policy } from "./policy.ts";

/** How long a vCPU may keep a core that others of its level want. */
const SliceNs = 100_000_000;

/** See the module. */
export function fixedPriority(): Policy {
  return {
    precedes: (a, b) => a.priority < b.priority,
    outranks: (a, b) => a.priority < b.priority,
    preempts: (first, running) => first.priority < running.priority,
    sliceNs: (vcpu, [first]) => first && first.priority <= vcpu.priority ? SliceNs : undefined,
  };
}
