/**
 * What the board sees of an interrupt controller, whichever architecture version it follows.
 *
 * IHI 0048 is GICv2, IHI 0069 is GICv3. Both are modelled with a single Security state, as an
 * implementation without EL3 has it.
 *
 * @module
 */

import type { Device, State } from "../../core/board/device.ts";
import type { InterruptView, IrqLine } from "../../core/board/irq.ts";

/** Bits of what a GIC signals to one core. */
export const Output = { irq: 1, fiq: 2, virq: 4, vfiq: 8 } as const;

/** What a GIC is connected to. */
export interface GicWires {
  /** The outputs of `core` have become `mask`, bits of {@linkcode Output}. */
  lines(core: number, mask: number): void;
  /** Told, once for each place, about accesses no register claims. */
  log(message: string): void;
}

/** How much of a GIC there is. */
export interface GicConfig {
  /** Number of CPU interfaces, 1 to 8. */
  readonly cores: number;
  /** Number of shared peripheral interrupts: a multiple of 32, at most 960. */
  readonly spis: number;
  /** MPIDR_EL1 of a core, of which only the affinity fields matter. */
  readonly mpidr: (core: number) => number;
  /** INTID of the maintenance interrupt's PPI; 25 when omitted. */
  readonly maintenance?: number;
}

/** One block of memory-mapped registers. */
export interface GicFrame {
  /** What the frame is, in words; a platform knows where it goes. */
  readonly name:
    | "distributor"
    | "cpuInterface"
    | "hypervisorInterface"
    | "virtualCpuInterface"
    | "redistributors";
  /**
   * What to map. The state of the whole GIC belongs to the distributor's device: its snapshot
   * is all of it, the other frames' snapshots are empty.
   */
  readonly device: Device;
}

/** An interrupt controller and all it drives. */
export interface Gic {
  /** Version of the GIC architecture. */
  readonly version: 2 | 3;
  /**
   * The input of a shared peripheral interrupt, by INTID.
   *
   * @throws {RangeError} When there is no such SPI.
   */
  spi(intid: number): IrqLine;
  /**
   * The input of a private peripheral interrupt of `core`, by INTID (16 to 31).
   *
   * @throws {RangeError} When there is no such core or PPI.
   */
  ppi(core: number, intid: number): IrqLine;
  /** What is being signalled to `core`: bits of {@linkcode Output}. */
  outputs(core: number): number;
  /** Interrupts that are enabled, pending or active, to be looked at. */
  interrupts(): readonly InterruptView[];
  /** The memory-mapped registers. */
  readonly frames: readonly GicFrame[];
  /**
   * MRS by `core`; `undefined` when this GIC has no such readable register.
   *
   * Names are as Arm spells them: "ICC_IAR1_EL1", "ICH_LR0_EL2". With `virtual` an ICC_* name means
   * the ICV_* register of that encoding; registers that exist once are the same either way. Who may
   * access is the caller's business: `systemRegisterAccess` in `system_registers.ts` has the rules.
   */
  readSystem(core: number, name: string, virtual: boolean): bigint | undefined;
  /** MSR by `core`, as {@linkcode Gic.readSystem}; false when no such register can be written. */
  writeSystem(core: number, name: string, value: bigint, virtual: boolean): boolean;
  /** Returns to the power-on state; the input lines keep their levels. */
  reset(): void;
  /** A copy of the whole state, safe to keep. */
  snapshot(): State;
  /**
   * Takes over a state {@linkcode Gic.snapshot} returned, and drives the outputs it implies.
   *
   * @throws {TypeError} When `state` was taken from a GIC of another shape.
   */
  restore(state: State): void;
}

/** Throws a RangeError unless a GIC can be made of `config`. */
export function checkConfig(config: GicConfig): void {
  const { cores, spis } = config;
  if (!Number.isInteger(cores) || cores < 1 || cores > 8) {
    throw new RangeError(`Cannot make a GIC: cores must be 1 to 8, got ${cores}`);
  }
  if (!Number.isInteger(spis) || spis < 0 || spis > 960 || spis % 32 !== 0) {
    throw new RangeError(
      `Cannot make a GIC: spis must be a multiple of 32 from 0 to 960, got ${spis}`,
    );
  }
}
