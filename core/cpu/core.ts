/**
 * A core: its state and what surrounds it.
 *
 * @module
 */

import type { Clock } from "../board/clock.ts";
import { MaxCores, MemoryMap } from "../memory_map.ts";
import { store } from "./controls.ts";
import { type CpuFeatures, cpuFeatures, type CpuModel, idRegisters } from "./cpu_models.ts";
import { updateAttention } from "./interrupts.ts";
import { controlsChanged, derivePlainCalls, pstateMask } from "./pstate.ts";
import { CpuState } from "./state.ts";
import type { SystemSlot } from "./system_register_slots.ts";
import { resetRows } from "./system_registers.ts";
import { resetTimers, timerUnit } from "./timers.ts";
import type {
  Core,
  CoreWires,
  Firmware,
  GicSystemInterface,
  MmuHooks,
  TimerUnit,
} from "./types.ts";

/** What makes one core different from another. */
export interface CoreOptions {
  /** 0 to `MaxCores` − 1. */
  readonly index: number;
  /** MPIDR_EL1, bit 31 included. */
  readonly mpidr: bigint;
  readonly model: CpuModel;
  /** Whether the board has EL2, its own software at it or the built-in hypervisor. */
  readonly hasEl2: boolean;
  readonly timerHz: number;
  /** The linear memory. */
  readonly memory: ArrayBufferLike;
  readonly wires: CoreWires;
}

/** How a core comes out of reset. */
export interface StartState {
  readonly pc: bigint;
  /** Exception level it starts in; the highest there is when absent. */
  readonly el?: 1 | 2;
  readonly x0?: bigint;
}

/** One core. */
export class CpuCore implements Core {
  readonly index: number;
  readonly mpidr: bigint;
  readonly model: CpuModel;
  readonly features: CpuFeatures;
  readonly hasEl2: boolean;
  readonly clock: Clock;
  readonly mmu: MmuHooks;
  readonly timers: TimerUnit;
  readonly gic: GicSystemInterface | undefined;
  readonly firmware: Firmware | undefined;
  handlerDue = false;

  readonly #memory: ArrayBufferLike;
  readonly #window: CpuState;
  readonly #saved: CpuState;
  readonly #log: (message: string) => void;
  readonly #reported = new Set<string>();
  #active = false;
  #lines = 0;
  #el2Handler: ((core: Core) => void) | undefined;

  constructor(options: CoreOptions) {
    if (options.index < 0 || options.index >= MaxCores) {
      const limit = MaxCores - 1;
      throw new RangeError(`Cannot make core ${options.index}: it must be 0 to ${limit}`);
    }
    const { wires } = options;
    this.index = options.index;
    this.mpidr = options.mpidr;
    this.model = options.model;
    this.features = cpuFeatures(options.model);
    this.hasEl2 = options.hasEl2;
    this.clock = wires.clock;
    this.mmu = wires.mmu;
    this.gic = wires.gic;
    this.firmware = wires.firmware;
    this.#log = wires.log;
    this.#memory = options.memory;
    this.#window = new CpuState(options.memory, MemoryMap.window);
    const block = MemoryMap.saved + options.index * MemoryMap.stateBytes;
    this.#saved = new CpuState(options.memory, block);
    this.timers = timerUnit(() => this, wires.clock, wires.timers, options.timerHz);
  }

  /** See {@linkcode Core.state}. */
  get state(): CpuState {
    return this.#active ? this.#window : this.#saved;
  }

  /** See {@linkcode Core.el2Handler}. */
  get el2Handler(): ((core: Core) => void) | undefined {
    return this.#el2Handler;
  }
  set el2Handler(handler: ((core: Core) => void) | undefined) {
    this.#el2Handler = handler;
    derivePlainCalls(this);
  }

  /** Whether the state is in the window. */
  get active(): boolean {
    return this.#active;
  }

  /** Moves the state into the window. The core whose state was there has to have left it. */
  enterWindow(): void {
    if (this.#active) return;
    this.#copy(this.#saved.base, this.#window.base);
    this.#active = true;
  }

  /** Moves the state out of the window. */
  leaveWindow(): void {
    if (!this.#active) return;
    this.#copy(this.#window.base, this.#saved.base);
    this.#active = false;
  }

  /** See {@linkcode Core.lines}. */
  get lines(): number {
    return this.#lines;
  }

  /** See {@linkcode Core.setLine}. */
  setLine(line: number, level: boolean): void {
    const lines = level ? this.#lines | line : this.#lines & ~line;
    if (lines === this.#lines) return;
    this.#lines = lines;
    updateAttention(this);
  }

  /** See {@linkcode Core.report}. */
  report(key: string, message: string): void {
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#log(message);
  }

  /** Cold reset; execution starts as `start` says, with interrupts masked and SP_ELx selected. */
  reset(start: StartState): void {
    new Uint8Array(this.#memory, this.state.base, MemoryMap.stateBytes).fill(0);
    resetRows(this);
    const board = { hasEl2: this.hasEl2, gicv3: this.gic !== undefined };
    for (const [slot, value] of Object.entries(idRegisters(this.model, board))) {
      store(this, slot as SystemSlot, value);
    }
    store(this, "MPIDR_EL1", this.mpidr);
    store(this, "VMPIDR_EL2", this.mpidr);
    store(this, "VPIDR_EL2", this.model.id.MIDR_EL1 ?? 0n);
    store(this, "SCTLR_EL1", this.model.sctlr[0]);
    store(this, "SCTLR_EL2", this.model.sctlr[1]);
    store(this, "PMU_EPOCH", BigInt(Math.floor(this.clock.now())));
    const { state } = this;
    state.setU32("el", start.el ?? (this.hasEl2 ? 2 : 1));
    state.setU32("spSel", 1);
    state.setU32("daif", 0x3c0);
    state.setU32("pstateMask", pstateMask(this));
    state.setU64("zFlag", 1n); // Z clear
    state.setU64("pc", start.pc);
    state.x[0] = start.x0 ?? 0n;
    this.handlerDue = false;
    resetTimers(this);
    controlsChanged(this);
  }

  #copy(from: number, to: number): void {
    new Uint8Array(this.#memory, to, MemoryMap.stateBytes)
      .set(new Uint8Array(this.#memory, from, MemoryMap.stateBytes));
  }
}
