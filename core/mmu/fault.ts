/**
 * Faults of address translation and their status codes.
 *
 * @module
 */

/** Why a translation or an access failed. */
export type FaultKind =
  | "addressSize"
  | "translation"
  | "accessFlag"
  | "permission"
  | "external"
  | "alignment";

/** A fault; one record per MMU is reused, so read it before the next access. */
export interface Fault {
  kind: FaultKind;
  /** Lookup level, 0 to 3; meaningless for alignment faults and external aborts off a walk. */
  level: number;
  /** Raised by stage 2. */
  stage2: boolean;
  /** Raised by stage 2 for the address of a stage 1 descriptor. */
  s1ptw: boolean;
  /** An external abort on a table walk. */
  walk: boolean;
  /** The access was a write. */
  write: boolean;
  /** The access was an instruction fetch. */
  fetch: boolean;
  /** Intermediate physical address, when `stage2`. */
  ipa: number;
  /** First byte of the access that lies in the faulting page: what FAR reports. */
  vaHigh: number;
  vaLow: number;
}

/** A fault record with nothing in it yet. */
export function emptyFault(): Fault {
  return {
    kind: "translation",
    level: 0,
    stage2: false,
    s1ptw: false,
    walk: false,
    write: false,
    fetch: false,
    ipa: 0,
    vaHigh: 0,
    vaLow: 0,
  };
}

/** DFSC or IFSC of a fault (DDI 0487, ESR_EL2, ISS encoding for a Data Abort). */
export function faultStatus(fault: Fault): number {
  switch (fault.kind) {
    case "addressSize":
      return 0x00 + fault.level;
    case "translation":
      return 0x04 + fault.level;
    case "accessFlag":
      return 0x08 + fault.level;
    case "permission":
      return 0x0c + fault.level;
    case "external":
      return fault.walk ? 0x14 + fault.level : 0x10;
    case "alignment":
      return 0x21;
  }
}

/** Whether HPFAR_EL2 is architecturally valid after this fault (DDI 0487, HPFAR_EL2). */
export function isHpfarValid(fault: Fault): boolean {
  return fault.stage2 && (fault.s1ptw || fault.kind !== "permission") &&
    fault.kind !== "external" &&
    fault.kind !== "alignment";
}

/** The address FAR_ELx reports. */
export function faultAddress(fault: Fault): bigint {
  return (BigInt(fault.vaHigh >>> 0) << 32n) | BigInt(fault.vaLow >>> 0);
}
