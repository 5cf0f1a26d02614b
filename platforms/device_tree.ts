/**
 * The device tree of a board, from the same data the board is built from.
 *
 * Nodes, properties and phandles are those that QEMU's `virt` machine generates, in its order, so
 * that software sees no difference there; the other boards get a tree of the same make.
 *
 * @module
 */

import { cells, cells64, concat, empty, type FdtNode, node, strings } from "../core/fdt/node.ts";
import type { Ppi, Spi } from "../core/board/irq.ts";
import {
  type DeviceSlot,
  gicFrames,
  type Gicv2Frames,
  type Gicv3Frames,
  interruptsOf,
  type Platform,
  ramBanks,
  type Window,
  windowOf,
} from "./platform.ts";

/** Seeds that a loader would draw, the same in every run. */
export const FixedSeeds: NonNullable<TreeOptions["seeds"]> = {
  kaslr: 0x6876_7369_6d20_7365n,
  rng: Uint8Array.from({ length: 32 }, (_, i) => (i * 151 + 89) & 0xff),
};

/** What a board's tree depends on beyond the board. */
export interface TreeOptions {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly gicVersion: 2 | 3;
  /** Exception level at which software starts. */
  readonly startEl: 1 | 2;
  /** `compatible` of the cores, for example "arm,cortex-a72". */
  readonly cpuCompatible: string;
  readonly bootargs?: string;
  /** Where the initial RAM disk lies. */
  readonly initrd?: Window;
  /** Seeds a loader would draw; none when omitted, so that every run is the same. */
  readonly seeds?: { readonly kaslr: bigint; readonly rng: Uint8Array };
}

/** Interrupt cells, first of three. */
const IrqType = { spi: 0, ppi: 1 } as const;
/** Interrupt cells, third of three. */
const IrqFlags = { edge: 1, high: 4, low: 8 } as const;

/** PSCI function identifiers that trees from before PSCI 0.2 list. */
const PsciFunctions = {
  migrate: cells(0xc400_0005),
  cpu_on: cells(0xc400_0003),
  cpu_off: cells(0x8400_0002),
  cpu_suspend: cells(0xc400_0001),
} as const;

/** The board's tree; `writeFdt` makes a blob of it. */
export function deviceTree(platform: Platform, options: TreeOptions): FdtNode {
  const t: Tree = { platform, options, phandles: numberPhandles(platform, options.cores) };
  return node("", {
    "interrupt-parent": cells(t.phandles.gic),
    model: strings(platform.tree.model),
    "#size-cells": cells(2),
    "#address-cells": cells(2),
    compatible: strings(...platform.tree.compatible),
  }, [
    psci(t),
    memory(t),
    ...platform.tree.emptyBuses.map((bus) => emptyBus(t, bus)),
    ...platform.devices.filter((slot) => !slot.hidden).flatMap((slot) => device(t, slot)),
    node("pmu", { interrupts: interrupt(t, platform.pmu), compatible: strings("arm,armv8-pmuv3") }),
    interruptController(t),
    cpus(t),
    timer(t),
    ...platform.clocks.map((clock) => fixedClock(t, clock)),
    chosen(t),
  ]);
}

/** Path of the node that holds the device in `slot`, where a tree has one. */
export function nodePath(slot: DeviceSlot): string {
  return (slot.kind === "unclaimed" ? slot.path : undefined) ?? `/${nodeName(slot)}`;
}

/** Path of the interrupt controller's node. */
export function gicPath(platform: Platform, version: 2 | 3): string {
  return `/${unit("intc", gicFrames(platform, version).distributor.base)}`;
}

interface Phandles {
  readonly clocks: ReadonlyMap<string, number>;
  readonly cpus: readonly number[];
  readonly gic: number;
  /** Of GPIO controllers, by slot. */
  readonly gpio: ReadonlyMap<string, number>;
}

/** What every part of the tree is made from. */
interface Tree {
  readonly platform: Platform;
  readonly options: TreeOptions;
  readonly phandles: Phandles;
}

/** Numbers phandles in the order in which QEMU does. */
function numberPhandles(platform: Platform, cores: number): Phandles {
  let next = 0x8000;
  const clocks = new Map(platform.clocks.map((clock) => [clock.name, next++]));
  const cpus = Array.from({ length: cores }, (_, i) => next + cores - 1 - i);
  next += cores;
  const gic = next++;
  next++; // the controller of message-signalled interrupts, which is not modelled
  const gpios = platform.devices.filter((slot) => slot.kind === "pl061");
  return { clocks, cpus, gic, gpio: new Map(gpios.map((slot) => [slot.name, next++])) };
}

