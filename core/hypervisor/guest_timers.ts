/**
 * The timers of a guest: its vCPU uses those of the core while it has it, and an alarm stands for
 * them while it does not.
 *
 * @module
 */

import { store } from "../cpu/controls.ts";
import { getRegister } from "../cpu/system_registers.ts";
import { type TimerName, Timers } from "../cpu/timers.ts";
import type { Core } from "../cpu/types.ts";
import type { GuestContext } from "./context.ts";

/** Timers that EL1 has. */
export const GuestTimers = ["CNTP", "CNTV"] as const satisfies readonly TimerName[];

const Ctl = { enable: 1n, mask: 2n, status: 4n } as const;

/** Whether a timer of the guest that runs on `core` drives its interrupt. */
export function timerSignals(core: Core, name: TimerName): boolean {
  const control = getRegister(core, `${name}_CTL_EL0`);
  return (control & (Ctl.enable | Ctl.mask | Ctl.status)) === (Ctl.enable | Ctl.status);
}

/** A saved context and the interrupts of its timers. */
export interface TimerOwner {
  readonly context: GuestContext;
  readonly interrupts: {
    readonly links: ReadonlyMap<number, { readonly timer?: TimerName; readonly inFlight: boolean }>;
  };
}

/**
 * The system count at which a timer of a vCPU that has no core next interrupts it; undefined when
 * none will. A timer whose interrupt the guest has not ended cannot interrupt again.
 */
export function nextSignal(owner: TimerOwner, virtualOffset: bigint): bigint | undefined {
  const { context, interrupts } = owner;
  let soonest: bigint | undefined;
  for (const { timer, inFlight } of interrupts.links.values()) {
    if (!timer || inFlight) continue;
    const { ctl, cval, virtual } = Timers[timer];
    if ((context.register(ctl) & (Ctl.enable | Ctl.mask)) !== Ctl.enable) continue;
    const count = context.register(cval) + (virtual ? virtualOffset : 0n);
    if (soonest === undefined || count < soonest) soonest = count;
  }
  return soonest;
}

/** Silences the guest's timers on `core`, after their registers have been saved. */
export function stopTimers(core: Core): void {
  for (const name of GuestTimers) store(core, Timers[name].ctl, 0n);
  core.timers.settle();
}
