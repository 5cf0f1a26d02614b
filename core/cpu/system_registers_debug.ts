/**
 * System registers of self-hosted debug and of the performance monitors.
 *
 * Breakpoints, watchpoints and single step can be programmed and read back; they do not fire.
 *
 * @module
 */

import { currentEl, store, stored } from "./controls.ts";
import {
  CycleCounter,
  EventCounters,
  eventSlots,
  incrementBySoftware,
  updateCounters,
  writePmcr,
} from "./pmu.ts";
import type { SystemRegister } from "./system_register_rows.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import { type TrapRule, Traps } from "./system_register_traps.ts";
import type { Core } from "./types.ts";

const rw1 = { read: 1, write: 1 } as const;
const rw0 = { read: 0, write: 0 } as const;
const word = 0xffff_ffffn;
const reservedZero = { get: () => 0n, set: () => {} } as const;
const tda = [Traps.TDA] as const;
const tdosa = [Traps.TDOSA] as const;

/** `count` pairs of value and control registers; ID_AA64DFR0_EL1 says how many. */
function pairs(kind: "DBGB" | "DBGW", count: number, op2: number): readonly SystemRegister[] {
  return Array.from({ length: count }, (_, n) => [
    {
      name: `${kind}VR${n}_EL1`,
      at: [2, 0, 0, n, op2] as const,
      ...rw1,
      slot: `${kind}VR${n}_EL1` as SystemSlot,
      mask: 0xffff_ffff_ffff_fffcn,
      traps: tda,
    },
    {
      name: `${kind}CR${n}_EL1`,
      at: [2, 0, 0, n, op2 + 1] as const,
      ...rw1,
      slot: `${kind}CR${n}_EL1` as SystemSlot,
      mask: kind === "DBGB" ? 0xff_e1e7n : 0x1f1f_ffffn,
      traps: tda,
    },
  ]).flat();
}

/** OSLSR_EL1: the OS Lock is implemented; OSLK as OSLAR_EL1 left it. */
const osLockStatus = (core: Core): bigint => 0x8n | (stored(core, "OSLAR_EL1") << 1n);

const debugRows: readonly SystemRegister[] = [
  { name: "OSDTRRX_EL1", at: [2, 0, 0, 0, 2], ...rw1, slot: "OSDTRRX_EL1", mask: word, traps: tda },
  { name: "MDCCINT_EL1", at: [2, 0, 0, 2, 0], ...rw1, slot: "MDCCINT_EL1", mask: word, traps: tda },
  { name: "MDSCR_EL1", at: [2, 0, 0, 2, 2], ...rw1, slot: "MDSCR_EL1", mask: 0xf001n, traps: tda },
  { name: "OSDTRTX_EL1", at: [2, 0, 0, 3, 2], ...rw1, slot: "OSDTRTX_EL1", mask: word, traps: tda },
  { name: "OSECCR_EL1", at: [2, 0, 0, 6, 2], ...rw1, slot: "OSECCR_EL1", mask: word, traps: tda },
  { name: "MDRAR_EL1", at: [2, 0, 1, 0, 0], read: 1, get: () => 0n, traps: [Traps.TDRA] },
  {
    name: "OSLAR_EL1",
    at: [2, 0, 1, 0, 4],
    write: 1,
    slot: "OSLAR_EL1",
    mask: 1n,
    reset: 1n,
    traps: tdosa,
  },
  { name: "OSLSR_EL1", at: [2, 0, 1, 1, 4], read: 1, get: osLockStatus, traps: tdosa },
  { name: "OSDLR_EL1", at: [2, 0, 1, 3, 4], ...rw1, slot: "OSDLR_EL1", mask: 1n, traps: tdosa },
  { name: "DBGPRCR_EL1", at: [2, 0, 1, 4, 4], ...rw1, slot: "DBGPRCR_EL1", mask: 1n, traps: tdosa },
  {
    name: "DBGCLAIMSET_EL1",
    at: [2, 0, 7, 8, 6],
    ...rw1,
    get: () => 0xffn,
    set: (core, value) =>
      store(core, "DBGCLAIM_EL1", stored(core, "DBGCLAIM_EL1") | (value & 0xffn)),
    traps: tda,
  },
  {
    name: "DBGCLAIMCLR_EL1",
    at: [2, 0, 7, 9, 6],
    ...rw1,
    get: (core) => stored(core, "DBGCLAIM_EL1"),
    set: (core, value) => store(core, "DBGCLAIM_EL1", stored(core, "DBGCLAIM_EL1") & ~value),
    traps: tda,
  },
  { name: "DBGAUTHSTATUS_EL1", at: [2, 0, 7, 14, 6], read: 1, get: () => 0n, traps: tda },
  {
    name: "MDCCSR_EL0",
    at: [2, 3, 0, 1, 0],
    read: 0,
    get: () => 0n,
    traps: [Traps.TDCC, Traps.TDA],
  },
  {
    name: "DBGDTR_EL0",
    at: [2, 3, 0, 4, 0],
    ...rw0,
    ...reservedZero,
    traps: [Traps.TDCC, Traps.TDA],
  },
  {
    // One encoding: DBGDTRRX_EL0 when read, DBGDTRTX_EL0 when written.
    name: "DBGDTRRX_EL0",
    at: [2, 3, 0, 5, 0],
    ...rw0,
    ...reservedZero,
    traps: [Traps.TDCC, Traps.TDA],
  },
  {
    name: "DBGVCR32_EL2",
    at: [2, 4, 0, 7, 0],
    read: 2,
    write: 2,
    slot: "DBGVCR32_EL2",
    mask: word,
  },
];

