/**
 * What a VM's distributor model gives the hypervisor; devices have it, as core knows no devices.
 *
 * @module
 */

import type { Device } from "../board/device.ts";
import type { InterruptView } from "../board/irq.ts";

/** An interrupt that a vCPU may be offered. */
export interface PendingInterrupt {
  readonly intid: number;
  /** With GICv2: the vCPU that sent the SGI. */
  readonly source: number;
  readonly priority: number;
  readonly group: number;
  /** It pends as long as its line is high, rather than once. */
  readonly level: boolean;
}

/** How the guest has set an SPI up. */
export interface GuestSetup {
  readonly enabled: boolean;
  readonly edge: boolean;
  /** vCPUs it may go to, a bit each. */
  readonly targets: number;
}

/** A GICv2 CPU interface that is a model, for boards without a virtual one. */
export interface EmulatedInterface {
  /** Memory-mapped registers; accesses come from vCPUs by index. */
  readonly device: Device;
  /** Whether it signals an interrupt to a vCPU. */
  signals(vcpu: number): boolean;
}

/** The distributor, and with GICv3 the redistributors, that one VM sees. */
export interface VirtualDistributor {
  /** Version of the GIC architecture. */
  readonly version: 2 | 3;
  /** Memory-mapped registers; accesses come from vCPUs by index. */
  readonly distributor: Device;
  /** GICv3. */
  readonly redistributors: Device | undefined;
  /** Where the guest has no virtual CPU interface of the board's. */
  readonly cpuInterface: EmulatedInterface | undefined;
  /** Told which vCPUs (bit mask) may now be offered something else. */
  onChange: (vcpus: number) => void;
  /** What can be offered to a vCPU, the most urgent first. */
  pending(vcpu: number): readonly PendingInterrupt[];
  hasPending(vcpu: number): boolean;
  /** Takes the cause of an interrupt out of the model; says whether there was more than a line. */
  take(vcpu: number, interrupt: PendingInterrupt): boolean;
  /** Makes an interrupt pending, once. */
  latch(vcpu: number, intid: number, source?: number): void;
  /** Withdraws what made an interrupt pending, other than its line. */
  unlatch(vcpu: number, intid: number): void;
  isLatched(vcpu: number, intid: number): boolean;
  isActive(vcpu: number, intid: number): boolean;
  setActive(vcpu: number, intid: number, active: boolean): void;
  /** Drives the input of an SPI. */
  setLine(intid: number, high: boolean): void;
  setup(intid: number): GuestSetup;
  /** Interrupts that are enabled, pending or active; those in list registers are not among them. */
  interrupts(): readonly InterruptView[];
  /** Executes a write of ICC_SGI1R_EL1, ICC_ASGI1R_EL1 or ICC_SGI0R_EL1. */
  sendSgi(vcpu: number, register: string, value: bigint): void;
  /** Returns to the power-on state. */
  reset(): void;
}
