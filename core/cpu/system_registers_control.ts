/**
 * System registers that control execution at EL0 and EL1, and those of special purpose.
 *
 * @module
 */

import { currentEl, effectiveHcr, Hcr, Sctlr } from "./controls.ts";
import { interruptStatus, updateAttention } from "./interrupts.ts";
import {
  controlsChanged,
  deriveControls,
  enterMode,
  selectStack,
  tablesChanged,
  translationChanged,
  writeFpcr,
} from "./pstate.ts";
import type { SystemRegister } from "./system_register_rows.ts";
import { AccessGuard, Traps } from "./system_register_traps.ts";
import type { Core } from "./types.ts";

const virtualMemory = [Traps.TVM, Traps.TRVM] as const;
const word = 0xffff_ffffn;
const rw1 = { read: 1, write: 1 } as const;
/** IMPLEMENTATION DEFINED contents, of which these cores have none. */
const reservedZero = { get: () => 0n, set: () => {} } as const;

/** SCTLR_EL1 fields of Armv8.0, the bits that read as one there included. */
const sctlrFields = 0x37dd_dbbfn;

/** Fields that not every core has, and where there is no SPAN, its bit is one. */
export const sctlrMask = (core: Core): bigint =>
  sctlrFields | (core.features.ssbs ? Sctlr.DSSBS : 0n);
const sctlrOnes = (core: Core): bigint => 0x40_0800n | (core.features.pan ? 0n : Sctlr.SPAN);

/** What a write of SCTLR_ELx entails. */
export function sctlrWritten(core: Core, value: bigint): void {
  if (value & (Sctlr.EE | Sctlr.E0E)) {
    core.report("big-endian", "SCTLR_ELx selects big-endian data, but accesses stay little-endian");
  }
  controlsChanged(core);
}

/** PSTATE as registers; SP_EL0 while it is not in use. */
const pstateRows: readonly SystemRegister[] = [
  {
    name: "SPSel",
    at: [3, 0, 4, 2, 0],
    ...rw1,
    field: ["spSel", 0],
    set: (core, value) => selectStack(core, Number(value & 1n)),
  },
  { name: "CurrentEL", at: [3, 0, 4, 2, 2], read: 1, field: ["el", 2] },
  {
    name: "PAN",
    at: [3, 0, 4, 2, 3],
    ...rw1,
    field: ["pan", 22],
    mask: 1n << 22n,
    then: enterMode,
    exists: (core) => core.features.pan,
  },
  {
    name: "UAO",
    at: [3, 0, 4, 2, 4],
    ...rw1,
    field: ["uao", 23],
    mask: 1n << 23n,
    then: enterMode,
    exists: (core) => core.features.uao,
  },
  {
    name: "NZCV",
    at: [3, 3, 4, 2, 0],
    read: 0,
    write: 0,
    get: (core) => BigInt(core.state.nzcv()),
    set: (core, value) => core.state.setNzcv(Number(value & 0xf000_0000n)),
  },
  {
    name: "DAIF",
    at: [3, 3, 4, 2, 1],
    read: 0,
    write: 0,
    field: ["daif", 0],
    mask: 0x3c0n,
    then: updateAttention,
    traps: [Traps.UMA],
  },
  {
    name: "DIT",
    at: [3, 3, 4, 2, 5],
    read: 0,
    write: 0,
    field: ["dit", 24],
    mask: 1n << 24n,
    exists: (core) => core.features.dit,
  },
  {
    name: "SSBS",
    at: [3, 3, 4, 2, 6],
    read: 0,
    write: 0,
    field: ["ssbs", 12],
    mask: 1n << 12n,
    exists: (core) => core.features.ssbs,
  },
  {
    name: "FPCR",
    at: [3, 3, 4, 4, 0],
    read: 0,
    write: 0,
    field: ["fpcr", 0],
    mask: (core) => 0x07c0_0000n | (core.features.fp16 ? 1n << 19n : 0n),
    then: writeFpcr,
    traps: [Traps.FP],
  },
  {
    name: "FPSR",
    at: [3, 3, 4, 4, 1],
    read: 0,
    write: 0,
    field: ["fpsr", 0],
    mask: 0x0800_009fn,
    traps: [Traps.FP],
  },
  {
    name: "SP_EL0",
    at: [3, 0, 4, 1, 0],
    ...rw1,
    slot: "SP_EL0",
    unlessSelected: true,
    guard: AccessGuard.sp0,
  },
];

