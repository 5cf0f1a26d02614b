/**
 * What a VM has besides vCPUs and memory.
 *
 * A UART of the board belongs to the first VM that has it in a window; it is then really passed
 * through. Others that ask for the same one get a UART of the same kind that the hypervisor plays.
 *
 * @module
 */

import { hex } from "../core/hex.ts";
import { intid, type IrqLine, type Spi, Unconnected } from "../core/board/irq.ts";
import type { Clock } from "../core/board/clock.ts";
import type { Device } from "../core/board/device.ts";
import type { PassthroughWindow, VmPlan } from "../core/config/vm_plan.ts";
import type { Log } from "../core/hypervisor/exit.ts";
import type { VirtualDistributor } from "../core/hypervisor/virtual_distributor.ts";
import type { PlacedDevice, VmConsole, VmDevices } from "../core/hypervisor/vm.ts";
import { armadaUart } from "../devices/armada_uart.ts";
import { virtualDistributor } from "../devices/gic/virtual_distributor.ts";
import { pl011 } from "../devices/pl011.ts";
import type { SerialPort, SerialWires } from "../devices/serial.ts";
import type { BlockBackend } from "../devices/virtio/block_backend.ts";
import type { GuestMemory } from "../devices/virtio/chain.ts";
import type { Board } from "./assemble.ts";
import {
  clockHz,
  type DeviceSlot,
  gicFrames,
  type Gicv2Frames,
  interruptsOf,
  type Platform,
  spiCount,
  type Window,
  windowOf,
} from "./platform.ts";
import type { Simulator } from "./simulator.ts";
import { vmDeviceTree } from "./vm_device_tree.ts";
import { type VmVirtio, vmVirtio } from "./vm_virtio.ts";

/** A UART of the board's. */
type UartSlot = DeviceSlot & { kind: "pl011" | "armada-uart" };

const PageBytes = 4096;
/** GICV is as large as what the model has. */
const CpuInterfaceBytes = 0x2000;

/** What making the devices of several VMs shares. */
export interface Makers {
  readonly simulator: Simulator;
  readonly log: Log;
  /** VM that has a UART of the board, by the UART's name. */
  readonly owners: Map<string, string>;
  readonly disks: (plan: VmPlan) => readonly BlockBackend[];
  readonly memory: (plan: VmPlan) => GuestMemory;
}

export function makeDevices(makers: Makers, plan: VmPlan): VmDevices {
  const { board } = makers.simulator;
  const { platform } = board;
  const distributor = makeDistributor(makers, plan);
  const uarts = findUarts(platform, plan);
  const played = uarts.filter(({ slot }) => !claim(makers, plan, slot));
  const playedRanges = played.map(({ slot }) => pages(windowOf(slot)));
  const playedIrqs = new Set(played.flatMap(({ slot }) => interruptsOf(slot).map(intid)));
  const emulated = frames(plan, distributor);
  let console = uarts.filter(({ slot }) => !played.some((p) => p.slot === slot))
    .map(({ slot }) => board.serials.get(slot.name) as VmConsole | undefined)[0];
  const add = (name: string, gpa: number, uart: VirtualUart) => {
    emulated.push({ name, gpa, device: uart.device });
    console ??= uart.console;
  };
  for (const { slot, gpa, window } of played) {
    add(slot.name, gpa, virtualUart(makers, plan, slot, distributor, window));
  }
  for (const { kind, name, gpa, irq } of plan.emulated) {
    if (kind === "console") add(name, gpa, emulatedConsole(makers, plan, name, distributor, irq));
  }
  const virtio = makeVirtio(makers, plan, distributor);
  emulated.push(...virtio.placed);
  console ??= virtio.consoles[0];
  return {
    distributor,
    emulated,
    windows: [
      ...plan.passthrough.flatMap((window) => cutOut(window, playedRanges)),
      ...virtualCpuInterface(makers, plan),
    ],
    passedThrough: passedThrough(board, plan, played.map(({ slot }) => slot.name)),
    links: plan.passthrough.flatMap((w) => w.irqs.filter((i) => !playedIrqs.has(i.hardware))),
    console,
    deviceTree: plan.dtb?.kind === "generate"
      ? vmDeviceTree(platform, board.options, makers.simulator.machine.parts.model.name, plan)
      : undefined,
    powerKey: powerKey(makers.simulator, plan),
    release() {
      virtio.release();
      for (const [uart, vm] of makers.owners) {
        if (vm === `vm${plan.id}`) makers.owners.delete(uart);
      }
    },
  };
}

