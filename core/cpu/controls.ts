/**
 * Bits of the control registers, and the values that take effect under E2H and TGE.
 *
 * @module
 */

import { Ec, Iss } from "./syndrome.ts";
import { StateFields } from "./state.ts";
import { slotIndex, type SystemSlot } from "./system_register_slots.ts";
import type { Core, El, Trap } from "./types.ts";

const bit = (n: number): bigint => 1n << BigInt(n);

/** HCR_EL2 (DDI 0487 D23.2 HCR_EL2). */
export const Hcr = {
  VM: bit(0),
  SWIO: bit(1),
  PTW: bit(2),
  FMO: bit(3),
  IMO: bit(4),
  AMO: bit(5),
  VF: bit(6),
  VI: bit(7),
  VSE: bit(8),
  FB: bit(9),
  BSU: 3n << 10n,
  DC: bit(12),
  TWI: bit(13),
  TWE: bit(14),
  TID0: bit(15),
  TID1: bit(16),
  TID2: bit(17),
  TID3: bit(18),
  TSC: bit(19),
  TIDCP: bit(20),
  TACR: bit(21),
  TSW: bit(22),
  TPC: bit(23),
  TPU: bit(24),
  TTLB: bit(25),
  TVM: bit(26),
  TGE: bit(27),
  TDZ: bit(28),
  HCD: bit(29),
  TRVM: bit(30),
  RW: bit(31),
  CD: bit(32),
  ID: bit(33),
  E2H: bit(34),
} as const;

/** SCTLR_EL1 and, where the bit exists there, SCTLR_EL2. */
export const Sctlr = {
  M: bit(0),
  A: bit(1),
  C: bit(2),
  SA: bit(3),
  SA0: bit(4),
  UMA: bit(9),
  I: bit(12),
  DZE: bit(14),
  UCT: bit(15),
  nTWI: bit(16),
  nTWE: bit(18),
  WXN: bit(19),
  SPAN: bit(23),
  E0E: bit(24),
  EE: bit(25),
  UCI: bit(26),
  DSSBS: bit(44),
} as const;

/** MDCR_EL2. */
export const Mdcr = {
  TPMCR: bit(5),
  TPM: bit(6),
  TDE: bit(8),
  TDA: bit(9),
  TDOSA: bit(10),
  TDRA: bit(11),
} as const;

const hostClears = Hcr.VM | Hcr.FMO | Hcr.IMO | Hcr.AMO | Hcr.BSU | Hcr.DC | Hcr.TWI | Hcr.TWE |
  Hcr.TID0 | Hcr.TID2 | Hcr.TPC | Hcr.TPU | Hcr.TDZ | Hcr.CD | Hcr.ID;
const tgeClears = Hcr.FB | Hcr.TID1 | Hcr.TID3 | Hcr.TSC | Hcr.TACR | Hcr.TSW | Hcr.TTLB |
  Hcr.TVM | Hcr.HCD | Hcr.TRVM | Hcr.TIDCP | Hcr.VI | Hcr.VF | Hcr.VSE;

/** The storage of a system register. */
export function stored(core: Core, slot: SystemSlot): bigint {
  return core.state.system[slotIndex(slot)] as bigint;
}

/** Replaces the storage of a system register, without the effects a write has. */
export function store(core: Core, slot: SystemSlot, value: bigint): void {
  core.state.system[slotIndex(slot)] = value;
}

/** HCR_EL2 as it acts: fields that TGE and E2H override have their overridden value. */
export function effectiveHcr(core: Core): bigint {
  if (!core.hasEl2) return Hcr.RW;
  const hcr = stored(core, "HCR_EL2");
  if (!(hcr & Hcr.TGE)) return hcr;
  const host = hcr & ~tgeClears;
  return hcr & Hcr.E2H ? host & ~hostClears : host | Hcr.FMO | Hcr.IMO | Hcr.AMO;
}

/** HCR_EL2.TGE: exceptions from EL0 go to EL2. */
export function generalExceptionsToEl2(core: Core): boolean {
  return core.hasEl2 && (stored(core, "HCR_EL2") & Hcr.TGE) !== 0n;
}

/** HCR_EL2.E2H: EL2 hosts an operating system. */
export function el2IsHost(core: Core): boolean {
  return core.hasEl2 && (stored(core, "HCR_EL2") & Hcr.E2H) !== 0n;
}

/** ELIsInHost(EL0): HCR_EL2.{E2H,TGE} = {1,1}, so that EL0 belongs to the EL2&0 regime. */
export function el0IsInHost(core: Core): boolean {
  const both = Hcr.E2H | Hcr.TGE;
  return core.hasEl2 && (stored(core, "HCR_EL2") & both) === both;
}

/** The current exception level. */
export function currentEl(core: Core): El {
  return core.state.word(StateFields.el[0]) as El;
}

/** The SCTLR_ELx that controls execution at `el`. */
export function controllingSctlr(core: Core, el: El): bigint {
  const el2 = el === 2 || (el === 0 && el0IsInHost(core));
  return stored(core, el2 ? "SCTLR_EL2" : "SCTLR_EL1");
}

/** Where an exception that EL0 or EL1 code causes is taken, unless a trap says otherwise. */
export function ordinaryTarget(core: Core): 1 | 2 {
  const el = currentEl(core);
  return el === 2 || (el === 0 && generalExceptionsToEl2(core)) ? 2 : 1;
}

/** The Undefined Instruction exception. */
export function undefinedInstruction(core: Core): Trap {
  return { to: ordinaryTarget(core), ec: Ec.unknown, iss: 0 };
}

/** FPEN of CPACR_EL1, and of CPTR_EL2 when E2H is 1. */
function fpen(register: bigint): number {
  return Number((register >> 20n) & 3n);
}

/**
 * The trap that FP and SIMD instructions take now, if any (DDI 0487 J1 AArch64.CheckFPAdvSIMDEnabled,
 * AArch64.CheckFPAdvSIMDTrap).
 */
export function fpAccessTrap(core: Core): Trap | undefined {
  const el = currentEl(core);
  const trap = (to: 1 | 2): Trap => ({ to, ec: Ec.fpAccess, iss: Iss.fpAccess });
  if (el === 1 || (el === 0 && !el0IsInHost(core))) {
    const enabled = fpen(stored(core, "CPACR_EL1"));
    if (enabled === 0 || enabled === 2 || (enabled === 1 && el === 0)) {
      // Routed to EL2 by TGE, it is reported as an undefined instruction.
      return generalExceptionsToEl2(core) && el === 0 ? undefinedInstruction(core) : trap(1);
    }
  }
  if (!core.hasEl2) return undefined;
  const cptr = stored(core, "CPTR_EL2");
  if (!el2IsHost(core)) return cptr & (1n << 10n) ? trap(2) : undefined;
  const enabled = fpen(cptr);
  const host = generalExceptionsToEl2(core);
  if (enabled === 0 || enabled === 2) return el === 1 && host ? undefined : trap(2);
  return enabled === 1 && el === 0 && host ? trap(2) : undefined;
}
