/**
 * The distributor's core: the state of every interrupt, and the moves between its states.
 *
 * Both GIC versions, and the distributors that a hypervisor shows to its VMs, are register views of
 * this. Interrupts come in banks of 32: one private bank (SGIs and PPIs) for each core, then the
 * SPIs. A `slot` is `bank * 32 + bit`.
 *
 * @module
 */

import { clearBits, filled, lowestBit, type Part, putBits, setBits, word } from "./words.ts";

/** What an {@linkcode Interrupts} is made of. */
export interface InterruptsConfig {
  /** How many cores, at most 8. */
  readonly cores: number;
  /** How many SPIs, a multiple of 32. */
  readonly spis: number;
  /** Implemented bits of a priority, at the top of its byte. */
  readonly priorityBits: number;
  /**
   * How SGIs pend: once for each source core and permanently enabled (GICv2), or as one latch with
   * an enable bit as any other interrupt (GICv3).
   */
  readonly sgis: "per-source" | "latched";
  /** Which cores an SPI goes to until the guest says so: bit per core. */
  readonly spiTargets: number;
  /** Whether a core may be chosen for a 1-of-N interrupt at this moment. */
  readonly accepts: (core: number) => boolean;
  /** Told which cores (bit mask) may now be offered something else. */
  readonly touched: (cores: number) => void;
}

/** Bits are by interrupt, words by bank; numbers by slot. */
export type InterruptState = {
  /** GICD_CTLR's group enables: bit 0 Group 0, bit 1 Group 1. */
  groupEnable: number;
  enabled: number[];
  /** The pending latch: set by an edge, by software, or by an SGI. */
  latched: number[];
  /** Level of the input line. */
  level: number[];
  active: number[];
  /** Edge-triggered rather than level-sensitive. */
  edge: number[];
  /** Group 1 rather than Group 0. */
  group: number[];
  /** Goes to one of its targets, whichever the distributor chooses. */
  oneOfN: number[];
  priority: number[];
  /** Cores the interrupt goes to, a bit each. */
  targets: number[];
  /** Cores from which SGI `i` of core `c` is pending, at `c * 16 + i`; GICv2 only. */
  sgiSources: number[];
};

const NoPriority = 0x100;

/** A pending interrupt that a core may be offered: more urgent ones are smaller. */
export function candidate(priority: number, key: number, group: number): number {
  return (priority << 16) | (key << 1) | group;
}

/** Takes a {@linkcode candidate} apart. */
export const Candidate = {
  priority: (c: number): number => c >> 16,
  key: (c: number): number => (c >> 1) & 0x7fff,
  group: (c: number): number => c & 1,
} as const;

/** All interrupts of a GIC. */
export class Interrupts implements Part {
  readonly config: InterruptsConfig;
  readonly state: InterruptState;
  /** Banks in all: one for each core, and the SPIs'. */
  readonly banks: number;
  readonly #everyCore: number;
  readonly #priorityMask: number;

  constructor(config: InterruptsConfig) {
    this.config = config;
    this.banks = config.cores + config.spis / 32;
    this.#everyCore = (1 << config.cores) - 1;
    this.#priorityMask = (0xff << (8 - config.priorityBits)) & 0xff;
    this.state = this.powerOn();
  }

  powerOn(): InterruptState {
    const { cores, sgis, spiTargets } = this.config;
    const privateBanks = (value: number) =>
      filled(this.banks).map((_, bank) => bank < cores ? value : 0);
    return {
      groupEnable: 0,
      enabled: privateBanks(sgis === "per-source" ? 0xffff : 0),
      latched: filled(this.banks),
      level: filled(this.banks),
      active: filled(this.banks),
      edge: privateBanks(0xffff),
      group: filled(this.banks),
      oneOfN: filled(this.banks),
      priority: filled(this.banks * 32),
      targets: filled(this.banks * 32).map((_, s) => s >> 5 < cores ? 1 << (s >> 5) : spiTargets),
      sgiSources: filled(cores * 16),
    };
  }

  /** Whether there is an interrupt with this INTID. */
  has(intid: number): boolean {
    return intid >= 0 && intid < 32 + this.config.spis;
  }

