/** VMs on a board, from TOML files that may be made up. @module */

import { assertEquals } from "@std/assert";
import { loadVms } from "../../core/config/load_vms.ts";
import type { VmPlan } from "../../core/config/vm_plan.ts";
import { hasErrors } from "../../core/config/problem.ts";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import type { Hypervisor } from "../../core/hypervisor/hypervisor.ts";
import type { RunObserver } from "../../core/hypervisor/observer.ts";
import type { PolicyName } from "../../core/hypervisor/scheduling/policies.ts";
import type { SchedulerReport } from "../../core/hypervisor/scheduling/report.ts";
import type { RunResult } from "../../core/machine/machine.ts";
import type { BlockBackend } from "../../devices/virtio/block_backend.ts";
import { platformFacts } from "../../platforms/facts.ts";
import type { Platform } from "../../platforms/platform.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { buildSimulator, type Simulator } from "../../platforms/simulator.ts";
import { createHypervisor } from "../../platforms/virtual_machine.ts";
import { type Program, programBytes } from "./vm_programs.ts";

const MiB = 2 ** 20;

/** A board and the VMs on it. */
export interface VmRun {
  /** Descriptions: paths below guests/, or names of `files`. */
  readonly vms: readonly string[];
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** qemu-virt when omitted. */
  readonly platform?: Platform;
  readonly cores?: number;
  readonly gicVersion?: 2 | 3;
  readonly memoryBytes?: number;
  /** Watches the hypervisor. */
  readonly observer?: RunObserver;
  readonly scheduler?: PolicyName;
  /** What is in the disks of each VM. */
  readonly disks?: (plan: VmPlan) => readonly BlockBackend[];
  /** How code is run, when not as by default. */
  readonly engine?: EngineOptions;
}

/** VMs that have been loaded. */
export interface LoadedVms {
  readonly simulator: Simulator;
  readonly hypervisor: Hypervisor;
  /** What each has printed. */
  readonly text: string[];
  readonly log: string[];
  /** Plans of further VMs. */
  plansOf(vms: readonly string[]): VmPlan[];
}

const guests = new URL("../../guests/", import.meta.url);

/** A PL011 that the hypervisor plays, for `emu_devices`. */
export const PlayedConsole = '["console", 0x900_0000, 0x1000, 33, 2, []]';

/** A page for channels between VMs, for `emu_devices`. */
export const ChannelPage = '["ivc", 0x5000_0000, 0x1000, 0, 0xa, []]';

/** What a small VM has. */
export interface TinyOptions {
  readonly memory?: string;
  readonly cpus?: number;
  readonly emulated?: string;
  /** Further rows of `passthrough_devices`. */
  readonly passthrough?: string;
  /** The core of its vCPU; any when omitted. */
  readonly core?: number;
  /** More lines of [base]. */
  readonly base?: string;
}

/** A description of a small VM with the console of the board or another, and its program. */
export function tinyVm(
  id: number,
  program: Program,
  options: TinyOptions = {},
): Record<string, string | Uint8Array> {
  const { memory = "[[0x4000_0000, 0x100_0000, 0x7, 0]]", cpus = 1, emulated = "", base = "" } =
    options;
  const set = options.core === undefined ? "" : `phys_cpu_sets = [${1 << options.core}]`;
  const toml = `[base]
id = ${id}
name = "tiny${id}"
vm_type = 1
cpu_num = ${cpus}
${set}
${base}

[kernel]
entry_point = 0x4008_0000
kernel_path = "tiny${id}.bin"
kernel_load_addr = 0x4008_0000
image_location = "memory"
memory_regions = ${memory}

[devices]
emu_devices = [${emulated}]
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x5_0000, 0x1],
  ${emulated.includes("console") ? "" : '["pl011@9000000", 0x900_0000, 0x900_0000, 0x1000, 0x1],'}
  ${options.passthrough ?? ""}
]
`;
  return { [`tiny${id}.toml`]: toml, [`tiny${id}.bin`]: programBytes(program) };
}

