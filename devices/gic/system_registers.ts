/**
 * The GICv3 system registers: ICC_* and ICV_*, which share their names here, and ICH_* (IHI 0069
 * 12.2 AArch64 System register descriptions).
 *
 * @module
 */

import type { Affinities } from "./affinity.ts";
import { Control, type CpuInterface, Special } from "./cpu_interface.ts";
import { sendAffinitySgi } from "./distributor_v3.ts";
import type { Interrupts } from "./interrupts.ts";
import { Hcr, ListCount, type ListRegisters } from "./list_registers.ts";
import { readVmcr, writeVmcr } from "./vmcr.ts";

/** What EL2 can make of an access at EL1. */
export interface SystemAccess {
  /**
   * The HCR_EL2 bits of which one must be set for an access at EL1 to reach the virtual interface;
   * `undefined` for registers that exist once.
   */
  readonly virtual: "IMO" | "FMO" | "IMO or FMO" | undefined;
  /** The ICH_HCR_EL2 bits of which one must be set for an access at EL1 to trap to EL2. */
  readonly trap: number;
  /** Whether HCR_EL2.IMO or FMO makes an access at EL1 trap to EL2: the SGI registers. */
  readonly trapsWithInterrupts: boolean;
}

/** What the registers act on. */
export interface SystemParts {
  readonly physical: CpuInterface;
  readonly virtual: CpuInterface;
  readonly lists: ListRegisters;
  readonly affinities: Affinities;
  readonly interrupts: Interrupts;
  /** Changes an interface's control. */
  readonly setControl: (cpu: CpuInterface, core: number, value: number) => void;
}

/** A register; `cpu` is the physical or virtual interface that the access reaches. */
interface Row extends SystemAccess {
  readonly name: string;
  readonly read?: (core: number, cpu: CpuInterface, parts: SystemParts) => number | bigint;
  readonly write?: (core: number, cpu: CpuInterface, value: bigint, parts: SystemParts) => void;
}

/** Writable bits of ICH_HCR_EL2. */
export const HypervisorControlMask = (0x1f << Hcr.eoiCountShift) | Hcr.tdir | Hcr.tall1 |
  Hcr.tall0 | Hcr.tc | 0xff;

/** ICC_CTLR_EL1: A3V, IDbits 1 (24 bits), PRIbits 4 (five bits). */
const ControlFixed = (1 << 15) | (1 << 11) | (4 << 8);
/** ICH_VTR_EL2: PRIbits 4, PREbits 4, IDbits 1, A3V, nV4 (no GICv4), TDS (TDIR works). */
const Vtr = (4 << 29) | (4 << 26) | (1 << 23) | (1 << 21) | (1 << 20) | (1 << 19) |
  (ListCount - 1);

const Common = { virtual: "IMO or FMO", trap: Hcr.tc, trapsWithInterrupts: false } as const;
const Group0 = { virtual: "FMO", trap: Hcr.tall0, trapsWithInterrupts: false } as const;
const Group1 = { virtual: "IMO", trap: Hcr.tall1, trapsWithInterrupts: false } as const;
const Sgi = { virtual: undefined, trap: Hcr.tc, trapsWithInterrupts: true } as const;
const Single = { virtual: undefined, trap: 0, trapsWithInterrupts: false } as const;

const rows = new Map<string, Row>(
  [...commonRows(), ...groupRows(0), ...groupRows(1), ...hypervisorRows()]
    .map((row) => [row.name, row]),
);

/** The rules for an access; `undefined` when there is no such register. */
export function systemRegisterAccess(name: string): SystemAccess | undefined {
  return rows.get(name);
}

/** MRS; `undefined` when there is no such register, or it cannot be read. */
export function readSystemRegister(
  parts: SystemParts,
  core: number,
  name: string,
  virtual: boolean,
): bigint | undefined {
  const value = rows.get(name)?.read?.(core, virtual ? parts.virtual : parts.physical, parts);
  return typeof value === "number" ? BigInt(value >>> 0) : value;
}

/** MSR; false when there is no such register, or it cannot be written. */
export function writeSystemRegister(
  parts: SystemParts,
  core: number,
  name: string,
  value: bigint,
  virtual: boolean,
): boolean {
  const write = rows.get(name)?.write;
  write?.(core, virtual ? parts.virtual : parts.physical, value, parts);
  return write !== undefined;
}

