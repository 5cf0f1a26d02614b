/**
 * The layout of a core's state in linear memory: the one table that generated code, TypeScript
 * views, snapshots and debuggers read.
 *
 * @module
 */

import { MemoryMap } from "../memory_map.ts";

/** Slots of the general register file that are not X0–X30. */
export const Slot = {
  /** Always zero; never written. */
  zero: 31,
  /** The stack pointer selected by PSTATE.{EL,SP}. */
  sp: 32,
  /** Takes writes to XZR. */
  discard: 33,
} as const;

/** Kinds of state field: width in bytes and how it is viewed. */
type Field = readonly [offset: number, type: "u32" | "u64"];

/**
 * Byte offsets inside the state block.
 *
 * X registers are at 0 (34 slots of 8 bytes), V registers at 0x200 (32 of 16 bytes), the mailbox of
 * memory helpers at 0x400 and the system registers' storage from 0x1000.
 */
export const StateLayout = {
  x: 0x000,
  v: 0x200,
  /** 64 bytes that stand for guest memory when an access takes the slow path. */
  mailbox: 0x400,
  /** Operands and result of floating-point operations that TypeScript does (64 bytes). */
  scratch: 0x440,
  /** What exceptions and returns load: see modes.ts. */
  modes: 0x600,
  contexts: 0xa00,
  asids: 0xa40,
  systemRegisters: 0x1000,
  systemRegisterSlots: 512,
} as const;

/** Named fields, 64-bit or 32-bit. */
export const StateFields = {
  // Flags are kept apart so that setting them is cheap; NZCV is composed when read.
  /** N is bit 63. */
  nFlag: [0x480, "u64"],
  /** Z is set when this is zero. */
  zFlag: [0x488, "u64"],
  /** C is set when this is not zero. */
  cFlag: [0x490, "u32"],
  /** V is bit 63. */
  vFlag: [0x498, "u64"],
  /** VA of the running record: PC = pcBias + (record address >> 2). */
  pcBias: [0x4a0, "u64"],
  /** PC, exact whenever generated code has returned. */
  pc: [0x4a8, "u64"],
  /** Instructions left in this run when generated code has returned. */
  budget: [0x4b8, "u64"],
  /** Why generated code returned: an `Exit` value. */
  exit: [0x4c0, "u32"],
  /** TLB context of ordinary accesses (byte address of its table). */
  tlb: [0x4c8, "u64"],
  /** TLB context of unprivileged accesses (LDTR, STTR). */
  tlbUnprivileged: [0x4d0, "u64"],
  /** All ones when unaligned accesses must fault (SCTLR_ELx.A, or data accesses with the MMU off). */
  alignMask: [0x4d8, "u64"],
  /** VA of the access that took the slow path. */
  accessAddress: [0x4e0, "u64"],
  /** PSTATE fields, each in its own word. */
  el: [0x4e8, "u32"],
  spSel: [0x4ec, "u32"],
  /** D, A, I, F in bits 9:6, as DAIF reads. */
  daif: [0x4f0, "u32"],
  pan: [0x4f4, "u32"],
  uao: [0x4f8, "u32"],
  ssbs: [0x4fc, "u32"],
  dit: [0x500, "u32"],
  il: [0x504, "u32"],
  ss: [0x508, "u32"],
  btype: [0x50c, "u32"],
  fpcr: [0x510, "u32"],
  fpsr: [0x514, "u32"],
  /** 0 when FP and SIMD instructions may run; otherwise they take the slow path, which traps. */
  fpTrap: [0x518, "u32"],
  /** Non-zero when an interrupt input is high or another event wants the run loop. */
  attention: [0x51c, "u32"],
  /** The local exclusive monitor: 0 open, else the number of bytes marked. */
  exclusiveBytes: [0x520, "u32"],
  /** WFE's event register. */
  eventRegister: [0x524, "u32"],
  exclusiveAddress: [0x528, "u64"],
  /** What the exclusive load read; a store succeeds only while memory still holds it. */
  exclusiveLow: [0x530, "u64"],
  exclusiveHigh: [0x538, "u64"],
  /** Instructions this core has retired (exact between runs). */
  retired: [0x540, "u64"],
  /** Non-zero when stack pointer alignment is checked at the current EL (SCTLR_ELx.SA, SA0). */
  spCheck: [0x548, "u32"],
  /** 1 when FPCR is in its default mode, so that fast floating-point paths may be tried. */
  fpFast: [0x54c, "u32"],
  /** Exception syndrome of a pending exception raised by generated code. */
  syndrome: [0x550, "u64"],
  /** Why a plain system register access may not go straight to storage: `AccessGuard` bits. */
  sysregTrap: [0x558, "u32"],
  /** Pending interrupts that wait only for PSTATE.{A,I,F}, as bits of `daif`. */
  interruptMaskable: [0x55c, "u32"],
  /** Non-zero when an interrupt input or the bit of a virtual interrupt is high. */
  interruptsHigh: [0x560, "u32"],
  /** Calls and returns that generated code may do: bits of `PlainCall`. */
  plainCalls: [0x564, "u32"],
  /** Bits of SPSR_ELx for the fields of PSTATE that only some cores have and this one has. */
  pstateMask: [0x568, "u32"],
  /** Byte offset in the block of the current mode (modes.ts). */
  mode: [0x56c, "u32"],
  /** Generated code has written TTBR0_EL1 or TTBR1_EL1, and the MMU has not looked yet. */
  tablesChanged: [0x570, "u32"],
  /** Where the ASID of EL1&0 comes from: bits of `AsidControl`; 0 when not known. */
  asidControl: [0x574, "u32"],
  /** Generated code has taken an exception from a lower level. */
  calledFromBelow: [0x578, "u32"],
  /** The record whose read of a device is in the mailbox, though its instruction is not done; or 0. */
  readAhead: [0x57c, "u32"],
  /** In translated code: what set the flags last; 0 elsewhere, as the flag words are current. */
  lazyKind: [0x580, "u32"],
  lazyA: [0x588, "u64"],
  lazyB: [0x590, "u64"],
} as const satisfies Record<string, Field>;