/** Loads VMs; their first instruction is yet to come. */
export function loadVmsOf(run: VmRun): LoadedVms {
  const { platform = qemuVirt, cores = 1, memoryBytes = 128 * MiB, files = {} } = run;
  const { gicVersion = platform === qemuVirt ? 2 : platform.gic.defaultVersion } = run;
  const board = { cores, memoryBytes, gicVersion };
  const read = (path: string) => {
    const file = files[path];
    if (file !== undefined) return typeof file === "string" ? new TextEncoder().encode(file) : file;
    try {
      return Deno.readFileSync(new URL(path, guests));
    } catch (error) {
      return String(error);
    }
  };
  const plansOf = (vms: readonly string[]) => {
    const { plans, problems } = loadVms(vms, platformFacts(platform, board), { read });
    if (hasErrors(problems)) throw new Error(JSON.stringify(problems, null, 1));
    return plans;
  };
  const plans = plansOf(run.vms);
  const log: string[] = [];
  const simulator = buildSimulator(platform, {
    ...board,
    cpu: "cortex-a72",
    ...(run.engine ? { engine: run.engine } : {}),
    epochSeconds: 0,
    hasEl2: true,
    log: (target, message) => void log.push(`${target} ${message}`),
  });
  const hypervisor = createHypervisor({
    simulator,
    plans,
    observer: run.observer,
    ...(run.scheduler ? { scheduler: run.scheduler } : {}),
    ...(run.disks ? { disks: run.disks } : {}),
    log: (level, target, message) => void log.push(`${level} ${target} ${message}`),
  });
  const text = hypervisor.vms.map(() => "");
  hypervisor.vms.forEach((vm, i) =>
    vm.console?.onTransmit((byte) => void (text[i] += String.fromCharCode(byte)))
  );
  return { simulator, hypervisor, text, log, plansOf };
}

/** Runs until virtual time is `ns`, or until nothing is left to run. */
export function runUntil({ simulator }: LoadedVms, ns: number): RunResult {
  return simulator.machine.run(ns);
}

/** What the scheduler has done; the test fails when times do not add up to the nanosecond. */
export function scheduling({ hypervisor }: LoadedVms): SchedulerReport {
  const report = hypervisor.scheduling();
  for (const { runNs, stealNs, blockedNs, offNs, pausedNs, elapsedNs } of report.vcpus) {
    assertEquals(runNs + stealNs + blockedNs + offNs + pausedNs, elapsedNs);
  }
  for (const { busyNs, idleNs, elapsedNs } of report.cores) {
    assertEquals(busyNs + idleNs, elapsedNs);
  }
  const sum = (times: number[]) => times.reduce((total, ns) => total + ns, 0);
  assertEquals(sum(report.vcpus.map((v) => v.runNs)), sum(report.cores.map((c) => c.busyNs)));
  return report;
}

/** A step of a dialogue: after VM `vm` has printed `expect`, it is sent `send`. */
export interface Step {
  readonly vm: number;
  readonly expect: string;
  readonly send: string;
}

const PollNs = 1_000_000;

/**
 * Has the dialogue until every VM has ended or virtual time is `ns`; a dialogue that ends with
 * nothing to send is over then.
 */
export function converse(loaded: LoadedVms, steps: readonly Step[], ns: number): RunResult {
  const { simulator: { machine }, hypervisor, text } = loaded;
  const todo = [...steps];
  const seen = text.map(() => 0);
  const input = text.map((): number[] => []);
  for (;;) {
    const result = machine.run(Math.min(ns, machine.nowNs + PollNs));
    for (const [i, vm] of hypervisor.vms.entries()) {
      const step = todo.find((s) => s.vm === i);
      const at = step ? text[i]?.indexOf(step.expect, seen[i]) ?? -1 : -1;
      if (step && at >= 0 && input[i]?.length === 0) {
        seen[i] = at + step.expect.length;
        input[i]?.push(...new TextEncoder().encode(step.send));
        todo.splice(todo.indexOf(step), 1);
      }
      const waiting = input[i] as number[];
      while (waiting.length > 0 && vm.console?.canReceive()) {
        vm.console.receive(waiting.shift() as number);
      }
    }
    const isOver = todo.length === 0 && steps.at(-1)?.send === "";
    if (isOver || result !== "limit" || machine.nowNs >= ns) return result;
  }
}
