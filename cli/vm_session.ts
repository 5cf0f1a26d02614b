/** `--vm`: VMs under the built-in hypervisor. @module */

import { coresNeeded, loadVms, memoryNeeded, readVmConfigs } from "../core/config/load_vms.ts";
import { renderProblems } from "../core/config/report.ts";
import type { FileAccess } from "../core/config/vm_images.ts";
import type { VmPlan } from "../core/config/vm_plan.ts";
import type { EngineMeter } from "../core/engine/meter.ts";
import { exitCounts } from "../core/hypervisor/exit_text.ts";
import type { Hypervisor } from "../core/hypervisor/hypervisor.ts";
import type { PolicyName } from "../core/hypervisor/scheduling/policies.ts";
import { platformFacts } from "../platforms/facts.ts";
import { maxRamBytes, type Platform, ramBanks } from "../platforms/platform.ts";
import { buildSimulator, type Simulator } from "../platforms/simulator.ts";
import { createHypervisor } from "../platforms/virtual_machine.ts";
import { type BoardChoice, chooseBoard, type Needs } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import type { Console } from "./console_line.ts";
import { ofFilesAlone } from "./files.ts";
import type { LogLevel } from "./log_levels.ts";
import type { Plugs } from "./plugs.ts";
import { type BoardSession, boardSession, engineOptions, type VmControl } from "./session.ts";
import type { Tracer } from "./trace/tracer.ts";
import { UsageError } from "./usage_error.ts";

/** VMs that can run, and the board for them. */
export interface VmLoad {
  readonly choice: BoardChoice;
  readonly plans: readonly VmPlan[];
  /** Where descriptions and images are read. */
  readonly access: FileAccess;
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
  return { choice, plans, access, warnings: text };
}

/** Builds the board and starts the VMs on it. */
export function vmSession(
  { choice, plans, access }: VmLoad,
  { startNs, plugs, scheduler, tracer, meter, log }: {
    readonly startNs: number;
    readonly scheduler?: PolicyName | undefined;
    readonly plugs: Plugs;
    readonly tracer?: Tracer | undefined;
    readonly meter?: EngineMeter | undefined;
    readonly log: (level: LogLevel, target: string, message: string) => void;
  },
): BoardSession {
  const { platform, ...board } = choice;
  const simulator = buildSimulator(platform, {
    ...board,
    ...plugs,
    engine: engineOptions(meter),
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
    ...(scheduler ? { scheduler } : {}),
  });
  hypervisor.onVmEnded = (vm) => {
    const how = vm.wasCutOff ? "has been stopped" : "has powered off";
    if (vm.state === "stopped") log("info", vm.label, `"${vm.name}" ${how}`);
  };
  const { vms } = hypervisor;
  const session = Object.assign(common, {
    core: () => simulator.machine.running.index,
    consoles: consolesOf(hypervisor, simulator),
    labelled: vms.length > 1,
    scheduling: () => hypervisor.scheduling(),
    guests: () =>
      vms.map((vm) => ({
        name: vm.label,
        title: vm.name,
        failed: vm.state === "failed",
        exits: Object.fromEntries(exitCounts(vm)),
      })),
    ledger: hypervisor.ledger,
    vms: vmControl(choice, hypervisor, plugs, access),
  });
  hypervisor.onVmsChanged = () => {
    session.consoles = consolesOf(hypervisor, simulator);
    session.labelled = vms.length > 1;
  };
  return session;
}

function consolesOf(hypervisor: Hypervisor, { machine }: Simulator): Console[] {
  return hypervisor.vms.flatMap(({ id, label, console }) =>
    console === undefined ? [] : [{
      name: label,
      ...console,
      ended: () => hypervisor.find(id)?.ended ?? true,
      ranNs: () =>
        hypervisor.find(id)?.vcpus.reduce((sum, vcpu) => sum + vcpu.ranNs(machine.nowNs), 0) ?? 0,
    }]
  );
}

function vmControl(
  choice: BoardChoice,
  hypervisor: Hypervisor,
  plugs: Plugs,
  access: FileAccess,
): VmControl {
  const facts = platformFacts(choice.platform, choice);
  return {
    hypervisor,
    create(file) {
      const read = ofFilesAlone(access.read);
      const { plans: [plan], problems } = loadVms([file], facts, { ...access, read });
      const warnings = renderProblems(problems);
      if (!plan) return { ok: false, why: warnings.trimEnd() };
      // Its disks may be those of the VM that has this id already.
      const isNew = !plugs.disks.has(plan.id);
      try {
        if (isNew) plugs.addVm(plan);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        return { ok: false, why: error.message };
      }
      const result = hypervisor.create(plan);
      if (!result.ok && isNew) plugs.removeVm(plan.id);
      return result.ok && warnings !== "" ? { ...result, warnings } : result;
    },
    delete(id) {
      const result = hypervisor.delete(id);
      if (result.ok) plugs.removeVm(id);
      return result;
    },
  };
}
