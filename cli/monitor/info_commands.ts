/** `info ...`: what the board, its cores and VMs are at. @module */

import { byteCount, hex } from "../../core/hex.ts";
import { exitCounts, exitText } from "../../core/hypervisor/exit_text.ts";
import type { SchedulerReport } from "../../core/hypervisor/scheduling/report.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import { exitsText, type ReasonRow } from "../exits_text.ts";
import { schedulerText } from "../scheduler_text.ts";
import { left, right, tableOf } from "../text_table.ts";
import { UsageError } from "../usage_error.ts";
import { command, type MonitorHost } from "./command.ts";
import { cpuRows, cpuTable, type Registers, registersOf, registersText } from "./cpu_view.ts";
import { type DeviceRow, deviceRows } from "./device_view.ts";
import { type GicView, gicView, type IrqRow, irqRows } from "./gic_view.ts";
import { type MemoryRow, memoryRows, memoryTable } from "./memory_view.ts";
import { findTarget, findVm, type Target, vmsOf } from "./target.ts";
import { type TimerRow, timerRows } from "./timer_view.ts";

/** The VM that is meant; none when it is the board. @throws {UsageError} When it is a core. */
function vmIn(target: Target, action: string): Vm | undefined {
  if (target.kind === "vm") return target.vm;
  if (target.kind === "board") return undefined;
  const found = `cpu${target.core.index}`;
  throw new UsageError(`Cannot ${action} of ${found}: it must be the board or a VM, found a core`);
}

const target = (host: MonitorHost, text: string | undefined, action: string) =>
  vmIn(findTarget(host, text, action), action);

interface Memory {
  readonly banks: readonly { readonly address: string; readonly bytes: number }[];
  readonly freeBytes?: number;
  /** RAM for stage 2 tables that is free. */
  readonly freeTableBytes?: number;
  readonly vms: readonly { readonly vm: string; readonly bytes: number }[];
}

function boardMemory({ session }: MonitorHost): Memory {
  const hypervisor = session.vms?.hypervisor;
  return {
    banks: session.simulator.ram.banks.map(({ base, size }) => ({
      address: hex(base),
      bytes: size,
    })),
    ...(hypervisor
      ? {
        freeBytes: hypervisor.resources.memory.freeBytes,
        freeTableBytes: hypervisor.resources.freeTableBytes,
      }
      : {}),
    vms: (hypervisor?.vms ?? []).map((vm) => ({
      vm: vm.label,
      bytes: vm.ended ? 0 : vm.holdings.ram.reduce((sum, { bytes }) => sum + bytes, 0),
    })),
  };
}

function boardMemoryText({ banks, freeBytes, freeTableBytes, vms }: Memory): string {
  const rows = [
    ...banks.map(({ address, bytes }) => ["RAM", address, bytes] as const),
    ...vms.map(({ vm, bytes }) => [vm, "", bytes] as const),
    ...(freeBytes === undefined ? [] : [["free for VMs", "", freeBytes] as const]),
    ...(freeTableBytes === undefined ? [] : [["free for tables", "", freeTableBytes] as const]),
  ];
  return tableOf(rows, [
    left("memory", ([what]) => what),
    left("address", ([, address]) => address),
    right("size", ([, , bytes]) => byteCount(bytes)),
  ]);
}

interface Exits {
  readonly vm: string;
  readonly reasons: readonly ReasonRow[];
  /** The last ones in words. */
  readonly last: readonly string[];
}

/** How many of the last exits are shown. */
const LastExits = 8;

function exitsOf(host: MonitorHost, vm: Vm, most: number): Exits {
  const reasons = [...exitCounts(vm)].map(([reason, counts]) => ({ reason, ...counts }));
  const { ledger } = vmsOf(host, "show the exits").hypervisor;
  return {
    vm: vm.label,
    reasons: reasons.sort((a, b) => b.count - a.count),
    last: ledger.recent(vm.id, most).map((record) => exitText(vm, record)),
  };
}

interface Cpus {
  readonly cpus: ReturnType<typeof cpuRows>;
  readonly registers?: Registers;
}

/** The device kind of slots with nothing in them. */
const EmptySlot = "virtio-mmio-empty";

function devicesText(rows: readonly DeviceRow[]): string {
  const shown = rows.filter(({ kind }) => kind !== EmptySlot);
  const empty = rows.length - shown.length;
  return tableOf(shown, [
    left("address", ({ address }) => address),
    right("size", ({ bytes }) => byteCount(bytes)),
    left("name", ({ name }) => name),
    left("kind", ({ kind }) => kind),
    left("INTID", ({ intids }) => intids.join(", ") || "-"),
    left("how", ({ how }) => how),
  ]) + (empty > 0 ? `and ${empty} empty virtio slots\n` : "");
}

