/** A small qemu-virt board with programs of a few words. @module */

import type { CpuName } from "../../../core/cpu/cpu_models.ts";
import type { CpuCore } from "../../../core/cpu/core.ts";
import type { Machine } from "../../../core/machine/machine.ts";
import type { Ram } from "../../../core/machine/memory.ts";
import { qemuVirt } from "../../../platforms/qemu_virt.ts";
import { buildSimulator } from "../../../platforms/simulator.ts";

const MiB = 2 ** 20;

/** Where RAM begins, and where programs go. */
export const Start = 0x4000_0000;

/** What differs from one core of the Cortex-A72 without EL2 and 16 MiB. */
export interface RigOptions {
  readonly cores?: number;
  readonly hasEl2?: boolean;
  readonly cpu?: CpuName;
  readonly gicVersion?: 2 | 3;
  readonly memoryBytes?: number;
}

/** A board whose first core is about to execute what has been loaded at {@linkcode Start}. */
export interface MachineRig {
  readonly machine: Machine;
  readonly ram: Ram;
  /** The first core. */
  readonly core: CpuCore;
  /** Writes words at a physical address. */
  load(address: number, words: readonly number[]): void;
  /** Runs for `ns` more. */
  run(ns: number): string;
}

/** Builds the board with `words` at {@linkcode Start} and turns the first core on. */
export function machineRig(words: readonly number[], options: RigOptions = {}): MachineRig {
  const { machine, ram } = buildSimulator(qemuVirt, {
    cores: options.cores ?? 1,
    memoryBytes: options.memoryBytes ?? 16 * MiB,
    gicVersion: options.gicVersion ?? 2,
    epochSeconds: 0,
    cpu: options.cpu ?? "cortex-a72",
    hasEl2: options.hasEl2 ?? false,
    log: () => {},
  });
  const core = machine.cores[0] as CpuCore;
  const load = (address: number, list: readonly number[]) =>
    list.forEach((word, i) => ram.view.setUint32(ram.hostOffset(address) + i * 4, word, true));
  load(Start, words);
  core.reset({ pc: BigInt(Start) });
  machine.power.start(core);
  return { machine, ram, core, load, run: (ns) => machine.run(machine.nowNs + ns) };
}

/** FNV-1a over 32-bit words. */
export function fnvHash(bytes: Uint8Array): string {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let hash = 0x811c_9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x0100_0193);
  return (hash >>> 0).toString(16);
}
