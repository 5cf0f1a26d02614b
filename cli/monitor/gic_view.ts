/** Interrupt controllers of the board and of VMs, as rows. @module */

import { type InterruptView, intid } from "../../core/board/irq.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import { Output } from "../../devices/gic/gic.ts";
import { interruptsOf } from "../../platforms/platform.ts";
import type { MonitorHost } from "./command.ts";

/** What is on its way to one core or vCPU. */
export interface GicCpu {
  readonly cpu: string;
  /** Outputs that are high: `irq`, `fiq`, `virq`, `vfiq`. */
  readonly signals: readonly string[];
  readonly pending: readonly number[];
  readonly active: readonly number[];
  /** With VMs: what the list registers hold for a vCPU that runs. */
  readonly lists?: readonly { readonly intid: number; readonly state: string }[];
}

export interface GicView {
  readonly version: 2 | 3;
  /** What it is, in words. */
  readonly kind: string;
  readonly cpus: readonly GicCpu[];
}

/** The board's controller, or that of a VM. */
export function gicView({ session }: MonitorHost, vm: Vm | undefined): GicView {
  if (vm) return virtualGic(vm);
  const { board: { gic }, machine } = session.simulator;
  const all = gic.interrupts();
  return {
    version: gic.version,
    kind: "of the board",
    cpus: machine.cores.map(({ index }) => ({
      cpu: `cpu${index}`,
      signals: Object.entries(Output).filter(([, bit]) => gic.outputs(index) & bit)
        .map(([name]) => name),
      ...of(all, index),
    })),
  };
}

/** Those of `all` that are for this core: its own, and shared ones that may go to it. */
function of(all: readonly InterruptView[], cpu: number) {
  const own = all.filter(({ core, targets }) =>
    core === undefined ? targets.includes(cpu) : core === cpu
  );
  const ids = (chosen: readonly InterruptView[]) => chosen.map(({ intid }) => intid);
  return {
    pending: ids(own.filter(({ pending }) => pending)),
    active: ids(own.filter(({ active }) => active)),
  };
}

function virtualGic(vm: Vm): GicView {
  const { distributor } = vm.gic;
  const all = distributor.interrupts();
  return {
    version: distributor.version,
    kind: `of ${vm.label}, ${
      distributor.cpuInterface
        ? "its CPU interfaces emulated"
        : "its CPU interfaces the board's virtual ones"
    }`,
    cpus: vm.vcpus.map((vcpu) => ({
      cpu: `${vm.label}.${vcpu.index}`,
      signals: vcpu.interrupts.isSignalled ? ["virq"] : [],
      ...of(all, vcpu.index),
      lists: vcpu.interrupts.lists.flatMap((held) =>
        held ? [{ intid: held.intid, state: stateOf(held).join("+") }] : []
      ),
    })),
  };
}

function stateOf({ pending, active }: { readonly pending: boolean; readonly active: boolean }) {
  return [...(pending ? ["pending"] : []), ...(active ? ["active"] : [])];
}

/** One interrupt. */
export interface IrqRow {
  readonly intid: number;
  /** Who raises it. */
  readonly from: string;
  readonly targets: readonly string[];
  /** `enabled`, `pending`, `active`. */
  readonly state: readonly string[];
  readonly edge: boolean;
  readonly priority: number;
  readonly group: number;
}

/** Interrupts of the board, or of a VM. */
export function irqRows(host: MonitorHost, vm: Vm | undefined): readonly IrqRow[] {
  const names = vm ? namesInVm(host, vm) : namesOnBoard(host);
  const controller = vm ? vm.gic.distributor : host.session.simulator.board.gic;
  const cpu = (index: number) => vm ? `${vm.label}.${index}` : `cpu${index}`;
  return controller.interrupts().map((each) => ({
    intid: each.intid,
    from: each.intid < 16 ? "software" : names.get(each.intid) ?? "",
    targets: each.core === undefined ? each.targets.map(cpu) : [cpu(each.core)],
    state: [...(each.enabled ? ["enabled"] : []), ...stateOf(each)],
    edge: each.edge,
    priority: each.priority,
    group: each.group,
  }));
}

/** Who raises which interrupt: timers and devices. */
function namesOnBoard({ session }: MonitorHost): Map<number, string> {
  const { platform } = session.simulator.board;
  return new Map([
    ...timerNames(session.simulator.board.platform),
    [intid(platform.gic.maintenance), "list registers"],
    ...platform.devices.flatMap((slot) =>
      interruptsOf(slot).map((irq): [number, string] => [intid(irq), slot.name])
    ),
  ]);
}

type BoardPlatform = MonitorHost["session"]["simulator"]["board"]["platform"];

function timerNames({ timers }: BoardPlatform): [number, string][] {
  return [
    [intid(timers.el1Physical), "CNTP"],
    [intid(timers.el1Virtual), "CNTV"],
    [intid(timers.el2Physical), "CNTHP"],
    [intid(timers.el2Virtual), "CNTHV"],
  ];
}

function namesInVm(host: MonitorHost, vm: Vm): Map<number, string> {
  const { platform } = host.session.simulator.board;
  const board = namesOnBoard(host);
  return new Map([
    ...timerNames(platform),
    ...vm.plan.passthrough.flatMap(({ irqs }) =>
      irqs.map(({ guest, hardware }): [number, string] => [guest, board.get(hardware) ?? ""])
    ),
    ...vm.plan.emulated.map(({ irq, name }): [number, string] => [irq, name]),
  ]);
}
