/**
 * GICv2 with the Virtualization Extensions and without the Security Extensions (IHI 0048).
 *
 * @module
 */

import { Controller } from "./controller.ts";
import { cpuFrame, HypervisorControlMask, hypervisorFrame } from "./cpu_frames.ts";
import { Control } from "./cpu_interface.ts";
import { distributorV2 } from "./distributor_v2.ts";
import type { Gic, GicConfig, GicWires } from "./gic.ts";

/** All eight, as QEMU's; a GIC-400 has five. */
const PriorityBits = 8;

/** A powered-on GICv2. */
export function gicv2(config: GicConfig, wires: GicWires): Gic {
  const controller = new Controller(config, wires, {
    version: 2,
    priorityBits: PriorityBits,
    sgis: "per-source",
    // A single core is every interrupt's target (IHI 0048 GICD_ITARGETSRn).
    spiTargets: config.cores === 1 ? 1 : 0,
    controlMask: Control.enableGroup0 | Control.enableGroup1 | Control.ackCtl | Control.fiqEn |
      Control.cbpr | Control.eoiMode,
    controlFixed: 0,
    hcrMask: HypervisorControlMask,
    sharedVirtualActive: true,
  });
  const { interrupts, physical, lists, virtual, frameWires } = controller;
  return controller.gic({
    parts: {},
    frames: [
      { name: "distributor", device: distributorV2(interrupts, frameWires) },
      { name: "cpuInterface", device: cpuFrame("GICC", physical, frameWires) },
      { name: "hypervisorInterface", device: hypervisorFrame(lists, virtual, frameWires) },
      { name: "virtualCpuInterface", device: cpuFrame("GICV", virtual, frameWires) },
    ],
    readSystem: () => undefined,
    writeSystem: () => false,
  });
}
