/**
 * A VM's interrupts: what its distributor offers goes into list registers while a vCPU runs, and
 * what is left of it comes back at each exit.
 *
 * Between exits the list registers of a running vCPU are the truth about what they hold; at all
 * other times the distributor's model is. What a model holds while its vCPU runs is therefore news.
 *
 * @module
 */

import type { Core } from "../cpu/types.ts";
import { type TimerName, Timers } from "../cpu/timers.ts";
import { timerSignals } from "./guest_timers.ts";
import {
  type InterfaceState,
  ListControl,
  type ListEntry,
  type PhysicalGic,
  resetInterface,
} from "./physical_gic.ts";
import type { PendingInterrupt, VirtualDistributor } from "./virtual_distributor.ts";

/** A physical interrupt that belongs to a guest. */
export interface HardwareLink {
  readonly hardware: number;
  readonly guest: number;
  /** It has been taken and the guest has not ended it: physically it is active. */
  inFlight: boolean;
  /** The timer behind it, whose signal may have gone before the guest has looked. */
  readonly timer?: TimerName;
}

/** An interrupt in a list register or waiting for one, and what putting it back takes. */
interface Held extends ListEntry {
  readonly latched: boolean;
}

/** A vCPU's part. */
export interface VcpuInterrupts {
  interface: InterfaceState;
  /** What the list registers hold while it runs. */
  lists: (Held | undefined)[];
  /** Interrupts that the guest has taken and not ended. */
  active: Held[];
  /** Interrupts that were in a list register at the last exit and still pending. */
  offered: Set<number>;
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
    links: new Map(),
  };
}

/** Whose interrupts are moved. */
export interface InterruptOwner {
  readonly index: number;
  readonly interrupts: VcpuInterrupts;
}

/** The virtual interrupt controller of one VM. */
export class VirtualGic {
  readonly distributor: VirtualDistributor;
  /** SPIs of devices that the VM has, by the guest's INTID. */
  readonly links = new Map<number, HardwareLink>();
  readonly #gic: PhysicalGic;
  readonly #applied = new Map<number, string>();

  constructor(gic: PhysicalGic, distributor: VirtualDistributor) {
    this.#gic = gic;
    this.distributor = distributor;
  }

  /** Gives the guest a physical SPI. */
  link(hardware: number, guest: number): HardwareLink {
    const link: HardwareLink = { hardware, guest, inFlight: false };
    this.links.set(guest, link);
    return link;
  }

  /** A physical interrupt of the guest's has been taken and is active: the guest is to have it. */
  inject(owner: InterruptOwner, link: HardwareLink): void {
    link.inFlight = true;
    this.distributor.latch(owner.index, link.guest);
  }

