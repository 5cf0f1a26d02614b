/**
 * The board's interrupt controller as the hypervisor at EL2 drives it, whichever version it is.
 *
 * @module
 */

import type { Core } from "../cpu/types.ts";

/** INTIDs from here on name no interrupt. */
export const FirstSpecial = 1020;

/** An interrupt for the guest, as a list register holds it. */
export interface ListEntry {
  /** INTID that the guest sees. */
  readonly intid: number;
  /** With GICv2: the vCPU that sent the SGI. */
  readonly source: number;
  readonly priority: number;
  readonly group: number;
  readonly pending: boolean;
  readonly active: boolean;
  /** INTID of the physical interrupt that ends with it. */
  readonly hardware: number | undefined;
  /** The hypervisor wants to know when the guest has ended it. */
  readonly tellEnd: boolean;
}

/** What has become of a list register's interrupt. */
export interface ListState {
  readonly pending: boolean;
  readonly active: boolean;
}

/** A virtual CPU interface's own registers. */
export interface InterfaceState {
  /** GICH_VMCR or ICH_VMCR_EL2. */
  vmcr: bigint;
  /** Active priorities: GICH_APR, or ICH_AP0R0_EL2 and ICH_AP1R0_EL2. */
  active: bigint[];
}

/** Bits that both GICH_HCR and ICH_HCR_EL2 have. */
export const ListControl = {
  en: 1 << 0,
  /** Underflow: at most one list register holds an interrupt. */
  uie: 1 << 1,
  /** An interrupt has ended that is in no list register. */
  lrenpie: 1 << 2,
  eoiCountShift: 27,
} as const;

/** How an SPI that belongs to a VM is to be set up. */
export interface SpiSetup {
  readonly enabled: boolean;
  readonly edge: boolean;
  /** Index of the core that is to take it. */
  readonly core: number;
}

/** The board's interrupt controller. */
export interface PhysicalGic {
  readonly version: 2 | 3;
  /** List registers of a core. */
  readonly listCount: number;
  /** Sets up what all cores share. */
  initialize(): void;
  /** Sets up a core's part, with these private interrupts enabled. */
  initializeCore(core: Core, enabled: readonly number[]): void;
  /** Takes the most urgent interrupt; the result identifies it, its low ten bits are the INTID. */
  acknowledge(core: Core): number;
  /** Lets others of its priority come; it stays active. */
  end(core: Core, id: number): void;
  /** Lets it come again. */
  deactivate(core: Core, id: number): void;
  /** Sends SGI `intid` from `from` to the core with that index. */
  sendSgi(from: Core, to: number, intid: number): void;
  configureSpi(core: Core, intid: number, setup: SpiSetup): void;
  /** Sets or clears the active state of a private interrupt. */
  setActive(core: Core, intid: number, active: boolean): void;
  readList(core: Core, n: number): ListState;
  /** Fills list register `n`, or empties it. */
  writeList(core: Core, n: number, entry: ListEntry | undefined): void;
  /** GICH_HCR or ICH_HCR_EL2, bits of {@linkcode ListControl}. */
  setListControl(core: Core, value: number): void;
  /** How many interrupts have ended that were in no list register. */
  endCount(core: Core): number;
  saveInterface(core: Core): InterfaceState;
  loadInterface(core: Core, state: InterfaceState): void;
}

/** A virtual CPU interface at reset. */
export function resetInterface(): InterfaceState {
  return { vmcr: 0n, active: [0n, 0n] };
}