function psci({ platform, options }: Tree): FdtNode {
  const conduit = options.startEl === 2 ? platform.psci.el2 : platform.psci.el1;
  return node("psci", {
    ...PsciFunctions,
    method: strings(conduit),
    compatible: strings(...platform.tree.psci),
  });
}

function memory({ platform, options }: Tree): FdtNode {
  const banks = ramBanks(platform, options.memoryBytes);
  return node(unit("memory", banks[0]?.base ?? 0), {
    reg: reg(...banks),
    device_type: strings("memory"),
  });
}

function emptyBus(t: Tree, bus: Platform["tree"]["emptyBuses"][number]): FdtNode {
  return node(unit(bus.name, bus.base), {
    "interrupt-parent": cells(t.phandles.gic),
    ranges: concat(cells(0), cells64(bus.base), cells(bus.size)),
    "#address-cells": cells(1),
    "#size-cells": cells(1),
    compatible: strings(...bus.compatible),
  });
}

function device(t: Tree, slot: DeviceSlot): FdtNode[] {
  const name = nodeName(slot);
  const at = reg(windowOf(slot));
  const interrupts = interrupt(t, ...interruptsOf(slot));
  const clock = "clock" in slot ? cells(t.phandles.clocks.get(slot.clock) ?? 0) : empty;
  switch (slot.kind) {
    case "pl011":
      return [node(name, {
        "clock-names": strings("uartclk", "apb_pclk"),
        clocks: concat(clock, clock),
        interrupts,
        reg: at,
        compatible: strings("arm,pl011", "arm,primecell"),
      })];
    case "armada-uart": {
      const extended = slot.layout === "extended";
      return [node(name, {
        clocks: clock,
        "interrupt-names": strings(...(slot.irqs.sum ? ["uart-sum"] : []), "uart-tx", "uart-rx"),
        interrupts,
        reg: at,
        compatible: strings(`marvell,armada-3700-uart${extended ? "-ext" : ""}`),
      })];
    }
    case "pl031":
      return [node(name, {
        "clock-names": strings("apb_pclk"),
        clocks: clock,
        interrupts,
        reg: at,
        compatible: strings("arm,pl031", "arm,primecell"),
      })];
    case "pl061": {
      const phandle = t.phandles.gpio.get(slot.name) ?? 0;
      const controller = node(name, {
        phandle: cells(phandle),
        "clock-names": strings("apb_pclk"),
        clocks: clock,
        interrupts,
        "gpio-controller": empty,
        "#gpio-cells": cells(2),
        compatible: strings("arm,pl061", "arm,primecell"),
        reg: at,
      });
      return slot.keys.length === 0 ? [controller] : [gpioKeys(slot.keys, phandle), controller];
    }
    case "virtio-mmio":
      return [node(name, {
        "dma-coherent": empty,
        interrupts,
        reg: at,
        compatible: strings("virtio,mmio"),
      })];
    case "vexpress-sysreg":
    case "armada-clocks":
    case "armada-xor":
    case "unclaimed":
      return [];
  }
}

function gpioKeys(
  keys: (DeviceSlot & { kind: "pl061" })["keys"],
  controller: number,
): FdtNode {
  const children = keys.map((key) =>
    node(key.name, {
      gpios: cells(controller, key.pin, 0),
      "linux,code": cells(key.code),
      label: strings(key.label),
    })
  );
  return node("gpio-keys", { compatible: strings("gpio-keys") }, children);
}

function interruptController(t: Tree): FdtNode {
  const { platform, options } = t;
  const frames = gicFrames(platform, options.gicVersion);
  const el2 = platform.tree.showsEl2 === "always" || options.startEl === 2;
  const windows = isV3(frames)
    ? [
      frames.distributor,
      frames.redistributors,
      frames.cpuInterface,
      frames.hypervisorInterface,
      frames.virtualCpuInterface,
    ].filter((w) => w !== undefined)
    : [
      frames.distributor,
      frames.cpuInterface,
      ...(el2 ? [frames.hypervisorInterface, frames.virtualCpuInterface] : []),
    ];
  return node(unit("intc", frames.distributor.base), {
    phandle: cells(t.phandles.gic),
    interrupts: el2 ? cells(IrqType.ppi, platform.gic.maintenance.ppi, IrqFlags.high) : undefined,
    reg: reg(...windows),
    "#redistributor-regions": isV3(frames) ? cells(1) : undefined,
    compatible: strings(isV3(frames) ? "arm,gic-v3" : "arm,cortex-a15-gic"),
    ranges: empty,
    "#size-cells": cells(2),
    "#address-cells": cells(2),
    "interrupt-controller": empty,
    "#interrupt-cells": cells(3),
  });
}