/** Commands that show what there is. */
export const infoCommands = {
  "info cpus": command<Cpus>({
    operands: ["[WHERE]"],
    help: "cores, or a VM's vCPUs, and where they are; registers of a single one",
    run(host, { operands }) {
      const found = findTarget(host, operands.WHERE, "show the CPUs");
      const registers = registersOf(found);
      return { cpus: cpuRows(host, found), ...(registers ? { registers } : {}) };
    },
    text: ({ cpus, registers }) =>
      cpuTable(cpus) + (registers ? `\n${registersText(registers)}` : ""),
  }),
  "info sched": command<SchedulerReport>({
    operands: [],
    help: "the scheduler: times of cores and vCPUs, and who waits",
    run: (host) => vmsOf(host, "show the scheduler").hypervisor.scheduling(),
    text: schedulerText,
  }),
  "info mem": command<Memory | readonly MemoryRow[]>({
    operands: ["[WHERE]"],
    help: "RAM of the board and who has it, or a VM's memory and windows",
    run(host, { operands }) {
      const vm = target(host, operands.WHERE, "show the memory");
      return vm ? memoryRows(vm) : boardMemory(host);
    },
    text: (memory) => "banks" in memory ? boardMemoryText(memory) : memoryTable(memory),
  }),
  "info gic": command<GicView>({
    operands: ["[WHERE]"],
    help: "the interrupt controller: what is on its way to whom",
    run: (host, { operands }) =>
      gicView(host, target(host, operands.WHERE, "show the interrupt controller")),
    text: ({ version, kind, cpus }) =>
      `GICv${version}, ${kind}\n\n` + tableOf(cpus, [
        left("CPU", ({ cpu }) => cpu),
        left("signals", ({ signals }) => signals.join(", ") || "-"),
        left("pending", ({ pending }) => pending.join(", ") || "-"),
        left("active", ({ active }) => active.join(", ") || "-"),
        left("list registers", ({ lists }) =>
          lists === undefined
            ? "-"
            : lists.map(({ intid, state }) =>
              `${intid} ${state}`
            ).join(", ") || "empty"),
      ]),
  }),
  "info timers": command<readonly TimerRow[]>({
    operands: ["[WHERE]"],
    help: "generic timers of cores, or of a VM's vCPUs, and when they fire",
    run: (host, { operands }) => timerRows(host, findTarget(host, operands.WHERE, "show timers")),
    text: (rows) =>
      tableOf(rows, [
        left("CPU", ({ cpu }) => cpu),
        left("timer", ({ timer }) => timer),
        left("state", ({ state }) => state),
        right("count", ({ count }) => count),
        right("compare", ({ compare }) => compare),
        right("fires in", ({ firesInNs }) =>
          firesInNs === undefined ? "-" : `${(firesInNs / 1e6).toFixed(3)} ms`),
      ]),
  }),
  "info irq": command<readonly IrqRow[]>({
    operands: ["[WHERE]"],
    help: "interrupts that are enabled, pending or active",
    run: (host, { operands }) => irqRows(host, target(host, operands.WHERE, "show interrupts")),
    text: (rows) =>
      rows.length === 0 ? "No interrupt is enabled, pending or active\n" : tableOf(rows, [
        right("INTID", ({ intid }) => String(intid)),
        left("from", ({ from }) => from || "-"),
        left("to", ({ targets }) => targets.join(", ") || "-"),
        left("state", ({ state }) => state.join(", ") || "-"),
        left("trigger", ({ edge }) => edge ? "edge" : "level"),
        right("priority", ({ priority }) => `0x${priority.toString(16).padStart(2, "0")}`),
        right("group", ({ group }) => String(group)),
      ]),
  }),
  "info devices": command<readonly DeviceRow[]>({
    operands: ["[WHERE]"],
    help: "devices of the board, or of a VM, and their addresses and interrupts",
    run: (host, { operands }) => deviceRows(host, target(host, operands.WHERE, "show devices")),
    text: devicesText,
  }),
  "info exits": command<readonly Exits[]>({
    operands: ["[VM]"],
    help: "why VMs have left their guests; with a VM also its last exits in words",
    run(host, { operands }) {
      const action = "show the exits";
      const { hypervisor } = vmsOf(host, action);
      const vm = operands.VM === undefined ? undefined : target(host, operands.VM, action);
      if (vm) return [exitsOf(host, findVm(hypervisor, vm.id, action), LastExits)];
      return hypervisor.vms.map((each) => exitsOf(host, each, 0));
    },
    text: (all) =>
      all.map(({ vm, reasons, last }) =>
        [exitsText(vm, reasons), ...(last.length > 0 ? [`${last.join("\n")}\n`] : [])].join("\n")
      ).join("\n"),
  }),
} as const;
