/**
 * GICH_VMCR and ICH_VMCR_EL2: one word for what a virtual CPU interface's own registers hold.
 *
 * @module
 */

import type { CpuInterface } from "./cpu_interface.ts";

/** Control in 9:0, binary points of Group 1 in 20:18 and Group 0 in 23:21, mask in 31:24. */
export function readVmcr(virtual: CpuInterface, core: number): number {
  return virtual.control(core) | (virtual.binaryPoint(core, 1) << 18) |
    (virtual.binaryPoint(core, 0) << 21) | (virtual.priorityMask(core) << 24);
}

/** Counterpart of {@linkcode readVmcr}. */
export function writeVmcr(virtual: CpuInterface, core: number, value: number): void {
  virtual.setControl(core, value & 0x3ff);
  virtual.setBinaryPoint(core, 1, value >>> 18);
  virtual.setBinaryPoint(core, 0, value >>> 21);
  virtual.setPriorityMask(core, value >>> 24);
}