  /** The bank of an INTID as `core` sees it. */
  bank(core: number, intid: number): number {
    return intid < 32 ? core : this.config.cores + (intid >> 5) - 1;
  }

  /** The slot of an INTID as `core` sees it. */
  slot(core: number, intid: number): number {
    return this.bank(core, intid) * 32 + (intid & 31);
  }

  /** What of a bank is pending: the latches, and the lines of level-sensitive interrupts. */
  pending(bank: number): number {
    const s = this.state;
    return word(s.latched, bank) | (word(s.level, bank) & ~word(s.edge, bank));
  }

  /** 0 or 1. */
  group(core: number, intid: number): number {
    return (word(this.state.group, this.bank(core, intid)) >>> (intid & 31)) & 1;
  }

  /** Drives an input line. */
  setLine(core: number, intid: number, high: boolean): void {
    const { level, edge, latched } = this.state;
    const bank = this.bank(core, intid);
    const bit = 1 << (intid & 31);
    if (((word(level, bank) & bit) !== 0) === high) return;
    level[bank] = word(level, bank) ^ bit;
    if (high && (word(edge, bank) & bit) !== 0) setBits(latched, bank, bit);
    this.#touchTargets(this.slot(core, intid));
  }

  /** GICD_CTLR's group enables. */
  setGroupEnable(groups: number): void {
    this.state.groupEnable = groups & 3;
    this.touchAll();
  }

  setEnabled(bank: number, mask: number, on: boolean): void {
    this.#change(this.state.enabled, bank, this.#withoutSgis(bank, mask), on);
  }

  setLatched(bank: number, mask: number, on: boolean): void {
    this.#change(this.state.latched, bank, this.#withoutSgis(bank, mask), on);
  }

  setActive(bank: number, mask: number, on: boolean): void {
    this.#change(this.state.active, bank, mask, on);
  }

  /** Puts the interrupts of `mask` into the groups that `value` has for them. */
  setGroup(bank: number, value: number, mask: number): void {
    putBits(this.state.group, bank, value, mask);
    this.#touch(bank);
  }

  /** Edge-triggered or level-sensitive; SGIs are always edge-triggered. */
  setEdge(slot: number, on: boolean): void {
    const bank = slot >> 5;
    if (bank < this.config.cores && (slot & 31) < 16) return;
    this.#change(this.state.edge, bank, 1 << (slot & 31), on);
  }

  setPriority(slot: number, priority: number): void {
    this.state.priority[slot] = priority & this.#priorityMask;
    this.#touchTargets(slot);
  }

  /** Sends an SPI to every core of `targets`, or to one of them of the distributor's choice. */
  setTargets(slot: number, targets: number, oneOfN = false): void {
    this.state.targets[slot] = targets & this.#everyCore;
    this.#change(this.state.oneOfN, slot >> 5, 1 << (slot & 31), oneOfN);
  }

  /** Makes an SGI pending on `core`. */
  sendSgi(core: number, intid: number, source: number): void {
    const { latched, sgiSources } = this.state;
    if (this.config.sgis === "per-source") setBits(sgiSources, core * 16 + intid, 1 << source);
    setBits(latched, core, 1 << intid);
    this.#touch(core);
  }

  /** Withdraws an SGI of `core` from the sources of a bit mask; GICv2 only. */
  recallSgi(core: number, intid: number, sources: number): void {
    const { latched, sgiSources } = this.state;
    clearBits(sgiSources, core * 16 + intid, sources);
    if (word(sgiSources, core * 16 + intid) === 0) clearBits(latched, core, 1 << intid);
    this.#touch(core);
  }

  /**
   * The most urgent interrupt of `groups` (bit mask) that is pending, enabled, not active and goes
   * to `core`, as a {@linkcode candidate} whose key is the INTID; -1 when there is none.
   */
  best(core: number, groups: number): number {
    const forwarded = groups & this.state.groupEnable;
    if (forwarded === 0) return -1;
    let best = NoPriority << 16;
    best = this.#scan(core, core, forwarded, best);
    for (let bank = this.config.cores; bank < this.banks; bank++) {
      best = this.#scan(core, bank, forwarded, best);
    }
    return best === NoPriority << 16 ? -1 : best;
  }

