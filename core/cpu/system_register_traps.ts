/**
 * The rules by which accesses to system registers are trapped.
 *
 * A rule looks at the control registers and answers which exception level takes the access. The
 * register tables name the rules that apply to a row, in the order of their priority.
 *
 * @module
 */

import {
  effectiveHcr,
  el0IsInHost,
  el2IsHost,
  fpAccessTrap,
  generalExceptionsToEl2,
  Hcr,
  Mdcr,
  Sctlr,
  stored,
} from "./controls.ts";
import type { Core, El, Trap } from "./types.ts";

/**
 * Bits of the state field `sysregTrap`: conditions under which accesses leave the plain path.
 *
 * Generated code may move a plain register straight from or to its storage while the word has none
 * of the bits that `plainAccess` gives for it.
 */
export const AccessGuard = {
  /** Executing at EL0. */
  el0: 1 << 0,
  /** Executing below EL2. */
  belowEl2: 1 << 1,
  /** At EL2 with E2H, where EL1 names mean EL2 registers. */
  redirected: 1 << 2,
  /** PSTATE.SP is 0, so that SP_EL0 is in use. */
  sp0: 1 << 3,
  /** HCR_EL2.TVM traps writes of virtual memory controls. */
  tvm: 1 << 4,
  /** HCR_EL2.TRVM traps reads of virtual memory controls. */
  trvm: 1 << 5,
  /** CTR_EL0 is trapped by SCTLR_ELx.UCT or HCR_EL2.TID2. */
  cacheType: 1 << 6,
  /** DC ZVA is prohibited, which DCZID_EL0.DZP shows. */
  zeroing: 1 << 7,
  /** FP and SIMD are trapped. */
  fp: 1 << 8,
  /** Cache maintenance by address is trapped: SCTLR_ELx.UCI, HCR_EL2.TPU or TPC. */
  maintenance: 1 << 9,
} as const;

/** Which exception level takes an access, 0 for none; a `Trap` where the syndrome differs. */
export type TrapAnswer = 0 | 1 | 2 | Trap;

/** One reason to trap. */
export interface TrapRule {
  readonly name: string;
  /** Accesses it looks at; both when absent. */
  readonly on?: "read" | "write";
  /** Guard bit that is set whenever the rule may catch an access at the current EL. */
  readonly guard?: number;
  readonly check: (core: Core, el: El, read: boolean) => TrapAnswer;
}

type Options = Pick<TrapRule, "on" | "guard"> & { readonly fromEl0?: boolean };

/** A bit of HCR_EL2 that traps EL1 (and EL0) to EL2. */
function hcr(name: keyof typeof Hcr, options: Options = {}): TrapRule {
  const caught = (el: El): boolean => el === 1 || (el === 0 && options.fromEl0 === true);
  return {
    name: `HCR_EL2.${name}`,
    ...options,
    check: (core, el) => caught(el) && (effectiveHcr(core) & Hcr[name]) !== 0n ? 2 : 0,
  };
}

/** Traps of EL0 to the EL1 that serves it, or to EL2 under TGE. */
function toServer(core: Core): 1 | 2 {
  return generalExceptionsToEl2(core) ? 2 : 1;
}

/** A bit of SCTLR_ELx that lets EL0 use something. */
function sctlr(name: "UMA" | "UCT" | "UCI" | "DZE", guard?: number): TrapRule {
  return {
    name: `SCTLR_ELx.${name}`,
    ...(guard === undefined ? {} : { guard }),
    check(core, el) {
      if (el !== 0) return 0;
      const control = stored(core, el0IsInHost(core) ? "SCTLR_EL2" : "SCTLR_EL1");
      return control & Sctlr[name] ? 0 : toServer(core);
    },
  };
}

/** Bits of MDCR_EL2, any of which traps EL1 and EL0 to EL2. */
function mdcr(name: string, bits: bigint): TrapRule {
  return {
    name: `MDCR_EL2.${name}`,
    check: (core, el) =>
      el < 2 && core.hasEl2 && !(el === 0 && el0IsInHost(core)) &&
        (stored(core, "MDCR_EL2") & bits) !== 0n
        ? 2
        : 0,
  };
}

