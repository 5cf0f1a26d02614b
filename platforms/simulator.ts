/** A platform's board and the machine that runs it, put together. @module */

import { intid } from "../core/board/irq.ts";
import { cpuModel, type CpuName } from "../core/cpu/cpu_models.ts";
import { Line } from "../core/cpu/types.ts";
import type { EngineOptions } from "../core/engine/interpreter.ts";
import { Machine } from "../core/machine/machine.ts";
import { createMemory, Ram } from "../core/machine/memory.ts";
import { assemble, type Board, type BoardOptions } from "./assemble.ts";
import { boardParts, directMemory } from "./direct_memory.ts";
import { type Platform, ramBanks } from "./platform.ts";

/** What to build. */
export interface SimulatorOptions extends BoardOptions {
  readonly cpu: CpuName;
  /** EL2 exists. */
  readonly hasEl2: boolean;
  /** How code is run. */
  readonly engine?: EngineOptions;
  /** Sees every frame on the board's network. */
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
  /** A remark of the part called `target`. */
  readonly log: (target: string, message: string) => void;
}

/** A board and what runs it. */
export interface Simulator {
  readonly board: Board;
  readonly machine: Machine;
  readonly ram: Ram;
}

const Lines = Object.values(Line);

/**
 * Builds the board and the machine around it; nothing is loaded and no core is on.
 *
 * @throws {RangeError} When `platform` cannot have what `options` ask for.
 */
export function buildSimulator(platform: Platform, options: SimulatorOptions): Simulator {
  const banks = ramBanks(platform, options.memoryBytes);
  const memory = createMemory(options.memoryBytes);
  const ram = new Ram(memory, banks);
  const wholeRam = boardParts(ram);
  const levels = new Array<number>(options.cores).fill(0);
  let machine: Machine | undefined = undefined as Machine | undefined;
  const board = assemble(platform, options, {
    log: options.log,
    memory: directMemory(ram, () => wholeRam, () => machine?.runner.engine),
    ...(options.capture ? { capture: options.capture } : {}),
    power(request) {
      if (request === "off") machine?.power.systemOff();
      else machine?.power.systemReset();
    },
    lines(core, mask) {
      levels[core] = mask;
      const target = machine?.cores[core];
      if (target) { for (const line of Lines) target.setLine(line, (mask & line) !== 0); }
    },
  });
  const { timers } = platform;
  machine = new Machine({
    memory,
    ram,
    bus: board.bus,
    events: board.events,
    gic: {
      ppi: (core, id) => board.gic.ppi(core, id),
      ...(board.gic.version === 3 ? { system: board.gic } : {}),
    },
    cores: options.cores,
    mpidr: platform.cpus.mpidr,
    model: cpuModel(options.cpu),
    hasEl2: options.hasEl2,
    timerHz: timers.frequencyHz,
    timerPpis: {
      cntp: intid(timers.el1Physical),
      cntv: intid(timers.el1Virtual),
      cnthp: intid(timers.el2Physical),
      cnthv: intid(timers.el2Virtual),
    },
    unmapped: platform.unmapped,
    log: (message) => options.log("cpu", message),
    ...(options.engine ? { engine: options.engine } : {}),
  });
  return { board, machine, ram };
}
