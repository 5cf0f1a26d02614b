import { assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import {
  isArm64Image,
  isZboot,
  openArm64Image,
  unpackZboot,
} from "../../../core/images/arm64_image.ts";
import { ImageError } from "../../../core/images/image_error.ts";
import { arm64Image, rawKernel } from "../config/files.ts";

Deno.test("openArm64Image: the header says size, offset and granule", () => {
  const bytes = arm64Image({ imageSize: 0x201_0000n, textOffset: 0x8_0000n, flags: 0b1010n });
  assertEquals(isArm64Image(bytes), true);
  assertEquals(openArm64Image(bytes, "Image"), {
    kind: "arm64",
    bytes,
    memoryBytes: 0x201_0000,
    textOffset: 0x8_0000,
    pageBytes: 0x1000,
  });
});

Deno.test("openArm64Image: kernels from before 3.17 say no size", () => {
  const image = openArm64Image(arm64Image({ imageSize: 0n, flags: 0n }), "Image");
  assertEquals([image.textOffset, image.memoryBytes], [0x8_0000, 0x1000]);
  assertEquals(image.pageBytes, undefined);
});

Deno.test("openArm64Image: fields that cannot be true are refused with their offset", () => {
  const refused = (options: Parameters<typeof arm64Image>[0], found: string, offset: number) =>
    assertEquals(
      assertThrows(() => openArm64Image(arm64Image(options), "Image"), ImageError, found).offset,
      offset,
    );
  refused({ flags: 0xbn }, "expected a little-endian kernel, found a big-endian one", 24);
  refused({ textOffset: 0x20_0000n }, "a text offset of whole pages below 2 MiB", 8);
  refused({ textOffset: 0x123n }, "a text offset of whole pages below 2 MiB", 8);
  refused({ imageSize: 1n << 50n }, "an image size below 1 TiB", 16);
});

Deno.test("openArm64Image: a file that its PE header says is longer has been cut", () => {
  const bytes = arm64Image();
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x5a]);
  view.setUint32(60, 0x80, true);
  view.setUint32(0x80, 0x4550, true);
  view.setUint16(0x86, 1, true); // sections
  view.setUint16(0x94, 0, true); // bytes of the optional header
  view.setUint32(0x98 + 16, 0xf00, true);
  view.setUint32(0x98 + 20, 0x100, true);
  assertEquals(openArm64Image(bytes, "Image").kind, "arm64");
  view.setUint32(0x98 + 16, 0xf01, true);
  assertThrows(
    () => openArm64Image(bytes, "Image"),
    ImageError,
    "expected 4097 bytes, found the end of the file",
  );
});

function zboot(method: string, payload: Uint8Array): Uint8Array {
  const file = new Uint8Array(64 + payload.length);
  file.set(new TextEncoder().encode("MZ\0\0zimg"));
  const view = new DataView(file.buffer);
  view.setUint32(8, 64, true);
  view.setUint32(12, payload.length, true);
  file.set(new TextEncoder().encode(method), 24);
  file.set(payload, 64);
  return file;
}

Deno.test("unpackZboot: a kernel packed with gzip comes out", () => {
  const file = zboot("gzip", gzipSync(rawKernel()));
  assertEquals(isZboot(file), true);
  assertEquals(unpackZboot(file, "vmlinuz"), rawKernel());
});

Deno.test("unpackZboot: other packers and places outside the file are refused", () => {
  assertThrows(() => unpackZboot(zboot("zstd22", rawKernel()), "z"), ImageError, 'with "zstd22"');
  const far = zboot("gzip", gzipSync(rawKernel()));
  new DataView(far.buffer).setUint32(12, 0xffff_ffff, true);
  assertThrows(() => unpackZboot(far, "z"), ImageError, "a packed kernel inside the file");
});
