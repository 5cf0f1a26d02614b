/** `vm ...`: what can be done with VMs. @module */

import { byteCount, hex } from "../../core/hex.ts";
import type { Result, VmState } from "../../core/hypervisor/lifecycle.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import type { ConsoleInfo } from "../consoles.ts";
import { facts, left, right, seconds, tableOf } from "../text_table.ts";
import { UsageError } from "../usage_error.ts";
import { type Args, command, type MonitorHost } from "./command.ts";
import { type MemoryRow, memoryRows, memoryTable } from "./memory_view.ts";
import { findVm, vmId, vmsOf } from "./target.ts";
import { vcpuEl, vcpuPc } from "./vcpu_view.ts";

/** What an operation has made of a VM. */
interface Changed {
  readonly vm: string;
  readonly name: string;
  /** `deleted` besides the states of VMs. */
  readonly state: VmState | "deleted";
  readonly warnings?: string;
  /** It was to be asked to power off, and nothing that it has could ask it. */
  readonly notAsked?: true;
}

function changedText({ vm, name, state, warnings = "", notAsked }: Changed): string {
  const next: Partial<Record<Changed["state"], string>> = {
    loaded: `; vm start ${vm.slice(2)} starts it`,
    stopping: `; its guest has 10 s to power off, vm stop ${vm.slice(2)} --force does not wait`,
  };
  const cut = notAsked ? ", cut off: it has no power key by which its guest could be asked" : "";
  return `${warnings}${vm} "${name}" is ${state}${cut}${next[state] ?? ""}\n`;
}

function check(result: Result): void {
  if (!result.ok) throw new UsageError(result.why);
}

type Operation = "start" | "pause" | "resume" | "stop" | "restart";

/** Does something with the VM that is named. */
function operate(host: MonitorHost, { operands, flags }: Args, operation: Operation): Changed {
  const { hypervisor } = vmsOf(host, operation);
  const id = vmId(operands.VM ?? "", operation);
  const { name, state: before, devices } = findVm(hypervisor, id, operation);
  const asks = operation === "stop" && !flags.has("force");
  check(hypervisor[operation === "stop" && !asks ? "kill" : operation](id));
  return {
    vm: `vm${id}`,
    name,
    state: findVm(hypervisor, id, operation).state,
    ...(asks && before === "running" && !devices.powerKey ? { notAsked: true } : {}),
  };
}

const operation = (name: Operation, help: string, flags: readonly "force"[] = []) =>
  command<Changed>({
    operands: ["VM"],
    flags,
    help,
    run: (host, args) => operate(host, args, name),
    text: changedText,
  });

interface ListRow {
  readonly id: number;
  readonly name: string;
  readonly state: VmState;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly runNs: number;
  /** How many vCPUs are in which state. */
  readonly vcpuStates: { readonly [state: string]: number };
  readonly console: string;
}

function listRow(vm: Vm, runNs: number, consoles: readonly ConsoleInfo[]): ListRow {
  const vcpuStates: Record<string, number> = {};
  for (const { state } of vm.vcpus) vcpuStates[state] = (vcpuStates[state] ?? 0) + 1;
  const console = consoles.find(({ name }) => name === vm.label);
  return {
    id: vm.id,
    name: vm.name,
    state: vm.state,
    vcpus: vm.vcpus.length,
    memoryBytes: memoryBytes(vm),
    runNs,
    vcpuStates,
    console: console === undefined
      ? "none"
      : `${console.where}${console.front ? ", in front" : ""}`,
  };
}

function memoryBytes(vm: Vm): number {
  return vm.plan.memory.reduce((sum, { bytes }) => sum + bytes, 0);
}

function statesText(states: ListRow["vcpuStates"]): string {
  return Object.entries(states).map(([state, n]) => `${n} ${state}`).join(", ");
}

const list = command<readonly ListRow[]>({
  operands: [],
  help: "all VMs: states, vCPUs, memory, time on cores, consoles",
  run(host) {
    const { hypervisor } = vmsOf(host, "list VMs");
    const { vcpus } = hypervisor.scheduling();
    const consoles = host.consoles();
    return hypervisor.vms.map((vm) => {
      const own = vcpus.filter((vcpu) => vcpu.vm === vm.label);
      return listRow(vm, own.reduce((sum, { runNs }) => sum + runNs, 0), consoles);
    });
  },
  text: (rows) =>
    rows.length === 0 ? "There is no VM; vm create FILE makes one\n" : tableOf(rows, [
      right("id", ({ id }) => String(id)),
      left("name", ({ name }) => name),
      left("state", ({ state }) => state),
      right("vCPUs", ({ vcpus }) => String(vcpus)),
      left("now", ({ vcpuStates }) => statesText(vcpuStates)),
      right("memory", ({ memoryBytes }) => byteCount(memoryBytes)),
      right("run", ({ runNs }) => seconds(runNs)),
      left("console", ({ console }) => console),
    ]),
});

interface VcpuRow {
  readonly index: number;
  readonly mpidr: string;
  readonly state: string;
  readonly core: number;
  readonly mayUse: readonly number[];
  readonly el: number;
  readonly pc: string;
  readonly runNs: number;
  readonly stealNs: number;
}

