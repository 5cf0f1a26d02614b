/**
 * Broken VM descriptions.
 *
 * @module @table
 */

import { type Files, rawKernel } from "../core/config/files.ts";
import { flatToml, type Keys, vmToml } from "../core/config/vm_files.ts";
import type { BrokenCase } from "./broken_case.ts";

const kernel = { "kernel.bin": rawKernel() };
const run = ["--platform", "qemu-virt", "--vm", "vm.toml"];

function text(
  name: string,
  toml: string | Uint8Array,
  expect: RegExp,
  files: Files = {},
): BrokenCase {
  return { name, files: { ...kernel, "vm.toml": toml, ...files }, args: run, expect, code: 2 };
}

const base = (name: string, keys: Keys, expect: RegExp) =>
  text(name, vmToml({ base: keys }), expect);
const kern = (name: string, keys: Keys, expect: RegExp, files: Files = {}) =>
  text(name, vmToml({ kernel: keys }), expect, files);
const dev = (name: string, keys: Keys, expect: RegExp) =>
  text(name, vmToml({ devices: keys }), expect);
const memory = (name: string, regions: string, expect: RegExp) =>
  kern(name, { memory_regions: regions }, expect);

const main = "[0x4000_0000, 0x100_0000, 7, 0]";

export const descriptions: readonly BrokenCase[] = [
  // Text
  {
    name: "a description that is not there",
    files: {},
    args: run,
    expect: /vm\.toml:1:1: error: expected a VM description in TOML, found .+/,
    code: 2,
  },
  text(
    "an empty file",
    "",
    /vm\.toml:1:1: error: id: expected an integer in 0\.\.65535, found nothing/,
  ),
  text(
    "a binary file",
    new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0, 1]),
    /vm\.toml:1:5: error: expected text in UTF-8/,
  ),
  text("a line that is no key", "id 1\n", /vm\.toml:1:\d+: error: expected valid TOML, found /),
  text(
    "a string without end",
    'name = "vm\n',
    /vm\.toml:1:\d+: error: expected valid TOML, found /,
  ),
  text(
    "an array without end",
    `${vmToml()}x = [1,\n`,
    /error: expected valid TOML, found /,
  ),
  text(
    "a key given twice",
    flatToml() + "id = 2\n",
    /error: expected valid TOML, found .*multiple times/,
  ),
  text("a number with leading zeros", "id = 01\n", /expected valid TOML, found leading zeros/),
  text(
    "brackets without end",
    `id = ${"[".repeat(20_000)}`,
    /expected brackets at most 100 deep, found more/,
  ),
  text(
    "a file of several megabytes",
    "#".repeat(3 << 20),
    /expected a TOML file of at most 1048576 bytes/,
  ),

  // Layouts
  text(
    "the layout from before December 2024",
    "id = 1\ncpu_set = 1\nmemory_regions = [[0x4000_0000, 0x100_0000, 0x7]]\n",
    /vm\.toml:3:1: error: memory_regions: .*before December 2024; write\n {4}cpu_num = 1\n/,
  ),
  text(
    "the layout with [machine]",
    '[machine]\nmode = "virtual"\n',
    /vm\.toml:1:2: error: machine: .*layout of July 2026; leave out \[machine\]/,
  ),
  text(
    "a description without [kernel]",
    '[base]\nid = 1\nname = "a"\nvm_type = 1\ncpu_num = 1\n',
    /error: kernel: expected a table \[kernel\], found nothing/,
  ),
  text(
    "a value where a table belongs",
    `base = 1\n[kernel]\n`,
    /base: expected a table with id, name/,
  ),

  // Keys
  kern(
    "a misspelt key",
    { entry_pont: "1" },
    /vm\.toml:12:1: error: kernel\.entry_pont: .*found "entry_pont" \(known here/,
  ),
  text(
    "a misspelt key whose right form is missing",
    vmToml({ kernel: { kernel_path: undefined, kernel_pth: '"kernel.bin"' } }),
    /kernel\.kernel_pth: .*\(did you mean "kernel_path"\?\)/,
  ),
  base(
    "a key in the wrong table",
    { entry_point: "1" },
    /base\.entry_point: .*it belongs in \[kernel\]/,
  ),
  text(
    "a key before the tables",
    `id = 1\n${vmToml()}`,
    /vm\.toml:1:1: error: id: .*it belongs in \[base\]/,
  ),
  text("an unknown table", `${vmToml()}[device]\n`, /error: device: expected a key that is known/),
  base(
    "a missing id",
    { id: undefined },
    /base\.id: expected an integer in 0\.\.65535, found nothing/,
  ),
  base("a missing name", { name: undefined }, /base\.name: expected .*, found nothing/),
  kern(
    "a missing entry point",
    { entry_point: undefined },
    /kernel\.entry_point: expected an address/,
  ),

  // Values
  base("an id in quotes", { id: '"1"' }, /base\.id: .*found "1" \(write it without quotes: 1\)/),
  base("a negative id", { id: "-1" }, /vm\.toml:2:6: error: base\.id: .*found -1/),
  base("a name that is a number", { name: "7" }, /base\.name: expected a string.*, found 7/),
  base("an empty name", { name: '""' }, /base\.name: expected a string that is not empty/),
  base(
    "an unknown type of VM",
    { vm_type: "9" },
    /expected one of 0 \(host\), 1 \(rtos\), 2 \(linux\), found 9/,
  ),
  base("no CPUs", { cpu_num: "0" }, /base\.cpu_num: expected an integer in 1\.\.64, found 0/),
  base(
    "too many CPUs",
    { cpu_num: "65" },
    /base\.cpu_num: expected an integer in 1\.\.64, found 65/,
  ),
  base("a fraction of a CPU", { cpu_num: "1.5" }, /base\.cpu_num: .*found 1\.5/),
  kern(
    "an address in quotes",
    { entry_point: '"0x4008_0000"' },
    /write it without quotes: 0x4008_0000/,
  ),
  kern(
    "an address of 64 bits",
    { entry_point: "0xffff_0000_4008_0000" },
    /kernel\.entry_point: .*found 0xffff_0000/,
  ),
  kern(
    "an image location that is none",
    { image_location: '"mem"' },
    /image_location: expected one of "fs", "memory", found "mem"/,
  ),
  dev(
    "an unknown interrupt mode",
    { interrupt_mode: '"pasthrough"' },
    /did you mean "passthrough"\?/,
  ),
  dev("an unknown type of emulated device", {
    emu_devices: '[["a", 0x900_0000, 0x1000, 33, 0x77, []]]',
  }, /emu_devices\[0\]\.emu_type: expected one of .*found 119/),
  dev(
    "an emulated device without type",
    { emu_devices: '[["a", 0x900_0000, 0x1000, 33]]' },
    /emu_devices\[0\]: expected \[name, base_gpa, length, irq_id, emu_type, cfg_list\?\]/,
  ),
  dev(
    "devices that are no array",
    { passthrough_devices: '"/"' },
    /passthrough_devices: expected an array/,
  ),
  dev(
    "a device that is no array",
    { passthrough_devices: '["/"]' },
    /passthrough_devices\[0\]: expected \[name/,
  ),

  // CPUs
  base(
    "too few affinities",
    { cpu_num: "2", phys_cpu_ids: "[0]" },
    /phys_cpu_ids: expected 2 entries, as cpu_num says, found 1/,
  ),
  base(
    "affinities that repeat",
    { cpu_num: "2", phys_cpu_ids: "[1, 1]" },
    /phys_cpu_ids\[1\]: expected an affinity of its own/,
  ),
  base(
    "too many masks",
    { phys_cpu_sets: "[1, 1]" },
    /phys_cpu_sets: expected 1 entry, as cpu_num says, found 2/,
  ),
  base(
    "a mask of no core",
    { phys_cpu_sets: "[0]" },
    /phys_cpu_sets\[0\]: expected a mask .*found no core at all/,
  ),
  base(
    "a core that no board has",
    { phys_cpu_sets: "[0x100]" },
    /phys_cpu_sets\[0\]: expected a mask .*core 8 among them/,
  ),
  base(
    "a priority that no level has",
    { cpu_priority: "8" },
    /cpu_priority: expected a priority in 0\.\.7, or an array of them, found 8/,
  ),
  base(
    "a weight of nothing",
    { cpu_weight: "[0]" },
    /cpu_weight\[0\]: expected a weight in 1\.\.10000, found 0/,
  ),
  text(
    "nine CPUs on a GICv2",
    vmToml({ base: { cpu_num: "9" }, devices: { passthrough_devices: '[["/intc"]]' } }),
    /base\.cpu_num: expected at most 8 with a GICv2, found 9/,
  ),

  // Memory
  memory("no memory", "[]", /memory_regions: expected an array that is not empty/),
  memory(
    "a region of no size",
    "[[0x4000_0000, 0, 7, 0]]",
    /memory_regions\[0\]\.size: expected a size/,
  ),
  memory(
    "an unknown type of region",
    "[[0x4000_0000, 0x100_0000, 7, 3]]",
    /memory_regions\[0\]\.map_type: expected one of 0 \(alloc\)/,
  ),
  memory(
    "unknown flags",
    "[[0x4000_0000, 0x100_0000, 0x80, 0]]",
    /memory_regions\[0\]\.flags: expected .*found 0x80/,
  ),
  memory(
    "a region that is not aligned",
    "[[0x4000_0800, 0x100_0000, 7, 0]]",
    /memory_regions\[0\]\.gpa: expected a multiple of 4 KiB/,
  ),
  memory(
    "regions that overlap",
    `[${main}, [0x40ff_0000, 0x10_0000, 7, 0]]`,
    /memory_regions\[1\]: expected a region that does not overlap memory_regions\[0\]/,
  ),
  memory(
    "a fixed region below RAM",
    `[${main}, [0x1000_0000, 0x20_0000, 7, 1]]`,
    /memory_regions\[1\]: expected a region in RAM of qemu-virt/,
  ),
  memory(
    "a region beyond stage 2",
    `[${main}, [0xffff_0000_0000, 0x20_0000, 7, 0]]`,
    /memory_regions\[1\]: expected a region below 0x0100_0000_0000/,
  ),
  memory(
    "more memory than the board can have",
    "[[0x4000_0000, 0x10_0000_0000, 7, 0]]",
    /expected RAM for all VMs, found .*qemu-virt has at most 8 GiB/,
  ),

  // Files and places
  kern(
    "a kernel that is not there",
    { kernel_path: '"no.bin"' },
    /vm\.toml:8:15: error: kernel\.kernel_path: expected a file, found "no\.bin": /,
  ),
  kern("a RAM disk that is not there", {
    ramdisk_path: '"no.gz"',
    ramdisk_load_addr: "0x4080_0000",
  }, /kernel\.ramdisk_path: expected a file/),
  kern(
    "a RAM disk without address",
    { ramdisk_path: '"disk"' },
    /ramdisk_load_addr: expected an address for the RAM disk, found nothing/,
    { disk: "cpio" },
  ),
  kern(
    "a kernel outside memory",
    { kernel_load_addr: "0x8000_0000", entry_point: "0x8000_0000" },
    /kernel_load_addr: expected guest memory for the kernel at \[0x8000_0000/,
  ),
  kern("a kernel that reaches out of memory", {
    kernel_load_addr: "0x40ff_f000",
    entry_point: "0x40ff_f000",
  }, /the region is 4 KiB too small/),
  kern(
    "an entry point outside the kernel",
    { entry_point: "0x4000_0000" },
    /entry_point: expected an address in the kernel, \[0x4008_0000, /,
  ),
  kern(
    "an entry point between instructions",
    { entry_point: "0x4008_0002" },
    /entry_point: expected a multiple of 4, found 0x4008_0002/,
  ),
  kern(
    "a device tree in the kernel",
    { dtb_load_addr: "0x4008_0000" },
    /dtb_load_addr: expected room for the device tree that nothing else takes/,
  ),
  kern(
    "a device tree that is not aligned",
    { dtb_load_addr: "0x4000_0004" },
    /dtb_load_addr: expected a multiple of 8/,
  ),
  kern(
    "a RAM disk in the kernel",
    { ramdisk_path: '"disk"', ramdisk_load_addr: "0x4008_0000" },
    /ramdisk_load_addr: expected room for the RAM disk/,
    { disk: "cpio" },
  ),
  kern(
    "a kernel for UEFI",
    { boot_protocol: '"uefi"' },
    /boot_protocol: expected "direct" on AArch64, found "uefi"/,
  ),

  // Devices
  dev(
    "a device without a length",
    { passthrough_devices: '[["pl011"]]' },
    /passthrough_devices\[0\]: .*write "\/pl011" for a node of that name/,
  ),
  dev(
    "a device tree path of no node",
    { passthrough_devices: '[["/pl012@9000000"]]' },
    /expected the path of a device tree node of qemu-virt, .*did you mean "\/pl011@9000000"\?/,
  ),
  dev("a window that is not aligned", {
    passthrough_devices: '[["a", 0x900_0800, 0x900_0800, 0x1000, 0]]',
  }, /expected a guest address that is a multiple of 4 KiB, found 0x0900_0800/),
  dev("a window onto memory", {
    passthrough_devices: '[["a", 0x4000_0000, 0x900_0000, 0x1000, 0]]',
  }, /expected a window apart from guest memory/),
  dev("a window onto the board's RAM", {
    passthrough_devices: '[["a", 0x1000_0000, 0x4000_0000, 0x1000, 0]]',
  }, /found its RAM at .*RAM belongs in memory_regions/),
  dev("windows that overlap", {
    passthrough_devices:
      '[["a", 0x900_0000, 0x900_0000, 0x1000], ["b", 0x900_0000, 0x901_0000, 0x1000]]',
  }, /expected a window apart from "a"/),
  dev("emulated devices that overlap", {
    emu_devices: '[["a", 0x900_0000, 0x1000, 33, 2], ["b", 0x900_0000, 0x1000, 34, 2]]',
  }, /emu_devices\[1\]: expected a device apart from "a"/),
  dev(
    "an emulated device in memory",
    { emu_devices: '[["a", 0x4000_0000, 0x1000, 33, 2]]' },
    /emu_devices\[0\]: expected a device apart from guest memory/,
  ),
  dev(
    "an interrupt beyond the controller",
    { emu_devices: '[["a", 0x900_0000, 0x1000, 5000, 2]]' },
    /emu_devices\[0\]\.irq_id: expected an interrupt number/,
  ),

  // Several
  {
    name: "two VMs of one id",
    files: { ...kernel, "a.toml": vmToml(), "b.toml": vmToml({ base: { name: '"b"' } }) },
    args: ["--platform", "qemu-virt", "--vm", "a.toml", "--vm", "b.toml"],
    expect:
      /b\.toml:2:6: error: base\.id: expected an id that no other VM has, found 1, which a\.toml:2 has/,
    code: 2,
  },
  {
    name: "two VMs in the same RAM",
    files: {
      ...kernel,
      "a.toml": vmToml({ kernel: { memory_regions: "[[0x4000_0000, 0x100_0000, 7, 1]]" } }),
      "b.toml": vmToml({
        base: { id: "2" },
        kernel: { memory_regions: "[[0x4000_0000, 0x100_0000, 7, 1]]" },
      }),
    },
    args: ["--platform", "qemu-virt", "--vm", "a.toml", "--vm", "b.toml"],
    expect: /b\.toml:11:19: error: kernel\.memory_regions\[0\]: expected RAM that no other VM has/,
    code: 2,
  },
  {
    name: "a description with much wrong, naming all of it",
    files: {
      ...kernel,
      "vm.toml": vmToml({
        base: { id: '"x"', vm_type: "5" },
        kernel: { image_location: '"disk"', memory_regions: "[[1]]" },
        devices: { colour: "1" },
      }),
    },
    args: ["config", "check", "vm.toml"],
    expect:
      /base\.id: [^]*base\.vm_type: [^]*image_location: [^]*memory_regions\[0\]: [^]*colour: /,
    code: 2,
  },
];
