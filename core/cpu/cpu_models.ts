/**
 * The cores hvsim offers: their identification registers as data, and what follows from them.
 *
 * @module
 */

import type { SystemSlot } from "./system_register_slots.ts";

/** A kind of core. */
export interface CpuModel {
  readonly name: CpuName;
  /** Reset values of the identification registers; those absent are zero. */
  readonly id: { readonly [N in SystemSlot]?: bigint };
  /** CCSIDR_EL1 by CSSELR_EL1 (level × 2 + instruction). */
  readonly caches: readonly bigint[];
  /** Has CPUACTLR_EL1 and the like, as Cortex-A53, A57 and A72 have. */
  readonly implementationDefined: boolean;
  /** SCTLR_EL1 and SCTLR_EL2 at reset. */
  readonly sctlr: readonly [el1: bigint, el2: bigint];
}

/** What the register rows ask about a core; each follows from an ID register field. */
export interface CpuFeatures {
  readonly vhe: boolean;
  readonly pan: boolean;
  /** AT S1E1RP and S1E1WP. */
  readonly pan2: boolean;
  readonly uao: boolean;
  readonly lor: boolean;
  readonly dit: boolean;
  readonly ssbs: boolean;
  readonly fp16: boolean;
  readonly hafdbs: boolean;
  readonly hpds: boolean;
  readonly xnx: boolean;
  readonly asid16: boolean;
  readonly vmid16: boolean;
  readonly granule16K: boolean;
  /** Physical address bits. */
  readonly addressBits: number;
  readonly dataCachePersistence: boolean;
  readonly implementationDefined: boolean;
}

// AArch32 registers are the same on these cores but for ID_MMFR0 (16-bit VA extensions of A72).
const aarch32 = {
  ID_PFR0_EL1: 0x131n,
  ID_PFR1_EL1: 0x1_0001n,
  ID_DFR0_EL1: 0x0301_0006n,
  ID_MMFR0_EL1: 0x1010_1105n,
  ID_MMFR1_EL1: 0x4000_0000n,
  ID_MMFR2_EL1: 0x0126_0000n,
  ID_MMFR3_EL1: 0x0210_2211n,
  ID_ISAR0_EL1: 0x0210_1110n,
  ID_ISAR1_EL1: 0x1311_2111n,
  ID_ISAR2_EL1: 0x2123_2042n,
  ID_ISAR3_EL1: 0x0111_2131n,
  ID_ISAR4_EL1: 0x0001_1142n,
  ID_ISAR5_EL1: 0x0001_1121n,
  MVFR0_EL1: 0x1011_0222n,
  MVFR1_EL1: 0x1211_1111n,
  MVFR2_EL1: 0x43n,
} as const;

// EL0 to EL1 are AArch64 only, there is no EL3, and FP and SIMD are present (0). The GIC and EL2
// fields depend on the board: see idRegisters.
const armv80 = {
  ...aarch32,
  ID_AA64PFR0_EL1: 0x11n,
  ID_AA64DFR0_EL1: 0x1030_5106n,
  ID_AA64ISAR0_EL1: 0x1_1120n,
  DCZID_EL0: 4n,
  CLIDR_EL1: 0x0a20_0023n,
  PMCEID0_EL0: 0x2_0001n,
} as const;