interface Shown extends ListRow {
  readonly kind: string;
  readonly entry: string;
  readonly interrupts: string;
  readonly vmid?: number;
  readonly cutOff: boolean;
  readonly exits: number;
  readonly failure?: string;
  readonly cpus: readonly VcpuRow[];
  readonly memory: readonly MemoryRow[];
}

const show = command<Shown>({
  operands: ["VM"],
  help: "one VM: its vCPUs and memory, and why it failed",
  run(host, { operands }) {
    const { hypervisor } = vmsOf(host, "show");
    const vm = findVm(hypervisor, vmId(operands.VM ?? "", "show"), "show");
    const times = hypervisor.scheduling().vcpus.filter((vcpu) => vcpu.vm === vm.label);
    const runNs = times.reduce((sum, each) => sum + each.runNs, 0);
    return {
      ...listRow(vm, runNs, host.consoles()),
      kind: vm.plan.vmType,
      entry: hex(vm.plan.entry),
      interrupts: vm.plan.interruptMode,
      ...(vm.ended ? {} : { vmid: vm.vmid }),
      cutOff: vm.wasCutOff,
      exits: vm.exits.rows().reduce((sum, { count }) => sum + count, 0),
      ...(vm.failure === undefined ? {} : { failure: vm.failure }),
      cpus: vm.vcpus.map((vcpu, i) => ({
        index: vcpu.index,
        mpidr: hex(vcpu.mpidr),
        state: vcpu.state,
        core: vcpu.core,
        mayUse: times[i]?.cores ?? [],
        el: vcpuEl(vcpu),
        pc: hex(vcpuPc(vcpu)),
        runNs: times[i]?.runNs ?? 0,
        stealNs: times[i]?.stealNs ?? 0,
      })),
      memory: memoryRows(vm),
    };
  },
  text: (vm) =>
    facts([
      ["VM", `${vm.id} "${vm.name}", ${vm.kind}`],
      ["state", vm.state === "stopped" && vm.cutOff ? "stopped, cut off" : vm.state],
      ["memory", byteCount(vm.memoryBytes)],
      ["entry", vm.entry],
      ["interrupts", vm.interrupts],
      ["VMID", vm.vmid === undefined ? undefined : String(vm.vmid)],
      ["console", vm.console],
      ["exits", String(vm.exits)],
      ["run", seconds(vm.runNs)],
    ]) + "\n" + tableOf(vm.cpus, [
      left("vCPU", ({ index }) => `vm${vm.id}.${index}`),
      left("state", ({ state }) => state),
      right("core", ({ core }) => String(core)),
      right("may use", ({ mayUse }) => mayUse.join(",")),
      left("MPIDR", ({ mpidr }) => mpidr),
      left("EL", ({ el }) => String(el)),
      left("PC", ({ pc }) => pc),
      right("run", ({ runNs }) => seconds(runNs)),
      right("steal", ({ stealNs }) => seconds(stealNs)),
    ]) + "\n" + memoryTable(vm.memory) +
    (vm.failure === undefined ? "" : `\n${vm.failure}\n`),
});

/** Commands on VMs. */
export const vmCommands = {
  "vm list": list,
  "vm show": show,
  "vm create": command<Changed>({
    operands: ["FILE"],
    help: "read a description and load the VM, to be started",
    run(host, { operands }) {
      const vms = vmsOf(host, "create a VM");
      const before = new Set(vms.hypervisor.vms.map(({ id }) => id));
      const result = vms.create(operands.FILE ?? "");
      check(result);
      const vm = vms.hypervisor.vms.find(({ id }) => !before.has(id)) as Vm;
      const { label, name, state } = vm;
      const { warnings } = result as { warnings?: string };
      return { vm: label, name, state, ...(warnings === undefined ? {} : { warnings }) };
    },
    text: changedText,
  }),
  "vm start": operation("start", "start a VM that is loaded, or one anew that has ended"),
  "vm pause": operation("pause", "let a VM stand still, its time included"),
  "vm resume": operation("resume", "let a paused VM go on"),
  "vm stop": operation("stop", "ask the guest to power off; cut it off when it does not", [
    "force",
  ]),
  "vm restart": operation("restart", "cut a VM off and start it anew"),
  "vm delete": command<Changed>({
    operands: ["VM"],
    flags: ["force"],
    help: "forget a VM that does not run; with --force stop it first",
    run(host, { operands, flags }) {
      const vms = vmsOf(host, "delete");
      const { hypervisor } = vms;
      const id = vmId(operands.VM ?? "", "delete");
      const { label, name, ended, state } = findVm(hypervisor, id, "delete");
      if (flags.has("force") && !ended && state !== "loaded") check(hypervisor.kill(id));
      check(vms.delete(id));
      return { vm: label, name, state: "deleted" };
    },
    text: changedText,
  }),
  "vm console": command<{ readonly vm: string }>({
    operands: ["VM"],
    help: "bring a VM's console to the front of hvsim's terminal",
    run(host, { operands }) {
      const { hypervisor } = vmsOf(host, "show the console of");
      const action = "show the console of";
      const { label } = findVm(hypervisor, vmId(operands.VM ?? "", action), action);
      const why = host.bring(label);
      if (why !== undefined) throw new UsageError(`Cannot ${action} ${label}: ${why}`);
      return { vm: label };
    },
    text: () => "",
  }),
} as const;
