/**
 * A VM's stage 2 tables, in simulated RAM: 4 KiB granule, 40-bit addresses, the largest blocks that
 * fit.
 *
 * The walk starts at level 1 with two concatenated tables (DDI 0487 D8.2 Translation process).
 *
 * @module
 */

import { hex } from "../hex.ts";
import type { Ram } from "../machine/memory.ts";
import type { PhysicalRange } from "./memory_pool.ts";

/** Bits of a guest-physical address. */
export const GuestAddressBits = 40;

/** T0SZ 24, SL0 level 1, write-back shareable walks, 40-bit output, RES1. */
export const VtcrEl2 = (64n - 40n) | (1n << 6n) | (1n << 8n) | (1n << 10n) | (3n << 12n) |
  (2n << 16n) | (1n << 31n);

/** What a mapping allows and what lies there. */
export interface Stage2Attributes {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly device: boolean;
}

const PageBytes = 4096;
const Entries = 512;
/** Bytes that an entry covers, by level. */
const Span = [0, 2 ** 30, 2 ** 21, PageBytes] as const;
const RootBytes = 2 * PageBytes;

const Descriptor = { table: 3n, page: 3n, block: 1n, accessFlag: 1n << 10n } as const;
const Read = 1n << 6n;
const Write = 1n << 7n;
const NeverExecute = 1n << 54n;
const NormalWriteBack = 0xfn << 2n;
const DeviceMemory = 1n << 2n; // Device-nGnRE
const InnerShareable = 3n << 8n;
const AddressMask = 0xffff_ffff_f000n;

/** Hands out zeroed pages of the hypervisor's own RAM. */
export interface TableMemory {
  /** Physical address of `count` pages, aligned to their size; undefined when there are none. */
  pages(count: number): number | undefined;
  /** Takes back what `pages` gave. */
  release(base: number, count: number): void;
}

/** A part of the guest's address space and where it leads. */
export interface Mapping {
  readonly gpa: number;
  readonly hpa: number;
  readonly bytes: number;
}

/** The stage 2 translation of one VM. */
export class Stage2 {
  /** Physical address of the tables that a walk starts with. */
  readonly root: number;
  readonly #ram: Ram;
  readonly #memory: TableMemory;
  #mappings: Mapping[] = [];
  #tables: { readonly base: number; readonly count: number }[] = [];

  constructor(ram: Ram, memory: TableMemory) {
    this.#ram = ram;
    this.#memory = memory;
    this.root = this.#pages(RootBytes / PageBytes);
  }

  /** VTTBR_EL2 for this address space. */
  vttbr(vmid: number): bigint {
    return (BigInt(vmid) << 48n) | BigInt(this.root);
  }

  /** What has been mapped, in the order in which it was. */
  get mappings(): readonly Mapping[] {
    return this.#mappings;
  }

  /**
   * Maps `bytes` at `gpa` to `hpa`; all three are multiples of 4 KiB.
   *
   * @throws {RangeError} When something is mapped there.
   */
  map(gpa: number, hpa: number, bytes: number, attributes: Stage2Attributes): void {
    this.#mappings.push({ gpa, hpa, bytes });
    const lower = lowerAttributes(attributes);
    for (let done = 0; done < bytes;) {
      const level = largestLevel(gpa + done, hpa + done, bytes - done);
      this.#set(gpa + done, level, BigInt(hpa + done) | lower | shape(level));
      done += Span[level] as number;
    }
  }

  /**
   * An empty page of the hypervisor's own that the guest may read at `gpa`.
   *
   * @throws {RangeError} When there is none, or something is mapped there.
   */
  readOnlyPage(gpa: number): DataView {
    const page = this.#pages(1);
    this.map(gpa, page, PageBytes, { read: true, write: false, execute: false, device: false });
    return new DataView(this.#ram.bytes.buffer, this.#ram.hostOffset(page), PageBytes);
  }

  /** Maps `bytes` at `gpa` to pieces of RAM, one after the other. */
  mapPieces(gpa: number, pieces: readonly PhysicalRange[], attributes: Stage2Attributes): void {
    let at = gpa;
    for (const { base, bytes } of pieces) {
      this.map(at, base, bytes, attributes);
      at += bytes;
    }
  }

  /** Takes back a page that was mapped alone; what translations remember of it is the caller's. */
  unmapPage(gpa: number): void {
    this.#mappings = this.#mappings.filter((m) => m.gpa !== gpa || m.bytes !== PageBytes);
    let table = this.root;
    for (const level of [1, 2]) {
      table = Number(this.#read(table + index(gpa, level) * 8) & AddressMask);
    }
    this.#write(table + index(gpa, 3) * 8, 0n);
  }

  /** Where `gpa` leads, by what has been mapped; undefined where nothing is. */
  translate(gpa: number): number | undefined {
    const found = this.#mappings.find((m) => gpa >= m.gpa && gpa < m.gpa + m.bytes);
    return found && found.hpa + gpa - found.gpa;
  }

  /** Gives all tables back; there is no translation any more. */
  release(): void {
    for (const { base, count } of this.#tables) this.#memory.release(base, count);
    this.#tables = [];
    this.#mappings = [];
  }

  #set(gpa: number, level: number, descriptor: bigint): void {
    let table = this.root;
    for (let at = 1; at < level; at++) {
      const entry = table + index(gpa, at) * 8;
      let next = this.#read(entry);
      if (next === 0n) {
        next = BigInt(this.#pages(1)) | Descriptor.table;
        this.#write(entry, next);
      }
      if ((next & 3n) !== Descriptor.table) throw this.#taken(gpa);
      table = Number(next & AddressMask);
    }
    const entry = table + index(gpa, level) * 8;
    if (this.#read(entry) !== 0n) throw this.#taken(gpa);
    this.#write(entry, descriptor);
  }

  #taken(gpa: number): RangeError {
    return new RangeError(`Cannot map ${hex(gpa)}: nothing must be mapped there, something is`);
  }

  #read(pa: number): bigint {
    return this.#ram.view.getBigUint64(this.#ram.hostOffset(pa), true);
  }

  #write(pa: number, value: bigint): void {
    this.#ram.view.setBigUint64(this.#ram.hostOffset(pa), value, true);
  }

  #pages(count: number): number {
    const base = this.#memory.pages(count);
    if (base === undefined) {
      throw new RangeError("Cannot map memory for a VM: the hypervisor's tables must have room");
    }
    this.#tables.push({ base, count });
    this.#ram.slice(base, count * PageBytes).fill(0);
    return base;
  }
}

function index(gpa: number, level: number): number {
  const entry = Math.floor(gpa / (Span[level] as number));
  return level === 1 ? entry % (2 * Entries) : entry % Entries;
}

function largestLevel(gpa: number, hpa: number, bytes: number): 1 | 2 | 3 {
  for (const level of [1, 2] as const) {
    const span = Span[level];
    if (gpa % span === 0 && hpa % span === 0 && bytes >= span) return level;
  }
  return 3;
}

function shape(level: number): bigint {
  return (level === 3 ? Descriptor.page : Descriptor.block) | Descriptor.accessFlag;
}

function lowerAttributes({ read, write, execute, device }: Stage2Attributes): bigint {
  return (device ? DeviceMemory : NormalWriteBack | InnerShareable) | (read ? Read : 0n) |
    (write ? Write : 0n) | (execute ? 0n : NeverExecute);
}
