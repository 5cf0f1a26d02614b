/**
 * What the system level of a core consists of, as its parts see one another.
 *
 * @module
 */

import type { Clock } from "../board/clock.ts";
import type { IrqLine } from "../board/irq.ts";
import type { CpuFeatures, CpuModel } from "./cpu_models.ts";
import type { CpuState } from "./state.ts";

/** Exception levels that exist here. */
export type El = 0 | 1 | 2;

/** A synchronous exception to take instead of completing an instruction. */
export interface Trap {
  /** Exception level that takes it. */
  readonly to: 1 | 2;
  /** Exception class, an `Ec` value. */
  readonly ec: number;
  /** Instruction specific syndrome, 25 bits. */
  readonly iss: number;
  /** Value for FAR_ELx; the register is left alone when absent. */
  readonly far?: bigint;
  /** Intermediate physical address for HPFAR_EL2, of faults in stage 2. */
  readonly ipa?: number;
}

/** Bits of {@linkcode Core.lines}: the interrupt inputs of a core. */
export const Line = { irq: 1, fiq: 2, virq: 4, vfiq: 8 } as const;

/** The GIC's system registers, when the board's GIC has them. */
export interface GicSystemInterface {
  /**
   * Reads the CPU interface register `name` ("ICC_IAR1_EL1", "ICH_HCR_EL2") of a core; `virtual`
   * selects the ICV_ register of the same encoding.
   *
   * @returns `undefined` when there is no such register, which makes the access UNDEFINED.
   */
  readSystem(core: number, name: string, virtual: boolean): bigint | undefined;
  /** Writes; false when there is no such register. */
  writeSystem(core: number, name: string, value: bigint, virtual: boolean): boolean;
}

/** What the core tells its memory system. */
export interface MmuHooks {
  /** A register that translation depends on was written; `contextChanged` follows. */
  registersChanged(): void;
  /**
   * Another regime or privilege may apply: selects the TLB contexts (`tlb`, `tlbUnprivileged`) and
   * derives `alignMask`.
   */
  contextChanged(): void;
}

/** Outputs of a core's timers, to the interrupt controller. */
export interface TimerWires {
  /** Non-secure EL1 physical timer, PPI 14 (INTID 30). */
  readonly cntp: IrqLine;
  /** Virtual timer, PPI 11 (INTID 27). */
  readonly cntv: IrqLine;
  /** EL2 physical timer, PPI 10 (INTID 26). */
  readonly cnthp: IrqLine;
  /** EL2 virtual timer, PPI 12 (INTID 28). */
  readonly cnthv: IrqLine;
}

/** The core's timers, as the register rows use them. */
export interface TimerUnit {
  /** CNTFRQ_EL0 as the board's firmware leaves it. */
  readonly frequencyHz: number;
  /** The system counter. */
  count(): bigint;
  /** Derives lines and alarms from the timer registers; to be called after any of them changed. */
  settle(): void;
  /**
   * Has the event stream set the event register when it next comes, if it is on. To be called when
   * the core waits in WFE, and again when a snapshot of such a core is restored.
   */
  awaitEvent(): void;
}

/** Answers SMC (and HVC on a board without EL2); false when the call is not for it: UNDEFINED. */
export type Firmware = (core: Core, conduit: "smc" | "hvc") => boolean;

/** What surrounds a core. */
export interface CoreWires {
  readonly clock: Clock;
  readonly mmu: MmuHooks;
  readonly timers: TimerWires;
  /** Absent with GICv2. */
  readonly gic?: GicSystemInterface;
  readonly firmware?: Firmware;
  /** Takes messages about what a guest did and nothing implements. */
  readonly log: (message: string) => void;
}

/** One core. */
export interface Core {
  readonly index: number;
  /** MPIDR_EL1. */
  readonly mpidr: bigint;
  readonly model: CpuModel;
  readonly features: CpuFeatures;
  /** False on a board that has no EL2: HVC goes to the firmware. */
  readonly hasEl2: boolean;
  /** The state, wherever it is now: the window while the core runs, its saved block otherwise. */
  readonly state: CpuState;
  readonly clock: Clock;
  readonly mmu: MmuHooks;
  readonly timers: TimerUnit;
  readonly gic: GicSystemInterface | undefined;
  readonly firmware: Firmware | undefined;
  /** Interrupt inputs that are high: bits of {@linkcode Line}. */
  readonly lines: number;
  /** Drives an interrupt input. */
  setLine(line: number, level: boolean): void;
  /** Set by the run loop's owner: EL2 is played by a built-in hypervisor. */
  el2Handler: ((core: Core) => void) | undefined;
  /** An exception to EL2 was taken, and `el2Handler` is to run before the next instruction. */
  handlerDue: boolean;
  /** Says `message` once for each `key`. */
  report(key: string, message: string): void;
}