/** LORegions, of which there are none: LORID_EL1 says so, the others have nothing to hold. */
const limitedOrdering: readonly SystemRegister[] = (["LORSA", "LOREA", "LORN", "LORC"] as const)
  .map((name, op2): SystemRegister => ({
    name: `${name}_EL1`,
    at: [3, 0, 10, 4, op2],
    ...rw1,
    ...reservedZero,
    exists: (core) => core.features.lor,
  })).concat([{
    name: "LORID_EL1",
    at: [3, 0, 10, 4, 7],
    read: 1,
    get: () => 0n,
    exists: (core) => core.features.lor,
  }]);

/** TCR_EL1, and TCR_EL2 when EL2 is the host. */
export const tcrMask = (core: Core): bigint =>
  0x77_ffff_ffffn | (core.features.hafdbs ? 0x180_0000_0000n : 0n) |
  (core.features.hpds ? 0x600_0000_0000n : 0n);

/** Registers of the EL1&0 translation regime. */
const translationRows: readonly SystemRegister[] = [
  {
    name: "SCTLR_EL1",
    at: [3, 0, 1, 0, 0],
    ...rw1,
    slot: "SCTLR_EL1",
    mask: sctlrMask,
    res1: sctlrOnes,
    then: sctlrWritten,
    traps: virtualMemory,
    e2h: "SCTLR_EL2",
  },
  { name: "ACTLR_EL1", at: [3, 0, 1, 0, 1], ...rw1, ...reservedZero, traps: [Traps.TACR] },
  {
    name: "CPACR_EL1",
    at: [3, 0, 1, 0, 2],
    ...rw1,
    slot: "CPACR_EL1",
    mask: 0x1030_0000n,
    then: deriveControls,
    traps: [Traps.TCPAC],
    e2h: "CPTR_EL2",
  },
  {
    name: "TTBR0_EL1",
    at: [3, 0, 2, 0, 0],
    ...rw1,
    slot: "TTBR0_EL1",
    then: tablesChanged,
    traps: virtualMemory,
    e2h: "TTBR0_EL2",
  },
  {
    name: "TTBR1_EL1",
    at: [3, 0, 2, 0, 1],
    ...rw1,
    slot: "TTBR1_EL1",
    then: tablesChanged,
    traps: virtualMemory,
    e2h: "TTBR1_EL2",
  },
  {
    name: "TCR_EL1",
    at: [3, 0, 2, 0, 2],
    ...rw1,
    slot: "TCR_EL1",
    mask: tcrMask,
    then: translationChanged,
    traps: virtualMemory,
    e2h: "TCR_EL2",
  },
  {
    name: "MAIR_EL1",
    at: [3, 0, 10, 2, 0],
    ...rw1,
    slot: "MAIR_EL1",
    then: translationChanged,
    traps: virtualMemory,
    e2h: "MAIR_EL2",
  },
  {
    name: "AMAIR_EL1",
    at: [3, 0, 10, 3, 0],
    ...rw1,
    ...reservedZero,
    traps: virtualMemory,
    e2h: "AMAIR_EL2",
  },
  {
    name: "CONTEXTIDR_EL1",
    at: [3, 0, 13, 0, 1],
    ...rw1,
    slot: "CONTEXTIDR_EL1",
    mask: word,
    traps: virtualMemory,
    e2h: "CONTEXTIDR_EL2",
  },
  ...limitedOrdering,
  { name: "PAR_EL1", at: [3, 0, 7, 4, 0], ...rw1, slot: "PAR_EL1" },
];

