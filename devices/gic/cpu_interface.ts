/**
 * The CPU interface: priority mask, binary points, active priorities, acknowledge and end.
 *
 * One model serves four register views: GICC and ICC over the distributor, GICV and ICV over the
 * list registers. Its state is banked by core.
 *
 * @module
 */

import { Candidate } from "./interrupts.ts";
import { clearBits, filled, lowestBit, type Part, setBits, word } from "./words.ts";

/** Where a CPU interface gets its interrupts from. */
export interface InterruptSource {
  /** The most urgent pending interrupt of `groups` for `core`, as a candidate, or -1. */
  best(core: number, groups: number): number;
  /** What an acknowledge register shows for the candidate with this key. */
  identify(core: number, key: number): number;
  /** Makes it active and returns what {@linkcode InterruptSource.identify} did. */
  acknowledge(core: number, key: number): number;
  /** Ends the active state of an interrupt, given what was acknowledged. */
  deactivate(core: number, id: number): void;
}

/** Bits of GICC_CTLR; the low ten bits of GICH_VMCR and ICH_VMCR_EL2 are the same. */
export const Control = {
  enableGroup0: 1 << 0,
  enableGroup1: 1 << 1,
  ackCtl: 1 << 2,
  fiqEn: 1 << 3,
  cbpr: 1 << 4,
  eoiMode: 1 << 9,
} as const;

/** INTIDs that name no interrupt (IHI 0048 3.2.5 Special interrupt numbers). */
export const Special = {
  /** Lowest of them. */
  first: 1020,
  /** The interrupt is in the other group. */
  otherGroup: 1022,
  /** There is none. */
  none: 1023,
} as const;

/** What a running priority register shows when nothing is active. */
export const IdlePriority = 0xff;

/** What a {@linkcode CpuInterface} is made of. */
export interface CpuInterfaceConfig {
  readonly cores: number;
  /** Implemented bits of a priority; group priorities have at most 7. */
  readonly priorityBits: number;
  /** Bits of {@linkcode Control} that are writable. */
  readonly controlMask: number;
  /** Bits of {@linkcode Control} that are always set. */
  readonly controlFixed: number;
  /** One set of active priorities for both groups, as GICH_APR has, rather than one for each. */
  readonly sharedActive: boolean;
  /** Told which core (bit mask) may now be signalled something else. */
  readonly touched: (cores: number) => void;
}

/** By core; `binaryPoint` by core and group, `active` by core, group and word. */
export type CpuInterfaceState = {
  control: number[];
  priorityMask: number[];
  binaryPoint: number[];
  active: number[];
};

/** The CPU interfaces of all cores. */
export class CpuInterface implements Part {
  readonly config: CpuInterfaceConfig;
  readonly state: CpuInterfaceState;
  /** How many 32-bit words hold the active priorities of a group. */
  readonly activeWords: number;
  readonly #source: InterruptSource;
  readonly #candidates: number[];
  /** Bits of a priority that its position among the active priorities drops. */
  readonly #levelShift: number;

  constructor(config: CpuInterfaceConfig, source: InterruptSource) {
    const groupPriorityBits = Math.min(config.priorityBits, 7);
    this.config = config;
    this.#source = source;
    this.#levelShift = 8 - groupPriorityBits;
    this.activeWords = Math.max(1, 2 ** groupPriorityBits / 32);
    this.#candidates = filled(config.cores, -1);
    this.state = this.powerOn();
  }

