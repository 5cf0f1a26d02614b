/**
 * ESR_ELx: exception classes, how their syndromes are built, and how they read in words.
 *
 * @module
 */

/** Exception classes (DDI 0487 D23.2 ESR_EL2, field EC). */
export const Ec = {
  unknown: 0x00,
  wfx: 0x01,
  fpAccess: 0x07,
  illegalState: 0x0e,
  svc: 0x15,
  hvc: 0x16,
  smc: 0x17,
  systemRegister: 0x18,
  instructionAbortLower: 0x20,
  instructionAbort: 0x21,
  pcAlignment: 0x22,
  dataAbortLower: 0x24,
  dataAbort: 0x25,
  spAlignment: 0x26,
  fpException: 0x2c,
  serror: 0x2f,
  breakpointLower: 0x30,
  breakpoint: 0x31,
  softwareStepLower: 0x32,
  softwareStep: 0x33,
  watchpointLower: 0x34,
  watchpoint: 0x35,
  brk: 0x3c,
} as const;

/** ESR_ELx.IL: the instruction is 32 bits long, as every A64 instruction is. */
const il = 1 << 25;

/** Composes ESR_ELx. */
export function esr(ec: number, iss: number): bigint {
  return (BigInt(ec) << 26n) | BigInt(il | (iss & 0x1ff_ffff));
}

/** What a load or store of one general register tells an abort handler. */
export interface AccessSyndrome {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signExtend: boolean;
  /** Transfer register; 31 is the zero register. */
  readonly rt: number;
  /** The register is 64 bits wide. */
  readonly wide: boolean;
  readonly acquireRelease: boolean;
}

/** ISS of a data abort. */
export interface DataAbort {
  /** Data fault status code: a `Fault` value plus the level where it has one. */
  readonly dfsc: number;
  readonly write: boolean;
  /** Only for aborts to EL2 in stage 2, of loads and stores of one register without writeback. */
  readonly access?: AccessSyndrome;
  /** A cache maintenance or address translation instruction faulted. */
  readonly maintenance?: boolean;
  /** Stage 2 faulted on an access of stage 1's table walk. */
  readonly s1ptw?: boolean;
  /** FAR_ELx holds no address. */
  readonly farInvalid?: boolean;
  /** The EA bit of external aborts. */
  readonly external?: boolean;
}

/** Fault status codes; those of a walk take the level in bits 1:0. */
export const Fault = {
  addressSize: 0b000000,
  translation: 0b000100,
  accessFlag: 0b001000,
  permission: 0b001100,
  external: 0b010000,
  externalOnWalk: 0b010100,
  alignment: 0b100001,
  tlbConflict: 0b110000,
} as const;

const flag = (set: boolean | undefined, bit: number): number => set ? 1 << bit : 0;

/** Builders of the ISS field, by exception class. */
export const Iss = {
  dataAbort(a: DataAbort): number {
    const s = a.access;
    const access = s
      ? (1 << 24) | (Math.log2(s.bytes) << 22) | flag(s.signExtend, 21) | (s.rt << 16) |
        flag(s.wide, 15) | flag(s.acquireRelease, 14)
      : 0;
    return access | flag(a.farInvalid, 10) | flag(a.external, 9) | flag(a.maintenance, 8) |
      flag(a.s1ptw, 7) | flag(a.write, 6) | a.dfsc;
  },
  instructionAbort(a: { readonly ifsc: number; readonly s1ptw?: boolean }): number {
    return flag(a.s1ptw, 7) | a.ifsc;
  },
  /** `key` is op0:op1:CRn:CRm:op2, as in instruction bits 20:5. */
  systemRegister(key: number, rt: number, read: boolean): number {
    const op0 = ((key >>> 14) & 3) << 20;
    const op2 = (key & 7) << 17;
    const op1 = ((key >>> 11) & 7) << 14;
    const crn = ((key >>> 7) & 15) << 10;
    const crm = ((key >>> 3) & 15) << 1;
    return op0 | op2 | op1 | crn | (rt << 5) | crm | flag(read, 0);
  },
  /** Condition AL, as A64 reports. */
  wfx(kind: "wfi" | "wfe"): number {
    return 0x1e0_0000 | flag(kind === "wfe", 0);
  },
  fpAccess: 0x1e0_0000,
  /** SVC, HVC, SMC, BRK. */
  immediate(imm16: number): number {
    return imm16 & 0xffff;
  },
} as const;

/** op0:op1:CRn:CRm:op2 and Rt of a trapped system instruction. */
export interface SystemAccess {
  readonly key: number;
  readonly rt: number;
  readonly read: boolean;
}

/** Takes the ISS of EC 0x18 apart; the inverse of `Iss.systemRegister`. */
export function systemAccess(iss: number): SystemAccess {
  const key = (((iss >>> 20) & 3) << 14) | (((iss >>> 14) & 7) << 11) |
    (((iss >>> 10) & 15) << 7) | (((iss >>> 1) & 15) << 3) | ((iss >>> 17) & 7);
  return { key, rt: (iss >>> 5) & 31, read: (iss & 1) === 1 };
}

/** The access a data abort describes; `undefined` when ISV is 0. */
export function abortedAccess(iss: number): AccessSyndrome & { write: boolean } | undefined {
  if (!(iss & (1 << 24))) return undefined;
  return {
    bytes: (1 << ((iss >>> 22) & 3)) as 1 | 2 | 4 | 8,
    signExtend: (iss & (1 << 21)) !== 0,
    rt: (iss >>> 16) & 31,
    wide: (iss & (1 << 15)) !== 0,
    acquireRelease: (iss & (1 << 14)) !== 0,
    write: (iss & (1 << 6)) !== 0,
  };
}
