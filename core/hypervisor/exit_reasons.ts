/**
 * What exits are for, as numbers: a kind and a detail of 24 bits, so that noting and counting them
 * allocates nothing. `exit_text.ts` has their words.
 *
 * @module
 */

/** Kinds of reason; what their detail is. */
export const ReasonKind = {
  /** An interrupt that nobody signals any more when EL2 looks. */
  gone: 0,
  /** WFI, WFE and their forms with a timeout: ESR_EL2.ISS.TI. */
  wait: 1,
  /** A function of PSCI or SMCCC: its place in the table. */
  psci: 2,
  unknownFirmwareCall: 3,
  /** A hypercall that the table has: its number. */
  hypercall: 4,
  unknownHypercall: 5,
  /** A system register or instruction: op0:op1:CRn:CRm:op2. */
  systemRegister: 6,
  /** A device that the hypervisor plays: the number of its region on the VM's bus. */
  mmio: 7,
  /** A data access to where nothing is. */
  externalAbort: 8,
  instructionAbort: 9,
  /** A synchronous exception that nothing handles: ESR_EL2.EC. */
  exception: 10,
  /** A timer of the guest's: its INTID. */
  timer: 11,
  /** A device that the guest has: its INTID. */
  device: 12,
  /** The hypervisor's own timer. */
  alarm: 13,
  /** Another core asks this one to look at its queue. */
  kick: 14,
  /** The list registers want attention. */
  maintenance: 15,
} as const;

/** A kind and its detail in one number. */
export function reasonOf(kind: number, detail = 0): number {
  return (kind << 24) | detail;
}

/** The kind in a reason. */
export function kindOf(reason: number): number {
  return reason >>> 24;
}

/** The detail in a reason. */
export function detailOf(reason: number): number {
  return reason & 0xff_ffff;
}
