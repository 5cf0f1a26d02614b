/**
 * Fair shares: of the vCPUs of a core, the next is the one that has had least for its weight.
 *
 * Run time is counted in *tags*: nanoseconds at the usual weight. Each core has a floor below
 * which no tag of its vCPUs can fall, so that waiting for an interrupt earns no claim to all of the
 * time that has gone by; one that has waited gets a small advance, so that it runs soon. Between
 * cores a vCPU takes along by how much it is above the floor.
 *
 * @module
 */

import { WeightRange } from "../../config/vm_keys.ts";
import type { CoreLoad, Policy, Schedulable } from "./policy.ts";

/** Everyone who waits for a core is served once in this time, if slices do not get too short by it. */
const PeriodNs = 12_000_000;
const ShortestSliceNs = 2_000_000;
/** By how much one that wakes may be below the floor. */
const AdvanceNs = PeriodNs / 2;
/** Lead that one needs to take the core before a slice is over. */
const LeadNs = 1_000_000;

/** See the module. */
export function fairShare(): Policy {
  const floors: number[] = [];
  const floorOf = (core: number): number => floors[core] ?? 0;
  return {
    precedes: (a, b) => a.notes.tagNs < b.notes.tagNs,
    outranks: () => false,
    preempts(first, running, nowNs) {
      charge(running, nowNs);
      return first.notes.tagNs + LeadNs < running.notes.tagNs;
    },
    sliceNs(vcpu, waiting) {
      let weights = vcpu.weight;
      for (const other of waiting) weights += other.weight;
      return Math.max(ShortestSliceNs, Math.floor(PeriodNs * vcpu.weight / weights));
    },
    advance({ core, running, waiting: [first] }: CoreLoad, nowNs) {
      if (running) charge(running, nowNs);
      const least = Math.min(running?.notes.tagNs ?? Infinity, first?.notes.tagNs ?? Infinity);
      if (least !== Infinity) floors[core] = Math.max(floorOf(core), least);
    },
    move({ core: from, notes }, core, woken) {
      const above = notes.tagNs - floorOf(from);
      notes.tagNs = floorOf(core) + Math.max(above, woken ? -AdvanceNs : above);
    },
    yield({ notes }, [first]) {
      if (first) notes.tagNs = Math.max(notes.tagNs, first.notes.tagNs);
    },
  };
}

/** Brings the tag up to date. */
function charge(vcpu: Schedulable, nowNs: number): void {
  const ran = vcpu.ranNs(nowNs);
  vcpu.notes.tagNs += (ran - vcpu.notes.chargedNs) * WeightRange.usual / vcpu.weight;
  vcpu.notes.chargedNs = ran;
}
