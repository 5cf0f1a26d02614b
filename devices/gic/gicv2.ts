/**
 * GICv2 with the Virtualization Extensions and without the Security Extensions (IHI 0048).
 *
 * @module
 */

import { Controller } from "./controller.ts";
import { Control } from "./cpu_interface.ts";
import {
  cpuFrameRows,
  CpuFrameSize,
  HypervisorControlMask,
  hypervisorFrameRows,
  HypervisorFrameSize,
} from "./cpu_frames.ts";
import { distributorV2Rows, DistributorV2Size } from "./distributor_v2.ts";
import { frame, type Row } from "./frames.ts";
import type { Gic, GicConfig, GicFrame, GicWires } from "./gic.ts";

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
  const part = (name: GicFrame["name"], prefix: string, size: number, rows: Row[]): GicFrame => ({
    name,
    device: frame({
      kind: `gicv2-${prefix}`,
      size,
      rows,
      settle: () => controller.settle(),
      log: wires.log,
    }),
  });
  const { interrupts, physical, lists, virtual } = controller;
  return controller.gic({
    parts: {},
    frames: [
      part("distributor", "gicd", DistributorV2Size, distributorV2Rows(interrupts)),
      part("cpuInterface", "gicc", CpuFrameSize, cpuFrameRows("GICC", physical)),
      part("hypervisorInterface", "gich", HypervisorFrameSize, hypervisorFrameRows(lists, virtual)),
      part("virtualCpuInterface", "gicv", CpuFrameSize, cpuFrameRows("GICV", virtual)),
    ],
    readSystem: () => undefined,
    writeSystem: () => false,
  });
}
