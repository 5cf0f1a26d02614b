/** What the options plug into the board: disks and a network. @module */

import type { VmPlan } from "../core/config/vm_plan.ts";
import type { BlockBackend } from "../devices/virtio/block_backend.ts";
import { pcapHeader, pcapRecord } from "../devices/virtio/pcap.ts";
import type { VirtioPlug } from "../platforms/virtio.ts";
import { type Drive, driveFiles } from "./drive.ts";
import { reason } from "./files.ts";
import type { Options } from "./options.ts";
import { UsageError } from "./usage_error.ts";

/** Devices for a board, and who listens to its network. */
export interface Plugs {
  readonly virtio: readonly VirtioPlug[];
  /** What is in the disks of the VM with this id. */
  readonly disks: ReadonlyMap<number, readonly BlockBackend[]>;
  /**
   * Opens the disks of a VM that is made later.
   *
   * @throws {UsageError} When one cannot be used, or nobody has a use for it.
   */
  addVm(plan: VmPlan): void;
  /** Closes the disks of a VM. */
  removeVm(id: number): void;
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
}

/**
 * Opens the files that the options and the VMs name.
 *
 * @throws {UsageError} When one cannot be used, or nobody has a use for it.
 */
export function openPlugs(
  options: Options,
  plans: readonly VmPlan[],
  log: (message: string) => void,
): Plugs {
  const drivesOf = (plan: VmPlan) => [
    ...diskOf(plan),
    ...(options.drive ?? []).filter(({ vm }) => vm === plan.id),
  ];
  const files = driveFiles(log);
  const boardDrives = (options.drive ?? []).filter(({ vm }) => vm === undefined);
  checkOwners([...plans.flatMap(diskOf), ...options.drive ?? []], plans);
  const virtio: VirtioPlug[] = files.open(boardDrives).map((backend, i) => {
    return { kind: "block", backend, serial: `drive${i}` };
  });
  if (options.net) virtio.push({ kind: "net" });
  const disks = new Map(plans.map((plan) => [plan.id, files.open(drivesOf(plan))]));
  const { pcap } = options;
  return {
    virtio,
    disks,
    addVm(plan) {
      const drives = drivesOf(plan);
      checkOwners(drives, [plan]);
      disks.set(plan.id, files.open(drives));
    },
    removeVm(id) {
      files.close(disks.get(id) ?? []);
      disks.delete(id);
    },
    ...(pcap === undefined ? {} : { capture: openCapture(pcap, log) }),
  };
}

function diskOf({ id, disk }: VmPlan): Drive[] {
  if (disk === undefined) return [];
  const origin = `disk_path "${disk}" of VM ${id}`;
  return [{ file: disk, readOnly: false, snapshot: false, vm: id, origin }];
}

/** Every drive needs a device, and a VM has as many as its description says. */
function checkOwners(drives: readonly Drive[], plans: readonly VmPlan[]): void {
  for (const vm of new Set(drives.map((drive) => drive.vm))) {
    if (vm === undefined) continue;
    const plan = plans.find(({ id }) => id === vm);
    if (!plan) {
      const ids = plans.map(({ id }) => id).join(", ") || "none";
      throw new UsageError(`Cannot use --drive vm=${vm}: it must be the id of a VM, found ${ids}`);
    }
    const given = drives.filter((drive) => drive.vm === vm).length;
    const devices = plan.emulated.filter(({ kind }) => kind === "virtio-blk").length;
    if (given > devices) {
      throw new UsageError(
        `Cannot give VM ${vm} ${given} disks: its emu_devices must have as many of the kind ` +
          `virtio-blk, found ${devices}`,
      );
    }
  }
}

function openCapture(
  path: string,
  log: (message: string) => void,
): NonNullable<Plugs["capture"]> {
  const text = (error: unknown) => `Cannot write --pcap "${path}": ${reason(error)}`;
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(path, { write: true, create: true, truncate: true });
    file.writeSync(pcapHeader());
  } catch (error) {
    throw new UsageError(text(error));
  }
  return (nowNs, frame) => {
    const bytes = pcapRecord(nowNs, frame);
    try {
      for (let done = 0; file && done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    } catch (error) {
      file = undefined; // the run goes on without
      log(text(error));
    }
  };
}
