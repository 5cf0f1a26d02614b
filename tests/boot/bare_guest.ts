/** Runs one of our guests on a bare board until it powers off. @module */

import type { CpuName } from "../../core/cpu/cpu_models.ts";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import { parseFdt } from "../../core/fdt/blob.ts";
import { openImage } from "../../core/images/image.ts";
import type { RunResult } from "../../core/machine/machine.ts";
import { planBareBoot, startBare } from "../../platforms/bare_boot.ts";
import type { Platform } from "../../platforms/platform.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { buildSimulator, type Simulator } from "../../platforms/simulator.ts";

const MiB = 2 ** 20;

/** A board and the software on it. */
export interface BareRun {
  /** File name below guests/. */
  readonly guest: string;
  readonly cpu: CpuName;
  readonly startEl: 1 | 2;
  readonly gicVersion: 2 | 3;
  readonly cores: number;
  readonly memoryBytes?: number;
  /** qemu-virt when omitted. */
  readonly platform?: Platform;
  /** Files below guests/, too. */
  readonly initrd?: string;
  readonly dtb?: string;
  /** Kernel command line. */
  readonly append?: string;
  /** How code is run, when not as by default. */
  readonly engine?: EngineOptions;
}

/** A guest that has been loaded. */
export interface LoadedGuest {
  readonly simulator: Simulator;
  /** Bytes the guest has sent to the first serial port. */
  readonly console: number[];
  /** Remarks of cores and devices. */
  readonly log: string[];
}

/** Builds the board and loads the guest as `hvsim --kernel` does. */
export async function loadGuest(run: BareRun): Promise<LoadedGuest> {
  const { cores, gicVersion, startEl, cpu, platform = qemuVirt } = run;
  const board = { cores, memoryBytes: run.memoryBytes ?? 128 * MiB, gicVersion };
  const log: string[] = [];
  const simulator = buildSimulator(platform, {
    ...board,
    cpu,
    ...(run.engine ? { engine: run.engine } : {}),
    epochSeconds: 0,
    hasEl2: startEl === 2,
    log: (target, message) => void log.push(`${target} ${message}`),
  });
  const console: number[] = [];
  const [serial] = simulator.board.serials.values();
  serial?.onTransmit((byte) => void console.push(byte));
  const read = (path: string) => Deno.readFile(new URL(`../../guests/${path}`, import.meta.url));
  const kernel = openImage(await read(run.guest), run.guest);
  const what = {
    kernel,
    startEl,
    ...(run.append === undefined ? {} : { append: run.append }),
    ...(run.initrd === undefined ? {} : { initrd: await read(run.initrd) }),
    ...(run.dtb === undefined ? {} : { tree: parseFdt(await read(run.dtb)) }),
  };
  startBare(simulator, planBareBoot(platform, { ...board, cpuCompatible: "arm,armv8" }, what));
  return { simulator, console, log };
}

/** Runs for at most `ns` of virtual time. */
export function runFor({ simulator }: LoadedGuest, ns: number): RunResult {
  return simulator.machine.run(simulator.machine.nowNs + ns);
}

/** What the guest has printed. */
export function consoleText({ console }: LoadedGuest): string {
  return new TextDecoder().decode(new Uint8Array(console)).replaceAll("\r", "");
}
