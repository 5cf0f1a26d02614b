/** A GICv3 as EL2 drives it (IHI 0069 chapter 12). @module */

import type { Bus } from "../board/bus.ts";
import { getRegister, setRegister } from "../cpu/system_registers.ts";
import type { Core } from "../cpu/types.ts";
import { ListControl, type ListEntry, type PhysicalGic } from "./physical_gic.ts";

/** Where the frames are. */
export interface Gicv3Addresses {
  readonly distributor: number;
  /** The first core's redistributor. */
  readonly redistributors: number;
}

const Gicd = {
  ctlr: 0x0000,
  typer: 0x0004,
  igroupr: 0x0080,
  isenabler: 0x0100,
  icenabler: 0x0180,
  icfgr: 0x0c00,
  irouter: 0x6000,
} as const;
/** GICD_CTLR: affinity routing and Group 1. */
const DistributorControl = 0x12;
const RedistributorBytes = 0x2_0000;
const Gicr = {
  waker: 0x0014,
  igroupr0: 0x1_0080,
  isenabler0: 0x1_0100,
  isactiver0: 0x1_0300,
  icactiver0: 0x1_0380,
} as const;
/** ICC_CTLR_EL1.EOImode: EOIR drops the priority only. */
const SplitEnd = 2n;

/** Drives the GICv3 whose frames are at `at` on `bus`; `mpidr` names the cores. */
export function physicalGicv3(
  bus: Bus,
  at: Gicv3Addresses,
  cores: readonly Core[],
): PhysicalGic {
  const read = (core: Core, address: number) => Number(bus.read(address, 4, core.index) ?? 0n);
  const write = (core: Core, address: number, value: number) =>
    void bus.write(address, 4, BigInt(value >>> 0), core.index);
  const gicr = (core: Core, register: number, value: number) =>
    write(core, at.redistributors + core.index * RedistributorBytes + register, value);
  const bit = (core: Core, register: number, intid: number) =>
    write(core, at.distributor + register + (intid >>> 5) * 4, 1 << (intid & 31));
  const first = cores[0] as Core;
  return {
    version: 3,
    listCount: Number(getRegister(first, "ICH_VTR_EL2") & 0x1fn) + 1,
    initialize() {
      const banks = read(first, at.distributor + Gicd.typer) & 0x1f;
      for (let n = 1; n <= banks; n++) write(first, at.distributor + Gicd.igroupr + n * 4, -1);
      write(first, at.distributor + Gicd.ctlr, DistributorControl);
    },
    initializeCore(core, enabled) {
      gicr(core, Gicr.waker, 0);
      gicr(core, Gicr.igroupr0, -1);
      gicr(core, Gicr.isenabler0, enabled.reduce((mask, intid) => mask | (1 << intid), 0));
      setRegister(core, "ICC_SRE_EL2", 0xfn);
      setRegister(core, "ICC_PMR_EL1", 0xffn);
      setRegister(core, "ICC_CTLR_EL1", SplitEnd);
      setRegister(core, "ICC_IGRPEN1_EL1", 1n);
    },
    acknowledge: (core) => Number(getRegister(core, "ICC_IAR1_EL1")),
    end: (core, id) => setRegister(core, "ICC_EOIR1_EL1", BigInt(id)),
    deactivate: (core, id) => setRegister(core, "ICC_DIR_EL1", BigInt(id)),
    sendSgi: (from, to, intid) =>
      setRegister(from, "ICC_SGI1R_EL1", sgiTarget((cores[to] as Core).mpidr, intid)),
    configureSpi(core, intid, { enabled, edge, core: target }) {
      if (!enabled) return bit(core, Gicd.icenabler, intid);
      const register = at.distributor + Gicd.icfgr + (intid >>> 4) * 4;
      const shift = (intid & 15) * 2;
      const others = read(core, register) & ~(3 << shift);
      write(core, register, others | ((edge ? 2 : 0) << shift));
      const route = (cores[target] as Core).mpidr & 0xff_00ff_ffffn;
      bus.write(at.distributor + Gicd.irouter + intid * 8, 8, route, core.index);
      bit(core, Gicd.isenabler, intid);
    },
    setActive: (core, intid, active) =>
      gicr(core, active ? Gicr.isactiver0 : Gicr.icactiver0, 1 << intid),
    readList(core, n) {
      const value = getRegister(core, `ICH_LR${n}_EL2`);
      return { pending: (value >> 62n & 1n) !== 0n, active: value >> 63n !== 0n };
    },
    writeList: (core, n, entry) =>
      setRegister(core, `ICH_LR${n}_EL2`, entry ? listValue(entry) : 0n),
    setListControl: (core, value) => setRegister(core, "ICH_HCR_EL2", BigInt(value)),
    endCount: (core) => Number(getRegister(core, "ICH_HCR_EL2")) >>> ListControl.eoiCountShift,
    saveInterface: (core) => ({
      vmcr: getRegister(core, "ICH_VMCR_EL2"),
      active: [getRegister(core, "ICH_AP0R0_EL2"), getRegister(core, "ICH_AP1R0_EL2")],
    }),
    loadInterface(core, { vmcr, active }) {
      setRegister(core, "ICH_VMCR_EL2", vmcr);
      setRegister(core, "ICH_AP0R0_EL2", active[0] ?? 0n);
      setRegister(core, "ICH_AP1R0_EL2", active[1] ?? 0n);
    },
  };
}

/** ICC_SGI1R_EL1 for one core (IHI 0069 12.2). */
function sgiTarget(mpidr: bigint, intid: number): bigint {
  const [aff0, aff1, aff2, aff3] = [0n, 8n, 16n, 32n].map((at) => (mpidr >> at) & 0xffn) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return (aff3 << 48n) | ((aff0 >> 4n) << 44n) | (aff2 << 32n) | (BigInt(intid) << 24n) |
    (aff1 << 16n) | (1n << (aff0 & 15n));
}

/** ICH_LR<n>_EL2 (IHI 0069 12.4). */
function listValue(entry: ListEntry): bigint {
  const high = (entry.hardware ?? (entry.tellEnd ? 1 << 9 : 0)) | (entry.priority << 16) |
    (entry.group << 28) | (entry.hardware === undefined ? 0 : 1 << 29) |
    (entry.pending ? 1 << 30 : 0) | (entry.active ? 1 << 31 : 0);
  return (BigInt(high >>> 0) << 32n) | BigInt(entry.intid);
}
