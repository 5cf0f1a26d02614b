/**
 * The generic timers of a core: when they fire and what they drive.
 *
 * Their registers are state of the core; lines and alarms are derived from it by `settle`.
 *
 * @module
 */

import type { Alarm, Clock } from "../board/clock.ts";
import { store, stored } from "./controls.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import type { Core, El, TimerUnit, TimerWires } from "./types.ts";

/** A timer by the common part of its registers' names. */
export type TimerName = "CNTP" | "CNTV" | "CNTHP" | "CNTHV";

interface TimerFacts {
  readonly ctl: SystemSlot;
  readonly cval: SystemSlot;
  /** Encoding of its registers: S3_`op1`_C14_C`crm`_{0,1,2}. */
  readonly op1: number;
  readonly crm: number;
  /** Lowest exception level that may use it. */
  readonly el: El;
  readonly wire: keyof TimerWires;
  /** It counts from CNTVOFF_EL2. */
  readonly virtual?: true;
  /** The timer that takes its place at EL2 with E2H. */
  readonly host?: TimerName;
  readonly rule?: "CNTP" | "CNTV";
}

/** The timers. */
export const Timers: { readonly [N in TimerName]: TimerFacts } = {
  CNTP: {
    ctl: "CNTP_CTL_EL0",
    cval: "CNTP_CVAL_EL0",
    op1: 3,
    crm: 2,
    el: 0,
    wire: "cntp",
    host: "CNTHP",
    rule: "CNTP",
  },
  CNTV: {
    ctl: "CNTV_CTL_EL0",
    cval: "CNTV_CVAL_EL0",
    op1: 3,
    crm: 3,
    el: 0,
    wire: "cntv",
    virtual: true,
    host: "CNTHV",
    rule: "CNTV",
  },
  CNTHP: { ctl: "CNTHP_CTL_EL2", cval: "CNTHP_CVAL_EL2", op1: 4, crm: 2, el: 2, wire: "cnthp" },
  CNTHV: { ctl: "CNTHV_CTL_EL2", cval: "CNTHV_CVAL_EL2", op1: 4, crm: 3, el: 2, wire: "cnthv" },
};

const timerNames = Object.keys(Timers) as TimerName[];

const Ctl = { ENABLE: 1n, IMASK: 2n } as const;
const nsPerSecond = 1_000_000_000n;

/** What the timer subtracts from the system counter. */
export function counterOffset(core: Core, name: TimerName): bigint {
  return Timers[name].virtual && core.hasEl2 ? stored(core, "CNTVOFF_EL2") : 0n;
}

/** CNTx_CVAL. */
export function compareValue(core: Core, name: TimerName): bigint {
  return stored(core, Timers[name].cval);
}

/** Counts still to go, 0 when the timer condition is met. */
function remaining(core: Core, name: TimerName): bigint {
  const count = BigInt.asUintN(64, core.timers.count() - counterOffset(core, name));
  const cval = compareValue(core, name);
  return cval > count ? cval - count : 0n;
}

/** CNTx_CTL.ISTATUS. */
export function timerStatus(core: Core, name: TimerName): boolean {
  return (stored(core, Timers[name].ctl) & Ctl.ENABLE) !== 0n && remaining(core, name) === 0n;
}

/** Virtual time at which the system counter reaches `count`; `undefined` when not in this life. */
function deadline(count: bigint, frequencyHz: bigint): number | undefined {
  const ns = (count * nsPerSecond + frequencyHz - 1n) / frequencyHz;
  return ns <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(ns) : undefined;
}

/** The system counter at `ns` of virtual time. */
export function counterAt(ns: number, frequencyHz: number): bigint {
  return BigInt(Math.floor(ns)) * BigInt(frequencyHz) / nsPerSecond;
}

/**
 * Makes the timers of a core. `core` is asked for only when they are used, as the core owns them.
 */
export function timerUnit(
  core: () => Core,
  clock: Clock,
  wires: TimerWires,
  frequencyHz: number,
): TimerUnit {
  const frequency = BigInt(frequencyHz);
  const count = (): bigint => counterAt(clock.now(), frequencyHz);
  const alarms = new Map<TimerName, Alarm>();

  function settleOne(name: TimerName): void {
    const owner = core();
    const { ctl, wire } = Timers[name];
    const control = stored(owner, ctl);
    const left = remaining(owner, name);
    const enabled = (control & Ctl.ENABLE) !== 0n;
    const waiting = enabled && left > 0n && !(control & Ctl.IMASK);
    alarms.get(name)?.set(waiting ? deadline(count() + left, frequency) : undefined);
    wires[wire].set(enabled && left === 0n && !(control & Ctl.IMASK));
  }

  for (const name of timerNames) alarms.set(name, clock.alarm(() => settleOne(name)));
  const event = clock.alarm(() => core().state.setU32("eventRegister", 1));
  return {
    frequencyHz,
    count,
    settle: () => timerNames.forEach(settleOne),
    awaitEvent() {
      const now = count();
      const left = nextEvent(core(), now);
      event.set(left === undefined ? undefined : deadline(now + left, frequency));
    },
  };
}

/** The next count at which one event stream sends an event; `undefined` while it is off. */
function streamEvent(control: bigint, count: bigint): bigint | undefined {
  if (!(control & 4n)) return undefined; // EVNTEN
  const half = 1n << ((control >> 4n) & 15n); // EVNTI
  const phase = control & 8n ? 0n : half; // EVNTDIR: on a fall or on a rise of that bit
  const period = half * 2n;
  const next = count - (count % period) + phase;
  return next > count ? next : next + period;
}

/** Counts until an event stream of this core sends an event. */
function nextEvent(core: Core, count: bigint): bigint | undefined {
  const offset = counterOffset(core, "CNTV");
  const virtual = BigInt.asUintN(64, count - offset);
  const events = [
    [streamEvent(stored(core, "CNTKCTL_EL1"), virtual), virtual],
    [core.hasEl2 ? streamEvent(stored(core, "CNTHCTL_EL2"), count) : undefined, count],
  ] as const;
  const left = events.flatMap(([event, from]) => event === undefined ? [] : [event - from]);
  return left.length === 0 ? undefined : left.reduce((a, b) => a < b ? a : b);
}

/** Turns every timer off, as reset does. */
export function resetTimers(core: Core): void {
  for (const name of timerNames) store(core, Timers[name].ctl, 0n);
  store(core, "CNTFRQ_EL0", BigInt(core.timers.frequencyHz));
  core.timers.settle();
}