/** Every model, by the name the command line uses. */
export const CpuModels = {
  "cortex-a53": {
    name: "cortex-a53",
    id: {
      ...armv80,
      MIDR_EL1: 0x410f_d034n,
      ID_AA64MMFR0_EL1: 0x1122n,
      CTR_EL0: 0x8444_8004n,
      PMCR_EL0: 0x4103_3000n,
    },
    caches: [0x700f_e01an, 0x201f_e00an, 0x707f_e07an],
    implementationDefined: true,
    sctlr: [0x00c5_0838n, 0x30c5_0838n],
  },
  "cortex-a57": {
    name: "cortex-a57",
    id: {
      ...armv80,
      MIDR_EL1: 0x411f_d070n,
      ID_AA64MMFR0_EL1: 0x1124n,
      CTR_EL0: 0x8444_c004n,
      PMCR_EL0: 0x4101_3000n,
    },
    caches: [0x701f_e00an, 0x201f_e012n, 0x70ff_e07an],
    implementationDefined: true,
    sctlr: [0x00c5_0838n, 0x30c5_0838n],
  },
  "cortex-a72": {
    name: "cortex-a72",
    id: {
      ...armv80,
      MIDR_EL1: 0x410f_d083n,
      ID_MMFR0_EL1: 0x1020_1105n,
      ID_AA64MMFR0_EL1: 0x1124n,
      CTR_EL0: 0x8444_c004n,
      PMCR_EL0: 0x4102_3000n,
    },
    caches: [0x701f_e00an, 0x201f_e012n, 0x707f_e07an],
    implementationDefined: true,
    sctlr: [0x00c5_0838n, 0x30c5_0838n],
  },
  max: {
    name: "max",
    id: {
      ...aarch32,
      MIDR_EL1: 0x000f_0510n,
      ID_PFR0_EL1: 0x1002_0131n,
      ID_PFR2_EL1: 0x11n,
      ID_DFR0_EL1: 0x0401_0008n,
      ID_MMFR3_EL1: 0x0212_2211n,
      ID_MMFR4_EL1: 0x1_1110n,
      ID_ISAR5_EL1: 0x1101_1121n,
      ID_ISAR6_EL1: 0x0111_1111n,
      MVFR1_EL1: 0x1321_1111n,
      // CSV3, CSV2 without context numbers, DIT, FP16; no RAS, SVE, AMU, MPAM, RME.
      ID_AA64PFR0_EL1: 0x1101_0000_0011_0011n,
      // SSBS with its instruction; no BTI, MTE, SME.
      ID_AA64PFR1_EL1: 0x20n,
      ID_AA64DFR0_EL1: 0x1030_5408n,
      // No RNDR and no TLBI by range; FlagM2, FHM, DotProd, SM3, SM4, SHA3, RDM, LSE, CRC32, AES.
      ID_AA64ISAR0_EL1: 0x0021_1111_1021_2120n,
      // I8MM, DGH, BF16, SB, FRINTTS, LRCPC2, FCMA, JSCVT, DPB2; no PAuth, no SPECRES.
      ID_AA64ISAR1_EL1: 0x0011_1011_0021_1002n,
      // Granules 4K, 16K, 64K, 16-bit ASIDs, 48-bit addresses; no FGT, ECV, ExS, LPA2.
      ID_AA64MMFR0_EL1: 0x0010_1125n,
      // XNX, PAN2, LOR, HPDS, VHE, 16-bit VMIDs, hardware access flag and dirty state; no HCX.
      ID_AA64MMFR1_EL1: 0x1021_1122n,
      // UAO, CnP.
      ID_AA64MMFR2_EL1: 0x11n,
      CTR_EL0: 0x8444_c004n,
      DCZID_EL0: 4n,
      CLIDR_EL1: 0x0a20_0023n,
      PMCR_EL0: 0x4101_3000n,
      PMCEID0_EL0: 0x2_0001n,
    },
    caches: [0x701f_e00an, 0x201f_e012n, 0x70ff_e07an],
    implementationDefined: false,
    sctlr: [0x00c5_0838n, 0x30c5_0838n],
  },
} as const satisfies { readonly [name: string]: Omit<CpuModel, "name"> & { name: string } };

/** Name of a core model. */
export type CpuName = "cortex-a53" | "cortex-a57" | "cortex-a72" | "max";

/** The model of that name. */
export function cpuModel(name: CpuName): CpuModel {
  return CpuModels[name];
}

/** Identification registers of a core on a board with or without EL2 and GICv3. */
export function idRegisters(
  model: CpuModel,
  board: { readonly hasEl2: boolean; readonly gicv3: boolean },
): { readonly [N in SystemSlot]?: bigint } {
  const gic = board.gicv3 ? 1n : 0n;
  const el2 = board.hasEl2 ? 1n : 0n;
  return {
    ...model.id,
    ID_AA64PFR0_EL1: (model.id.ID_AA64PFR0_EL1 ?? 0n) | (gic << 24n) | (el2 << 8n),
    ID_PFR1_EL1: (model.id.ID_PFR1_EL1 ?? 0n) | (gic << 28n) | (el2 << 12n),
  };
}

/** Reads a four-bit identification field; 0xf counts as absent. */
function field(model: CpuModel, register: SystemSlot, shift: number): number {
  const value = Number(((model.id[register] ?? 0n) >> BigInt(shift)) & 0xfn);
  return value === 0xf ? -1 : value;
}

/** ID_AA64MMFR0_EL1.PARange. */
const addressSizes: readonly number[] = [32, 36, 40, 42, 44, 48];

/** What a model implements, from its identification registers (DDI 0487 D23 AArch64 registers). */
export function cpuFeatures(model: CpuModel): CpuFeatures {
  return {
    vhe: field(model, "ID_AA64MMFR1_EL1", 8) > 0,
    pan: field(model, "ID_AA64MMFR1_EL1", 20) > 0,
    pan2: field(model, "ID_AA64MMFR1_EL1", 20) > 1,
    uao: field(model, "ID_AA64MMFR2_EL1", 4) > 0,
    lor: field(model, "ID_AA64MMFR1_EL1", 16) > 0,
    dit: field(model, "ID_AA64PFR0_EL1", 48) > 0,
    ssbs: field(model, "ID_AA64PFR1_EL1", 4) > 1,
    fp16: field(model, "ID_AA64PFR0_EL1", 16) === 1,
    hafdbs: field(model, "ID_AA64MMFR1_EL1", 0) > 0,
    hpds: field(model, "ID_AA64MMFR1_EL1", 12) > 0,
    xnx: field(model, "ID_AA64MMFR1_EL1", 28) > 0,
    asid16: field(model, "ID_AA64MMFR0_EL1", 4) === 2,
    granule16K: field(model, "ID_AA64MMFR0_EL1", 20) > 0,
    addressBits: addressSizes[field(model, "ID_AA64MMFR0_EL1", 0)] ?? 32,
    vmid16: field(model, "ID_AA64MMFR1_EL1", 4) === 2,
    dataCachePersistence: field(model, "ID_AA64ISAR1_EL1", 0) > 0,
    implementationDefined: model.implementationDefined,
  };
}
