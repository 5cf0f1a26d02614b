/**
 * Files for tests of configurations: a folder in memory, and small kernels and device trees.
 *
 * @module
 */

import { writeFdt } from "../../../core/fdt/blob.ts";
import { cells, cells64, node, strings } from "../../../core/fdt/node.ts";
import type { ReadFile } from "../../../core/config/vm_images.ts";

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Reads from a record; what is not in it does not exist. */
export function reader(files: Files): ReadFile {
  return (path) => {
    const file = files[path.replaceAll("\\", "/")];
    return file === undefined
      ? "no such file"
      : typeof file === "string"
      ? new TextEncoder().encode(file)
      : file;
  };
}

/** A raw kernel: `b .`, as often as `bytes` has room. */
export function rawKernel(bytes = 0x2000): Uint8Array {
  return new Uint8Array(new Uint32Array(bytes / 4).fill(0x1400_0000).buffer);
}

/** An arm64 Image with these header fields. */
export function arm64Image(
  { bytes = 0x1000, textOffset = 0n, imageSize = 0x1_0000n, flags = 0xan } = {},
): Uint8Array {
  const image = new Uint8Array(bytes);
  const view = new DataView(image.buffer);
  view.setUint32(0, 0x1400_0010, true);
  view.setBigUint64(8, textOffset, true);
  view.setBigUint64(16, imageSize, true);
  view.setBigUint64(24, flags, true);
  view.setUint32(56, 0x644d_5241, true);
  return image;
}

/** A loadable segment of {@linkcode elf}. */
export interface ElfSegment {
  address: number | bigint;
  bytes: Uint8Array;
  memoryBytes?: number;
  virtual?: bigint;
}

/** An ELF64 executable for AArch64. */
export function elf(entry: number | bigint, segments: readonly ElfSegment[]): Uint8Array {
  const headers = 64 + 56 * segments.length;
  const total = segments.reduce((sum, s) => sum + s.bytes.length, headers);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 183, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, segments.length, true);
  let at = headers;
  segments.forEach((s, i) => {
    const header = 64 + i * 56;
    view.setUint32(header, 1, true);
    view.setUint32(header + 4, 7, true);
    view.setBigUint64(header + 8, BigInt(at), true);
    view.setBigUint64(header + 16, s.virtual ?? BigInt(s.address), true);
    view.setBigUint64(header + 24, BigInt(s.address), true);
    view.setBigUint64(header + 32, BigInt(s.bytes.length), true);
    view.setBigUint64(header + 40, BigInt(s.memoryBytes ?? s.bytes.length), true);
    file.set(s.bytes, at);
    at += s.bytes.length;
  });
  return file;
}

/** A device tree such as one gives to Linux. */
export function deviceTree(): Uint8Array {
  return writeFdt(node("", { "#address-cells": cells(2), "#size-cells": cells(2) }, [
    node("chosen", { bootargs: strings("console=ttyAMA0") }),
    node("cpus", { "#address-cells": cells(1), "#size-cells": cells(0) }, [
      node("cpu@0", { device_type: strings("cpu"), reg: cells(0) }),
    ]),
    node("memory@80000000", {
      device_type: strings("memory"),
      reg: cells64(0x8000_0000, 0x4000_0000),
    }),
  ]));
}