/** Bits of PMUSERENR_EL0, any of which lets EL0 access a performance monitor. */
function pmuser(name: string, bits: bigint, on?: "read" | "write"): TrapRule {
  return {
    name: `PMUSERENR_EL0.${name}`,
    ...(on === undefined ? {} : { on }),
    check: (core, el) => el === 0 && !(stored(core, "PMUSERENR_EL0") & bits) ? toServer(core) : 0,
  };
}

interface TimerBits {
  /** Bit of CNTKCTL_EL1, and of CNTHCTL_EL2 for EL0 in the host, that lets EL0 in. */
  readonly el0: bigint;
  /** Bit of CNTHCTL_EL2 that lets EL1 in, with E2H = 0 and 1; absent for the virtual timer. */
  readonly el1?: readonly [plain: bigint, host: bigint];
}

/** Access to a counter or timer (DDI 0487 D13 The Generic Timer in AArch64 state). */
function timer(name: string, bits: TimerBits): TrapRule {
  return {
    name,
    check(core, el) {
      if (el === 2) return 0;
      const host = el0IsInHost(core);
      if (el === 0) {
        if (host) return stored(core, "CNTHCTL_EL2") & bits.el0 ? 0 : 2;
        if (!(stored(core, "CNTKCTL_EL1") & bits.el0)) return toServer(core);
      }
      if (!core.hasEl2 || !bits.el1) return 0;
      const bit = bits.el1[el2IsHost(core) ? 1 : 0];
      return stored(core, "CNTHCTL_EL2") & bit ? 0 : 2;
    },
  };
}

const coprocessorTrap = 1n << 31n;

/** A bit of ICH_HCR_EL2 that traps EL1 to EL2. */
function ichHcr(name: string, bit: bigint): TrapRule {
  return {
    name: `ICH_HCR_EL2.${name}`,
    check(core, el) {
      if (el !== 1 || !core.hasEl2) return 0;
      return (core.gic?.readSystem(core.index, "ICH_HCR_EL2", false) ?? 0n) & bit ? 2 : 0;
    },
  };
}

/** SRE of the ICC_SRE_ELx that governs the current EL must be 1. */
const systemRegisterEnable: TrapRule = {
  name: "ICC_SRE_ELx.SRE",
  check(core, el) {
    if (el === 0) return 0;
    const sre = core.gic?.readSystem(core.index, `ICC_SRE_EL${el}`, false) ?? 0n;
    return sre & 1n ? 0 : el;
  },
};

