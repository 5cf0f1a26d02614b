/** A GICv2 as EL2 drives it (IHI 0048 chapters 4 and 5). @module */

import type { Bus } from "../board/bus.ts";
import type { Core } from "../cpu/types.ts";
import { ListControl, type ListEntry, type PhysicalGic } from "./physical_gic.ts";

/** Where the frames are. */
export interface Gicv2Addresses {
  readonly distributor: number;
  readonly cpuInterface: number;
  readonly hypervisorInterface: number;
}

const Gicd = {
  ctlr: 0x000,
  isenabler: 0x100,
  icenabler: 0x180,
  isactiver: 0x300,
  icactiver: 0x380,
  itargetsr: 0x800,
  icfgr: 0xc00,
  sgir: 0xf00,
} as const;
const Gicc = { ctlr: 0x000, pmr: 0x004, iar: 0x00c, eoir: 0x010, dir: 0x1000 } as const;
const Gich = { hcr: 0x000, vtr: 0x004, vmcr: 0x008, apr: 0x0f0, lr: 0x100 } as const;

/** GICC_CTLR: Group 0 enabled, and EOIR drops the priority only. */
const CpuControl = 1 | (1 << 9);

/** Drives the GICv2 whose frames are at `at` on `bus`. */
export function physicalGicv2(bus: Bus, at: Gicv2Addresses): PhysicalGic {
  const read = (core: Core, address: number) => Number(bus.read(address, 4, core.index) ?? 0n);
  const write = (core: Core, address: number, value: number) =>
    void bus.write(address, 4, BigInt(value >>> 0), core.index);
  const gicd = (core: Core, register: number, value: number) =>
    write(core, at.distributor + register, value);
  const gicc = (core: Core, register: number, value: number) =>
    write(core, at.cpuInterface + register, value);
  const gich = (core: Core, register: number, value: number) =>
    write(core, at.hypervisorInterface + register, value);
  const bit = (core: Core, register: number, intid: number) =>
    gicd(core, register + (intid >>> 5) * 4, 1 << (intid & 31));
  const vtr = Number(bus.read(at.hypervisorInterface + Gich.vtr, 4, 0) ?? 0n);
  return {
    version: 2,
    listCount: (vtr & 0x3f) + 1,
    initialize: () => void bus.write(at.distributor + Gicd.ctlr, 4, 1n, 0),
    initializeCore(core, enabled) {
      for (const intid of enabled) bit(core, Gicd.isenabler, intid);
      gicc(core, Gicc.pmr, 0xff);
      gicc(core, Gicc.ctlr, CpuControl);
    },
    acknowledge: (core) => read(core, at.cpuInterface + Gicc.iar),
    end: (core, id) => gicc(core, Gicc.eoir, id),
    deactivate: (core, id) => gicc(core, Gicc.dir, id),
    sendSgi: (from, to, intid) => gicd(from, Gicd.sgir, (1 << (16 + to)) | intid),
    configureSpi(core, intid, { enabled, edge, core: target }) {
      if (!enabled) return bit(core, Gicd.icenabler, intid);
      const register = at.distributor + Gicd.icfgr + (intid >>> 4) * 4;
      const shift = (intid & 15) * 2;
      const others = read(core, register) & ~(3 << shift);
      write(core, register, others | ((edge ? 2 : 0) << shift));
      const targets = at.distributor + Gicd.itargetsr + intid;
      bus.write(targets, 1, BigInt(1 << target), core.index);
      bit(core, Gicd.isenabler, intid);
    },
    setActive: (core, intid, active) => bit(core, active ? Gicd.isactiver : Gicd.icactiver, intid),
    readList(core, n) {
      const word = read(core, at.hypervisorInterface + Gich.lr + n * 4);
      return { pending: (word & (1 << 28)) !== 0, active: (word & (1 << 29)) !== 0 };
    },
    writeList: (core, n, entry) => gich(core, Gich.lr + n * 4, entry ? listWord(entry) : 0),
    setListControl: (core, value) => gich(core, Gich.hcr, value),
    endCount: (core) => read(core, at.hypervisorInterface + Gich.hcr) >>> ListControl.eoiCountShift,
    saveInterface: (core) => ({
      vmcr: BigInt(read(core, at.hypervisorInterface + Gich.vmcr)),
      active: [BigInt(read(core, at.hypervisorInterface + Gich.apr)), 0n],
    }),
    loadInterface(core, { vmcr, active }) {
      gich(core, Gich.vmcr, Number(vmcr));
      gich(core, Gich.apr, Number(active[0] ?? 0n));
    },
  };
}

/** GICH_LR<n> (IHI 0048 5.3.10). */
function listWord(entry: ListEntry): number {
  const middle = entry.hardware === undefined
    ? (entry.source << 10) | (entry.tellEnd ? 1 << 19 : 0)
    : (1 << 31) | (entry.hardware << 10);
  return entry.intid | middle | ((entry.priority >>> 3) << 23) | (entry.pending ? 1 << 28 : 0) |
    (entry.active ? 1 << 29 : 0) | (entry.group << 30);
}
