/**
 * GICv3 with the Virtualization Extensions, one Security state and neither LPIs nor GICv2
 * compatibility (IHI 0069).
 *
 * @module
 */

import { Affinities } from "./affinity.ts";
import { Controller } from "./controller.ts";
import { Control } from "./cpu_interface.ts";
import { distributorV3, Routes } from "./distributor_v3.ts";
import type { Gic, GicConfig, GicWires } from "./gic.ts";
import { redistributors, Wakers } from "./redistributor.ts";
import {
  HypervisorControlMask,
  readSystemRegister,
  type SystemParts,
  writeSystemRegister,
} from "./system_registers.ts";

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
  const { interrupts, physical, lists, virtual, frameWires } = controller;
  const routes = new Routes(interrupts, affinities);
  const wakers = new Wakers(config.cores);
  const parts: SystemParts = {
    interrupts,
    physical,
    virtual,
    lists,
    affinities,
    setControl: (cpu, core, value) => {
      if (cpu === physical) controller.setPhysicalControl(core, value);
      else cpu.setControl(core, value);
    },
  };
  return controller.gic({
    parts: { routes, wakers },
    frames: [
      { name: "distributor", device: distributorV3(interrupts, routes, frameWires) },
      {
        name: "redistributors",
        device: redistributors(interrupts, wakers, affinities, frameWires),
      },
    ],
    readSystem: (core, name, isVirtual) => {
      const value = readSystemRegister(parts, core, name, isVirtual);
      controller.settle();
      return value;
    },
    writeSystem: (core, name, value, isVirtual) => {
      const known = writeSystemRegister(parts, core, name, value, isVirtual);
      controller.settle();
      return known;
    },
  });
}
