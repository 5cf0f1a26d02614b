/**
 * Interrupts of a guest whose GICv2 CPU interface is a model, as the board has none: the model takes
 * them from the distributor's, and HCR_EL2.VI says that it signals one.
 *
 * @module
 */

import type { Delivery } from "./delivery.ts";
import type { HardwareLinks } from "./hardware_links.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import type { EmulatedInterface, VirtualDistributor } from "./virtual_distributor.ts";

/** What the delivery needs of the VM. */
export interface EmulatedDeliveryParts {
  readonly gic: PhysicalGic;
  readonly distributor: VirtualDistributor;
  readonly cpuInterface: EmulatedInterface;
  readonly links: HardwareLinks;
}

/** ICH_HCR_EL2.{TC, TALL0, TALL1}: the guest's CPU interface is not that of system registers. */
const TrapInterface = 7 << 10;

/** See the module. */
export function emulatedDelivery(parts: EmulatedDeliveryParts): Delivery {
  const { gic, distributor, cpuInterface, links } = parts;
  return {
    hidesSystemRegisters: true,
    sync(core, owner) {
      owner.interrupts.isSignalled = false;
      links.withdrawTimers(core, owner);
    },
    flush(core, owner) {
      links.withdrawTimers(core, owner);
      for (const link of links.all(owner)) {
        if (!link.inFlight || distributor.isLatched(owner.index, link.guest)) continue;
        if (!distributor.isActive(owner.index, link.guest)) links.release(core, link);
      }
      owner.interrupts.isSignalled = cpuInterface.signals(owner.index);
    },
    hasNews: ({ index, interrupts }) => !interrupts.isSignalled && cpuInterface.signals(index),
    isHeld: () => false,
    load(core, owner) {
      gic.setListControl(core, TrapInterface);
      links.setInFlight(core, owner, true);
    },
    unload(core, owner) {
      gic.setListControl(core, 0);
      links.setInFlight(core, owner, false);
    },
    discard: () => {},
  };
}