  /** Every interrupt that {@linkcode Interrupts.best} chooses from, the most urgent first. */
  pendingFor(core: number, groups: number): number[] {
    const found: number[] = [];
    const forwarded = groups & this.state.groupEnable;
    for (let bank = 0; bank < this.banks; bank++) {
      if (bank < this.config.cores && bank !== core) continue;
      for (let bits = this.#ready(bank, forwarded); bits !== 0; bits &= bits - 1) {
        const slot = bank * 32 + lowestBit(bits);
        if (this.#goesTo(core, slot)) found.push(this.#candidate(slot));
      }
    }
    return found.sort((a, b) => a - b);
  }

  /** What an interrupt acknowledge register shows for a pending INTID. */
  identify(core: number, intid: number): number {
    const sources = intid < 16 ? word(this.state.sgiSources, core * 16 + intid) : 0;
    return sources === 0 ? intid : (lowestBit(sources) << 10) | intid;
  }

  /** Takes a pending interrupt: it becomes active, and stays pending if its cause persists. */
  acknowledge(core: number, intid: number): number {
    const id = this.identify(core, intid);
    const bank = this.bank(core, intid);
    const bit = 1 << (intid & 31);
    if (intid < 16 && this.config.sgis === "per-source") {
      this.recallSgi(core, intid, 1 << (id >> 10));
    } else {
      clearBits(this.state.latched, bank, bit);
    }
    setBits(this.state.active, bank, bit);
    this.#touchTargets(this.slot(core, intid));
    return id;
  }

  /** Ends the active state of what {@linkcode Interrupts.acknowledge} returned. */
  deactivate(core: number, id: number): void {
    const intid = this.config.sgis === "per-source" ? id & 0x3ff : id;
    if (!this.has(intid)) return;
    clearBits(this.state.active, this.bank(core, intid), 1 << (intid & 31));
    this.#touchTargets(this.slot(core, intid));
  }

  /** Says that every core may now be offered something else. */
  touchAll(): void {
    this.config.touched(this.#everyCore);
  }

  #change(words: number[], bank: number, mask: number, on: boolean): void {
    if (on) setBits(words, bank, mask);
    else clearBits(words, bank, mask);
    this.#touch(bank);
  }

  /** In GICv2 SGIs are always enabled, and pend and unpend through registers of their own. */
  #withoutSgis(bank: number, mask: number): number {
    const own = bank < this.config.cores && this.config.sgis === "per-source";
    return own ? mask & ~0xffff : mask;
  }

  #touch(bank: number): void {
    this.config.touched(bank < this.config.cores ? 1 << bank : this.#everyCore);
  }

  #touchTargets(slot: number): void {
    this.config.touched(word(this.state.targets, slot));
  }

  #ready(bank: number, groups: number): number {
    const s = this.state;
    const group1 = word(s.group, bank);
    const forwarded = (groups & 1 ? ~group1 : 0) | (groups & 2 ? group1 : 0);
    return this.pending(bank) & word(s.enabled, bank) & ~word(s.active, bank) & forwarded;
  }

  #scan(core: number, bank: number, groups: number, best: number): number {
    for (let bits = this.#ready(bank, groups); bits !== 0; bits &= bits - 1) {
      const slot = bank * 32 + lowestBit(bits);
      const found = this.#candidate(slot);
      if (found < best && this.#goesTo(core, slot)) best = found;
    }
    return best;
  }

  #candidate(slot: number): number {
    const { cores } = this.config;
    const bank = slot >> 5;
    const intid = bank < cores ? slot & 31 : slot - (cores - 1) * 32;
    const group = (word(this.state.group, bank) >>> (slot & 31)) & 1;
    return candidate(word(this.state.priority, slot), intid, group);
  }

  #goesTo(core: number, slot: number): boolean {
    const targets = word(this.state.targets, slot);
    if (((word(this.state.oneOfN, slot >> 5) >>> (slot & 31)) & 1) === 0) {
      return ((targets >> core) & 1) !== 0;
    }
    // The choice is free (IHI 0069 "1 of N"); the lowest core that takes interrupts repeats.
    for (let left = targets; left !== 0; left &= left - 1) {
      const first = lowestBit(left);
      if (this.config.accepts(first)) return first === core;
    }
    return false;
  }
}
