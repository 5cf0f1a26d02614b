/** Devices of the board and of VMs, as rows. @module */

import { intid } from "../../core/board/irq.ts";
import { hex } from "../../core/hex.ts";
import type { Vm } from "../../core/hypervisor/vm.ts";
import { interruptsOf } from "../../platforms/platform.ts";
import type { MonitorHost } from "./command.ts";

/** A device at an address. */
export interface DeviceRow {
  readonly address: string;
  readonly bytes: number;
  readonly name: string;
  readonly kind: string;
  readonly intids: readonly number[];
  /** Who has it: the board, or how it came to the VM. */
  readonly how: string;
}

/** Devices by address. */
export function deviceRows(host: MonitorHost, vm: Vm | undefined): readonly DeviceRow[] {
  return vm ? vmDevices(host, vm) : boardDevices(host);
}

function boardDevices({ session }: MonitorHost): readonly DeviceRow[] {
  const { board } = session.simulator;
  const vms = session.vms?.hypervisor.vms ?? [];
  return [...board.bus].map(({ name, base, device }) => {
    const slot = board.platform.devices.find((each) => each.name === name);
    const users = vms.filter((vm) => !vm.ended && vm.devices.passedThrough.includes(device));
    return {
      address: hex(base),
      bytes: device.size,
      name,
      kind: device.kind,
      intids: slot ? interruptsOf(slot).map(intid) : [],
      how: users.length > 0 ? `given to ${users.map(({ label }) => label).join(", ")}` : "",
    };
  });
}

function vmDevices({ session }: MonitorHost, vm: Vm): readonly DeviceRow[] {
  const { bus, platform } = session.simulator.board;
  const emulated = vm.devices.emulated.map(({ name, gpa, device }) => ({
    at: gpa,
    bytes: device.size,
    name,
    kind: device.kind,
    intids: vm.plan.emulated.filter((each) => each.name === name).map(({ irq }) => irq),
    how: "emulated",
  }));
  const passed = vm.devices.windows.flatMap(({ gpa, hpa, bytes }) =>
    [...bus].filter(({ base }) => base >= hpa && base < hpa + bytes)
      .map(({ name, base, device }) => {
        const slot = platform.devices.find((each) => each.name === name);
        const hardware = slot ? interruptsOf(slot).map(intid) : [];
        const irqs = vm.plan.passthrough.flatMap((window) => window.irqs);
        return {
          at: base - hpa + gpa,
          bytes: device.size,
          name,
          kind: device.kind,
          intids: irqs.filter((irq) => hardware.includes(irq.hardware)).map(({ guest }) => guest),
          how: "passed through",
        };
      })
  );
  return [...emulated, ...passed].sort((a, b) => a.at - b.at)
    .map(({ at, ...row }) => ({ address: hex(at), ...row }));
}
