/**
 * System registers of EL2.
 *
 * @module
 */

import { el2IsHost, Hcr } from "./controls.ts";
import { controlsChanged, deriveControls, translationChanged } from "./pstate.ts";
import type { SystemRegister } from "./system_register_rows.ts";
import { sctlrMask, sctlrWritten, tcrMask } from "./system_registers_control.ts";
import { Traps } from "./system_register_traps.ts";
import type { Core } from "./types.ts";

const word = 0xffff_ffffn;
const rw2 = { read: 2, write: 2 } as const;
const reservedZero = { get: () => 0n, set: () => {} } as const;
const vhe = { exists: (core: Core) => core.features.vhe } as const;

/** HCR_EL2 of Armv8.0; without EL3 HCD exists, without AArch32 RW is one. */
const hcrMask = (core: Core): bigint => 0x3_ffff_ffffn | (core.features.vhe ? Hcr.E2H : 0n);

/** CPTR_EL2: with E2H it has the layout of CPACR_EL1. */
const cptrLayout = {
  plain: { mask: 0x8010_0400n, ones: 0x33ffn },
  host: { mask: 0x9030_0000n, ones: 0n },
};

const cptr = (core: Core) => el2IsHost(core) ? cptrLayout.host : cptrLayout.plain;

const plainTcrMask = (core: Core): bigint =>
  0x17_ff3fn | (core.features.hafdbs ? 0x60_0000n : 0n) | (core.features.hpds ? 0x100_0000n : 0n);

const vtcrMask = (core: Core): bigint =>
  0x7_ffffn | (core.features.vmid16 ? 0x8_0000n : 0n) | (core.features.hafdbs ? 0x60_0000n : 0n);

/** Control of EL2 itself and of what EL1 may do. */
const controls: readonly SystemRegister[] = [
  {
    name: "SCTLR_EL2",
    at: [3, 4, 1, 0, 0],
    ...rw2,
    slot: "SCTLR_EL2",
    mask: sctlrMask,
    res1: (core) => el2IsHost(core) ? 0n : 0x30c5_0830n,
    then: sctlrWritten,
  },
  { name: "ACTLR_EL2", at: [3, 4, 1, 0, 1], ...rw2, ...reservedZero },
  {
    name: "HCR_EL2",
    at: [3, 4, 1, 1, 0],
    ...rw2,
    slot: "HCR_EL2",
    mask: hcrMask,
    res1: Hcr.RW,
    reset: Hcr.RW,
    then: controlsChanged,
  },
  {
    name: "MDCR_EL2",
    at: [3, 4, 1, 1, 1],
    ...rw2,
    slot: "MDCR_EL2",
    mask: 0xfffn,
    reset: 6n, // HPMN: every event counter
  },
  {
    name: "CPTR_EL2",
    at: [3, 4, 1, 1, 2],
    ...rw2,
    slot: "CPTR_EL2",
    mask: (core) => cptr(core).mask,
    res1: (core) => cptr(core).ones,
    then: deriveControls,
  },
  { name: "HSTR_EL2", at: [3, 4, 1, 1, 3], ...rw2, slot: "HSTR_EL2", mask: 0xffffn },
  { name: "HACR_EL2", at: [3, 4, 1, 1, 7], ...rw2, ...reservedZero },
];

