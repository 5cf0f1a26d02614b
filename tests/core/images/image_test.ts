import { assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { ImageError, openImage, placeImage } from "../../../core/images/image.ts";
import { arm64Image, deviceTree, elf, rawKernel } from "../config/files.ts";

const file = elf(0x4008_0000, [{ address: 0x4008_0000, bytes: rawKernel(0x100) }]);

Deno.test("openImage: the bytes say what they are, packed or not", () => {
  for (
    const [bytes, kind] of [[rawKernel(), "raw"], [arm64Image(), "arm64"], [file, "elf"]] as const
  ) {
    assertEquals(openImage(bytes, "k").kind, kind);
    assertEquals(openImage(new Uint8Array(gzipSync(bytes)), "k.gz").kind, kind);
  }
});

Deno.test("openImage: files that cannot be booted are refused with what they are", () => {
  const refused = (bytes: Uint8Array, found: string) =>
    assertThrows(() => openImage(bytes, "k"), ImageError, found);
  refused(new Uint8Array(0), 'Cannot use image "k": expected an image, found an empty file');
  refused(new Uint8Array(gzipSync(new Uint8Array(0))), "found an empty one, packed");
  refused(deviceTree(), "found a device tree at offset 0x0000_0000");
});

Deno.test("openImage: broken files give an image or an ImageError, nothing else", () => {
  let random = 3;
  for (let i = 0; i < 3000; i++) {
    const bytes = (i % 2 === 0 ? file : arm64Image()).slice();
    for (let n = 0; n < 3; n++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[(random >>> 8) % 176] = random >>> 24;
    }
    try {
      openImage(bytes.subarray(0, (random >>> 4) % bytes.length), "k");
      openImage(bytes, "k");
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
    }
  }
});

Deno.test("placeImage: all but ELF files go where one says", () => {
  const at = (bytes: Uint8Array) => placeImage(openImage(bytes, "k"), 0x5000_0000)[0];
  assertEquals(at(rawKernel())?.address, 0x5000_0000);
  assertEquals(at(arm64Image())?.memoryBytes, 0x1_0000);
  assertEquals(at(file)?.address, 0x4008_0000);
});