/** Registers of both groups. */
function commonRows(): Row[] {
  const sgi = (name: string, group: number): Row => ({
    ...Sgi,
    name,
    write: (core, _cpu, value, { interrupts, affinities }) =>
      sendAffinitySgi(interrupts, affinities, value, group, core),
  });
  return [
    {
      ...Common,
      name: "ICC_PMR_EL1",
      read: (core, cpu) => cpu.priorityMask(core),
      write: (core, cpu, value) => cpu.setPriorityMask(core, low(value)),
    },
    {
      ...Common,
      name: "ICC_CTLR_EL1",
      read: (core, cpu) =>
        ControlFixed | (cpu.has(core, Control.cbpr) ? 1 : 0) |
        (cpu.has(core, Control.eoiMode) ? 2 : 0),
      write: (core, cpu, value, { setControl }) => {
        const kept = cpu.control(core) & ~(Control.cbpr | Control.eoiMode);
        const set = (value & 1n ? Control.cbpr : 0) | (value & 2n ? Control.eoiMode : 0);
        setControl(cpu, core, kept | set);
      },
    },
    { ...Common, name: "ICC_RPR_EL1", read: (core, cpu) => cpu.runningPriority(core) },
    {
      ...Common,
      trap: Hcr.tc | Hcr.tdir,
      name: "ICC_DIR_EL1",
      write: (core, cpu, value) => ifInterrupt(value, (id) => cpu.deactivate(core, id)),
    },
    sgi("ICC_SGI0R_EL1", 0),
    sgi("ICC_SGI1R_EL1", 1),
    // The group of the Security state that does not exist: Group 0 is what is left of it.
    sgi("ICC_ASGI1R_EL1", 0),
    // There is no memory-mapped interface: SRE, DFB, DIB and Enable are RAO/WI.
    { ...Single, name: "ICC_SRE_EL1", read: () => 0x7, write: () => {} },
    { ...Single, name: "ICC_SRE_EL2", read: () => 0xf, write: () => {} },
  ];
}

/** Registers that each group has; five bits of priority need one active priorities register. */
function groupRows(group: 0 | 1): Row[] {
  const rules = group === 0 ? Group0 : Group1;
  const own = 1 << group;
  const shared = (core: number, cpu: CpuInterface) => group === 1 && cpu.has(core, Control.cbpr);
  return [
    {
      ...rules,
      name: `ICC_IAR${group}_EL1`,
      read: (core, cpu) => cpu.acknowledge(core, own, Special.none),
    },
    {
      ...rules,
      name: `ICC_EOIR${group}_EL1`,
      write: (core, cpu, value) => ifInterrupt(value, (id) => cpu.end(core, own, id)),
    },
    {
      ...rules,
      name: `ICC_HPPIR${group}_EL1`,
      read: (core, cpu) => cpu.highestPending(core, own, Special.none),
    },
    {
      ...rules,
      name: `ICC_BPR${group}_EL1`,
      // With CBPR, Group 1 has Group 0's: it reads as one more and ignores writes.
      read: (core, cpu) =>
        shared(core, cpu)
          ? Math.min(cpu.binaryPoint(core, 0) + 1, 7)
          : cpu.binaryPoint(core, group),
      write: (core, cpu, value) => {
        if (!shared(core, cpu)) cpu.setBinaryPoint(core, group, low(value));
      },
    },
    {
      ...rules,
      name: `ICC_IGRPEN${group}_EL1`,
      read: (core, cpu) => (cpu.control(core) >> group) & 1,
      write: (core, cpu, value, { setControl }) =>
        setControl(cpu, core, (cpu.control(core) & ~own) | (value & 1n ? own : 0)),
    },
    {
      ...rules,
      name: `ICC_AP${group}R0_EL1`,
      read: (core, cpu) => cpu.activePriorities(core, group, 0),
      write: (core, cpu, value) => cpu.setActivePriorities(core, group, 0, low(value)),
    },
    {
      ...Single,
      name: `ICH_AP${group}R0_EL2`,
      read: (core, _cpu, { virtual }) => virtual.activePriorities(core, group, 0),
      write: (core, _cpu, value, { virtual }) =>
        virtual.setActivePriorities(core, group, 0, low(value)),
    },
  ];
}

/** ICH_* but the active priorities. */
function hypervisorRows(): Row[] {
  const listRow = (_: unknown, n: number): Row => ({
    ...Single,
    name: `ICH_LR${n}_EL2`,
    read: (core, _cpu, { lists }) =>
      (BigInt(lists.high(core, n) >>> 0) << 32n) | BigInt(lists.id(core, n)),
    write: (core, _cpu, value, { lists }) => {
      lists.setId(core, n, low(value));
      lists.setHigh(core, n, low(value >> 32n));
    },
  });
  return [
    {
      ...Single,
      name: "ICH_HCR_EL2",
      read: (core, _cpu, { lists }) => lists.hcr(core),
      write: (core, _cpu, value, { lists }) => lists.setHcr(core, low(value)),
    },
    { ...Single, name: "ICH_VTR_EL2", read: () => Vtr },
    {
      ...Single,
      name: "ICH_VMCR_EL2",
      read: (core, _cpu, { virtual }) => readVmcr(virtual, core),
      write: (core, _cpu, value, { virtual }) => writeVmcr(virtual, core, low(value)),
    },
    {
      ...Single,
      name: "ICH_MISR_EL2",
      read: (core, _cpu, { lists, virtual }) =>
        lists.maintenance(core, virtual.enabledGroups(core)),
    },
    { ...Single, name: "ICH_EISR_EL2", read: (core, _cpu, { lists }) => lists.ended(core) },
    { ...Single, name: "ICH_ELRSR_EL2", read: (core, _cpu, { lists }) => lists.empty(core) },
    ...Array.from({ length: ListCount }, listRow),
  ];
}

/** The low word. */
function low(value: bigint): number {
  return Number(value & 0xffff_ffffn);
}

/** Ignores what names no interrupt: the special INTIDs, and with no LPIs all above them. */
function ifInterrupt(value: bigint, act: (id: number) => void): void {
  const id = Number(value & 0xff_ffffn);
  if (id < Special.first) act(id);
}
