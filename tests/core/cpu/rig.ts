/** A core with recording wires. @module */

import { EventQueue } from "../../../core/board/clock.ts";
import { CpuCore } from "../../../core/cpu/core.ts";
import { cpuModel, type CpuName } from "../../../core/cpu/cpu_models.ts";
import { Ec, Iss } from "../../../core/cpu/syndrome.ts";
import { keyOf } from "../../../core/cpu/system_register_rows.ts";
import {
  readSystemRegister,
  setRegister,
  systemRegisterNamed,
  writeSystemRegister,
} from "../../../core/cpu/system_registers.ts";
import { deriveControls, switchStack } from "../../../core/cpu/pstate.ts";
import type { Core, El, Firmware, GicSystemInterface, Trap } from "../../../core/cpu/types.ts";
import { MaxCores, MemoryMap } from "../../../core/memory_map.ts";

export interface RigOptions {
  readonly cpu?: CpuName;
  readonly hasEl2?: boolean;
  readonly el?: El;
  readonly gic?: GicSystemInterface;
  readonly firmware?: Firmware;
  readonly index?: number;
}

export const TimerHz = 62_500_000;

export interface Rig {
  readonly core: CpuCore;
  readonly clock: EventQueue;
  readonly log: string[];
  /** Levels of the timer outputs. */
  readonly levels: { cntp: boolean; cntv: boolean; cnthp: boolean; cnthv: boolean };
  /** Calls of the MMU hooks. */
  readonly mmu: { registers: number; contexts: number };
  readonly memory: ArrayBuffer;
}

export function rig(options: RigOptions = {}): Rig {
  const memory = new ArrayBuffer(MemoryMap.saved + MaxCores * MemoryMap.stateBytes);
  const clock = new EventQueue();
  const log: string[] = [];
  const levels = { cntp: false, cntv: false, cnthp: false, cnthv: false };
  const line = (name: keyof typeof levels) => ({
    set: (level: boolean) => void (levels[name] = level),
  });
  const mmu = { registers: 0, contexts: 0 };
  const index = options.index ?? 0;
  const core = new CpuCore({
    index,
    mpidr: 0x8000_0000n | BigInt(index),
    model: cpuModel(options.cpu ?? "cortex-a72"),
    hasEl2: options.hasEl2 ?? true,
    timerHz: TimerHz,
    memory,
    wires: {
      clock,
      mmu: {
        registersChanged: () => void mmu.registers++,
        contextChanged: () => void mmu.contexts++,
      },
      timers: {
        cntp: line("cntp"),
        cntv: line("cntv"),
        cnthp: line("cnthp"),
        cnthv: line("cnthv"),
      },
      ...(options.gic ? { gic: options.gic } : {}),
      ...(options.firmware ? { firmware: options.firmware } : {}),
      log: (message) => void log.push(message),
    },
  });
  core.reset({ pc: 0x4000_0000n });
  if (options.el !== undefined) toEl(core, options.el);
  return { core, clock, log, levels, mmu, memory };
}

/** Puts the core at an exception level with SP_ELx selected (SP_EL0 at EL0). */
export function toEl(core: Core, el: El): void {
  switchStack(core, el, el === 0 ? 0 : 1);
  deriveControls(core);
}

export function keyNamed(name: string): number {
  const row = systemRegisterNamed(name);
  if (!row) throw new Error(`no row ${name}`);
  return keyOf(row.at);
}

export function mrs(core: Core, name: string, rt = 0): bigint | Trap {
  return readSystemRegister(core, keyNamed(name), rt);
}

export function msr(core: Core, name: string, value: bigint, rt = 0): Trap | undefined {
  return writeSystemRegister(core, keyNamed(name), value, rt);
}

/** The trap of an access to a register. */
export function accessTrap(to: 1 | 2, name: string, read: boolean, rt = 0): Trap {
  return { to, ec: Ec.systemRegister, iss: Iss.systemRegister(keyNamed(name), rt, read) };
}

export { setRegister as set };