function isV3(frames: Gicv2Frames | Gicv3Frames): frames is Gicv3Frames {
  return "redistributors" in frames;
}

function cpus(t: Tree): FdtNode {
  const { platform, options, phandles } = t;
  const cores = Array.from({ length: options.cores }, (_, i) => {
    const affinity = Number(platform.cpus.mpidr(i) & 0xff_ffffn);
    return node(unit("cpu", affinity), {
      phandle: cells(phandles.cpus[i] ?? 0),
      reg: cells(affinity),
      "enable-method": options.cores > 1 ? strings("psci") : undefined,
      compatible: strings(options.cpuCompatible),
      device_type: strings("cpu"),
    });
  });
  return node("cpus", { "#size-cells": cells(0), "#address-cells": cells(1) }, [
    node("cpu-map", {}, [node("socket0", {}, clusters(t))]),
    ...cores,
  ]);
}

function clusters({ platform, options, phandles }: Tree): FdtNode[] {
  const found: FdtNode[] = [];
  let last: bigint | undefined;
  for (let i = 0; i < options.cores; i++) {
    const cluster = clusterOf(platform.cpus.mpidr(i));
    if (cluster !== last) found.push(node(`cluster${found.length}`));
    last = cluster;
    const members = found.at(-1)?.children ?? [];
    members.push(node(`core${members.length}`, { cpu: cells(phandles.cpus[i] ?? 0) }));
  }
  return found;
}

/** The affinity above the core's: Aff1, or Aff2 where MPIDR_EL1.MT makes Aff0 the thread. */
function clusterOf(mpidr: bigint): bigint {
  return (mpidr >> 24n & 1n) === 1n ? mpidr >> 16n & 0xffn : mpidr >> 8n & 0xffn;
}

function timer(t: Tree): FdtNode {
  const { timers, tree } = t.platform;
  const { el3Physical, el1Physical, el1Virtual, el2Physical } = timers;
  const flags = tree.timerLevel === "low" ? IrqFlags.low : IrqFlags.high;
  return node("timer", {
    interrupts: concat(
      ...[el3Physical, el1Physical, el1Virtual, el2Physical].map((line) =>
        cells(IrqType.ppi, line.ppi, flags | coreMask(t))
      ),
    ),
    "always-on": tree.timerAlwaysOn ? empty : undefined,
    compatible: strings(...tree.timer),
  });
}

function fixedClock(t: Tree, clock: Platform["clocks"][number]): FdtNode {
  return node(clock.name, {
    phandle: cells(t.phandles.clocks.get(clock.name) ?? 0),
    "clock-output-names": strings(clock.output),
    "clock-frequency": cells(clock.frequencyHz),
    "#clock-cells": cells(0),
    compatible: strings("fixed-clock"),
  });
}

function chosen({ platform, options }: Tree): FdtNode {
  const { bootargs, initrd, seeds } = options;
  const console = platform.devices.find((slot) => slot.name === platform.consoles[0]);
  return node("chosen", {
    "linux,initrd-end": initrd && address(initrd.base + initrd.size),
    "linux,initrd-start": initrd && address(initrd.base),
    bootargs: bootargs === undefined ? undefined : strings(bootargs),
    "stdout-path": console && strings(nodePath(console)),
    "rng-seed": seeds?.rng,
    "kaslr-seed": seeds && cells64(seeds.kaslr),
  });
}

/** One cell where one is enough, as QEMU writes it and every reader takes it. */
function address(value: number): Uint8Array {
  return value < 2 ** 32 ? cells(value) : cells64(value);
}

function nodeName(slot: DeviceSlot): string {
  switch (slot.kind) {
    case "virtio-mmio":
      return unit("virtio_mmio", slot.base);
    case "armada-uart":
      return unit("serial", slot.base);
    case "unclaimed":
      return unit(slot.name, slot.base);
    default:
      return unit(slot.kind, slot.base);
  }
}

function unit(name: string, address: number): string {
  return `${name}@${address.toString(16)}`;
}

function reg(...windows: readonly Window[]): Uint8Array {
  return cells64(...windows.flatMap(({ base, size }) => [base, size]));
}

function interrupt(t: Tree, ...lines: readonly (Spi | Ppi)[]): Uint8Array {
  return concat(
    ...lines.map((line) =>
      "spi" in line
        ? cells(IrqType.spi, line.spi, line.trigger === "edge" ? IrqFlags.edge : IrqFlags.high)
        : cells(IrqType.ppi, line.ppi, IrqFlags.high | coreMask(t))
    ),
  );
}

/** A GICv2's PPIs name the cores they go to. */
function coreMask({ options }: Tree): number {
  return options.gicVersion === 2 ? (2 ** options.cores - 1) << 8 : 0;
}
