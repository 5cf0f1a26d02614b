/** The device tree that a guest gets when its description names none. @module */

import type { VmPlan } from "../core/config/vm_plan.ts";
import { writeFdt } from "../core/fdt/blob.ts";
import {
  cells,
  cells64,
  concat,
  ensure,
  type FdtNode,
  find,
  node,
  remove,
  strings,
} from "../core/fdt/node.ts";
import { patchFdt } from "../core/fdt/patch.ts";
import type { BoardOptions } from "./assemble.ts";
import { deviceTree, FixedSeeds, gicPath } from "./device_tree.ts";
import type { Platform } from "./platform.ts";

/** What the frames of a virtual interrupt controller take of the address space. */
const FrameBytes = {
  distributor: 0x1_0000,
  cpuInterface: 0x2000,
  redistributor: 0x2_0000,
} as const;

/** The board's tree without what the guest has not, with what it has in place of it. */
export function vmDeviceTree(
  platform: Platform,
  board: Pick<BoardOptions, "memoryBytes" | "gicVersion">,
  cpu: string,
  plan: VmPlan,
): Uint8Array {
  const tree = deviceTree(platform, {
    cores: Math.min(plan.vcpus.length, platform.cpus.max),
    memoryBytes: board.memoryBytes,
    gicVersion: board.gicVersion,
    startEl: 1,
    cpuCompatible: `arm,${cpu}`,
    seeds: FixedSeeds,
  });
  const { root } = patchFdt({ root: tree, reservations: [], bootCpu: 0 }, plan.fdt);
  placeGic(root, platform, board.gicVersion, plan);
  if (!root.children.some((child) => child.name.startsWith("pl061@"))) remove(root, "/gpio-keys");
  placeConsole(root, plan);
  placeVirtio(root, plan);
  return writeFdt(root);
}

/** The tree that a VM gets, the given one made to fit or one made for it; not every VM gets one. */
export function treeOfVm(
  platform: Platform,
  board: Pick<BoardOptions, "memoryBytes" | "gicVersion"> & { readonly cpu: string },
  plan: VmPlan,
): Uint8Array | undefined {
  if (plan.dtb?.kind === "generate") return vmDeviceTree(platform, board, board.cpu, plan);
  return plan.images.find(({ what }) => what === "dtb")?.bytes;
}

function placeGic(root: FdtNode, platform: Platform, version: 2 | 3, plan: VmPlan): void {
  const gic = find(root, gicPath(platform, version));
  const { vgic } = plan;
  if (!gic || !vgic) return;
  const { distributor, cpuInterface, redistributors } = vgic;
  gic.name = `intc@${distributor.toString(16)}`;
  gic.properties.delete("interrupts"); // the maintenance interrupt is the hypervisor's
  const interfaces = vgic.version === 2
    ? [cpuInterface ?? 0, FrameBytes.cpuInterface]
    : [redistributors ?? 0, FrameBytes.redistributor * plan.vcpus.length];
  if (vgic.version !== version) {
    gic.properties.set("compatible", strings("arm,cortex-a15-gic"));
    gic.properties.delete("#redistributor-regions");
  }
  gic.properties.set("reg", cells64(distributor, FrameBytes.distributor, ...interfaces));
}

function placeVirtio(root: FdtNode, plan: VmPlan): void {
  for (const { kind, gpa, bytes, irq } of plan.emulated) {
    const name = `virtio_mmio@${gpa.toString(16)}`;
    if (!kind.startsWith("virtio-")) continue;
    remove(root, `/${name}`); // the board's slot has an interrupt of its own
    root.children.push(node(name, {
      "dma-coherent": new Uint8Array(),
      interrupts: irq >= 32 ? cells(0, irq - 32, 4) : undefined,
      reg: cells64(gpa, bytes),
      compatible: strings("virtio,mmio"),
    }));
  }
}

/** `/chosen` names a console that is there; an emulated one gets a node. */
function placeConsole(root: FdtNode, plan: VmPlan): void {
  const chosen = ensure(root, "/chosen");
  const path = new TextDecoder().decode(chosen.properties.get("stdout-path")).replace(/\0.*$/, "");
  const clock = root.children.find((child) => child.properties.has("clock-frequency"));
  for (const { kind, gpa, bytes, irq } of plan.emulated) {
    const name = `pl011@${gpa.toString(16)}`;
    if (kind !== "console" || find(root, `/${name}`)) continue;
    const phandle = clock?.properties.get("phandle");
    root.children.push(node(name, {
      compatible: strings("arm,pl011", "arm,primecell"),
      reg: cells64(gpa, bytes),
      interrupts: irq >= 32 ? cells(0, irq - 32, 4) : undefined,
      clocks: phandle && concat(phandle, phandle),
      "clock-names": phandle ? strings("uartclk", "apb_pclk") : undefined,
    }));
  }
  if (path && find(root, path)) return;
  const uart = root.children.find((child) => /^(pl011|serial)@/.test(child.name));
  if (uart) chosen.properties.set("stdout-path", strings(`/${uart.name}`));
  else chosen.properties.delete("stdout-path");
}