  /** After the guest ran on `core`: back from the list registers. */
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
    const { distributor } = this;
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
      const link = this.#linkOf(owner, held.intid);
      if (link) link.inFlight = false; // the list register has ended the physical one as well
    }
  }

  #finish(core: Core, owner: InterruptOwner, held: Held): void {
    this.distributor.setActive(owner.index, held.intid, false);
    const link = this.#linkOf(owner, held.intid);
    if (link?.inFlight) this.#release(core, link);
  }

  /** Before the guest runs on `core`: into the list registers. */
  flush(core: Core, owner: InterruptOwner): void {
    const own = owner.interrupts;
    const { distributor } = this;
    own.offered.clear();
    this.#withdrawTimers(core, owner);
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
    const latched = this.distributor.take(owner.index, interrupt);
    const link = this.#linkOf(owner, interrupt.intid);
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
    return this.distributor.isLatched(owner.index, entry.intid)
      ? { ...entry, tellEnd: true }
      : entry;
  }

  /** A timer that no longer signals takes back what the guest has not seen. */
  #withdrawTimers(core: Core, owner: InterruptOwner): void {
    for (const link of owner.interrupts.links.values()) {
      if (!link.inFlight || !link.timer || timerSignals(core, link.timer)) continue;
      if (!this.distributor.isLatched(owner.index, link.guest)) continue;
      this.distributor.unlatch(owner.index, link.guest);
      this.#release(core, link);
    }
  }

  #release(core: Core, link: HardwareLink): void {
    link.inFlight = false;
    this.#gic.deactivate(core, link.hardware);
  }

  /**
   * Whether there is an interrupt that the vCPU has not been offered. One that it was offered and
   * that did not keep it from waiting is masked or less urgent than what it is at.
   */
  hasNews(owner: InterruptOwner): boolean {
    const { distributor } = this;
    if (!distributor.hasPending(owner.index)) return false;
    const { offered } = owner.interrupts;
    return offered.size === 0 ||
      distributor.pending(owner.index).some(({ intid }) => !offered.has(intid));
  }

  /** Gives the vCPU the virtual CPU interface of `core`. */
  load(core: Core, owner: InterruptOwner): void {
    const own = owner.interrupts;
    this.#gic.loadInterface(core, own.interface);
    this.#gic.setListControl(core, ListControl.en);
    for (const link of own.links.values()) {
      if (link.inFlight) this.#gic.setActive(core, link.hardware, true);
    }
  }

  /** Empties the list registers of `core`, whose vCPU has no use for them any more. */
  discard(core: Core): void {
    for (let n = 0; n < this.#gic.listCount; n++) this.#gic.writeList(core, n, undefined);
  }

  /** Takes the virtual CPU interface away; the list registers are empty. */
  unload(core: Core, owner: InterruptOwner): void {
    const own = owner.interrupts;
    own.interface = this.#gic.saveInterface(core);
    this.#gic.setListControl(core, 0);
    for (const link of own.links.values()) {
      if (link.inFlight) this.#gic.setActive(core, link.hardware, false);
    }
  }

  /**
   * After the guest wrote to its distributor: physical interrupts are set up as it has set up its
   * own, and those end whose virtual counterpart it has cleared.
   */
  follow(core: Core, owners: readonly InterruptOwner[], coreOf: (vcpu: number) => number): void {
    for (const link of this.links.values()) {
      const { enabled, edge, targets } = this.distributor.setup(link.guest);
      const target = targets === 0 ? 0 : 31 - Math.clz32(targets & -targets);
      const setup = { enabled, edge, core: coreOf(target) };
      const text = JSON.stringify(setup);
      if ((this.#applied.get(link.guest) ?? Disabled) !== text) {
        if (enabled || this.#applied.has(link.guest)) {
          this.#gic.configureSpi(core, link.hardware, setup);
        }
        this.#applied.set(link.guest, text);
      }
      if (link.inFlight && !this.#isKnown(owners, link.guest)) this.#release(core, link);
    }
  }

  #isKnown(owners: readonly InterruptOwner[], intid: number): boolean {
    return this.distributor.isLatched(0, intid) || this.distributor.isActive(0, intid) ||
      owners.some(({ interrupts }) => interrupts.lists.some((held) => held?.intid === intid));
  }

  /** After the VM has ended: physical interrupts are quiet, and the model as at power-on. */
  reset(core: Core): void {
    for (const link of this.links.values()) {
      this.#gic.configureSpi(core, link.hardware, { enabled: false, edge: false, core: 0 });
      if (link.inFlight) this.#release(core, link);
    }
    this.#applied.clear();
    this.distributor.reset();
  }

  #linkOf(owner: InterruptOwner, intid: number): HardwareLink | undefined {
    return intid < 32 ? owner.interrupts.links.get(intid) : this.links.get(intid);
  }
}

const Disabled = "";

/** Among equals, what is active keeps its list register. */
function rank(interrupt: Held | PendingInterrupt): number {
  return "latched" in interrupt ? 0 : 1;
}

/** The private interrupts of the timers that a guest uses directly. */
export function timerLinks(ppis: { readonly [N in "cntp" | "cntv"]: number }): HardwareLink[] {
  return (["CNTP", "CNTV"] as const).map((timer) => {
    const intid = ppis[Timers[timer].wire as "cntp" | "cntv"];
    return { hardware: intid, guest: intid, inFlight: false, timer };
  });
}
