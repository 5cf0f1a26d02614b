/**
 * A machine of memory, registers and no processor, for tests of address translation.
 *
 * @module
 */

import { StateFields, StateLayout } from "../../../core/cpu/state.ts";
import { MemoryMap, Tlb } from "../../../core/memory_map.ts";
import { AccessFlag } from "../../../core/mmu/access.ts";
import { levelShift } from "../../../core/mmu/descriptors.ts";
import {
  type MmuFeatures,
  type MmuHost,
  type MmuRegister,
  MmuRegisters,
} from "../../../core/mmu/host.ts";
import { Mmu } from "../../../core/mmu/mmu.ts";
import { faultStatus } from "../../../core/mmu/fault.ts";

/** Physical address and size of the RAM, and where it lies in linear memory. */
export const Ram = { base: 0x4000_0000, bytes: 0x100_0000, host: 0x380_0000 } as const;

/** Where a device answers. */
export const DeviceBase = 0x0900_0000;

/** Stage 1 descriptor bits, as 64-bit values. */
export const S1 = {
  af: 1n << 10n,
  ap1: 1n << 6n,
  ap2: 1n << 7n,
  nG: 1n << 11n,
  dbm: 1n << 51n,
  contiguous: 1n << 52n,
  pxn: 1n << 53n,
  uxn: 1n << 54n,
  /** Attribute index 1: Device in `start`'s MAIR. */
  device: 1n << 2n,
  pxnTable: 1n << 59n,
  uxnTable: 1n << 60n,
  apTable0: 1n << 61n,
  apTable1: 1n << 62n,
} as const;

/** Stage 2 descriptor bits. */
export const S2 = {
  af: 1n << 10n,
  read: 1n << 6n,
  write: 1n << 7n,
  normal: 0xfn << 2n,
  dbm: 1n << 51n,
  xn0: 1n << 53n,
  xn1: 1n << 54n,
  /** Normal memory, everything allowed. */
  all: (1n << 10n) | (3n << 6n) | (0xfn << 2n),
} as const;

const Slots = Object.fromEntries(MmuRegisters.map((name, i) => [name, i + 1])) as Record<
  MmuRegister,
  number
>;

const Base: MmuFeatures = {
  addressBits: 44,
  granule16K: true,
  asid16: true,
  vmid16: false,
  hafdbs: false,
  hpds: false,
  xnx: false,
};

/** A test machine. */
export class Machine {
  readonly mmu: Mmu;
  readonly host: MmuHost;
  readonly memory = new ArrayBuffer(Ram.host + Ram.bytes);
  readonly view = new DataView(this.memory);
  readonly codePages = new Set<number>();
  readonly codeWrites: [address: number, bytes: number][] = [];
  readonly busLog: string[] = [];
  #nextTable = Ram.base + 0x10_0000;

  constructor(features: Partial<MmuFeatures> = {}, cores = 1) {
    this.host = {
      cores,
      memory: this.memory,
      features: { ...Base, ...features },
      registerSlots: Slots,
      stateBase,
      hostOffset: (pa) =>
        pa >= Ram.base && pa < Ram.base + Ram.bytes ? pa - Ram.base + Ram.host : -1,
      mmio: {
        covers: (pa) => pa >= DeviceBase && pa < DeviceBase + 0x1_0000,
        read: (pa, width, core) => {
          this.busLog.push(`r${width} ${(pa - DeviceBase).toString(16)} @${core}`);
          return (0xa5000000 + (pa & 0xffff)) >>> 0;
        },
        write: (pa, width, value) => {
          this.busLog.push(`w${width} ${(pa - DeviceBase).toString(16)} ${value.toString(16)}`);
        },
      },
      isCodePage: (page) => this.codePages.has(page),
      codeWritten: (address, bytes) => this.codeWrites.push([address, bytes]),
    };
    this.mmu = new Mmu(this.host);
    this.el(1);
  }

  /** Writes a system register as MSR does. */
  set(name: MmuRegister, value: bigint, core = 0): void {
    const at = stateBase(core) + StateLayout.systemRegisters + Slots[name] * 8;
    this.view.setBigUint64(at, value, true);
    this.mmu.invalidateRegime(core);
    this.mmu.select(core);
  }

