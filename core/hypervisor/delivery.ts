/**
 * How a vCPU gets its interrupts: the contract, and what a vCPU keeps for it.
 *
 * @module
 */

import type { Core } from "../cpu/types.ts";
import type { HardwareLink } from "./hardware_links.ts";
import { type InterfaceState, type ListEntry, resetInterface } from "./physical_gic.ts";

/** An interrupt in a list register or waiting for one, and what putting it back takes. */
export interface Held extends ListEntry {
  readonly latched: boolean;
}

/** A vCPU's part. */
export interface VcpuInterrupts {
  interface: InterfaceState;
  /** What the list registers hold while it runs. */
  lists: (Held | undefined)[];
  /** Interrupts that the guest has taken and not ended, where list registers hold them. */
  active: Held[];
  /** Interrupts that were in a list register at the last exit and still pending. */
  offered: Set<number>;
  /** HCR_EL2.VI tells the guest of an interrupt while it runs. */
  isSignalled: boolean;
  /** Private interrupts with hardware behind them, by the guest's INTID. */
  links: Map<number, HardwareLink>;
}

/** A vCPU without interrupts. */
export function vcpuInterrupts(): VcpuInterrupts {
  return {
    interface: resetInterface(),
    lists: [],
    active: [],
    offered: new Set(),
    isSignalled: false,
    links: new Map(),
  };
}

/** Whose interrupts are moved. */
export interface InterruptOwner {
  readonly index: number;
  readonly interrupts: VcpuInterrupts;
}

/** What stands between a VM's distributor and the guest's CPU interface. */
export interface Delivery {
  /** The guest is not to have the system registers of a GICv3's CPU interface. */
  readonly hidesSystemRegisters: boolean;
  /** After the guest ran on `core`: what has become of its interrupts. */
  sync(core: Core, owner: InterruptOwner): void;
  /** Before the guest runs on `core`: it is to see what is pending. */
  flush(core: Core, owner: InterruptOwner): void;
  /**
   * Whether there is an interrupt that the vCPU has not been offered. One that it was offered and
   * that did not keep it from waiting is masked or less urgent than what it is at.
   */
  hasNews(owner: InterruptOwner): boolean;
  /** Whether an interrupt is on its way to the vCPU, so that the distributor does not show it. */
  isHeld(owner: InterruptOwner, intid: number): boolean;
  /** Gives the vCPU the virtual CPU interface of `core`. */
  load(core: Core, owner: InterruptOwner): void;
  /** Takes the virtual CPU interface away, after `sync`. */
  unload(core: Core, owner: InterruptOwner): void;
  /** Empties the virtual CPU interface of `core`, whose vCPU has no use for it any more. */
  discard(core: Core): void;
}
