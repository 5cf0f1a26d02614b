import { assertEquals } from "@std/assert";
import { placeKernel } from "../../platforms/placement.ts";

const MiB = 2 ** 20;
const ram = { base: 0x4000_0000, size: 512 * MiB };

Deno.test("placement: an Image with text offset 0 goes 2 MiB up, the rest as QEMU has it", () => {
  const at = placeKernel({ ram, textOffset: 0, kernelBytes: 0x201_0000, initrdBytes: 5000 });
  assertEquals(at, { kernel: 0x4020_0000, initrd: 0x4800_0000, deviceTree: 0x4820_0000 });
});
Deno.test("placement: an Image goes where its text offset says, a raw binary to 512 KiB", () => {
  const kernel = (textOffset?: number) =>
    placeKernel({
      ram,
      kernelBytes: 4096,
      initrdBytes: 0,
      ...(textOffset === undefined ? {} : { textOffset }),
    }).kernel;
  assertEquals([kernel(0x8_0000), kernel(), kernel(0x800)], [
    0x4008_0000,
    0x4008_0000,
    0x4020_0800,
  ]);
});
Deno.test("placement: with little RAM the RAM disk starts half way up", () => {
  const small = { base: 0, size: 64 * MiB };
  const at = placeKernel({ ram: small, textOffset: 0, kernelBytes: MiB, initrdBytes: 2 * MiB });
  assertEquals(at, { kernel: 2 * MiB, initrd: 32 * MiB, deviceTree: 34 * MiB });
});
Deno.test("placement: a large kernel pushes the RAM disk up, to a page", () => {
  const at = placeKernel({ ram, textOffset: 0, kernelBytes: 130 * MiB + 1, initrdBytes: 0 });
  assertEquals([at.initrd, at.deviceTree], [0x4840_1000, 0x4860_0000]);
});
