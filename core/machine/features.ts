/** Which extensions a core model has, as its ID registers say. @module */

import { cpuFeatures, type CpuModel } from "../cpu/cpu_models.ts";
import type { SystemSlot } from "../cpu/system_register_slots.ts";
import type { Feature } from "../isa/insn.ts";
import type { MmuFeatures } from "../mmu/host.ts";

/** ID register, lowest bit of the field, least value that means the extension is there. */
type IdField = readonly [register: SystemSlot, shift: number, least: number];

const fields: Readonly<Record<Feature, IdField>> = {
  aes: ["ID_AA64ISAR0_EL1", 4, 1],
  sha2: ["ID_AA64ISAR0_EL1", 12, 1],
  crc: ["ID_AA64ISAR0_EL1", 16, 1],
  lse: ["ID_AA64ISAR0_EL1", 20, 2],
  rdm: ["ID_AA64ISAR0_EL1", 28, 1],
  sha3: ["ID_AA64ISAR0_EL1", 32, 1],
  sm4: ["ID_AA64ISAR0_EL1", 40, 1],
  dotprod: ["ID_AA64ISAR0_EL1", 44, 1],
  fp16fml: ["ID_AA64ISAR0_EL1", 48, 1],
  flagm: ["ID_AA64ISAR0_EL1", 52, 1],
  altnzcv: ["ID_AA64ISAR0_EL1", 52, 2],
  jsconv: ["ID_AA64ISAR1_EL1", 12, 1],
  complxnum: ["ID_AA64ISAR1_EL1", 16, 1],
  rcpc: ["ID_AA64ISAR1_EL1", 20, 1],
  "rcpc-immo": ["ID_AA64ISAR1_EL1", 20, 2],
  fptoint: ["ID_AA64ISAR1_EL1", 32, 1],
  sb: ["ID_AA64ISAR1_EL1", 36, 1],
  bf16: ["ID_AA64ISAR1_EL1", 44, 1],
  i8mm: ["ID_AA64ISAR1_EL1", 52, 1],
  lor: ["ID_AA64MMFR1_EL1", 16, 1],
  pan: ["ID_AA64MMFR1_EL1", 20, 1],
  uao: ["ID_AA64MMFR2_EL1", 4, 1],
  fullfp16: ["ID_AA64PFR0_EL1", 16, 1],
  dit: ["ID_AA64PFR0_EL1", 48, 1],
  bti: ["ID_AA64PFR1_EL1", 0, 1],
  ssbs: ["ID_AA64PFR1_EL1", 4, 2],
};

/** Whether instructions of `feature` exist on `model`. */
export function hasFeature(model: CpuModel, feature: Feature): boolean {
  const [register, shift, least] = fields[feature];
  const value = (model.id[register] ?? 0n) >> BigInt(shift);
  return Number(value & 15n) >= least;
}

/** What the MMU needs to know of `model`. */
export function mmuFeatures(model: CpuModel): MmuFeatures {
  return cpuFeatures(model);
}
