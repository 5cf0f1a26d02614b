/**
 * System registers of the generic timers.
 *
 * @module
 */

import { currentEl, el0IsInHost, el2IsHost, store, stored } from "./controls.ts";
import type { SystemRegister } from "./system_register_rows.ts";
import { Traps } from "./system_register_traps.ts";
import { compareValue, counterOffset, type TimerName, Timers, timerStatus } from "./timers.ts";
import type { Core } from "./types.ts";

const settle = (core: Core): void => core.timers.settle();

/** CNTVOFF_EL2 as a read of CNTVCT_EL0 sees it: not at all in the host. */
function visibleOffset(core: Core): bigint {
  const el = currentEl(core);
  const host = el === 2 ? el2IsHost(core) : el === 0 && el0IsInHost(core);
  return host || !core.hasEl2 ? 0n : stored(core, "CNTVOFF_EL2");
}

const low32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** TVAL, CTL and CVAL of one timer. */
function timerRows(name: TimerName): readonly SystemRegister[] {
  const t = Timers[name];
  const { op1, crm, el } = t;
  const access = {
    read: el,
    write: el,
    ...(t.rule ? { traps: [Traps[t.rule]] } : {}),
    ...(name === "CNTHV" ? { exists: (core: Core) => core.features.vhe } : {}),
  } as const;
  const full = (part: string): string => `${name}_${part}_EL${el}`;
  const host = (part: string): Pick<SystemRegister, "e2h" | "e2hAtEl0"> =>
    t.host ? { e2h: `${t.host}_${part}_EL2`, e2hAtEl0: true } : {};
  return [
    {
      name: full("TVAL"),
      at: [3, op1, 14, crm, 0],
      ...access,
      ...host("TVAL"),
      get: (core) => low32(compareValue(core, name) - timerCount(core, name)),
      set: (core, value) => {
        const distance = BigInt.asIntN(32, value);
        store(core, t.cval, BigInt.asUintN(64, timerCount(core, name) + distance));
        settle(core);
      },
    },
    {
      name: full("CTL"),
      at: [3, op1, 14, crm, 1],
      ...access,
      ...host("CTL"),
      slot: t.ctl,
      mask: 3n,
      get: (core) => stored(core, t.ctl) | (timerStatus(core, name) ? 4n : 0n),
      then: settle,
    },
    {
      name: full("CVAL"),
      at: [3, op1, 14, crm, 2],
      ...access,
      ...host("CVAL"),
      slot: t.cval,
      then: settle,
    },
  ];
}

function timerCount(core: Core, name: TimerName): bigint {
  return core.timers.count() - counterOffset(core, name);
}

/** Counters, their controls, and the timers. */
export const timerRegisterRows: readonly SystemRegister[] = [
  {
    name: "CNTFRQ_EL0",
    at: [3, 3, 14, 0, 0],
    read: 0,
    write: 1,
    slot: "CNTFRQ_EL0",
    mask: 0xffff_ffffn,
    traps: [Traps.CNTFRQ],
  },
  {
    name: "CNTPCT_EL0",
    at: [3, 3, 14, 0, 1],
    read: 0,
    get: (core) => core.timers.count(),
    traps: [Traps.CNTPCT],
  },
  {
    name: "CNTVCT_EL0",
    at: [3, 3, 14, 0, 2],
    read: 0,
    get: (core) => BigInt.asUintN(64, core.timers.count() - visibleOffset(core)),
    traps: [Traps.CNTVCT],
  },
  {
    name: "CNTKCTL_EL1",
    at: [3, 0, 14, 1, 0],
    read: 1,
    write: 1,
    slot: "CNTKCTL_EL1",
    mask: 0x3ffn,
    e2h: "CNTHCTL_EL2",
  },
  {
    name: "CNTHCTL_EL2",
    at: [3, 4, 14, 1, 0],
    read: 2,
    write: 2,
    slot: "CNTHCTL_EL2",
    mask: (core) => el2IsHost(core) ? 0xfffn : 0xffn,
    reset: 3n,
  },
  {
    name: "CNTVOFF_EL2",
    at: [3, 4, 14, 0, 3],
    read: 2,
    write: 2,
    slot: "CNTVOFF_EL2",
    then: settle,
  },
  ...timerRows("CNTP"),
  ...timerRows("CNTV"),
  ...timerRows("CNTHP"),
  ...timerRows("CNTHV"),
];
