/**
 * GICv3 with the Virtualization Extensions, one Security state and neither LPIs nor GICv2
 * compatibility (IHI 0069).
 *
 * @module
 */

import { Affinities } from "./affinity.ts";
import { Controller } from "./controller.ts";
import { Control } from "./cpu_interface.ts";
import { distributorV3Rows, DistributorV3Size, Routes } from "./distributor_v3.ts";
import { frame } from "./frames.ts";
import type { Gic, GicConfig, GicWires } from "./gic.ts";
import { redistributorRows, RedistributorStride, Wakers } from "./redistributor.ts";
import {
  HypervisorControlMask,
  readSystemRegister,
  type SystemParts,
  writeSystemRegister,
} from "./system_registers.ts";
import { lowestBit } from "./words.ts";

const PriorityBits = 5;

/** A powered-on GICv3. */
export function gicv3(config: GicConfig, wires: GicWires): Gic {
  const affinities = new Affinities(config);
  const controller = new Controller(config, wires, {
    version: 3,
    priorityBits: PriorityBits,
    sgis: "latched",
    spiTargets: affinities.mask(0),
    controlMask: Control.enableGroup0 | Control.enableGroup1 | Control.cbpr | Control.eoiMode,
    controlFixed: Control.fiqEn, // without EL3, Group 0 is always FIQ
    hcrMask: HypervisorControlMask,
    sharedVirtualActive: false,
  });
  const { interrupts, physical, lists, virtual } = controller;
  const routes = new Routes(interrupts, affinities);
  const wakers = new Wakers(config.cores);
  const parts: SystemParts = {
    physical,
    virtual,
    lists,
    affinities,
    sendSgi: (cores, intid, group) => {
      for (let left = cores; left !== 0; left &= left - 1) {
        const core = lowestBit(left);
        // A target that has the SGI in the other group does not get it.
        if (interrupts.group(core, intid) === group) interrupts.sendSgi(core, intid, 0);
      }
    },
    setControl: (cpu, core, value) => {
      if (cpu === physical) controller.setPhysicalControl(core, value);
      else cpu.setControl(core, value);
    },
  };
  const settle = () => controller.settle();
  return controller.gic({
    parts: { routes, wakers },
    frames: [
      {
        name: "distributor",
        device: frame({
          kind: "gicv3-gicd",
          size: DistributorV3Size,
          rows: distributorV3Rows(interrupts, routes),
          settle,
          log: wires.log,
        }),
      },
      {
        name: "redistributors",
        device: frame({
          kind: "gicv3-gicr",
          size: RedistributorStride * config.cores,
          rows: redistributorRows(interrupts, wakers, affinities),
          settle,
          log: wires.log,
        }),
      },
    ],
    readSystem: (core, name, isVirtual) => {
      const value = readSystemRegister(parts, core, name, isVirtual);
      settle();
      return value;
    },
    writeSystem: (core, name, value, isVirtual) => {
      const known = writeSystemRegister(parts, core, name, value, isVirtual);
      settle();
      return known;
    },
  });
}