/** Exceptions taken to EL1, thread identifiers and the rest. */
const exceptionRows: readonly SystemRegister[] = [
  { name: "SPSR_EL1", at: [3, 0, 4, 0, 0], ...rw1, slot: "SPSR_EL1", mask: word, e2h: "SPSR_EL2" },
  { name: "ELR_EL1", at: [3, 0, 4, 0, 1], ...rw1, slot: "ELR_EL1", e2h: "ELR_EL2" },
  {
    name: "AFSR0_EL1",
    at: [3, 0, 5, 1, 0],
    ...rw1,
    ...reservedZero,
    traps: virtualMemory,
    e2h: "AFSR0_EL2",
  },
  {
    name: "AFSR1_EL1",
    at: [3, 0, 5, 1, 1],
    ...rw1,
    ...reservedZero,
    traps: virtualMemory,
    e2h: "AFSR1_EL2",
  },
  {
    name: "ESR_EL1",
    at: [3, 0, 5, 2, 0],
    ...rw1,
    slot: "ESR_EL1",
    mask: word,
    traps: virtualMemory,
    e2h: "ESR_EL2",
  },
  {
    name: "FAR_EL1",
    at: [3, 0, 6, 0, 0],
    ...rw1,
    slot: "FAR_EL1",
    traps: virtualMemory,
    e2h: "FAR_EL2",
  },
  {
    name: "VBAR_EL1",
    at: [3, 0, 12, 0, 0],
    ...rw1,
    slot: "VBAR_EL1",
    mask: 0xffff_ffff_ffff_f800n,
    e2h: "VBAR_EL2",
  },
  {
    name: "RVBAR_EL1",
    at: [3, 0, 12, 0, 1],
    read: 1,
    get: () => 0n,
    exists: (core) => !core.hasEl2,
  },
  {
    name: "ISR_EL1",
    at: [3, 0, 12, 1, 0],
    read: 1,
    get: (core) => BigInt(interruptStatus(core, isVirtualAtEl1(core))),
  },
  { name: "TPIDR_EL0", at: [3, 3, 13, 0, 2], read: 0, write: 0, slot: "TPIDR_EL0" },
  { name: "TPIDRRO_EL0", at: [3, 3, 13, 0, 3], read: 0, write: 1, slot: "TPIDRRO_EL0" },
  { name: "TPIDR_EL1", at: [3, 0, 13, 0, 4], ...rw1, slot: "TPIDR_EL1" },
];

/** ISR_EL1 shows the virtual interrupt in place of each physical one that is routed to EL2. */
function isVirtualAtEl1(core: Core): number {
  if (currentEl(core) !== 1 || !core.hasEl2) return 0;
  const hcr = effectiveHcr(core);
  return (hcr & Hcr.IMO ? 0x80 : 0) | (hcr & Hcr.FMO ? 0x40 : 0) | (hcr & Hcr.AMO ? 0x100 : 0);
}

/** IMPLEMENTATION DEFINED registers of Cortex-A53, A57 and A72: read as zero, writes ignored. */
const implementationDefinedRows: readonly SystemRegister[] = ([
  ["L2CTLR_EL1", 11, 0, 2],
  ["L2ECTLR_EL1", 11, 0, 3],
  ["L2ACTLR_EL1", 15, 0, 0],
  ["CPUACTLR_EL1", 15, 2, 0],
  ["CPUECTLR_EL1", 15, 2, 1],
  ["CPUMERRSR_EL1", 15, 2, 2],
  ["L2MERRSR_EL1", 15, 2, 3],
  ["CBAR_EL1", 15, 3, 0],
] as const).map(([name, crn, crm, op2]) => ({
  name,
  at: [3, 1, crn, crm, op2] as const,
  ...rw1,
  ...reservedZero,
  exists: (core: Core) => core.features.implementationDefined,
  traps: [Traps.TIDCP],
}));

/** Control registers of EL0 and EL1. */
export const controlRows: readonly SystemRegister[] = [
  ...pstateRows,
  ...translationRows,
  ...exceptionRows,
  ...implementationDefinedRows,
];
