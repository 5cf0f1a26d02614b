/** GICs with recording wires, for the tests of this folder. @module */

import type { Device, Width } from "../../../core/board/device.ts";
import type { Gic, GicConfig, GicFrame, GicWires } from "../../../devices/gic/gic.ts";
import { gicv2 } from "../../../devices/gic/gicv2.ts";
import { gicv3 } from "../../../devices/gic/gicv3.ts";

export const Irq = 1;
export const Fiq = 2;
export const Virq = 4;
export const Vfiq = 8;
export const Spurious = 1023;

/** Accesses to one frame; `core` is who accesses. */
export interface Port {
  read(at: number, core?: number, width?: Width): number;
  write(at: number, value: number, core?: number, width?: Width): void;
}

function port(device: Device): Port {
  return {
    read: (at, core = 0, width = 4) => device.read(at, width, core),
    write: (at, value, core = 0, width = 4) => device.write(at, width, value, core),
  };
}

export interface Rig {
  readonly gic: Gic;
  /** What the wires were told, "core:mask". */
  readonly told: string[];
  readonly log: string[];
  frame(name: GicFrame["name"]): Port;
}

/** A GICv2 and its frames. */
export interface Rig2 extends Rig {
  readonly gicd: Port;
  readonly gicc: Port;
  readonly gich: Port;
  readonly gicv: Port;
}

/** A GICv3, its frames and system registers; `vget` and `vset` reach the virtual interface. */
export interface Rig3 extends Rig {
  readonly gicd: Port;
  /** All cores' frames; core n's are at n * 0x2_0000. */
  readonly gicr: Port;
  get(name: string, core?: number): number;
  set(name: string, value: number | bigint, core?: number): boolean;
  vget(name: string, core?: number): number;
  vset(name: string, value: number | bigint, core?: number): boolean;
}

function rig(make: (config: GicConfig, wires: GicWires) => Gic, config: Partial<GicConfig>): Rig {
  const told: string[] = [];
  const log: string[] = [];
  const gic = make({ cores: 2, spis: 256, mpidr: (core) => core, ...config }, {
    lines: (core, mask) => told.push(`${core}:${mask}`),
    log: (message) => log.push(message),
  });
  return {
    gic,
    told,
    log,
    frame: (name) => {
      const found = gic.frames.find((frame) => frame.name === name);
      if (!found) throw new Error(`no frame ${name}`);
      return port(found.device);
    },
  };
}

/** A GICv2 at power-on. */
export function rig2(config: Partial<GicConfig> = {}): Rig2 {
  const made = rig(gicv2, config);
  return {
    ...made,
    gicd: made.frame("distributor"),
    gicc: made.frame("cpuInterface"),
    gich: made.frame("hypervisorInterface"),
    gicv: made.frame("virtualCpuInterface"),
  };
}

/** A GICv2 with everything enabled, all interrupts in Group 0 at priority 0xa0, SPIs to core 0. */
export function running2(config: Partial<GicConfig> = {}): Rig2 {
  const made = rig2(config);
  start2(made, config.cores ?? 2);
  return made;
}

/** Brings about what {@linkcode running2} says. */
export function start2({ gicd, gicc }: Rig2, cores: number): void {
  gicd.write(0x000, 1);
  for (let core = 0; core < cores; core++) {
    gicd.write(0x100, 0xffff_ffff, core);
    for (let at = 0x400; at < 0x420; at += 4) gicd.write(at, 0xa0a0_a0a0, core);
    gicc.write(0x00, 1, core);
    gicc.write(0x04, 0xf0, core);
  }
  for (let n = 1; n <= 8; n++) gicd.write(0x100 + n * 4, 0xffff_ffff);
  for (let at = 0x420; at < 0x520; at += 4) gicd.write(at, 0xa0a0_a0a0);
  for (let at = 0x820; at < 0x920; at += 4) gicd.write(at, 0x0101_0101);
}

/** A GICv3 at power-on. */
export function rig3(config: Partial<GicConfig> = {}): Rig3 {
  const made = rig(gicv3, config);
  return {
    ...made,
    gicd: made.frame("distributor"),
    gicr: made.frame("redistributors"),
    get: (name, core = 0) => Number(made.gic.readSystem(core, name, false)),
    set: (name, value, core = 0) => made.gic.writeSystem(core, name, BigInt(value), false),
    vget: (name, core = 0) => Number(made.gic.readSystem(core, name, true)),
    vset: (name, value, core = 0) => made.gic.writeSystem(core, name, BigInt(value), true),
  };
}

/** Where the SGI and PPI registers of a core's redistributor are. */
export function sgiFrame(core: number): number {
  return core * 0x2_0000 + 0x1_0000;
}

/** A GICv3 with everything enabled, all interrupts in Group 1 at priority 0xa0, SPIs to core 0. */
export function running3(config: Partial<GicConfig> = {}): Rig3 {
  const made = rig3(config);
  start3(made, config.cores ?? 2);
  return made;
}

/** Brings about what {@linkcode running3} says. */
export function start3({ gicd, gicr, set }: Rig3, cores: number): void {
  gicd.write(0x000, 3);
  for (let core = 0; core < cores; core++) {
    const frame = sgiFrame(core);
    gicr.write(core * 0x2_0000 + 0x14, 0);
    gicr.write(frame + 0x080, 0xffff_ffff);
    gicr.write(frame + 0x100, 0xffff_ffff);
    for (let at = 0x400; at < 0x420; at += 4) gicr.write(frame + at, 0xa0a0_a0a0);
    set("ICC_PMR_EL1", 0xf0, core);
    set("ICC_IGRPEN1_EL1", 1, core);
  }
  for (let n = 1; n <= 8; n++) {
    gicd.write(0x080 + n * 4, 0xffff_ffff);
    gicd.write(0x100 + n * 4, 0xffff_ffff);
  }
  for (let at = 0x420; at < 0x520; at += 4) gicd.write(at, 0xa0a0_a0a0);
}
