/**
 * A VM's interrupt controller: the distributor's model, the hardware behind it, and the way that
 * leads from there to its vCPUs.
 *
 * @module
 */

import type { Core } from "../cpu/types.ts";
import type { Delivery, InterruptOwner } from "./delivery.ts";
import { emulatedDelivery } from "./emulated_delivery.ts";
import { HardwareLinks } from "./hardware_links.ts";
import { ListDelivery } from "./list_delivery.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import type { VirtualDistributor } from "./virtual_distributor.ts";

/** The virtual interrupt controller of one VM. */
export class VirtualGic {
  readonly distributor: VirtualDistributor;
  readonly links: HardwareLinks;
  readonly delivery: Delivery;

  constructor(gic: PhysicalGic, distributor: VirtualDistributor) {
    const { cpuInterface } = distributor;
    const links = new HardwareLinks(gic, distributor);
    this.distributor = distributor;
    this.links = links;
    this.delivery = cpuInterface
      ? emulatedDelivery({ gic, distributor, cpuInterface, links })
      : new ListDelivery(gic, distributor, links);
  }

  /** After a guest's write to its distributor: physical interrupts are set up as its own. */
  follow(core: Core, owners: readonly InterruptOwner[], coreOf: (vcpu: number) => number): void {
    const isHeld = (intid: number) => owners.some((owner) => this.delivery.isHeld(owner, intid));
    this.links.follow(core, isHeld, coreOf);
  }

  /** After the VM has ended: physical interrupts are quiet, and the model as at power-on. */
  reset(core: Core): void {
    this.links.reset(core);
    this.distributor.reset();
  }
}