/** Both translation stages. */
const translationRows: readonly SystemRegister[] = [
  { name: "TTBR0_EL2", at: [3, 4, 2, 0, 0], ...rw2, slot: "TTBR0_EL2", then: translationChanged },
  {
    name: "TTBR1_EL2",
    at: [3, 4, 2, 0, 1],
    ...rw2,
    slot: "TTBR1_EL2",
    then: translationChanged,
    ...vhe,
  },
  {
    name: "TCR_EL2",
    at: [3, 4, 2, 0, 2],
    ...rw2,
    slot: "TCR_EL2",
    mask: (core) => el2IsHost(core) ? tcrMask(core) : plainTcrMask(core),
    res1: (core) => el2IsHost(core) ? 0n : 0x8080_0000n,
    then: translationChanged,
  },
  { name: "VTTBR_EL2", at: [3, 4, 2, 1, 0], ...rw2, slot: "VTTBR_EL2", then: translationChanged },
  {
    name: "VTCR_EL2",
    at: [3, 4, 2, 1, 2],
    ...rw2,
    slot: "VTCR_EL2",
    mask: vtcrMask,
    res1: 0x8000_0000n,
    then: translationChanged,
  },
  { name: "MAIR_EL2", at: [3, 4, 10, 2, 0], ...rw2, slot: "MAIR_EL2", then: translationChanged },
  { name: "AMAIR_EL2", at: [3, 4, 10, 3, 0], ...rw2, ...reservedZero },
  {
    name: "CONTEXTIDR_EL2",
    at: [3, 4, 13, 0, 1],
    ...rw2,
    slot: "CONTEXTIDR_EL2",
    mask: word,
    ...vhe,
  },
];

/** Exceptions taken to EL2, and EL1's state that EL2 manages. */
const exceptions: readonly SystemRegister[] = [
  { name: "SPSR_EL2", at: [3, 4, 4, 0, 0], ...rw2, slot: "SPSR_EL2", mask: word },
  { name: "ELR_EL2", at: [3, 4, 4, 0, 1], ...rw2, slot: "ELR_EL2" },
  { name: "SP_EL1", at: [3, 4, 4, 1, 0], ...rw2, slot: "SP_EL1" },
  { name: "AFSR0_EL2", at: [3, 4, 5, 1, 0], ...rw2, ...reservedZero },
  { name: "AFSR1_EL2", at: [3, 4, 5, 1, 1], ...rw2, ...reservedZero },
  { name: "ESR_EL2", at: [3, 4, 5, 2, 0], ...rw2, slot: "ESR_EL2", mask: word },
  { name: "FAR_EL2", at: [3, 4, 6, 0, 0], ...rw2, slot: "FAR_EL2" },
  { name: "HPFAR_EL2", at: [3, 4, 6, 0, 4], ...rw2, slot: "HPFAR_EL2", mask: 0xff_ffff_fff0n },
  {
    name: "VBAR_EL2",
    at: [3, 4, 12, 0, 0],
    ...rw2,
    slot: "VBAR_EL2",
    mask: 0xffff_ffff_ffff_f800n,
  },
  { name: "RVBAR_EL2", at: [3, 4, 12, 0, 1], read: 2, get: () => 0n },
  { name: "TPIDR_EL2", at: [3, 4, 13, 0, 2], ...rw2, slot: "TPIDR_EL2" },
  // AArch32 state, kept for hypervisors that save it without asking whether it exists.
  { name: "DACR32_EL2", at: [3, 4, 3, 0, 0], ...rw2, slot: "DACR32_EL2", mask: word },
  { name: "SPSR_irq", at: [3, 4, 4, 3, 0], ...rw2, slot: "SPSR_irq", mask: word },
  { name: "SPSR_abt", at: [3, 4, 4, 3, 1], ...rw2, slot: "SPSR_abt", mask: word },
  { name: "SPSR_und", at: [3, 4, 4, 3, 2], ...rw2, slot: "SPSR_und", mask: word },
  { name: "SPSR_fiq", at: [3, 4, 4, 3, 3], ...rw2, slot: "SPSR_fiq", mask: word },
  { name: "IFSR32_EL2", at: [3, 4, 5, 0, 1], ...rw2, slot: "IFSR32_EL2", mask: word },
  {
    name: "FPEXC32_EL2",
    at: [3, 4, 5, 3, 0],
    ...rw2,
    slot: "FPEXC32_EL2",
    mask: word,
    reset: 0x700n,
    traps: [Traps.FP],
  },
];

/** Registers of EL2. */
export const el2Rows: readonly SystemRegister[] = [
  ...controls,
  ...translationRows,
  ...exceptions,
];
