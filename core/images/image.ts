/**
 * Kernel images of any kind, opened by what their bytes say.
 *
 * @module
 */

import {
  type Arm64Image,
  isArm64Image,
  isZboot,
  openArm64Image,
  unpackZboot,
} from "./arm64_image.ts";
import { gunzip, isGzip, otherKind } from "./compressed.ts";
import { type ElfImage, isElf, openElf, type Segment } from "./elf.ts";
import { ImageError } from "./image_error.ts";

export { ImageError };
export type { Arm64Image, ElfImage, Segment };

/** Bytes without a header: they go where one says and start at their first instruction. */
export interface RawImage {
  readonly kind: "raw";
  readonly bytes: Uint8Array;
  readonly memoryBytes: number;
}

export type KernelImage = RawImage | Arm64Image | ElfImage;

/**
 * Opens a kernel: an arm64 Image, an ELF file, either packed with gzip, an EFI zboot file, or raw
 * instructions.
 *
 * @throws {ImageError} When the bytes are of a kind that cannot be booted, or damaged.
 */
export function openImage(file: Uint8Array, name: string): KernelImage {
  if (file.length === 0) throw new ImageError(name, 0, "an image", "an empty file");
  const bytes = isGzip(file) ? gunzip(file, name) : isZboot(file) ? unpackZboot(file, name) : file;
  if (isElf(bytes)) return openElf(bytes, name);
  if (isArm64Image(bytes)) return openArm64Image(bytes, name);
  const other = otherKind(bytes);
  if (other !== undefined) throw new ImageError(name, other.offset, "an AArch64 image", other.name);
  if (bytes.length === 0) throw new ImageError(name, 0, "an image", "an empty one, packed");
  return { kind: "raw", bytes, memoryBytes: bytes.length };
}

/** Where the parts of an image go when the image as a whole is put at `address`. */
export function placeImage(image: KernelImage, address: number): readonly Segment[] {
  if (image.kind === "elf") return image.segments;
  return [{ address, bytes: image.bytes, memoryBytes: image.memoryBytes }];
}
