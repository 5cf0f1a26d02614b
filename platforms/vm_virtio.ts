/** The virtio devices that the hypervisor plays for a VM. @module */

import type { Clock } from "../core/board/clock.ts";
import type { IrqLine } from "../core/board/irq.ts";
import type { EmulatedDevice } from "../core/config/plan_devices.ts";
import type { PlacedDevice, VmConsole } from "../core/hypervisor/vm.ts";
import type { BlockBackend } from "../devices/virtio/block_backend.ts";
import type { GuestMemory } from "../devices/virtio/chain.ts";
import { virtioConsole } from "../devices/virtio/console.ts";
import { virtioMmioSlot } from "../devices/virtio/empty_slot.ts";
import type { VirtioWires } from "../devices/virtio/mmio.ts";
import type { Network, SwitchPort } from "../devices/virtio/switch.ts";
import { virtioDevice } from "./virtio.ts";

/** What a VM's virtio devices are connected to. */
export interface VmSurroundings {
  /** The VM's number. */
  readonly vm: number;
  readonly clock: Clock;
  /** The VM's memory, by its own addresses. */
  readonly memory: GuestMemory;
  readonly network: Network;
  /** What is in its disks, in the order of its description. */
  readonly disks: readonly BlockBackend[];
  /** The guest's interrupt with this INTID. */
  line(intid: number): IrqLine;
  /** A remark of the device called `device`. */
  log(device: string, message: string): void;
}

/** Devices, and the consoles among them. */
export interface VmVirtio {
  readonly placed: readonly PlacedDevice[];
  readonly consoles: readonly VmConsole[];
  /** Unplugs them from the network, and has what was written to disks be safe. */
  release(): void;
}

/** Makes the virtio devices among `emulated`. */
export function vmVirtio(
  emulated: readonly EmulatedDevice[],
  surroundings: VmSurroundings,
): VmVirtio {
  const { vm, clock, memory, network, disks } = surroundings;
  const ports: SwitchPort[] = [];
  const hub: Network = {
    port(notify) {
      const port = network.port(notify);
      ports.push(port);
      return port;
    },
  };
  const placed: PlacedDevice[] = [];
  const consoles: VmConsole[] = [];
  let [blocks, nics] = [0, 0];
  for (const { kind, name, gpa, irq } of emulated) {
    const log = (message: string) => surroundings.log(name, message);
    const wires: VirtioWires = { clock, memory, irq: surroundings.line(irq), log };
    const place = (device: PlacedDevice["device"]) => placed.push({ name, gpa, device });
    if (kind === "virtio-blk") {
      const serial = `vm${vm}-disk${blocks}`;
      const backend = disks[blocks++];
      if (backend) {
        backend.renew?.();
        place(virtioDevice({ kind: "block", backend, serial }, wires, { hub, vm, nic: 0 }));
      } else {
        log("no disk is given for it: the guest finds an empty slot");
        place(virtioMmioSlot(log));
      }
    } else if (kind === "virtio-net") {
      place(virtioDevice({ kind: "net" }, wires, { hub, vm, nic: nics++ }));
    } else if (kind === "virtio-console") {
      const { device, console } = consoleOf(wires);
      place(device);
      consoles.push(console);
    }
  }
  return {
    placed,
    consoles,
    release() {
      for (const port of ports) port.remove();
      for (const disk of disks) if (!disk.readOnly) disk.flush();
    },
  };
}

function consoleOf(wires: VirtioWires) {
  let transmit: (byte: number) => void = () => {};
  let ready = () => {};
  const device = virtioConsole({
    ...wires,
    transmit: (byte) => transmit(byte),
    ready: () => ready(),
  });
  const console: VmConsole = {
    onTransmit: (take) => void (transmit = take),
    onReady: (call) => void (ready = call),
    canReceive: device.canReceive,
    receive: device.receive,
    emptyReads: device.emptyReads,
  };
  return { device, console };
}