  get(name: MmuRegister, core = 0): bigint {
    return this.view.getBigUint64(
      stateBase(core) + StateLayout.systemRegisters + Slots[name] * 8,
      true,
    );
  }

  field(name: keyof typeof StateFields, value: number, core = 0): void {
    this.view.setUint32(stateBase(core) + StateFields[name][0], value, true);
    this.mmu.select(core);
  }

  el(level: number, core = 0): void {
    this.field("el", level, core);
  }

  /** Clean physical pages for tables, aligned to their size. */
  allocate(bytes = 4096): number {
    this.#nextTable = Math.ceil(this.#nextTable / bytes) * bytes;
    const at = this.#nextTable;
    this.#nextTable += Math.max(bytes, 4096);
    return at;
  }

  /** The 64-bit word at a physical address. */
  word(pa: number): bigint {
    return this.view.getBigUint64(pa - Ram.base + Ram.host, true);
  }

  setWord(pa: number, value: bigint): void {
    this.view.setBigUint64(pa - Ram.base + Ram.host, value, true);
  }

  /** EL1 (or EL2 with E2H): 48-bit, 4 KiB, MAIR 0 Normal and 1 Device, MMU on. */
  start(tables: Tables, tcr = 0n, sctlr = 0n): void {
    const tg0 = ({ 12: 0n, 14: 2n, 16: 1n })[tables.granuleBits as 12 | 14 | 16];
    const tg1 = ({ 12: 2n, 14: 1n, 16: 3n })[tables.granuleBits as 12 | 14 | 16];
    const size = BigInt(64 - tables.inputBits);
    this.set("MAIR_EL1", 0x00ffn | (0x44n << 16n));
    this.set(
      "TCR_EL1",
      size | (tg0 << 14n) | (size << 16n) | (tg1 << 30n) | (5n << 32n) | tcr,
    );
    this.set("TTBR0_EL1", BigInt(tables.root));
    this.set("TTBR1_EL1", BigInt(tables.root));
    this.set("SCTLR_EL1", 1n | sctlr);
  }

  access(
    va: bigint,
    bytes: number,
    write: boolean,
    flags = 0,
    alignment = bytes,
    core = 0,
  ): string {
    this.view.setBigUint64(
      stateBase(core) + StateFields.accessAddress[0],
      BigInt.asUintN(64, va),
      true,
    );
    const failed = write
      ? this.mmu.probeWrite(core, bytes, alignment, flags)
      : this.mmu.read(core, bytes, alignment, flags);
    return failed === 0 ? "ok" : this.faultText(core);
  }

  /** "ok", or the fault's status code with `s2` and `ptw` where they apply. */
  read(va: bigint, bytes = 4, flags = 0, alignment = bytes, core = 0): string {
    return this.access(va, bytes, false, flags, alignment, core);
  }

  write(va: bigint, bytes = 4, flags = 0, alignment = bytes, core = 0): string {
    return this.access(va, bytes, true, flags, alignment, core);
  }

  /** "ok" or the fault of an atomic access, the latter with `w` when a read would do. */
  update(va: bigint, bytes = 8): string {
    this.view.setBigUint64(stateBase(0) + StateFields.accessAddress[0], va, true);
    if (this.mmu.update(0, bytes, bytes, AccessFlag.aligned) === 0) return "ok";
    return this.faultText() + (this.mmu.fault(0).write ? " w" : "");
  }

  /** "ok" or the fault of an instruction fetch. */
  fetch(va: bigint, core = 0): string {
    const { high, low } = halves(va);
    return this.mmu.fetch(core, high, low) >= 0 ? "ok" : this.faultText(core);
  }

  faultText(core = 0): string {
    const fault = this.mmu.fault(core);
    const status = faultStatus(fault).toString(16).padStart(2, "0");
    return status + (fault.stage2 ? " s2" : "") + (fault.s1ptw ? " ptw" : "");
  }

