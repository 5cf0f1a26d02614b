/**
 * Which system registers have storage in the core's state, and where.
 *
 * @module
 */

import { StateLayout } from "./state.ts";

const names = [
  // EL1&0 translation and control
  "SCTLR_EL1",
  "CPACR_EL1",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "TCR_EL1",
  "MAIR_EL1",
  "CONTEXTIDR_EL1",
  "PAR_EL1",
  // Exceptions
  "SPSR_EL1",
  "ELR_EL1",
  "ESR_EL1",
  "FAR_EL1",
  "VBAR_EL1",
  "SPSR_EL2",
  "ELR_EL2",
  "ESR_EL2",
  "FAR_EL2",
  "HPFAR_EL2",
  "VBAR_EL2",
  "SPSR_abt",
  "SPSR_und",
  "SPSR_irq",
  "SPSR_fiq",
  "DACR32_EL2",
  "IFSR32_EL2",
  "FPEXC32_EL2",
  // Stack pointers that are not selected, and thread identifiers
  "SP_EL0",
  "SP_EL1",
  "SP_EL2",
  "TPIDR_EL0",
  "TPIDRRO_EL0",
  "TPIDR_EL1",
  "TPIDR_EL2",
  // EL2
  "SCTLR_EL2",
  "HCR_EL2",
  "MDCR_EL2",
  "CPTR_EL2",
  "HSTR_EL2",
  "TTBR0_EL2",
  "TTBR1_EL2",
  "TCR_EL2",
  "VTTBR_EL2",
  "VTCR_EL2",
  "MAIR_EL2",
  "CONTEXTIDR_EL2",
  "VPIDR_EL2",
  "VMPIDR_EL2",
  // Timers
  "CNTFRQ_EL0",
  "CNTKCTL_EL1",
  "CNTHCTL_EL2",
  "CNTVOFF_EL2",
  "CNTP_CTL_EL0",
  "CNTP_CVAL_EL0",
  "CNTV_CTL_EL0",
  "CNTV_CVAL_EL0",
  "CNTHP_CTL_EL2",
  "CNTHP_CVAL_EL2",
  "CNTHV_CTL_EL2",
  "CNTHV_CVAL_EL2",
  // Identification
  "MIDR_EL1",
  "MPIDR_EL1",
  "REVIDR_EL1",
  "AIDR_EL1",
  "CTR_EL0",
  "DCZID_EL0",
  "CLIDR_EL1",
  "CSSELR_EL1",
  "ID_PFR0_EL1",
  "ID_PFR1_EL1",
  "ID_PFR2_EL1",
  "ID_DFR0_EL1",
  "ID_DFR1_EL1",
  "ID_AFR0_EL1",
  "ID_MMFR0_EL1",
  "ID_MMFR1_EL1",
  "ID_MMFR2_EL1",
  "ID_MMFR3_EL1",
  "ID_MMFR4_EL1",
  "ID_MMFR5_EL1",
  "ID_ISAR0_EL1",
  "ID_ISAR1_EL1",
  "ID_ISAR2_EL1",
  "ID_ISAR3_EL1",
  "ID_ISAR4_EL1",
  "ID_ISAR5_EL1",
  "ID_ISAR6_EL1",
  "MVFR0_EL1",
  "MVFR1_EL1",
  "MVFR2_EL1",
  "ID_AA64PFR0_EL1",
  "ID_AA64PFR1_EL1",
  "ID_AA64ZFR0_EL1",
  "ID_AA64SMFR0_EL1",
  "ID_AA64DFR0_EL1",
  "ID_AA64DFR1_EL1",
  "ID_AA64AFR0_EL1",
  "ID_AA64AFR1_EL1",
  "ID_AA64ISAR0_EL1",
  "ID_AA64ISAR1_EL1",
  "ID_AA64ISAR2_EL1",
  "ID_AA64MMFR0_EL1",
  "ID_AA64MMFR1_EL1",
  "ID_AA64MMFR2_EL1",
  // Debug
  "MDSCR_EL1",
  "MDCCINT_EL1",
  "OSECCR_EL1",
  "OSDLR_EL1",
  "OSLAR_EL1",
  "DBGPRCR_EL1",
  "DBGCLAIM_EL1",
  "DBGVCR32_EL2",
  "OSDTRRX_EL1",
  "OSDTRTX_EL1",
  "DBGBVR0_EL1",
  "DBGBVR1_EL1",
  "DBGBVR2_EL1",
  "DBGBVR3_EL1",
  "DBGBVR4_EL1",
  "DBGBVR5_EL1",
  "DBGBCR0_EL1",
  "DBGBCR1_EL1",
  "DBGBCR2_EL1",
  "DBGBCR3_EL1",
  "DBGBCR4_EL1",
  "DBGBCR5_EL1",
  "DBGWVR0_EL1",
  "DBGWVR1_EL1",
  "DBGWVR2_EL1",
  "DBGWVR3_EL1",
  "DBGWCR0_EL1",
  "DBGWCR1_EL1",
  "DBGWCR2_EL1",
  "DBGWCR3_EL1",
  // Performance monitors
  "PMCR_EL0",
  "PMCNTENSET_EL0",
  "PMOVSSET_EL0",
  "PMSELR_EL0",
  "PMINTENSET_EL1",
  "PMUSERENR_EL0",
  "PMCCNTR_EL0",
  "PMCCFILTR_EL0",
  "PMCEID0_EL0",
  "PMCEID1_EL0",
  "PMEVCNTR0_EL0",
  "PMEVCNTR1_EL0",
  "PMEVCNTR2_EL0",
  "PMEVCNTR3_EL0",
  "PMEVCNTR4_EL0",
  "PMEVCNTR5_EL0",
  "PMEVTYPER0_EL0",
  "PMEVTYPER1_EL0",
  "PMEVTYPER2_EL0",
  "PMEVTYPER3_EL0",
  "PMEVTYPER4_EL0",
  "PMEVTYPER5_EL0",
  // Not a register: virtual time at which the cycle counter read zero.
  "PMU_EPOCH",
] as const;

/** Name of a system register that has storage. */
export type SystemSlot = typeof names[number];

/** Indices into `CpuState.system`. */
export const SystemSlots = Object.fromEntries(names.map((name, i) => [name, i])) as {
  readonly [N in SystemSlot]: number;
};

// Looking a name up in an object costs five times as much, since many names come by each place.
const indices = new Map<SystemSlot, number>(names.map((name, i) => [name, i]));

/** Index into `CpuState.system`. */
export function slotIndex(slot: SystemSlot): number {
  return indices.get(slot) as number;
}

/** Byte offset of a register's storage in the state block. */
export function slotOffset(slot: SystemSlot): number {
  return StateLayout.systemRegisters + SystemSlots[slot] * 8;
}
