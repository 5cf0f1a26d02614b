import { assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { gunzip, isGzip, otherKind } from "../../../core/images/compressed.ts";
import { ImageError } from "../../../core/images/image_error.ts";

const plain = new Uint8Array(5000).map((_, i) => i * 7);
const packed = new Uint8Array(gzipSync(plain));

Deno.test("gunzip: unpacks what gzip packed", () => {
  assertEquals(isGzip(packed), true);
  assertEquals(gunzip(packed, "k"), plain);
});

Deno.test("gunzip: damaged and endless data are refused", () => {
  assertThrows(() => gunzip(packed.subarray(0, 100), "k"), ImageError, "expected intact gzip data");
  assertThrows(() => gunzip(packed, "k", 0, 4096), ImageError, "found more than 4 KiB");
  const damaged = packed.slice();
  damaged[40] = (damaged[40] ?? 0) ^ 0xff;
  assertThrows(() => gunzip(damaged, "k"), ImageError, "expected intact gzip data");
});

Deno.test("otherKind: knows files that are no images", () => {
  assertEquals(
    otherKind(new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]))?.name,
    "xz-compressed data",
  );
  const zImage = new Uint8Array(64);
  zImage.set([0x18, 0x28, 0x6f, 0x01], 0x24);
  assertEquals(otherKind(zImage), { offset: 0x24, name: "a 32-bit Arm zImage" });
  assertEquals(otherKind(plain), undefined);
});
