/** The scheduling policies by name. @module */

import { fairShare } from "./fair_share.ts";
import { fixedPriority } from "./fixed_priority.ts";
import type { Policy } from "./policy.ts";
import { roundRobin } from "./round_robin.ts";

/** What makes each policy, by the name that `--scheduler` takes. */
export const Policies = {
  rr: roundRobin,
  priority: fixedPriority,
  fair: fairShare,
} as const satisfies Record<string, () => Policy>;

export type PolicyName = keyof typeof Policies;

export const policyNames = Object.keys(Policies) as readonly PolicyName[];

/** The policy that is used when none is asked for. */
export const DefaultPolicy: PolicyName = "rr";
