/**
 * Broken device trees.
 *
 * @module
 */

import { writeFdt } from "../../core/fdt/blob.ts";
import { cells, node } from "../../core/fdt/node.ts";
import { deviceTree, rawKernel } from "../core/config/files.ts";
import { vmToml } from "../core/config/vm_files.ts";
import type { BrokenCase } from "./broken_case.ts";

function withWord(at: number, value: number): Uint8Array {
  const blob = deviceTree();
  new DataView(blob.buffer).setUint32(at, value);
  return blob;
}

/** A word counted from the start of the structure block. */
function withToken(at: number, value: number): Uint8Array {
  const start = new DataView(deviceTree().buffer).getUint32(8);
  return withWord(start + at, value);
}

const keys = { dtb_path: '"tree.dtb"', dtb_load_addr: "0x4000_0000" };

/** The tree as a VM's, and the same for the bare board. */
function both(name: string, tree: Uint8Array, expect: RegExp): BrokenCase[] {
  const files = { "kernel.bin": rawKernel(), "tree.dtb": tree };
  return [
    {
      name: `${name}, for a VM`,
      files: { ...files, "vm.toml": vmToml({ kernel: keys }) },
      args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
      expect: new RegExp(`vm\\.toml:12:12: error: kernel\\.dtb_path: .*${expect.source}`),
      code: 2,
    },
    {
      name: `${name}, for the bare board`,
      files,
      args: ["--platform", "qemu-virt", "--kernel", "kernel.bin", "--dtb", "tree.dtb"],
      expect,
      code: 2,
    },
  ];
}

export const trees: readonly BrokenCase[] = [
  ...both("a tree of no bytes", new Uint8Array(0), /the header must have 40 bytes, the blob has 0/),
  ...both(
    "a source text as tree",
    new TextEncoder().encode(`/dts-v1/;${" ".repeat(64)}`),
    /the magic must be 0xd00d_feed, found 0x2f64_7473/,
  ),
  ...both("a tree that was cut", deviceTree().subarray(0, 200), /the total size must be 40\.\.200/),
  ...both("a tree of a later version", withWord(24, 20), /the version must be compatible with 17/),
  ...both(
    "a structure block outside",
    withWord(8, 0x1_0000),
    /the structure block must start inside/,
  ),
  ...both(
    "a strings block outside",
    withWord(32, 0xffff_ffff),
    /the strings block must end inside/,
  ),
  ...both(
    "a reservation block outside",
    withWord(16, 0xffff_fff8),
    /the reservation block must start/,
  ),
  ...both(
    "a tree without root",
    withToken(0, 9),
    /a token must fit its place, found end before the root/,
  ),
  ...both(
    "an unknown token",
    withToken(0, 0x77),
    /a token must be 1, 2, 3, 4 or 9, found 0x0000_0077/,
  ),
  ...both(
    "a property longer than the tree",
    withToken(12, 0xffff_0000),
    /must end inside the structure block/,
  ),
  ...both(
    "a property without name",
    withToken(16, 0xffff_0000),
    /a property name must lie inside the strings/,
  ),
  {
    name: "a tree that is not there",
    files: { "vm.toml": vmToml({ kernel: keys }), "kernel.bin": rawKernel() },
    args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
    expect: /vm\.toml:12:12: error: kernel\.dtb_path: expected a file, found "tree\.dtb": /,
    code: 2,
  },
  {
    name: "a tree whose cells cannot hold the memory",
    files: {
      "vm.toml": vmToml({ kernel: keys }),
      "kernel.bin": rawKernel(),
      "tree.dtb": writeFdt(node("", { "#address-cells": cells(3), "#size-cells": cells(1) })),
    },
    args: ["--platform", "qemu-virt", "--vm", "vm.toml"],
    expect:
      /dtb_path: expected a device tree whose root's cells hold the memory regions, found #address-cells 3/,
    code: 2,
  },
];