/** How long a finger is on the power key. */
const PressNs = 100_000_000;

/** KEY_POWER, as the device tree says it. */
const KeyPower = 116;

/** Presses the board's power key, for a VM that has the device with it. */
function powerKey({ board: { platform, keys, events } }: Simulator, plan: VmPlan) {
  const names = new Set(plan.passthrough.flatMap((window) => window.devices));
  const key = platform.devices.flatMap((slot) => {
    return slot.kind === "pl061" && names.has(slot.name) ? slot.keys : [];
  }).find(({ code }) => code === KeyPower);
  const press = key && keys.get(key.name);
  if (!press) return undefined;
  return () => {
    press(true);
    events.alarm(() => press(false)).set(events.now() + PressNs);
  };
}

function makeVirtio(makers: Makers, plan: VmPlan, distributor: VirtualDistributor): VmVirtio {
  const { events: clock, network } = makers.simulator.board;
  return vmVirtio(plan.emulated, {
    vm: plan.id,
    clock,
    memory: makers.memory(plan),
    network,
    disks: makers.disks(plan),
    line: (guest) => guest >= 32 ? virtualLine(distributor, guest) : Unconnected,
    log: (device, message) => makers.log("info", `vm${plan.id}.${device}`, message),
  });
}

function makeDistributor(makers: Makers, plan: VmPlan): VirtualDistributor {
  const { platform, options } = makers.simulator.board;
  const hasInterfaces = isInterfaceEmulated(makers, plan);
  if (hasInterfaces && plan.vgic) {
    const message = `GICv2 at ${hex(plan.vgic.distributor)} for a kernel that has its address ` +
      `built in: ${platform.name} has a GICv${options.gicVersion}, so all of it is emulated`;
    makers.log("info", `vm${plan.id}`, message);
  }
  const version = plan.vgic?.version ?? options.gicVersion;
  return virtualDistributor({
    version,
    hasInterfaces,
    vcpus: plan.vcpus.length,
    spis: spiCount(platform, version),
    mpidr: (vcpu) => plan.vcpus[vcpu]?.mpidr ?? 0,
    log: (message) => makers.log("info", `vm${plan.id}`, message),
  });
}

/** The guest has a GICv2, and the board no virtual CPU interface of one. */
function isInterfaceEmulated({ simulator }: Makers, { vgic }: VmPlan): boolean {
  return vgic?.version === 2 && simulator.board.options.gicVersion === 3;
}

/** The registers of the interrupt controller's models where the guest sees them. */
function frames(plan: VmPlan, model: VirtualDistributor): PlacedDevice[] {
  const { vgic } = plan;
  if (!vgic) return [];
  const { distributor: device, redistributors, cpuInterface } = model;
  const placed: PlacedDevice[] = [{ name: "distributor", gpa: vgic.distributor, device }];
  if (redistributors && vgic.redistributors !== undefined) {
    placed.push({ name: "redistributors", gpa: vgic.redistributors, device: redistributors });
  }
  if (cpuInterface && vgic.cpuInterface !== undefined) {
    const { device } = cpuInterface;
    placed.push({ name: "CPU interface", gpa: vgic.cpuInterface, device });
  }
  return placed;
}

/** With GICv2 the guest's CPU interface is the board's virtual one, if it has one. */
function virtualCpuInterface(makers: Makers, plan: VmPlan): VmDevices["windows"] {
  const { vgic } = plan;
  if (vgic?.version !== 2 || vgic.cpuInterface === undefined) return [];
  if (isInterfaceEmulated(makers, plan)) return [];
  const { platform } = makers.simulator.board;
  const { virtualCpuInterface: gicv } = gicFrames(platform, 2) as Gicv2Frames;
  return [{ gpa: vgic.cpuInterface, hpa: gicv.base, bytes: CpuInterfaceBytes }];
}

/** Devices of the board in a VM's windows, but those that are played in their place. */
function passedThrough({ bus, platform }: Board, plan: VmPlan, played: readonly string[]) {
  const names = new Set(plan.passthrough.flatMap((window) => window.devices));
  return platform.devices.filter(({ name }) => names.has(name) && !played.includes(name))
    .flatMap(({ base }) => bus.find(base)?.device ?? []);
}

interface FoundUart {
  readonly slot: UartSlot;
  readonly gpa: number;
  readonly window: PassthroughWindow;
}

