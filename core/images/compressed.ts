/**
 * Compressed images: gzip is unpacked, other kinds are recognised.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { byteCount } from "../hex.ts";
import { ImageError } from "./image_error.ts";

/** More than any kernel; keeps a small file from filling the host's memory. */
const MaxUnpackedBytes = 1 << 29;

/** Whether the bytes begin a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** @throws {ImageError} When the data are damaged, or too much for an image. */
export function gunzip(
  bytes: Uint8Array,
  file: string,
  offset = 0,
  limit = MaxUnpackedBytes,
): Uint8Array {
  try {
    const out = gunzipSync(bytes, { maxOutputLength: limit });
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const found = code === "ERR_BUFFER_TOO_LARGE" ? `more than ${byteCount(limit)}` : message;
    throw new ImageError(file, offset, "intact gzip data", found);
  }
}

/** First bytes of kinds of file that are taken for images by mistake. */
const Others: readonly { at: number; bytes: readonly number[]; name: string }[] = [
  { at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], name: "xz-compressed data" },
  { at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd], name: "zstd-compressed data" },
  { at: 0, bytes: [0x42, 0x5a, 0x68], name: "bzip2-compressed data" },
  { at: 0, bytes: [0x04, 0x22, 0x4d, 0x18], name: "lz4-compressed data" },
  { at: 0, bytes: [0x02, 0x21, 0x4c, 0x18], name: "lz4-compressed data" },
  { at: 0, bytes: [0x50, 0x4b, 3, 4], name: "a zip archive" },
  { at: 0, bytes: [0x27, 0x05, 0x19, 0x56], name: "a U-Boot legacy image" },
  { at: 0, bytes: [0xd0, 0x0d, 0xfe, 0xed], name: "a device tree" },
  { at: 0x24, bytes: [0x18, 0x28, 0x6f, 0x01], name: "a 32-bit Arm zImage" },
  { at: 0x202, bytes: [0x48, 0x64, 0x72, 0x53], name: "an x86 kernel" },
];

/** What the file is instead of an image, with the offset that shows it. */
export function otherKind(bytes: Uint8Array): { offset: number; name: string } | undefined {
  const hit = Others.find((o) => o.bytes.every((b, i) => bytes[o.at + i] === b));
  return hit && { offset: hit.at, name: hit.name };
}
