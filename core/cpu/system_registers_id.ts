/**
 * System registers that say what the core is: identification and caches.
 *
 * @module
 */

import { currentEl, stored } from "./controls.ts";
import type { Encoding, SystemRegister } from "./system_register_rows.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import { AccessGuard, Traps, zeroingProhibited } from "./system_register_traps.ts";
import type { Core } from "./types.ts";

/** AArch32 and AArch64 feature registers: S3_0_C0_C`crm`_`op2`. Those not listed here read as zero. */
const features: readonly (readonly [name: SystemSlot, crm: number, op2: number])[] = [
  ["ID_PFR0_EL1", 1, 0],
  ["ID_PFR1_EL1", 1, 1],
  ["ID_DFR0_EL1", 1, 2],
  ["ID_AFR0_EL1", 1, 3],
  ["ID_MMFR0_EL1", 1, 4],
  ["ID_MMFR1_EL1", 1, 5],
  ["ID_MMFR2_EL1", 1, 6],
  ["ID_MMFR3_EL1", 1, 7],
  ["ID_ISAR0_EL1", 2, 0],
  ["ID_ISAR1_EL1", 2, 1],
  ["ID_ISAR2_EL1", 2, 2],
  ["ID_ISAR3_EL1", 2, 3],
  ["ID_ISAR4_EL1", 2, 4],
  ["ID_ISAR5_EL1", 2, 5],
  ["ID_MMFR4_EL1", 2, 6],
  ["ID_ISAR6_EL1", 2, 7],
  ["MVFR0_EL1", 3, 0],
  ["MVFR1_EL1", 3, 1],
  ["MVFR2_EL1", 3, 2],
  ["ID_PFR2_EL1", 3, 4],
  ["ID_DFR1_EL1", 3, 5],
  ["ID_MMFR5_EL1", 3, 6],
  ["ID_AA64PFR0_EL1", 4, 0],
  ["ID_AA64PFR1_EL1", 4, 1],
  ["ID_AA64ZFR0_EL1", 4, 4],
  ["ID_AA64SMFR0_EL1", 4, 5],
  ["ID_AA64DFR0_EL1", 5, 0],
  ["ID_AA64DFR1_EL1", 5, 1],
  ["ID_AA64AFR0_EL1", 5, 4],
  ["ID_AA64AFR1_EL1", 5, 5],
  ["ID_AA64ISAR0_EL1", 6, 0],
  ["ID_AA64ISAR1_EL1", 6, 1],
  ["ID_AA64ISAR2_EL1", 6, 2],
  ["ID_AA64MMFR0_EL1", 7, 0],
  ["ID_AA64MMFR1_EL1", 7, 1],
  ["ID_AA64MMFR2_EL1", 7, 2],
];

/** The whole feature space, so that reserved encodings read as zero, as the architecture has it. */
const featureSpace: readonly SystemRegister[] = Array.from({ length: 56 }, (_, i) => {
  const [crm, op2] = [1 + (i >>> 3), i & 7];
  const known = features.find((f) => f[1] === crm && f[2] === op2);
  const at: Encoding = [3, 0, 0, crm, op2];
  const row = { at, read: 1, traps: [Traps.TID3] } as const;
  return known
    ? { ...row, name: known[0], slot: known[0] }
    : { ...row, name: `S3_0_C0_C${crm}_${op2}`, get: () => 0n };
});

/** At EL1, EL2 decides who the core claims to be. */
function virtualized(own: SystemSlot, virtual: SystemSlot): (core: Core) => bigint {
  return (core) => stored(core, core.hasEl2 && currentEl(core) === 1 ? virtual : own);
}

function cacheSize(core: Core): bigint {
  return core.model.caches[Number(stored(core, "CSSELR_EL1"))] ?? 0n;
}

/** DCZID_EL0.DZP. */
const prohibited = 1n << 4n;

/** Identification and cache registers. */
export const idRegisterRows: readonly SystemRegister[] = [
  {
    name: "MIDR_EL1",
    at: [3, 0, 0, 0, 0],
    read: 1,
    slot: "MIDR_EL1",
    get: virtualized("MIDR_EL1", "VPIDR_EL2"),
  },
  {
    name: "MPIDR_EL1",
    at: [3, 0, 0, 0, 5],
    read: 1,
    slot: "MPIDR_EL1",
    get: virtualized("MPIDR_EL1", "VMPIDR_EL2"),
  },
  { name: "REVIDR_EL1", at: [3, 0, 0, 0, 6], read: 1, slot: "REVIDR_EL1", traps: [Traps.TID1] },
  ...featureSpace,
  { name: "CCSIDR_EL1", at: [3, 1, 0, 0, 0], read: 1, get: cacheSize, traps: [Traps.TID2] },
  { name: "CLIDR_EL1", at: [3, 1, 0, 0, 1], read: 1, slot: "CLIDR_EL1", traps: [Traps.TID2] },
  { name: "AIDR_EL1", at: [3, 1, 0, 0, 7], read: 1, slot: "AIDR_EL1", traps: [Traps.TID1] },
  {
    name: "CSSELR_EL1",
    at: [3, 2, 0, 0, 0],
    read: 1,
    write: 1,
    slot: "CSSELR_EL1",
    mask: 0xfn,
    traps: [Traps.TID2],
  },
  {
    name: "CTR_EL0",
    at: [3, 3, 0, 0, 1],
    read: 0,
    slot: "CTR_EL0",
    traps: [Traps.UCT, Traps.TID2],
  },
  {
    name: "DCZID_EL0",
    at: [3, 3, 0, 0, 7],
    read: 0,
    slot: "DCZID_EL0",
    get: (core) =>
      stored(core, "DCZID_EL0") | (zeroingProhibited(core, currentEl(core)) ? prohibited : 0n),
    guard: AccessGuard.zeroing,
  },
  { name: "VPIDR_EL2", at: [3, 4, 0, 0, 0], read: 2, write: 2, slot: "VPIDR_EL2" },
  { name: "VMPIDR_EL2", at: [3, 4, 0, 0, 5], read: 2, write: 2, slot: "VMPIDR_EL2" },
];
