/**
 * GICv2 CPU interface registers, physical (GICC) and virtual (GICV), and GICH (IHI 0048 4.4, 5.3,
 * 5.5).
 *
 * @module
 */

import type { Device } from "../../core/board/device.ts";
import { Control, type CpuInterface, Special } from "./cpu_interface.ts";
import { banked, constant, frame, type FrameWires, type Row } from "./frames.ts";
import { ListCount, type ListRegisters, Lr } from "./list_registers.ts";
import { readVmcr, writeVmcr } from "./vmcr.ts";

/** Writable bits of GICH_HCR. */
export const HypervisorControlMask = 0xf800_00ff | 0;

/** Architecture version 2 by Arm, as a GIC-400 says. */
const CpuIidr = 0x0202_143b;
/** GICH_VTR: five bits of priority and preemption. */
const Vtr = (4 << 29) | (4 << 26) | (ListCount - 1);
const [Group0, Group1, AnyGroup] = [1, 2, 3];

/** GICC_* over the physical CPU interface, or GICV_* over the virtual one. */
export function cpuFrame(prefix: "GICC" | "GICV", cpu: CpuInterface, wires: FrameWires): Device {
  // The second page is GICC_DIR's alone.
  return frame(`gicv2-${prefix.toLowerCase()}`, 0x2000, cpuFrameRows(prefix, cpu), wires);
}

/** GICH_*: the list registers of the accessing core, and its virtual CPU interface's state. */
export function hypervisorFrame(
  lists: ListRegisters,
  virtual: CpuInterface,
  wires: FrameWires,
): Device {
  return frame("gicv2-gich", 0x1000, hypervisorFrameRows(lists, virtual), wires);
}

function cpuFrameRows(prefix: "GICC" | "GICV", cpu: CpuInterface): Row[] {
  const name = (register: string) => `${prefix}_${register}`;
  const firstGroups = (core: number) => cpu.has(core, Control.ackCtl) ? AnyGroup : Group0;
  const end = (groups: number) => (core: number, value: number) => {
    if ((value & 0x3ff) < Special.first) cpu.end(core, groups, value & 0x1fff);
  };
  const active = (register: string, at: number, group: number): Row => ({
    at,
    name: name(register),
    count: cpu.activeWords,
    read: (_s, _w, n, from) => cpu.activePriorities(from, group, n),
    write: (_s, _w, value, n, from) => cpu.setActivePriorities(from, group, n, value),
  });
  return [
    banked(name("CTLR"), 0x00, (c) => cpu.control(c), (c, v) => cpu.setControl(c, v)),
    banked(name("PMR"), 0x04, (c) => cpu.priorityMask(c), (c, v) => cpu.setPriorityMask(c, v)),
    banked(name("BPR"), 0x08, (c) => cpu.binaryPoint(c, 0), (c, v) => cpu.setBinaryPoint(c, 0, v)),
    banked(name("IAR"), 0x0c, (c) => cpu.acknowledge(c, firstGroups(c), Special.otherGroup)),
    // Ending a Group 1 interrupt here without AckCtl is UNPREDICTABLE: it ends.
    banked(name("EOIR"), 0x10, () => 0, end(AnyGroup)),
    banked(name("RPR"), 0x14, (c) => cpu.runningPriority(c)),
    banked(name("HPPIR"), 0x18, (c) => cpu.highestPending(c, firstGroups(c), Special.otherGroup)),
    banked(name("ABPR"), 0x1c, (c) => cpu.binaryPoint(c, 1), (c, v) => cpu.setBinaryPoint(c, 1, v)),
    banked(name("AIAR"), 0x20, (c) => cpu.acknowledge(c, Group1, Special.none)),
    banked(name("AEOIR"), 0x24, () => 0, end(Group1)),
    banked(name("AHPPIR"), 0x28, (c) => cpu.highestPending(c, Group1, Special.none)),
    active("APR", 0xd0, 0),
    ...(cpu.config.sharedActive ? [] : [active("NSAPR", 0xe0, 1)]),
    constant(name("IIDR"), 0xfc, CpuIidr),
    banked(name("DIR"), 0x1000, () => 0, (core, value) => {
      if ((value & 0x3ff) < Special.first) cpu.deactivate(core, value & 0x1fff);
    }),
  ];
}

function hypervisorFrameRows(lists: ListRegisters, virtual: CpuInterface): Row[] {
  return [
    banked("GICH_HCR", 0x00, (c) => lists.hcr(c), (c, v) => lists.setHcr(c, v)),
    constant("GICH_VTR", 0x04, Vtr),
    banked("GICH_VMCR", 0x08, (c) => readVmcr(virtual, c), (c, v) => writeVmcr(virtual, c, v)),
    banked("GICH_MISR", 0x10, (c) => lists.maintenance(c, virtual.enabledGroups(c))),
    banked("GICH_EISR0", 0x20, (c) => lists.ended(c)),
    constant("GICH_EISR1", 0x24, 0),
    banked("GICH_ELRSR0", 0x30, (c) => lists.empty(c)),
    constant("GICH_ELRSR1", 0x34, 0),
    banked(
      "GICH_APR",
      0xf0,
      (c) => virtual.activePriorities(c, 0, 0),
      (c, v) => virtual.setActivePriorities(c, 0, 0, v),
    ),
    {
      at: 0x100,
      name: "GICH_LR",
      count: ListCount,
      read: (_s, _w, n, from) => readList(lists, from, n),
      write: (_s, _w, value, n, from) => writeList(lists, from, n, value),
    },
  ];
}

/** GICH_LR<n>: State in 29:28, Priority in 27:23, PhysicalID (or EOI and CPUID) in 19:10. */
function readList(lists: ListRegisters, core: number, n: number): number {
  const id = lists.id(core, n);
  const high = lists.high(core, n);
  const tied = (high & Lr.hardware) !== 0;
  const middle = tied ? (high & 0x3ff) << 10 : (id & 0x1c00) | (high & Lr.eoi ? 1 << 19 : 0);
  return (id & 0x3ff) | middle | (((high >>> 19) & 0x1f) << 23) | (((high >>> 30) & 3) << 28) |
    (high & Lr.group ? 1 << 30 : 0) | (tied ? 1 << 31 : 0);
}

function writeList(lists: ListRegisters, core: number, n: number, value: number): void {
  const tied = value >>> 31 !== 0;
  const middle = tied ? (value >>> 10) & 0x3ff : value & (1 << 19) ? Lr.eoi : 0;
  lists.setId(core, n, value & (tied ? 0x3ff : 0x1fff));
  lists.setHigh(
    core,
    n,
    middle | (((value >>> 23) & 0x1f) << 19) | (((value >>> 28) & 3) << 30) |
      (value & (1 << 30) ? Lr.group : 0) | (tied ? Lr.hardware : 0),
  );
}