/** The rules, by the control that enables them. */
export const Traps = {
  TVM: hcr("TVM", { on: "write", guard: AccessGuard.tvm }),
  TRVM: hcr("TRVM", { on: "read", guard: AccessGuard.trvm }),
  TID1: hcr("TID1", { on: "read" }),
  TID2: hcr("TID2", { fromEl0: true, guard: AccessGuard.cacheType }),
  TID3: hcr("TID3", { on: "read" }),
  TACR: hcr("TACR"),
  TIDCP: hcr("TIDCP"),
  TSW: hcr("TSW"),
  TPC: hcr("TPC", { fromEl0: true }),
  TPU: hcr("TPU", { fromEl0: true }),
  TDZ: hcr("TDZ", { fromEl0: true }),
  TTLB: hcr("TTLB"),
  // SGIs written at EL1 under IMO or FMO are for the hypervisor to deliver.
  FMO: hcr("FMO"),
  IMO: hcr("IMO"),
  UMA: sctlr("UMA", AccessGuard.el0),
  UCT: sctlr("UCT", AccessGuard.cacheType),
  UCI: sctlr("UCI"),
  DZE: sctlr("DZE"),
  TDA: mdcr("TDA", Mdcr.TDA | Mdcr.TDE),
  TDOSA: mdcr("TDOSA", Mdcr.TDOSA | Mdcr.TDE),
  TDRA: mdcr("TDRA", Mdcr.TDRA | Mdcr.TDA | Mdcr.TDE),
  TPM: mdcr("TPM", Mdcr.TPM),
  TPMCR: mdcr("TPMCR", Mdcr.TPM | Mdcr.TPMCR),
  PMU: pmuser("EN", 1n),
  PMSWINC: pmuser("SW", 1n | 2n),
  PMCCNTR: pmuser("CR", 1n | 4n, "read"),
  PMCCNTRWrite: pmuser("EN", 1n, "write"),
  PMEVCNTR: pmuser("ER", 1n | 8n, "read"),
  PMEVCNTRWrite: pmuser("EN", 1n, "write"),
  PMSELR: pmuser("ER", 1n | 8n),
  TDCC: {
    name: "MDSCR_EL1.TDCC",
    check: (core, el) => el === 0 && stored(core, "MDSCR_EL1") & 0x1000n ? toServer(core) : 0,
  },
  TCPAC: {
    name: "CPTR_EL2.TCPAC",
    check: (core, el) =>
      el === 1 && core.hasEl2 && stored(core, "CPTR_EL2") & coprocessorTrap ? 2 : 0,
  },
  FP: { name: "FP access", guard: AccessGuard.fp, check: (core) => fpAccessTrap(core) ?? 0 },
  CNTPCT: timer("EL0PCTEN, EL1PCTEN", { el0: 1n, el1: [1n, 1n << 10n] }),
  CNTVCT: timer("EL0VCTEN", { el0: 2n }),
  CNTFRQ: timer("EL0PCTEN, EL0VCTEN", { el0: 3n }),
  CNTP: timer("EL0PTEN, EL1PCEN", { el0: 1n << 9n, el1: [2n, 1n << 11n] }),
  CNTV: timer("EL0VTEN", { el0: 1n << 8n }),
  TC: ichHcr("TC", 1n << 10n),
  TALL0: ichHcr("TALL0", 1n << 11n),
  TALL1: ichHcr("TALL1", 1n << 12n),
  TDIR: ichHcr("TDIR", 1n << 14n | 1n << 10n),
  SRE: systemRegisterEnable,
  SREEnable: {
    name: "ICC_SRE_EL2.Enable",
    check(core, el) {
      if (el !== 1 || !core.hasEl2) return 0;
      return (core.gic?.readSystem(core.index, "ICC_SRE_EL2", false) ?? 0n) & 8n ? 0 : 2;
    },
  },
} as const satisfies { readonly [name: string]: TrapRule };

const guarded: readonly TrapRule[] = [Traps.TVM, Traps.TRVM, Traps.TID2, Traps.UCT];

/** What can catch EL1 under a guard is all in HCR_EL2. */
const guardedHcr = Hcr.TVM | Hcr.TRVM | Hcr.TID2 | Hcr.TDZ | Hcr.TPU | Hcr.TPC;

/** The value of `sysregTrap` for the state as it is now, `fpTrap` included. */
export function accessGuards(core: Core, el: El): number {
  let guards = (el === 0 ? AccessGuard.el0 : 0) | (el < 2 ? AccessGuard.belowEl2 : 0) |
    (core.state.u32("spSel") === 0 ? AccessGuard.sp0 : 0) |
    (core.state.u32("fpTrap") !== 0 ? AccessGuard.fp : 0);
  if (el === 2) return el2IsHost(core) ? guards | AccessGuard.redirected : guards;
  // Most of the time no rule applies, and exceptions are frequent.
  if (el === 1 && !(effectiveHcr(core) & guardedHcr)) return guards;
  for (const rule of guarded) {
    if (rule.check(core, el, rule.on !== "write") !== 0) guards |= rule.guard as number;
  }
  for (const rule of [Traps.UCI, Traps.TPU, Traps.TPC]) {
    if (rule.check(core, el, false) !== 0) guards |= AccessGuard.maintenance;
  }
  return zeroingProhibited(core, el) ? guards | AccessGuard.zeroing : guards;
}

/** DC ZVA would trap at `el`. */
export function zeroingProhibited(core: Core, el: El): boolean {
  return Traps.DZE.check(core, el, false) !== 0 || Traps.TDZ.check(core, el, false) !== 0;
}

/** The first of `rules` that catches an access at the current EL. */
export function trapOf(
  core: Core,
  rules: readonly TrapRule[],
  el: El,
  read: boolean,
): TrapAnswer {
  for (const rule of rules) {
    if (rule.on !== undefined && (rule.on === "read") !== read) continue;
    const answer = rule.check(core, el, read);
    if (answer !== 0) return answer;
  }
  return 0;
}
