/**
 * System registers of the GIC CPU interface and its virtualization (IHI 0069 chapter 12).
 *
 * The GIC holds their state; the rows say who reaches which register, physical or virtual.
 *
 * @module
 */

import { currentEl, effectiveHcr, Hcr } from "./controls.ts";
import type { Encoding, SystemRegister } from "./system_register_rows.ts";
import { type TrapRule, Traps } from "./system_register_traps.ts";
import type { Core } from "./types.ts";

/** Interrupt group a register serves; it decides which routing bit makes EL1 see the virtual one. */
type Group = "0" | "1" | "common" | "sgi" | "sre";

type Access = "rw" | "ro" | "wo";

const exists = (core: Core): boolean => core.gic !== undefined;

/** At EL1, HCR_EL2.{IMO,FMO} turn ICC_ registers into ICV_ ones. */
function isVirtual(core: Core, group: Group): boolean {
  if (currentEl(core) !== 1 || !core.hasEl2) return false;
  const hcr = effectiveHcr(core);
  if (group === "0") return (hcr & Hcr.FMO) !== 0n;
  if (group === "1") return (hcr & Hcr.IMO) !== 0n;
  return group === "common" && (hcr & (Hcr.IMO | Hcr.FMO)) !== 0n;
}

const groupTraps: { readonly [G in Group]: readonly TrapRule[] } = {
  "0": [Traps.TALL0, Traps.SRE],
  "1": [Traps.TALL1, Traps.SRE],
  common: [Traps.TC, Traps.SRE],
  sgi: [Traps.TC, Traps.FMO, Traps.IMO, Traps.SRE],
  sre: [Traps.SREEnable],
};

/** The register is optional: an access the GIC does not know is UNDEFINED. */
function row(
  name: string,
  at: Encoding,
  access: Access,
  group: Group | undefined,
  traps: readonly TrapRule[],
): SystemRegister {
  const el = at[1] === 4 ? 2 : 1;
  const virtual = (core: Core): boolean => group !== undefined && isVirtual(core, group);
  return {
    name,
    at,
    exists: (core) =>
      exists(core) && (!optional.test(name) ||
        core.gic?.readSystem(core.index, name, virtual(core)) !== undefined),
    ...(access === "wo" ? {} : { read: el }),
    ...(access === "ro" ? {} : { write: el }),
    traps,
    get: (core) => core.gic?.readSystem(core.index, name, virtual(core)) ?? 0n,
    set: (core, value) => void core.gic?.writeSystem(core.index, name, value, virtual(core)),
  };
}

/** Registers whose number depends on the GIC; reading them has no side effect. */
const optional = /^IC[CH]_(AP[01]R[1-3]|LR\d+)_/;

const interfaceRegisters: readonly (readonly [
  name: string,
  crn: number,
  crm: number,
  op2: number,
  access: Access,
  group: Group,
])[] = [
  ["ICC_PMR_EL1", 4, 6, 0, "rw", "common"],
  ["ICC_IAR0_EL1", 12, 8, 0, "ro", "0"],
  ["ICC_EOIR0_EL1", 12, 8, 1, "wo", "0"],
  ["ICC_HPPIR0_EL1", 12, 8, 2, "ro", "0"],
  ["ICC_BPR0_EL1", 12, 8, 3, "rw", "0"],
  ["ICC_AP0R0_EL1", 12, 8, 4, "rw", "0"],
  ["ICC_AP0R1_EL1", 12, 8, 5, "rw", "0"],
  ["ICC_AP0R2_EL1", 12, 8, 6, "rw", "0"],
  ["ICC_AP0R3_EL1", 12, 8, 7, "rw", "0"],
  ["ICC_AP1R0_EL1", 12, 9, 0, "rw", "1"],
  ["ICC_AP1R1_EL1", 12, 9, 1, "rw", "1"],
  ["ICC_AP1R2_EL1", 12, 9, 2, "rw", "1"],
  ["ICC_AP1R3_EL1", 12, 9, 3, "rw", "1"],
  ["ICC_DIR_EL1", 12, 11, 1, "wo", "common"],
  ["ICC_RPR_EL1", 12, 11, 3, "ro", "common"],
  ["ICC_SGI1R_EL1", 12, 11, 5, "wo", "sgi"],
  ["ICC_ASGI1R_EL1", 12, 11, 6, "wo", "sgi"],
  ["ICC_SGI0R_EL1", 12, 11, 7, "wo", "sgi"],
  ["ICC_IAR1_EL1", 12, 12, 0, "ro", "1"],
  ["ICC_EOIR1_EL1", 12, 12, 1, "wo", "1"],
  ["ICC_HPPIR1_EL1", 12, 12, 2, "ro", "1"],
  ["ICC_BPR1_EL1", 12, 12, 3, "rw", "1"],
  ["ICC_CTLR_EL1", 12, 12, 4, "rw", "common"],
  ["ICC_SRE_EL1", 12, 12, 5, "rw", "sre"],
  ["ICC_IGRPEN0_EL1", 12, 12, 6, "rw", "0"],
  ["ICC_IGRPEN1_EL1", 12, 12, 7, "rw", "1"],
];

const hypervisorRegisters: readonly (readonly [
  name: string,
  crm: number,
  op2: number,
  access: Access,
])[] = [
  ...[0, 1, 2, 3].map((n) => [`ICH_AP0R${n}_EL2`, 8, n, "rw"] as const),
  ...[0, 1, 2, 3].map((n) => [`ICH_AP1R${n}_EL2`, 9, n, "rw"] as const),
  ["ICC_SRE_EL2", 9, 5, "rw"],
  ["ICH_HCR_EL2", 11, 0, "rw"],
  ["ICH_VTR_EL2", 11, 1, "ro"],
  ["ICH_MISR_EL2", 11, 2, "ro"],
  ["ICH_EISR_EL2", 11, 3, "ro"],
  ["ICH_ELRSR_EL2", 11, 5, "ro"],
  ["ICH_VMCR_EL2", 11, 7, "rw"],
  ...Array.from({ length: 16 }, (_, n) => [`ICH_LR${n}_EL2`, 12 + (n >>> 3), n & 7, "rw"] as const),
];

/** The GIC's system registers. */
export const gicRows: readonly SystemRegister[] = [
  ...interfaceRegisters.map(([name, crn, crm, op2, access, group]) => {
    const traps = name === "ICC_DIR_EL1" ? [Traps.TDIR, Traps.SRE] : groupTraps[group];
    return row(name, [3, 0, crn, crm, op2], access, group, traps);
  }),
  ...hypervisorRegisters.map(([name, crm, op2, access]) => {
    const traps = name === "ICC_SRE_EL2" ? [] : [Traps.SRE];
    return row(name, [3, 4, 12, crm, op2], access, undefined, traps);
  }),
];
