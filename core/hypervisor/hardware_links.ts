/** Physical interrupts that belong to a guest: timers of its vCPUs, and devices of its VM. @module */

import type { Core } from "../cpu/types.ts";
import { type TimerName, Timers } from "../cpu/timers.ts";
import { timerSignals } from "./guest_timers.ts";
import type { PhysicalGic } from "./physical_gic.ts";
import type { VirtualDistributor } from "./virtual_distributor.ts";

/** A physical interrupt that belongs to a guest. */
export interface HardwareLink {
  readonly hardware: number;
  readonly guest: number;
  /** It has been taken and the guest has not ended it: physically it is active. */
  inFlight: boolean;
  /** The timer behind it, whose signal may have gone before the guest has looked. */
  readonly timer?: TimerName;
}

/** A vCPU with private interrupts that have hardware behind them, by the guest's INTID. */
export interface LinkOwner {
  readonly index: number;
  readonly interrupts: { readonly links: ReadonlyMap<number, HardwareLink> };
}

/** The physical interrupts of one VM. */
export class HardwareLinks {
  readonly #gic: PhysicalGic;
  readonly #distributor: VirtualDistributor;
  /** SPIs of devices that the VM has, by the guest's INTID. */
  readonly #shared = new Map<number, HardwareLink>();
  readonly #applied = new Map<number, string>();

  constructor(gic: PhysicalGic, distributor: VirtualDistributor) {
    this.#gic = gic;
    this.#distributor = distributor;
  }

  /** Gives the guest a physical SPI. */
  add(hardware: number, guest: number): HardwareLink {
    const link: HardwareLink = { hardware, guest, inFlight: false };
    this.#shared.set(guest, link);
    return link;
  }

  of(owner: LinkOwner, intid: number): HardwareLink | undefined {
    return intid < 32 ? owner.interrupts.links.get(intid) : this.#shared.get(intid);
  }

  /** Every link whose interrupt the vCPU may end. */
  *all(owner: LinkOwner): Iterable<HardwareLink> {
    yield* owner.interrupts.links.values();
    yield* this.#shared.values();
  }

  /** A physical interrupt of the guest's has been taken and is active: the guest is to have it. */
  inject(owner: LinkOwner, link: HardwareLink): void {
    link.inFlight = true;
    this.#distributor.latch(owner.index, link.guest);
  }

  /** The guest has ended it. */
  release(core: Core, link: HardwareLink): void {
    link.inFlight = false;
    this.#gic.deactivate(core, link.hardware);
  }

  /** A timer that no longer signals takes back what the guest has not seen. */
  withdrawTimers(core: Core, owner: LinkOwner): void {
    for (const link of owner.interrupts.links.values()) {
      if (!link.inFlight || !link.timer || timerSignals(core, link.timer)) continue;
      if (!this.#distributor.isLatched(owner.index, link.guest)) continue;
      this.#distributor.unlatch(owner.index, link.guest);
      this.release(core, link);
    }
  }

  /** Has the private interrupts of `core` be as far as the vCPU's are, or forget that. */
  setInFlight(core: Core, owner: LinkOwner, isLoaded: boolean): void {
    for (const link of owner.interrupts.links.values()) {
      if (link.inFlight) this.#gic.setActive(core, link.hardware, isLoaded);
    }
  }

  /**
   * After the guest wrote to its distributor: physical interrupts are set up as it has set up its
   * own, and those end whose virtual counterpart it has cleared, unless it `isHeld` elsewhere.
   */
  follow(
    core: Core,
    isHeld: (intid: number) => boolean,
    coreOf: (vcpu: number) => number,
  ): void {
    const distributor = this.#distributor;
    for (const link of this.#shared.values()) {
      const { enabled, edge, targets } = distributor.setup(link.guest);
      const target = targets === 0 ? 0 : 31 - Math.clz32(targets & -targets);
      const setup = { enabled, edge, core: coreOf(target) };
      const text = JSON.stringify(setup);
      if ((this.#applied.get(link.guest) ?? Disabled) !== text) {
        if (enabled || this.#applied.has(link.guest)) {
          this.#gic.configureSpi(core, link.hardware, setup);
        }
        this.#applied.set(link.guest, text);
      }
      const isKnown = distributor.isLatched(0, link.guest) ||
        distributor.isActive(0, link.guest) || isHeld(link.guest);
      if (link.inFlight && !isKnown) this.release(core, link);
    }
  }

  /** After the VM has ended: physical interrupts are quiet. */
  reset(core: Core): void {
    for (const link of this.#shared.values()) {
      this.#gic.configureSpi(core, link.hardware, { enabled: false, edge: false, core: 0 });
      if (link.inFlight) this.release(core, link);
    }
    this.#applied.clear();
  }
}

const Disabled = "";

/** The private interrupts of the timers that a guest uses directly. */
export function timerLinks(ppis: { readonly [N in "cntp" | "cntv"]: number }): HardwareLink[] {
  return (["CNTP", "CNTV"] as const).map((timer) => {
    const intid = ppis[Timers[timer].wire as "cntp" | "cntv"];
    return { hardware: intid, guest: intid, inFlight: false, timer };
  });
}
