/**
 * The list registers: the interrupts a hypervisor offers to the virtual machine on each core.
 *
 * A list register is kept as the two words of ICH_LR<n>_EL2 (IHI 0069); GICH_LR<n> is translated.
 *
 * @module
 */

import type { InterruptSource } from "./cpu_interface.ts";
import { Special } from "./cpu_interface.ts";
import { candidate } from "./interrupts.ts";
import { clearBits, filled, type Part, putBits, word } from "./words.ts";

/** How many list registers a core has. */
export const ListCount = 4;

/** Fields of a list register's high word. */
export const Lr = {
  /** Physical INTID, with `hardware`. */
  physical: 0x1fff,
  /** Asks for a maintenance interrupt at the end of the interrupt; without `hardware`. */
  eoi: 1 << 9,
  priority: 0xf8 << 16,
  group: 1 << 28,
  hardware: 1 << 29,
  pending: 1 << 30,
  active: 1 << 31,
} as const;

/** Bits of GICH_HCR and ICH_HCR_EL2. */
export const Hcr = {
  en: 1 << 0,
  /** Underflow interrupt: at most one list register holds an interrupt. */
  uie: 1 << 1,
  /** An interrupt ended that was in no list register. */
  lrenpie: 1 << 2,
  /** No interrupt is pending. */
  npie: 1 << 3,
  tc: 1 << 10,
  tall0: 1 << 11,
  tall1: 1 << 12,
  tdir: 1 << 14,
  eoiCountShift: 27,
} as const;

/** By core; `id` and `high` by core and register. */
export type ListRegistersState = {
  hcr: number[];
  id: number[];
  high: number[];
};

/** What a {@linkcode ListRegisters} is made of. */
export interface ListRegistersConfig {
  readonly cores: number;
  /** Writable bits of the control register. */
  readonly hcrMask: number;
  /** Ends the active state of a physical interrupt, for an interrupt that is tied to one. */
  readonly deactivatePhysical: (core: number, intid: number) => void;
  /** Told which core (bit mask) may now be signalled something else. */
  readonly touched: (cores: number) => void;
}

/** The list registers of all cores, and the maintenance conditions they give rise to. */
export class ListRegisters implements Part, InterruptSource {
  readonly config: ListRegistersConfig;
  readonly state: ListRegistersState;

  constructor(config: ListRegistersConfig) {
    this.config = config;
    this.state = this.powerOn();
  }

  powerOn(): ListRegistersState {
    const { cores } = this.config;
    return { hcr: filled(cores), id: filled(cores * ListCount), high: filled(cores * ListCount) };
  }

  /** GICH_HCR or ICH_HCR_EL2. */
  hcr(core: number): number {
    return word(this.state.hcr, core);
  }

  setHcr(core: number, value: number): void {
    this.state.hcr[core] = value & this.config.hcrMask;
    this.config.touched(1 << core);
  }

  /** Virtual INTID of register `n`; in GICv2 with the source core of an SGI in bits 12:10. */
  id(core: number, n: number): number {
    return word(this.state.id, core * ListCount + n);
  }

  /** The rest of register `n`: fields of {@linkcode Lr}. */
  high(core: number, n: number): number {
    return word(this.state.high, core * ListCount + n);
  }

  setId(core: number, n: number, value: number): void {
    this.state.id[core * ListCount + n] = value & 0xff_ffff;
  }

  setHigh(core: number, n: number, value: number): void {
    const fields = Lr.physical | Lr.priority | Lr.group | Lr.hardware | Lr.pending | Lr.active;
    this.state.high[core * ListCount + n] = value & fields;
    this.config.touched(1 << core);
  }

  best(core: number, groups: number): number {
    if ((this.hcr(core) & Hcr.en) === 0) return -1;
    let best = -1;
    for (let n = 0; n < ListCount; n++) {
      const high = this.high(core, n);
      if ((high & (Lr.pending | Lr.active)) !== Lr.pending) continue;
      const group = high & Lr.group ? 1 : 0;
      if (((groups >> group) & 1) === 0) continue;
      const found = candidate((high >> 16) & 0xf8, n, group);
      if (best < 0 || found < best) best = found;
    }
    return best;
  }

  identify(core: number, n: number): number {
    return this.id(core, n);
  }

  acknowledge(core: number, n: number): number {
    const id = this.id(core, n);
    // A special INTID that a hypervisor put here is shown, but cannot become active.
    const special = id >= Special.first && id <= Special.none;
    const state = special ? 0 : Lr.active;
    putBits(this.state.high, core * ListCount + n, state, Lr.pending | Lr.active);
    return id;
  }

  deactivate(core: number, id: number): void {
    const n = this.#activeRegister(core, id);
    if (n < 0) {
      // A count of 31 that wraps to 0 is what the field does (IHI 0069 ICH_HCR_EL2.EOIcount).
      this.state.hcr[core] = (this.hcr(core) + (1 << Hcr.eoiCountShift)) | 0;
      return;
    }
    const high = this.high(core, n);
    clearBits(this.state.high, core * ListCount + n, Lr.active);
    const physical = high & Lr.physical & 0x3ff;
    if (high & Lr.hardware && physical < Special.first) {
      this.config.deactivatePhysical(core, physical);
    }
  }

  /** Registers whose interrupt has ended and asked to tell: GICH_EISR, ICH_EISR_EL2. */
  ended(core: number): number {
    return this.#which(
      core,
      (high) => (high & (Lr.pending | Lr.active | Lr.hardware | Lr.eoi)) === Lr.eoi,
    );
  }

  /** Registers that hold nothing and have nothing to tell: GICH_ELRSR, ICH_ELRSR_EL2. */
  empty(core: number): number {
    return this.#which(
      core,
      (high) =>
        (high & (Lr.pending | Lr.active)) === 0 && (high & (Lr.hardware | Lr.eoi)) !== Lr.eoi,
    );
  }

  /**
   * The maintenance conditions that hold and are asked for: GICH_MISR, ICH_MISR_EL2. `groups` has a
   * bit for each group that the VM has enabled.
   */
  maintenance(core: number, groups: number): number {
    const hcr = this.hcr(core);
    const [pending, held] = this.#count(core);
    const holds = (this.ended(core) !== 0 ? 1 : 0) |
      (held <= 1 ? Hcr.uie : 0) |
      (hcr >>> Hcr.eoiCountShift !== 0 ? Hcr.lrenpie : 0) |
      (pending === 0 ? Hcr.npie : 0) |
      (groups & 1 ? 1 << 4 : 1 << 5) |
      (groups & 2 ? 1 << 6 : 1 << 7);
    return holds & (hcr | 1) & 0xff;
  }

  /** Whether the maintenance interrupt is signalled. */
  signalsMaintenance(core: number, groups: number): boolean {
    return (this.hcr(core) & Hcr.en) !== 0 && this.maintenance(core, groups) !== 0;
  }

  #which(core: number, holds: (high: number) => boolean): number {
    let found = 0;
    for (let n = 0; n < ListCount; n++) if (holds(this.high(core, n))) found |= 1 << n;
    return found;
  }

  #count(core: number): [pending: number, held: number] {
    let [pending, held] = [0, 0];
    for (let n = 0; n < ListCount; n++) {
      const high = this.high(core, n);
      if (high & Lr.pending) pending++;
      if (high & (Lr.pending | Lr.active)) held++;
    }
    return [pending, held];
  }

  #activeRegister(core: number, id: number): number {
    for (let n = 0; n < ListCount; n++) {
      if (this.high(core, n) & Lr.active && this.id(core, n) === id) return n;
    }
    return -1;
  }
}
