/**
 * What a vCPU owns of a core's registers, as one table, and moving it in and out.
 *
 * The stack pointers are in their registers while the core is at EL2, and PC and PSTATE of the
 * guest in ELR_EL2 and SPSR_EL2, so all but the general and vector registers are system registers.
 *
 * @module
 */

import { store } from "../cpu/controls.ts";
import { updateCounters } from "../cpu/pmu.ts";
import { controlsChanged } from "../cpu/pstate.ts";
import { type SystemSlot, SystemSlots } from "../cpu/system_register_slots.ts";
import type { Core } from "../cpu/types.ts";

const numbered = (prefix: string, count: number): SystemSlot[] =>
  Array.from({ length: count }, (_, n) => `${prefix.replace("#", String(n))}` as SystemSlot);

/** The guest's system registers. */
export const GuestRegisters: readonly SystemSlot[] = [
  "SP_EL0",
  "SP_EL1",
  "TPIDR_EL0",
  "TPIDRRO_EL0",
  "TPIDR_EL1",
  "SCTLR_EL1",
  "CPACR_EL1",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "TCR_EL1",
  "MAIR_EL1",
  "CONTEXTIDR_EL1",
  "PAR_EL1",
  "SPSR_EL1",
  "ELR_EL1",
  "ESR_EL1",
  "FAR_EL1",
  "VBAR_EL1",
  "CSSELR_EL1",
  "CNTKCTL_EL1",
  "CNTP_CTL_EL0",
  "CNTP_CVAL_EL0",
  "CNTV_CTL_EL0",
  "CNTV_CVAL_EL0",
  "MDSCR_EL1",
  "MDCCINT_EL1",
  "OSDLR_EL1",
  "OSLAR_EL1",
  "DBGPRCR_EL1",
  "DBGCLAIM_EL1",
  ...numbered("DBGBVR#_EL1", 6),
  ...numbered("DBGBCR#_EL1", 6),
  ...numbered("DBGWVR#_EL1", 4),
  ...numbered("DBGWCR#_EL1", 4),
  "PMCR_EL0",
  "PMCNTENSET_EL0",
  "PMOVSSET_EL0",
  "PMSELR_EL0",
  "PMINTENSET_EL1",
  "PMUSERENR_EL0",
  "PMCCNTR_EL0",
  "PMCCFILTR_EL0",
  ...numbered("PMEVCNTR#_EL0", 6),
  ...numbered("PMEVTYPER#_EL0", 6),
];

const slots = GuestRegisters.map((name) => SystemSlots[name]);
const indexOf = new Map(GuestRegisters.map((name, i) => [name, i]));

/** General registers that a context has; XZR and SP are no part of it. */
const GeneralCount = 31;

/** A vCPU's registers while another one has the core. */
export class GuestContext {
  readonly #x = new BigUint64Array(GeneralCount);
  readonly #v = new BigUint64Array(64);
  readonly #system = new BigUint64Array(slots.length);
  #fpcr = 0;
  #fpsr = 0;

  /** The registers as `core` has them after a reset that `prepare` may add to. */
  reset(from: ResetRegisters, x0: bigint): void {
    this.#x.fill(0n);
    this.#x[0] = x0;
    this.#v.fill(0n);
    this.#system.set(from.system);
    this.#fpcr = 0;
    this.#fpsr = 0;
  }

  /** A system register of {@linkcode GuestRegisters}. */
  register(name: SystemSlot): bigint {
    return this.#system[indexOf.get(name) as number] as bigint;
  }

  /** A copy of all registers, for comparisons. */
  snapshot(): { [name: string]: number | readonly bigint[] } {
    return {
      x: [...this.#x],
      v: [...this.#v],
      system: [...this.#system],
      fpcr: this.#fpcr,
      fpsr: this.#fpsr,
    };
  }

  /** Takes the registers out of a core that is at EL2. */
  save(core: Core): void {
    const { state } = core;
    updateCounters(core);
    this.#x.set(state.x.subarray(0, GeneralCount));
    this.#v.set(state.v);
    this.#fpcr = state.u32("fpcr");
    this.#fpsr = state.u32("fpsr");
    slots.forEach((slot, i) => this.#system[i] = state.system[slot] as bigint);
  }

  /** Puts the registers into a core that is at EL2. */
  load(core: Core): void {
    const { state } = core;
    state.x.set(this.#x);
    state.v.set(this.#v);
    state.setU32("fpcr", this.#fpcr);
    state.setU32("fpsr", this.#fpsr);
    state.setU32("exclusiveBytes", 0);
    slots.forEach((slot, i) => state.system[slot] = this.#system[i] as bigint);
    store(core, "PMU_EPOCH", BigInt(Math.floor(core.clock.now()))); // it counts from here on
    controlsChanged(core);
    core.timers.settle();
  }
}

/** What the guest's registers are after a reset of the board's cores. */
export interface ResetRegisters {
  readonly system: BigUint64Array;
}

/** Reads them from a core that has just been reset. */
export function resetRegisters(core: Core): ResetRegisters {
  return { system: BigUint64Array.from(slots, (slot) => core.state.system[slot] as bigint) };
}
