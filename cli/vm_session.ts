/** `--vm`: VMs under the built-in hypervisor. @module */

import { coresNeeded, loadVms, memoryNeeded, readVmConfigs } from "../core/config/load_vms.ts";
import { renderProblems } from "../core/config/report.ts";
import type { FileAccess } from "../core/config/vm_images.ts";
import type { VmPlan } from "../core/config/vm_plan.ts";
import { exitCounts } from "../core/hypervisor/exit_text.ts";
import { platformFacts } from "../platforms/facts.ts";
import { maxRamBytes, type Platform, ramBanks } from "../platforms/platform.ts";
import { buildSimulator } from "../platforms/simulator.ts";
import { createHypervisor } from "../platforms/virtual_machine.ts";
import { type BoardChoice, chooseBoard, type Needs } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import type { LogLevel } from "./log_levels.ts";
import type { Plugs } from "./plugs.ts";
import { boardSession, type Session } from "./session.ts";
import type { Tracer } from "./trace/tracer.ts";
import { UsageError } from "./usage_error.ts";

/** VMs that can run, and the board for them. */
export interface VmLoad {
  readonly choice: BoardChoice;
  readonly plans: readonly VmPlan[];
  /** Warnings, as lines. */
  readonly warnings: string;
}

/** What VMs need of a board when the options do not say. */
export function needsOf(files: readonly string[], access: FileAccess): (p: Platform) => Needs {
  const configs = readVmConfigs(files, access).map((r) => r.config).filter((c) => c !== undefined);
  return (platform) => ({
    cores: coresNeeded(configs),
    memoryBytes: memoryNeeded(configs, {
      ram: ramBanks(platform, maxRamBytes(platform)).map(({ base, size }) => ({
        base,
        bytes: size,
      })),
    }),
  });
}

/** Reads and plans the VMs. @throws {UsageError} With every problem there is. */
export function loadVmPlans(line: CommandLine, access: FileAccess): VmLoad {
  const files = line.options.vm ?? [];
  const choice = chooseBoard(line, needsOf(files, access));
  const { plans, problems } = loadVms(files, platformFacts(choice.platform, choice), access);
  const text = renderProblems(problems);
  if (plans.length === 0) throw new UsageError(text.trimEnd());
  return { choice, plans, warnings: text };
}

/** Builds the board and starts the VMs on it. */
export function vmSession(
  { choice, plans }: VmLoad,
  { startNs, plugs, tracer, log }: {
    readonly startNs: number;
    readonly plugs: Plugs;
    readonly tracer: Tracer | undefined;
    readonly log: (level: LogLevel, target: string, message: string) => void;
  },
): Session {
  const { platform, ...board } = choice;
  const simulator = buildSimulator(platform, {
    ...board,
    ...plugs,
    hasEl2: true,
    log: (target, message) => log("info", target, message),
  });
  const common = boardSession(simulator, startNs);
  const hypervisor = createHypervisor({
    simulator,
    plans,
    disks: ({ id }) => plugs.disks.get(id) ?? [],
    observer: tracer?.powerOn(startNs, board.cores),
    log,
  });
  hypervisor.onVmEnded = (vm) => {
    if (vm.state === "stopped") log("info", vm.label, `"${vm.name}" has powered off`);
  };
  const { vms } = hypervisor;
  return Object.assign(common, {
    core: () => simulator.machine.running.index,
    consoles: vms.flatMap((vm) =>
      vm.console === undefined ? [] : [{
        name: vm.label,
        ...vm.console,
        ended: () => vm.ended,
      }]
    ),
    labelled: vms.length > 1,
    guests: () =>
      vms.map((vm) => ({
        name: vm.label,
        title: vm.name,
        failed: vm.state === "failed",
        exits: Object.fromEntries(exitCounts(vm)),
      })),
    ledger: hypervisor.ledger,
  });
}
