/**
 * The performance monitors: cycles and instructions, both counted by virtual time.
 *
 * A core executes one instruction a nanosecond, so the counters advance with the clock; they do
 * not stop while a core waits. Filtering by exception level is not modelled, and overflow sets its
 * flag without an interrupt.
 *
 * @module
 */

import { store, stored } from "./controls.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import type { Core } from "./types.ts";

/** Event counters (PMCR_EL0.N). */
export const EventCounters = 6;

/** Bits of PMCR_EL0. */
export const Pmcr = { E: 1n, P: 2n, C: 4n, D: 8n, LC: 0x40n } as const;

/** Bit of the cycle counter in the set and clear registers. */
export const CycleCounter = 1n << 31n;

/** Event numbers that count: INST_RETIRED and CPU_CYCLES. */
const timed: readonly bigint[] = [0x08n, 0x11n];
const softwareIncrement = 0n;
const full = 1n << 64n;
const half = 1n << 32n;

/** Storage of event counter `n` and of its type. */
export function eventSlots(n: number): { count: SystemSlot; type: SystemSlot } {
  const slot = `PMEVCNTR${n}_EL0` as SystemSlot;
  return { count: slot, type: `PMEVTYPER${n}_EL0` as SystemSlot };
}

function overflow(core: Core, bit: bigint): void {
  store(core, "PMOVSSET_EL0", stored(core, "PMOVSSET_EL0") | bit);
}

function addCycles(core: Core, elapsed: bigint): void {
  const before = stored(core, "PMCCNTR_EL0");
  const after = before + elapsed;
  const limit = stored(core, "PMCR_EL0") & Pmcr.LC ? full : half;
  if (after / limit !== before / limit) overflow(core, CycleCounter);
  store(core, "PMCCNTR_EL0", BigInt.asUintN(64, after));
}

function addEvents(core: Core, n: number, amount: bigint): void {
  const { count } = eventSlots(n);
  const after = stored(core, count) + amount;
  if (after >= half) overflow(core, 1n << BigInt(n));
  store(core, count, BigInt.asUintN(32, after));
}

/** Brings the counters up to now; to be called before any performance monitor is read or written. */
export function updateCounters(core: Core): void {
  const now = BigInt(Math.floor(core.clock.now()));
  const elapsed = now - stored(core, "PMU_EPOCH");
  store(core, "PMU_EPOCH", now);
  if (elapsed <= 0n || !(stored(core, "PMCR_EL0") & Pmcr.E)) return;
  const enabled = stored(core, "PMCNTENSET_EL0");
  if (enabled & CycleCounter) addCycles(core, elapsed);
  for (let n = 0; n < EventCounters; n++) {
    const event = stored(core, eventSlots(n).type) & 0xffffn;
    if (enabled & (1n << BigInt(n)) && timed.includes(event)) addEvents(core, n, elapsed);
  }
}

/** PMSWINC_EL0. */
export function incrementBySoftware(core: Core, counters: bigint): void {
  updateCounters(core);
  const enabled = stored(core, "PMCR_EL0") & Pmcr.E ? stored(core, "PMCNTENSET_EL0") : 0n;
  for (let n = 0; n < EventCounters; n++) {
    const event = stored(core, eventSlots(n).type) & 0xffffn;
    if (counters & enabled & (1n << BigInt(n)) && event === softwareIncrement) {
      addEvents(core, n, 1n);
    }
  }
}

/** PMCR_EL0: resets what P and C ask for, then takes over the controls. */
export function writePmcr(core: Core, value: bigint): void {
  updateCounters(core);
  if (value & Pmcr.C) store(core, "PMCCNTR_EL0", 0n);
  if (value & Pmcr.P) {
    for (let n = 0; n < EventCounters; n++) {
      store(core, eventSlots(n).count, 0n);
    }
  }
  const controls = 0x79n; // E, D, X, DP, LC
  store(core, "PMCR_EL0", (stored(core, "PMCR_EL0") & ~controls) | (value & controls));
}