/** UARTs of the board in a VM's windows, the board's console first. */
function findUarts(platform: Platform, plan: VmPlan): FoundUart[] {
  return platform.consoles.flatMap((name) => {
    const slot = platform.devices.find((d): d is UartSlot => d.name === name && isUart(d));
    const window = slot &&
      plan.passthrough.find((w) => slot.base >= w.hpa && slot.base < w.hpa + w.bytes);
    return slot && window ? [{ slot, window, gpa: slot.base - window.hpa + window.gpa }] : [];
  });
}

function isUart(slot: DeviceSlot): boolean {
  return slot.kind === "pl011" || slot.kind === "armada-uart";
}

/** Gives a UART to the VM, unless another one has it. */
function claim({ owners, log }: Makers, plan: VmPlan, slot: UartSlot): boolean {
  const owner = owners.get(slot.name);
  if (owner === undefined) {
    owners.set(slot.name, `vm${plan.id}`);
    return true;
  }
  const message = `${owner} has ${slot.name}; this VM gets a ${slot.kind} of its own in its place`;
  log("info", `vm${plan.id}`, message);
  return false;
}

/** The pages that a window touches. */
function pages({ base, size }: Window): Window {
  const start = Math.floor(base / PageBytes) * PageBytes;
  return { base: start, size: Math.ceil((base + size) / PageBytes) * PageBytes - start };
}

/** What remains of a window without these parts of the board. */
function cutOut(window: PassthroughWindow, holes: readonly Window[]): VmDevices["windows"] {
  let pieces = [{ gpa: window.gpa, hpa: window.hpa, bytes: window.bytes }];
  for (const { base, size } of holes) {
    pieces = pieces.flatMap((piece) => {
      const [from, to] = [
        Math.max(base, piece.hpa),
        Math.min(base + size, piece.hpa + piece.bytes),
      ];
      if (from >= to) return [piece];
      const after = to - piece.hpa;
      return [
        { ...piece, bytes: from - piece.hpa },
        { gpa: piece.gpa + after, hpa: to, bytes: piece.bytes - after },
      ].filter((rest) => rest.bytes > 0);
    });
  }
  return pieces;
}

/** A UART that the hypervisor plays. */
interface VirtualUart {
  readonly device: Device;
  readonly console: VmConsole;
}

/** One of the kind in `slot`, with its interrupts as the guest knows them. */
function virtualUart(
  makers: Makers,
  plan: VmPlan,
  slot: UartSlot,
  distributor: VirtualDistributor,
  window: PassthroughWindow,
): VirtualUart {
  const line = (irq: Spi | undefined): IrqLine => {
    const link = irq && window.irqs.find((i) => i.hardware === intid(irq));
    return link ? virtualLine(distributor, link.guest) : Unconnected;
  };
  const hz = clockHz(makers.simulator.board.platform, slot.clock);
  return plug(makers, plan, slot.name, (wires) => {
    if (slot.kind === "pl011") return pl011({ ...wires, irq: line(slot.irq), clockHz: hz });
    const { sum, tx, rx } = slot.irqs;
    const lines = { sum: line(sum), tx: line(tx), rx: line(rx) };
    return armadaUart(slot.layout, { ...wires, ...lines, clockHz: hz });
  });
}

/** PL011 of a board without clocks for one. */
const DefaultClockHz = 24_000_000;

function emulatedConsole(
  makers: Makers,
  plan: VmPlan,
  name: string,
  distributor: VirtualDistributor,
  irq: number,
): VirtualUart {
  const clock = makers.simulator.board.platform.clocks[0]?.frequencyHz ?? DefaultClockHz;
  const line = irq >= 32 ? virtualLine(distributor, irq) : Unconnected;
  return plug(
    makers,
    plan,
    name,
    (wires) => pl011({ ...wires, irq: line, clockHz: clock }),
  );
}

function virtualLine(distributor: VirtualDistributor, guest: number): IrqLine {
  return { set: (level) => distributor.setLine(guest, level) };
}

function plug(
  makers: Makers,
  plan: VmPlan,
  name: string,
  make: (wires: SerialWires) => Device & SerialPort,
): VirtualUart {
  let transmit: (byte: number) => void = () => {};
  let ready = () => {};
  const clock: Clock = makers.simulator.board.events;
  const port = make({
    clock,
    transmit: (byte) => transmit(byte),
    ready: () => ready(),
    log: (message) => makers.log("info", `vm${plan.id}.${name}`, message),
  });
  return {
    device: port,
    console: {
      onTransmit: (take) => void (transmit = take),
      onReady: (call) => void (ready = call),
      canReceive: () => port.canReceive(),
      receive: (byte) => port.receive(byte),
      emptyReads: () => port.emptyReads(),
    },
  };
}