  powerOn(): CpuInterfaceState {
    const { cores, controlFixed } = this.config;
    return {
      control: filled(cores, controlFixed),
      priorityMask: filled(cores),
      binaryPoint: filled(cores * 2).map((_, i) => this.#leastBinaryPoint(i & 1)),
      active: filled(cores * 2 * this.activeWords),
    };
  }

  /** Bits of {@linkcode Control}. */
  control(core: number): number {
    return word(this.state.control, core);
  }

  setControl(core: number, value: number): void {
    this.state.control[core] = (value & this.config.controlMask) | this.config.controlFixed;
    this.config.touched(1 << core);
  }

  /** The groups that are enabled: bit 0 Group 0, bit 1 Group 1. */
  enabledGroups(core: number): number {
    return this.control(core) & 3;
  }

  /** Whether a bit of {@linkcode Control} is set. */
  has(core: number, control: number): boolean {
    return (word(this.state.control, core) & control) !== 0;
  }

  /** Only interrupts of a lower value, that is a higher priority, are signalled. */
  priorityMask(core: number): number {
    return word(this.state.priorityMask, core);
  }

  setPriorityMask(core: number, value: number): void {
    this.state.priorityMask[core] = value & (0xff << (8 - this.config.priorityBits)) & 0xff;
    this.config.touched(1 << core);
  }

  binaryPoint(core: number, group: number): number {
    return word(this.state.binaryPoint, core * 2 + group);
  }

  setBinaryPoint(core: number, group: number, value: number): void {
    this.state.binaryPoint[core * 2 + group] = Math.max(value & 7, this.#leastBinaryPoint(group));
    this.config.touched(1 << core);
  }

  /** Word `n` of the active priorities of a group. */
  activePriorities(core: number, group: number, n: number): number {
    return word(this.state.active, this.#activeBase(core, group) + n);
  }

  setActivePriorities(core: number, group: number, n: number, value: number): void {
    if (n >= this.activeWords) return;
    this.state.active[this.#activeBase(core, group) + n] = value | 0;
    this.config.touched(1 << core);
  }

  /** The highest active priority, {@linkcode IdlePriority} when there is none. */
  runningPriority(core: number): number {
    const level = this.#highestActive(core);
    return level < 0 ? IdlePriority : level << this.#levelShift;
  }

  /** Looks again for the interrupt to signal; called when the source or this has changed. */
  refresh(core: number): void {
    this.#candidates[core] = this.#source.best(core, this.enabledGroups(core));
  }

  /** What is signalled: 0, 1 for IRQ, 2 for FIQ. */
  outputs(core: number): number {
    const found = word(this.#candidates, core);
    if (found < 0 || !this.#preempts(core, found)) return 0;
    return Candidate.group(found) === 0 && this.has(core, Control.fiqEn) ? 2 : 1;
  }

  /**
   * Acknowledges the interrupt being signalled, provided its group is in `groups` (bit mask), and
   * returns what identifies it; `refused` when it is in the other group.
   */
  acknowledge(core: number, groups: number, refused: number): number {
    const found = word(this.#candidates, core);
    if (found < 0 || !this.#preempts(core, found)) return Special.none;
    const group = Candidate.group(found);
    if (((groups >> group) & 1) === 0) return refused;
    const id = this.#source.acknowledge(core, Candidate.key(found));
    this.config.touched(1 << core);
    if (id >= Special.first && id <= Special.none) return id;
    const level = (Candidate.priority(found) & this.#groupMask(core, group)) >> this.#levelShift;
    setBits(this.state.active, this.#activeBase(core, group) + (level >> 5), 1 << (level & 31));
    return id;
  }

  /** As {@linkcode CpuInterface.acknowledge} would answer if nothing were masked or active. */
  highestPending(core: number, groups: number, refused: number): number {
    const found = word(this.#candidates, core);
    if (found < 0) return Special.none;
    if (((groups >> Candidate.group(found)) & 1) === 0) return refused;
    return this.#source.identify(core, Candidate.key(found));
  }

  /**
   * Drops the running priority, if it is that of a group in `groups` (bit mask), and deactivates
   * the interrupt unless EOImode leaves that to {@linkcode CpuInterface.deactivate}.
   */
  end(core: number, groups: number, id: number): void {
    const level = this.#highestActive(core);
    if (level < 0) return;
    const bit = 1 << (level & 31);
    let at = this.#activeBase(core, 0) + (level >> 5);
    let group = 0;
    if ((word(this.state.active, at) & bit) === 0) {
      at += this.activeWords;
      group = 1;
    }
    if (!this.config.sharedActive && ((groups >> group) & 1) === 0) return;
    clearBits(this.state.active, at, bit);
    if (!this.has(core, Control.eoiMode)) this.#source.deactivate(core, id);
    this.config.touched(1 << core);
  }

  /** Deactivates an interrupt; ignored while EOImode says that the end of an interrupt does. */
  deactivate(core: number, id: number): void {
    if (!this.has(core, Control.eoiMode)) return;
    this.#source.deactivate(core, id);
    this.config.touched(1 << core);
  }

  #activeBase(core: number, group: number): number {
    return (core * 2 + (this.config.sharedActive ? 0 : group)) * this.activeWords;
  }

  /** Group 1's binary point counts from one more, and so never splits off all eight bits. */
  #leastBinaryPoint(group: number): number {
    return this.#levelShift - 1 + group;
  }

  #groupMask(core: number, group: number): number {
    const own = group === 1 && !this.has(core, Control.cbpr);
    const point = own ? this.binaryPoint(core, 1) - 1 : this.binaryPoint(core, 0);
    return (0xff << (point + 1)) & 0xff;
  }

  #highestActive(core: number): number {
    const group0 = this.#activeBase(core, 0);
    const group1 = this.#activeBase(core, 1);
    for (let n = 0; n < this.activeWords; n++) {
      const bits = word(this.state.active, group0 + n) | word(this.state.active, group1 + n);
      if (bits !== 0) return n * 32 + lowestBit(bits);
    }
    return -1;
  }

  #preempts(core: number, found: number): boolean {
    const priority = Candidate.priority(found);
    if (priority >= this.priorityMask(core)) return false;
    const running = this.runningPriority(core);
    if (running === IdlePriority) return true;
    return (priority & this.#groupMask(core, Candidate.group(found))) < running;
  }
}