const allCounters = CycleCounter | ((1n << BigInt(EventCounters)) - 1n);

/** A register of which writes set or clear bits. */
function bits(slot: SystemSlot, how: "set" | "clear"): Pick<SystemRegister, "get" | "set"> {
  return {
    get: (core) => {
      updateCounters(core);
      return stored(core, slot);
    },
    set: (core, value) => {
      updateCounters(core);
      const old = stored(core, slot);
      store(core, slot, how === "set" ? old | (value & allCounters) : old & ~value);
    },
  };
}

/** A counter, brought up to date before it is read or replaced. */
function counter(slot: SystemSlot, mask: bigint): Pick<SystemRegister, "get" | "set"> {
  return {
    get: (core) => {
      updateCounters(core);
      return stored(core, slot);
    },
    set: (core, value) => {
      updateCounters(core);
      store(core, slot, value & mask);
    },
  };
}

const eventType = 0xfe00_ffffn;

/** Which counter or type PMXEVCNTR_EL0 and PMXEVTYPER_EL0 mean; `undefined`: there is none. */
function selected(core: Core, what: "count" | "type"): SystemSlot | undefined {
  const n = Number(stored(core, "PMSELR_EL0"));
  if (n < EventCounters) return eventSlots(n)[what];
  return n === 31 && what === "type" ? "PMCCFILTR_EL0" : undefined;
}

function indirect(what: "count" | "type", mask: bigint): Pick<SystemRegister, "get" | "set"> {
  const resolve = (core: Core) => {
    const slot = selected(core, what);
    return slot && counter(slot, mask);
  };
  return {
    get: (core) => resolve(core)?.get?.(core) ?? 0n,
    set: (core, value) => resolve(core)?.set?.(core, value),
  };
}

/** Below EL2, PMCR_EL0.N is the number of counters that MDCR_EL2.HPMN leaves. */
function readPmcr(core: Core): bigint {
  const value = stored(core, "PMCR_EL0");
  if (!core.hasEl2 || currentEl(core) === 2) return value;
  return (value & ~0xf800n) | ((stored(core, "MDCR_EL2") & 0x1fn) << 11n);
}

const pmu: readonly TrapRule[] = [Traps.PMU, Traps.TPM];

const eventRows: readonly SystemRegister[] = Array.from({ length: EventCounters }, (_, n) => {
  const { count, type } = eventSlots(n);
  return [
    {
      name: count,
      at: [3, 3, 14, 8 + (n >>> 3), n & 7] as const,
      ...rw0,
      slot: count,
      ...counter(count, word),
      traps: [Traps.PMEVCNTR, Traps.PMEVCNTRWrite, Traps.TPM],
    },
    {
      name: type,
      at: [3, 3, 14, 12 + (n >>> 3), n & 7] as const,
      ...rw0,
      slot: type,
      ...counter(type, eventType),
      traps: pmu,
    },
  ];
}).flat();

