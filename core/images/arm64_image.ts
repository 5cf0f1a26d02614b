/**
 * Linux's arm64 Image (kernel documentation, arch/arm64/booting) and the EFI zboot wrapper of it.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { gunzip } from "./compressed.ts";
import { ImageError } from "./image_error.ts";

export interface Arm64Image {
  readonly kind: "arm64";
  readonly bytes: Uint8Array;
  /** What the kernel takes in memory, its zeroed data included. */
  readonly memoryBytes: number;
  /** Distance of the kernel from a 2 MiB boundary. */
  readonly textOffset: number;
  /** Translation granule in bytes; undefined when the header does not say. */
  readonly pageBytes: number | undefined;
}

const HeaderBytes = 64;
const Magic = 0x644d_5241; // "ARM\x64"
const ZbootMagic = 0x676d_697a; // "zimg"
const MaxMemoryBytes = 1n << 40n;

/** Offset of kernels whose header leaves image_size 0, from before Linux 3.17. */
const OldTextOffset = 0x8_0000;

function word(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function isMz(bytes: Uint8Array): boolean {
  return bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/** Whether the bytes have the header of an arm64 Image. */
export function isArm64Image(bytes: Uint8Array): boolean {
  return bytes.length >= HeaderBytes && word(bytes, 56) === Magic;
}

/** @throws {ImageError} When the header's fields cannot be true, or the file is not whole. */
export function openArm64Image(bytes: Uint8Array, file: string): Arm64Image {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textOffset = view.getBigUint64(8, true);
  const imageSize = view.getBigUint64(16, true);
  const flags = view.getBigUint64(24, true);
  if ((flags & 1n) !== 0n) {
    throw new ImageError(file, 24, "a little-endian kernel", "a big-endian one");
  }
  if (textOffset >= 0x20_0000n || textOffset % 0x1000n !== 0n) {
    throw new ImageError(file, 8, "a text offset of whole pages below 2 MiB", hex(textOffset));
  }
  if (imageSize > MaxMemoryBytes) {
    throw new ImageError(file, 16, "an image size below 1 TiB", hex(imageSize));
  }
  const wholeBytes = isMz(bytes) ? peFileBytes(bytes, view) : 0;
  if (wholeBytes > bytes.length) {
    throw new ImageError(file, bytes.length, `${wholeBytes} bytes`, "the end of the file");
  }
  const pageBytes = [undefined, 0x1000, 0x4000, 0x1_0000][Number(flags >> 1n) & 3];
  return {
    kind: "arm64",
    bytes,
    memoryBytes: Math.max(Number(imageSize), bytes.length),
    textOffset: imageSize === 0n ? OldTextOffset : Number(textOffset),
    pageBytes,
  };
}

/** Where the last section of the image's PE header ends in the file; 0 when there is none. */
function peFileBytes(bytes: Uint8Array, view: DataView): number {
  const pe = word(bytes, 60);
  if (word(bytes, pe) !== 0x4550 || pe + 24 > bytes.length) return 0;
  const sections = pe + 24 + view.getUint16(pe + 20, true);
  let end = 0;
  for (let i = 0; i < view.getUint16(pe + 6, true); i++) {
    const at = sections + i * 40;
    end = Math.max(end, word(bytes, at + 16) + word(bytes, at + 20));
  }
  return end;
}

/** Whether the bytes are an EFI program that unpacks a kernel. */
export function isZboot(bytes: Uint8Array): boolean {
  return isMz(bytes) && word(bytes, 4) === ZbootMagic;
}

/** The kernel in an EFI zboot file. @throws {ImageError} When it is not gzip, or damaged. */
export function unpackZboot(bytes: Uint8Array, file: string): Uint8Array {
  const start = word(bytes, 8);
  const size = word(bytes, 12);
  const method = new TextDecoder().decode(bytes.subarray(24, 32)).replace(/\0.*$/s, "");
  if (method !== "gzip") {
    throw new ImageError(file, 24, "a kernel packed with gzip", `one packed with "${method}"`);
  }
  if (start + size > bytes.length) {
    throw new ImageError(file, 8, "a packed kernel inside the file", `one at ${hex(start)}`);
  }
  return gunzip(bytes.subarray(start, start + size), file, start);
}
