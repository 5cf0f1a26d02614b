/**
 * Interrupts of a guest that has the board's virtual CPU interface: what its distributor offers goes
 * into list registers while a vCPU runs, and what is left of it comes back at each exit.
 *
 * Between exits the list registers of a running vCPU are the truth about what they hold; at all
 * other times the distributor's model is. What a model holds while its vCPU runs is therefore news.
 *
 * @module
 */

import type { Core } from "../cpu/types.ts";
import type { Delivery, Held, InterruptOwner } from "./delivery.ts";
import type { HardwareLinks } from "./hardware_links.ts";
import { ListControl, type ListEntry, type PhysicalGic } from "./physical_gic.ts";
import type { PendingInterrupt, VirtualDistributor } from "./virtual_distributor.ts";

/** See the module. */
export class ListDelivery implements Delivery {
  readonly hidesSystemRegisters = false;
  readonly #gic: PhysicalGic;
  readonly #distributor: VirtualDistributor;
  readonly #links: HardwareLinks;

  constructor(gic: PhysicalGic, distributor: VirtualDistributor, links: HardwareLinks) {
    this.#gic = gic;
    this.#distributor = distributor;
    this.#links = links;
  }

  sync(core: Core, owner: InterruptOwner): void {
    const own = owner.interrupts;
    own.offered.clear();
    if (own.lists.length === 0) return;
    const ended = this.#gic.endCount(core);
    const inLists = new Set(own.lists);
    const waiting = own.active.filter((held) => !inLists.has(held));
    own.active = [];
    own.lists.forEach((held, n) => {
      if (!held) return;
      const state = this.#gic.readList(core, n);
      this.#gic.writeList(core, n, undefined);
      this.#takeBack(owner, held, state);
    });
    own.lists = [];
    this.#gic.setListControl(core, ListControl.en);
    // An end that found no list register was that of the most urgent active interrupt.
    waiting.sort((a, b) => a.priority - b.priority);
    for (const held of waiting.splice(0, ended)) this.#finish(core, owner, held);
    own.active.push(...waiting);
  }

  #takeBack(
    owner: InterruptOwner,
    held: Held,
    state: { pending: boolean; active: boolean },
  ): void {
    const distributor = this.#distributor;
    const { index } = owner;
    if (state.pending) {
      owner.interrupts.offered.add(held.intid);
      if (held.latched) distributor.latch(index, held.intid, held.source);
      return;
    }
    if (state.active !== held.active) distributor.setActive(index, held.intid, state.active);
    if (state.active) {
      owner.interrupts.active.push({ ...held, pending: false, active: true, latched: false });
    } else if (held.hardware !== undefined) {
      const link = this.#links.of(owner, held.intid);
      if (link) link.inFlight = false; // the list register has ended the physical one as well
    }
  }

  #finish(core: Core, owner: InterruptOwner, held: Held): void {
    this.#distributor.setActive(owner.index, held.intid, false);
    const link = this.#links.of(owner, held.intid);
    if (link?.inFlight) this.#links.release(core, link);
  }

  flush(core: Core, owner: InterruptOwner): void {
    const own = owner.interrupts;
    const distributor = this.#distributor;
    own.offered.clear();
    this.#links.withdrawTimers(core, owner);
    const pending = distributor.pending(owner.index);
    if (pending.length === 0 && own.active.length === 0) return;
    own.active = own.active.filter((held) => {
      if (distributor.isActive(owner.index, held.intid)) return true;
      this.#finish(core, owner, held); // the guest has cleared it in its distributor
      return false;
    });
    const wanted: (Held | PendingInterrupt)[] = [...own.active, ...pending];
    wanted.sort((a, b) => a.priority - b.priority || rank(a) - rank(b));
    const chosen = wanted.slice(0, this.#gic.listCount);
    const held = chosen.map((want) => "latched" in want ? want : this.#take(owner, want));
    own.lists = held;
    held.forEach((entry, n) => this.#gic.writeList(core, n, this.#told(owner, entry)));
    const left = wanted.slice(this.#gic.listCount);
    const control = ListControl.en |
      (left.some((want) => !("latched" in want)) ? ListControl.uie : 0) |
      (left.some((want) => "latched" in want) ? ListControl.lrenpie : 0);
    if (control !== ListControl.en) this.#gic.setListControl(core, control);
  }

  #take(owner: InterruptOwner, interrupt: PendingInterrupt): Held {
    const latched = this.#distributor.take(owner.index, interrupt);
    const link = this.#links.of(owner, interrupt.intid);
    return {
      intid: interrupt.intid,
      source: interrupt.source,
      priority: interrupt.priority,
      group: interrupt.group,
      pending: true,
      active: false,
      hardware: link?.inFlight ? link.hardware : undefined,
      tellEnd: interrupt.level,
      latched,
    };
  }

  /** The entry, with a wish to hear of its end when it is pending once more. */
  #told(owner: InterruptOwner, entry: Held): ListEntry {
    if (entry.hardware !== undefined || entry.tellEnd) return entry;
    return this.#distributor.isLatched(owner.index, entry.intid)
      ? { ...entry, tellEnd: true }
      : entry;
  }

  hasNews(owner: InterruptOwner): boolean {
    const distributor = this.#distributor;
    if (!distributor.hasPending(owner.index)) return false;
    const { offered } = owner.interrupts;
    return offered.size === 0 ||
      distributor.pending(owner.index).some(({ intid }) => !offered.has(intid));
  }

  isHeld(owner: InterruptOwner, intid: number): boolean {
    return owner.interrupts.lists.some((held) => held?.intid === intid);
  }

  load(core: Core, owner: InterruptOwner): void {
    this.#gic.loadInterface(core, owner.interrupts.interface);
    this.#gic.setListControl(core, ListControl.en);
    this.#links.setInFlight(core, owner, true);
  }

  discard(core: Core): void {
    for (let n = 0; n < this.#gic.listCount; n++) this.#gic.writeList(core, n, undefined);
  }

  unload(core: Core, owner: InterruptOwner): void {
    owner.interrupts.interface = this.#gic.saveInterface(core);
    this.#gic.setListControl(core, 0);
    this.#links.setInFlight(core, owner, false);
  }
}

/** Among equals, what is active keeps its list register. */
function rank(interrupt: Held | PendingInterrupt): number {
  return "latched" in interrupt ? 0 : 1;
}
