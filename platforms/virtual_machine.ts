/**
 * The built-in hypervisor on a board.
 *
 * ```ts
 * const simulator = buildSimulator(qemuVirt, { ..., hasEl2: true });
 * const hypervisor = createHypervisor({ simulator, plans, log });
 * hypervisor.onVmEnded = (vm) => { vm.state; vm.failure; };
 * for (const vm of hypervisor.vms) vm.console?.onTransmit((byte) => {});
 * simulator.machine.run(untilNs); // "stopped" when every VM has ended
 * ```
 *
 * @module
 */

import { intid } from "../core/board/irq.ts";
import type { VmPlan } from "../core/config/vm_plan.ts";
import type { Log } from "../core/hypervisor/exit.ts";
import { Hypervisor } from "../core/hypervisor/hypervisor.ts";
import type { RunObserver } from "../core/hypervisor/observer.ts";
import type { PhysicalGic } from "../core/hypervisor/physical_gic.ts";
import { physicalGicv2 } from "../core/hypervisor/physical_gicv2.ts";
import { physicalGicv3 } from "../core/hypervisor/physical_gicv3.ts";
import type { PolicyName } from "../core/hypervisor/scheduling/policies.ts";
import type { Vm } from "../core/hypervisor/vm.ts";
import type { BlockBackend } from "../devices/virtio/block_backend.ts";
import type { GuestMemory } from "../devices/virtio/chain.ts";
import { directMemory, type MemoryPart } from "./direct_memory.ts";
import { gicFrames, type Gicv2Frames, type Gicv3Frames } from "./platform.ts";
import type { Simulator } from "./simulator.ts";
import { makeDevices, type Makers } from "./vm_devices.ts";

/** What to run, and where. */
export interface HypervisorOptions {
  /** Its machine has EL2, and nothing runs on it yet. */
  readonly simulator: Simulator;
  readonly plans: readonly VmPlan[];
  /** What is in the disks of a VM, in the order of its description; none when omitted. */
  readonly disks?: (plan: VmPlan) => readonly BlockBackend[];
  readonly log: Log;
  /** Is told what happens at EL2. */
  readonly observer?: RunObserver | undefined;
  /** How vCPUs share cores; in turns when omitted. */
  readonly scheduler?: PolicyName;
}

/**
 * Loads the VMs and has them start with the machine's next run.
 *
 * @throws {RangeError} When the board has not the RAM that the plans need.
 */
export function createHypervisor(options: HypervisorOptions): Hypervisor {
  const { simulator, plans, log } = options;
  const { board, machine } = simulator;
  const { platform } = board;
  let hypervisor: Hypervisor | undefined = undefined as Hypervisor | undefined;
  // Devices reach the memory of theirs once it is there, and as long as it is theirs.
  const find = (plan: VmPlan) => hypervisor?.vms.find((vm) => vm.plan === plan && !vm.ended);
  const makers: Makers = {
    simulator,
    log,
    owners: new Map(),
    disks: options.disks ?? (() => []),
    memory: (plan) => vmMemory(simulator, () => find(plan)),
  };
  return hypervisor = new Hypervisor({
    machine,
    gic: () => physicalGic(simulator),
    maintenance: intid(platform.gic.maintenance),
    devices: (plan) => makeDevices(makers, plan),
    log,
    ...(options.observer ? { observer: options.observer } : {}),
    ...(options.scheduler ? { scheduler: options.scheduler } : {}),
  }, plans);
}

/** A VM's memory by the addresses it knows. */
function vmMemory({ machine, ram }: Simulator, find: () => Vm | undefined): GuestMemory {
  let parts: readonly MemoryPart[] | undefined;
  const locate = (vm: Vm) =>
    vm.plan.memory.flatMap((region, i) => {
      let guest = region.gpa;
      return (vm.memory[i] ?? []).map(({ base: physical, bytes }) => {
        guest += bytes;
        return { guest: guest - bytes, physical, bytes };
      });
    });
  return directMemory(ram, () => {
    const vm = parts ? undefined : find();
    if (vm) parts = locate(vm);
    return parts ?? [];
  }, () => machine.runner.engine);
}

function isV3(frames: Gicv2Frames | Gicv3Frames): frames is Gicv3Frames {
  return "redistributors" in frames;
}

function physicalGic({ board, machine }: Simulator): PhysicalGic {
  const frames = gicFrames(board.platform, board.options.gicVersion);
  const distributor = frames.distributor.base;
  if (isV3(frames)) {
    const at = { distributor, redistributors: frames.redistributors.base };
    return physicalGicv3(board.bus, at, machine.cores);
  }
  return physicalGicv2(board.bus, {
    distributor,
    cpuInterface: frames.cpuInterface.base,
    hypervisorInterface: frames.hypervisorInterface.base,
  });
}
