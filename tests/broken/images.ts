/**
 * Broken kernels and RAM disks.
 *
 * @module
 */

import { gzipSync } from "node:zlib";
import { arm64Image, deviceTree, elf, rawKernel } from "../core/config/files.ts";
import { vmToml } from "../core/config/vm_files.ts";
import type { BrokenCase } from "./broken_case.ts";

const code = rawKernel(0x100);

const goodElf = () => elf(0x4008_0000, [{ address: 0x4008_0000, bytes: code }]);

/** A kernel with bytes changed. */
function changed(file: Uint8Array, at: number, ...bytes: readonly number[]): Uint8Array {
  const copy = file.slice();
  copy.set(bytes, at);
  return copy;
}

/** The kernel as a VM's, and the same alone on the bare board. */
function both(name: string, kernel: Uint8Array, expect: RegExp): BrokenCase[] {
  return [
    {
      name: `${name}, for a VM`,
      files: { "vm.toml": vmToml(), "kernel.bin": kernel },
      args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
      expect: new RegExp(`vm\\.toml:8:15: error: kernel\\.kernel_path: .*${expect.source}`),
      code: 2,
    },
    {
      name: `${name}, for the bare board`,
      files: { "kernel.bin": kernel },
      args: ["--platform", "qemu-virt", "--kernel", "kernel.bin"],
      expect,
      code: 2,
    },
  ];
}

export const images: readonly BrokenCase[] = [
  ...both("an empty kernel", new Uint8Array(0), /expected an image, found an empty file/),
  ...both(
    "a 32-bit ELF file",
    changed(goodElf(), 4, 1),
    /expected a 64-bit ELF file, found class 1/,
  ),
  ...both(
    "a big-endian ELF file",
    changed(goodElf(), 5, 2),
    /expected a little-endian ELF file, found encoding 2/,
  ),
  ...both("an x86 program", changed(goodElf(), 18, 62), /an ELF file for AArch64, found x86-64/),
  ...both("an object file", changed(goodElf(), 16, 1), /an executable ELF file, found type 1/),
  ...both("a program for Linux", changed(goodElf(), 64, 3), /found a program for an operating/),
  ...both(
    "an ELF file that was cut",
    goodElf().subarray(0, 200),
    /expected segments inside the file/,
  ),
  ...both(
    "ELF segments that overlap",
    elf(0x4008_0000, [
      { address: 0x4008_0000, bytes: code },
      { address: 0x4008_0080, bytes: code },
    ]),
    /expected segments that do not overlap/,
  ),
  ...both(
    "an ELF entry point outside",
    elf(0x1000, [{ address: 0x4008_0000, bytes: code }]),
    /expected an entry point in a segment, found 0x0000_1000/,
  ),
  ...both("a big-endian kernel", arm64Image({ flags: 1n }), /expected a little-endian kernel/),
  ...both(
    "a kernel larger than any memory",
    arm64Image({ imageSize: 1n << 60n }),
    /expected an image size below 1 TiB/,
  ),
  ...both(
    "gzip data that were cut",
    new Uint8Array(gzipSync(rawKernel())).subarray(0, 40),
    /expected intact gzip data/,
  ),
  ...both(
    "a kernel packed with xz",
    changed(rawKernel(), 0, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
    /expected an AArch64 image, found xz-compressed data/,
  ),
  ...both("a device tree as kernel", deviceTree(), /AArch64 image, found a device tree/),
  ...both(
    "a 32-bit zImage",
    changed(rawKernel(), 0x24, 0x18, 0x28, 0x6f, 0x01),
    /found a 32-bit Arm zImage/,
  ),
  {
    name: "a kernel whose zeroed data reach out of memory",
    files: { "vm.toml": vmToml(), "kernel.bin": arm64Image({ imageSize: 0x100_0000n }) },
    args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
    expect:
      /kernel_load_addr: expected guest memory for the kernel at \[0x4008_0000, 0x4108_0000\)/,
    code: 2,
  },
  {
    name: "an empty RAM disk",
    files: {
      "vm.toml": vmToml({ kernel: { ramdisk_path: '"disk"', ramdisk_load_addr: "0x4080_0000" } }),
      "kernel.bin": rawKernel(),
      disk: "",
    },
    args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
    expect: /kernel\.ramdisk_path: expected a RAM disk, found an empty file/,
    code: 2,
  },
];