/** Name of a state field. */
export type StateField = keyof typeof StateFields;

// Looking a name up in an object costs five times as much, since many names come by each place.
const wordIndices = new Map<StateField, number>(
  Object.entries(StateFields).map(([name, [offset]]) => [name as StateField, offset >> 2]),
);
const indexOf = (name: StateField): number => wordIndices.get(name) as number;

const SystemWords = StateLayout.systemRegisters >> 2;

/** Typed access to one state block. */
export class CpuState {
  /** Byte address of the block. */
  readonly base: number;
  /** X0–X30, zero, SP, discard. */
  readonly x: BigUint64Array;
  /** Low and high halves of V0–V31, alternating. */
  readonly v: BigUint64Array;
  /** Storage of the system registers, indexed by their slot. */
  readonly system: BigUint64Array;
  readonly #u32: Uint32Array;
  readonly #u64: BigUint64Array;

  constructor(memory: ArrayBufferLike, base: number) {
    this.base = base;
    this.x = new BigUint64Array(memory, base + StateLayout.x, 34);
    this.v = new BigUint64Array(memory, base + StateLayout.v, 64);
    this.system = new BigUint64Array(
      memory,
      base + StateLayout.systemRegisters,
      StateLayout.systemRegisterSlots,
    );
    this.#u32 = new Uint32Array(memory, base, MemoryMap.stateBytes / 4);
    this.#u64 = new BigUint64Array(memory, base, MemoryMap.stateBytes / 8);
  }

  /** The 32-bit word at a byte offset: the way for what runs often, as names cost time. */
  word(offset: number): number {
    return this.#u32[offset >> 2] as number;
  }
  /** Writes the 32-bit word at a byte offset. */
  setWord(offset: number, value: number): void {
    this.#u32[offset >> 2] = value;
  }
  /** A 32-bit field, or the low half of a 64-bit one. */
  u32(name: StateField): number {
    return this.#u32[indexOf(name)] as number;
  }
  /** Writes a 32-bit field. */
  setU32(name: StateField, value: number): void {
    this.#u32[indexOf(name)] = value;
  }
  /** The high half of a 64-bit field. */
  high32(name: StateField): number {
    return this.#u32[indexOf(name) + 1] as number;
  }
  /** A 64-bit field. */
  u64(name: StateField): bigint {
    return this.#u64[indexOf(name) >> 1] as bigint;
  }
  /** Writes a 64-bit field. */
  setU64(name: StateField, value: bigint): void {
    this.#u64[indexOf(name) >> 1] = value;
  }
  /** The low half of a system register's storage, without a bigint. */
  systemLow(slot: number): number {
    return this.#u32[SystemWords + slot * 2] as number;
  }
  /** The high half. */
  systemHigh(slot: number): number {
    return this.#u32[SystemWords + slot * 2 + 1] as number;
  }
  /** N, Z, C, V in bits 31:28. */
  nzcv(): number {
    const { nFlag, zFlag, cFlag, vFlag } = StateFields;
    const n = this.word(nFlag[0] + 4) >>> 31;
    const z = (this.word(zFlag[0]) | this.word(zFlag[0] + 4)) === 0 ? 1 : 0;
    const c = this.word(cFlag[0]) !== 0 ? 1 : 0;
    const v = this.word(vFlag[0] + 4) >>> 31;
    return ((n << 31) | (z << 30) | (c << 29) | (v << 28)) >>> 0;
  }
  /** Sets the flags from bits 31:28. */
  setNzcv(nzcv: number): void {
    const { nFlag, zFlag, cFlag, vFlag } = StateFields;
    this.setWord(nFlag[0], 0);
    this.setWord(nFlag[0] + 4, nzcv & 0x8000_0000);
    this.setWord(zFlag[0], nzcv & 0x4000_0000 ? 0 : 1);
    this.setWord(zFlag[0] + 4, 0);
    this.setWord(cFlag[0], (nzcv >>> 29) & 1);
    this.setWord(vFlag[0], 0);
    this.setWord(vFlag[0] + 4, (nzcv << 3) & 0x8000_0000);
  }
}