const monitorRows: readonly SystemRegister[] = [
  {
    name: "PMCR_EL0",
    at: [3, 3, 9, 12, 0],
    ...rw0,
    slot: "PMCR_EL0",
    get: readPmcr,
    set: writePmcr,
    traps: [Traps.PMU, Traps.TPMCR],
  },
  {
    name: "PMCNTENSET_EL0",
    at: [3, 3, 9, 12, 1],
    ...rw0,
    ...bits("PMCNTENSET_EL0", "set"),
    traps: pmu,
  },
  {
    name: "PMCNTENCLR_EL0",
    at: [3, 3, 9, 12, 2],
    ...rw0,
    ...bits("PMCNTENSET_EL0", "clear"),
    traps: pmu,
  },
  {
    name: "PMOVSCLR_EL0",
    at: [3, 3, 9, 12, 3],
    ...rw0,
    ...bits("PMOVSSET_EL0", "clear"),
    traps: pmu,
  },
  {
    name: "PMSWINC_EL0",
    at: [3, 3, 9, 12, 4],
    write: 0,
    set: incrementBySoftware,
    traps: [Traps.PMSWINC, Traps.TPM],
  },
  {
    name: "PMSELR_EL0",
    at: [3, 3, 9, 12, 5],
    ...rw0,
    slot: "PMSELR_EL0",
    mask: 0x1fn,
    traps: [Traps.PMSELR, Traps.TPM],
  },
  { name: "PMCEID0_EL0", at: [3, 3, 9, 12, 6], read: 0, slot: "PMCEID0_EL0", traps: pmu },
  { name: "PMCEID1_EL0", at: [3, 3, 9, 12, 7], read: 0, slot: "PMCEID1_EL0", traps: pmu },
  {
    name: "PMCCNTR_EL0",
    at: [3, 3, 9, 13, 0],
    ...rw0,
    slot: "PMCCNTR_EL0",
    ...counter("PMCCNTR_EL0", (1n << 64n) - 1n),
    traps: [Traps.PMCCNTR, Traps.PMCCNTRWrite, Traps.TPM],
  },
  {
    name: "PMXEVTYPER_EL0",
    at: [3, 3, 9, 13, 1],
    ...rw0,
    ...indirect("type", eventType),
    traps: pmu,
  },
  {
    name: "PMXEVCNTR_EL0",
    at: [3, 3, 9, 13, 2],
    ...rw0,
    ...indirect("count", word),
    traps: [Traps.PMEVCNTR, Traps.PMEVCNTRWrite, Traps.TPM],
  },
  {
    name: "PMUSERENR_EL0",
    at: [3, 3, 9, 14, 0],
    read: 0,
    write: 1,
    slot: "PMUSERENR_EL0",
    mask: 0xfn,
    traps: [Traps.TPM],
  },
  {
    name: "PMOVSSET_EL0",
    at: [3, 3, 9, 14, 3],
    ...rw0,
    ...bits("PMOVSSET_EL0", "set"),
    traps: pmu,
  },
  {
    name: "PMINTENSET_EL1",
    at: [3, 0, 9, 14, 1],
    ...rw1,
    ...bits("PMINTENSET_EL1", "set"),
    traps: [Traps.TPM],
  },
  {
    name: "PMINTENCLR_EL1",
    at: [3, 0, 9, 14, 2],
    ...rw1,
    ...bits("PMINTENSET_EL1", "clear"),
    traps: [Traps.TPM],
  },
  {
    name: "PMCCFILTR_EL0",
    at: [3, 3, 14, 15, 7],
    ...rw0,
    slot: "PMCCFILTR_EL0",
    mask: 0xfc00_0000n,
    traps: pmu,
  },
];

/** Debug registers and performance monitors. */
export const debugRegisterRows: readonly SystemRegister[] = [
  ...pairs("DBGB", 6, 4),
  ...pairs("DBGW", 4, 6),
  ...debugRows,
  ...monitorRows,
  ...eventRows,
];