  /** Physical address that `va` reads from, or the fault. */
  pa(va: bigint): number | string {
    const { high, low } = halves(va);
    const pa = this.mmu.peek(0, high, low);
    return pa < 0 ? this.faultText() : pa;
  }

  /** The mailbox's first bytes as a number. */
  mailbox(core = 0): bigint {
    return this.view.getBigUint64(stateBase(core) + StateLayout.mailbox, true);
  }

  setMailbox(value: bigint, core = 0): void {
    this.view.setBigUint64(stateBase(core) + StateLayout.mailbox, value, true);
  }

  /**
   * What generated code would do: the linear-memory address it would access directly, or undefined
   * when it takes the slow path.
   */
  fast(
    va: bigint,
    kind: "readTag" | "writeTag" | "executeTag" = "readTag",
    bytes = 4,
    table: "tlb" | "tlbUnprivileged" = "tlb",
    core = 0,
  ): number | undefined {
    va = BigInt.asUintN(64, va);
    const base = stateBase(core);
    const tlb = Number(this.view.getBigUint64(base + StateFields[table][0], true));
    const mask = this.view.getBigUint64(base + StateFields.alignMask[0], true);
    const entry = tlb + Number((va >> 12n) & BigInt(Tlb.entries - 1)) * Tlb.entryBytes;
    const size = BigInt(bytes);
    const test = kind === "executeTag"
      ? va & ~0xfffn
      : BigInt.asUintN(64, (va + size - 1n) & ~0xfffn) | (va & (size - 1n) & mask);
    if (test !== this.view.getBigUint64(entry + Tlb[kind], true)) return undefined;
    return Number(BigInt.asUintN(64, va + this.view.getBigUint64(entry + Tlb.addend, true)));
  }
}

/** Translation tables under construction, at physical addresses of `machine`'s RAM. */
export class Tables {
  readonly root: number;
  readonly machine: Machine;
  readonly granuleBits: number;
  readonly inputBits: number;
  readonly startLevel: number;

  constructor(
    machine: Machine,
    granuleBits = 12,
    inputBits = 48,
    startLevel = 4 - Math.ceil((inputBits - granuleBits) / (granuleBits - 3)),
  ) {
    this.machine = machine;
    this.granuleBits = granuleBits;
    this.inputBits = inputBits;
    this.startLevel = startLevel;
    const indexBits = inputBits - levelShift(granuleBits, startLevel);
    this.root = machine.allocate(2 ** indexBits * 8);
  }

  /** Address of the descriptor for `address` at `level`, making tables on the way. */
  descriptor(address: bigint, level: number, tableBits = 0n): number {
    let table = this.root;
    for (let at = this.startLevel;; at++) {
      const shift = BigInt(levelShift(this.granuleBits, at));
      const bits = at === this.startLevel
        ? BigInt(this.inputBits) - shift
        : BigInt(this.granuleBits - 3);
      const index = (address >> shift) & ((1n << bits) - 1n);
      const entry = table + Number(index) * 8;
      if (at === level) return entry;
      if ((this.machine.word(entry) & 1n) === 0n) {
        const next = this.machine.allocate(2 ** this.granuleBits);
        this.machine.setWord(entry, BigInt(next) | 3n);
      }
      this.machine.setWord(entry, this.machine.word(entry) | tableBits);
      table = Number(this.machine.word(entry) & 0xffff_ffff_f000n);
    }
  }

  /** Maps the block or page of `level` at `address`. */
  map(address: bigint, output: number | bigint, bits: bigint, level = 3, tableBits = 0n): number {
    const at = this.descriptor(address, level, tableBits);
    this.machine.setWord(at, BigInt(output) | bits | (level === 3 ? 3n : 1n));
    return at;
  }
}

/** The halves of an address, unsigned. */
export function halves(va: bigint): { high: number; low: number } {
  const value = BigInt.asUintN(64, va);
  return { high: Number(value >> 32n), low: Number(value & 0xffff_ffffn) };
}

function stateBase(core: number): number {
  return core === 0 ? MemoryMap.window : MemoryMap.saved + core * MemoryMap.stateBytes;
}
