/** Where a bare board's loader puts kernel, initial RAM disk and device tree. @module */

import type { Window } from "./platform.ts";

/** What is to be loaded. */
export interface PlacementRequest {
  /** The bank of RAM that the board starts at. */
  readonly ram: Window;
  /**
   * `text_offset` of an arm64 Image; undefined for a raw binary.
   *
   * An Image that asks for less than a page would lie where QEMU has its boot code, so it goes 2 MiB
   * further, which its format allows.
   */
  readonly textOffset?: number;
  /** Bytes of the file, or of the Image with its BSS when its header says. */
  readonly kernelBytes: number;
  /** 0 when there is none. */
  readonly initrdBytes: number;
}

/** Addresses of what was loaded. */
export interface Placement {
  readonly kernel: number;
  readonly initrd: number;
  readonly deviceTree: number;
}

const MiB = 2 ** 20;
/** Where QEMU loads a kernel that does not say (hw/arm/boot.c KERNEL64_LOAD_ADDR). */
const RawOffset = 0x8_0000;
const BootCodeBytes = 4096;

/** Where QEMU's loader would put things (hw/arm/boot.c), the same on every board. */
export function placeKernel(request: PlacementRequest): Placement {
  const { ram, kernelBytes, initrdBytes } = request;
  const wanted = request.textOffset ?? RawOffset;
  const kernel = ram.base + wanted + (wanted < BootCodeBytes ? 2 * MiB : 0);
  const low = ram.base + Math.min(ram.size / 2, 128 * MiB);
  const initrd = alignUp(Math.max(low, kernel + kernelBytes), 4096);
  return { kernel, initrd, deviceTree: alignUp(initrd + initrdBytes, 2 * MiB) };
}

function alignUp(address: number, alignment: number): number {
  return Math.ceil(address / alignment) * alignment;
}
