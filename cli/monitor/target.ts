/** Whom a command means: the board, one of its cores, a VM or one of its vCPUs. @module */

import type { CpuCore } from "../../core/cpu/core.ts";
import type { Hypervisor } from "../../core/hypervisor/hypervisor.ts";
import type { Vcpu, Vm } from "../../core/hypervisor/vm.ts";
import type { VmControl } from "../session.ts";
import { UsageError } from "../usage_error.ts";
import { listed } from "../values.ts";
import type { MonitorHost } from "./command.ts";

/** A thing of the run. */
export type Target =
  | { readonly kind: "board" }
  | { readonly kind: "core"; readonly core: CpuCore }
  | { readonly kind: "vm"; readonly vm: Vm; readonly vcpu?: Vcpu };

/** The VMs. @throws {UsageError} On a bare board. */
export function vmsOf({ session }: MonitorHost, action: string): VmControl {
  if (session.vms) return session.vms;
  throw new UsageError(`Cannot ${action}: there must be VMs, found a kernel on the bare board`);
}

/** The id in `2` or `vm2`. @throws {UsageError} When it is none. */
export function vmId(text: string, action: string): number {
  const digits = /^(?:vm)?(\d{1,9})$/i.exec(text)?.[1];
  if (digits !== undefined) return Number(digits);
  throw new UsageError(`Cannot ${action} ${text}: it must be a VM's id, such as 2 or vm2`);
}

/** The VM with this id. @throws {UsageError} When there is none. */
export function findVm(hypervisor: Hypervisor, id: number, action: string): Vm {
  const vm = hypervisor.find(id);
  if (vm) return vm;
  throw new UsageError(`Cannot ${action} vm${id}: there is no such VM; ${vmsText(hypervisor.vms)}`);
}

function vmsText(vms: readonly Vm[]): string {
  return vms.length === 0
    ? "there is none at all"
    : `there is ${vms.map((vm) => vm.label).join(", ")}`;
}

/**
 * Reads `vm2`, `vm2.1`, `cpu0` or `board`; nothing at all is the board.
 *
 * @throws {UsageError} When there is no such thing.
 */
export function findTarget(host: MonitorHost, text: string | undefined, action: string): Target {
  if (text === undefined || text === "board") return { kind: "board" };
  const { cores } = host.session.simulator.machine;
  const [, cpu] = /^cpu(\d+)$/i.exec(text) ?? [];
  if (cpu !== undefined) {
    const core = cores[Number(cpu)];
    if (core) return { kind: "core", core };
    const last = cores.length - 1;
    throw new UsageError(
      `Cannot ${action} of ${text}: the board has ${
        last === 0 ? "cpu0 only" : `cpu0 to cpu${last}`
      }`,
    );
  }
  const [, id, index] = /^(?:vm)?(\d{1,9})(?:\.(\d+))?$/i.exec(text) ?? [];
  if (id === undefined) {
    throw new UsageError(
      `Cannot ${action} of "${text}": it must be ${listed(["vm2", "vm2.1", "cpu0", "board"])}`,
    );
  }
  const vm = findVm(vmsOf(host, action).hypervisor, Number(id), `${action} of`);
  if (index === undefined) return { kind: "vm", vm };
  const vcpu = vm.vcpus[Number(index)];
  if (vcpu) return { kind: "vm", vm, vcpu };
  const last = vm.vcpus.length - 1;
  const range = last === 0 ? "0 only" : `0 to ${last}`;
  throw new UsageError(`Cannot ${action} of ${text}: ${vm.label} has vCPU ${range}`);
}
