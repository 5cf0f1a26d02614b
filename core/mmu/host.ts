/**
 * What address translation needs from the machine around it; whoever assembles a machine implements
 * {@linkcode MmuHost}.
 *
 * @module
 */

/** System registers that translation reads. */
export const MmuRegisters = [
  "SCTLR_EL1",
  "SCTLR_EL2",
  "TCR_EL1",
  "TCR_EL2",
  "TTBR0_EL1",
  "TTBR1_EL1",
  "TTBR0_EL2",
  "TTBR1_EL2",
  "MAIR_EL1",
  "MAIR_EL2",
  "HCR_EL2",
  "VTCR_EL2",
  "VTTBR_EL2",
] as const;

/** Name of a register that translation reads. */
export type MmuRegister = typeof MmuRegisters[number];

/** What the simulated processor implements; the ID registers must say the same. */
export interface MmuFeatures {
  /** Physical address bits: ID_AA64MMFR0_EL1.PARange decoded, 32 to 48. */
  readonly addressBits: number;
  /** 16 KiB granule (ID_AA64MMFR0_EL1.TGran16). */
  readonly granule16K: boolean;
  /** 16-bit ASIDs (ID_AA64MMFR0_EL1.ASIDBits). */
  readonly asid16: boolean;
  /** 16-bit VMIDs (FEAT_VMID16). */
  readonly vmid16: boolean;
  /** Hardware update of access flag and dirty state (FEAT_HAFDBS). */
  readonly hafdbs: boolean;
  /** Hierarchical permission disable (FEAT_HPDS). */
  readonly hpds: boolean;
  /** Execute-never by exception level at stage 2 (FEAT_XNX). */
  readonly xnx: boolean;
}

/** What answers at addresses of a device. */
export interface MmioDevice {
  /** As {@linkcode Mmio.read}, by offset. */
  read(offset: number, width: 1 | 2 | 4, core: number): number;
}

/** The bus behind physical addresses that are not RAM. */
export interface Mmio {
  /** The device behind all of the `bytes` bytes at `pa`, and its address. */
  deviceAt?(
    pa: number,
    bytes: number,
  ): { readonly device: MmioDevice; readonly base: number } | undefined;
  /** Whether a device, or a window the platform keeps reserved, answers at `pa`. */
  covers(pa: number): boolean;
  /** Device read; `pa` is a multiple of `width` (1, 2 or 4), `core` is who asks. */
  read(pa: number, width: 1 | 2 | 4, core: number): number;
  /** Device write of the low `width` bytes of `value`. */
  write(pa: number, width: 1 | 2 | 4, value: number, core: number): void;
}

/** The machine as translation sees it. */
export interface MmuHost {
  /** Number of cores. */
  readonly cores: number;
  /** The whole linear memory; it must never grow or move. */
  readonly memory: ArrayBufferLike;
  readonly features: MmuFeatures;
  /** Slot of each register in a core's system register storage (`StateLayout.systemRegisters`). */
  readonly registerSlots: Readonly<Record<MmuRegister, number>>;
  /** Byte address of the core's state block now: the window for the running core. */
  stateBase(core: number): number;
  /** Byte offset in the linear memory of the RAM byte at `pa`; -1 when `pa` is not RAM. */
  hostOffset(pa: number): number;
  readonly mmio: Mmio;
  /** Whether the page at this linear-memory offset holds decoded code (or is watched for writes). */
  isCodePage(hostPage: number): boolean;
  /** Told before the bytes at `hostAddress` change in a page for which `isCodePage` holds. */
  codeWritten(hostAddress: number, bytes: number): void;
}
