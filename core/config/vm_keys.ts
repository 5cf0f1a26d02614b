/**
 * The keys of a VM description, as ArceOS hypervisors read them from TOML (axvmconfig).
 *
 * @module
 */

import {
  bool,
  type Checked,
  doc,
  int,
  list,
  numbered,
  oneOrMore,
  optional,
  row,
  type Rule,
  spelled,
  text,
} from "./schema.ts";

const address = int(0, 2 ** 48 - 1, "an address");
const byteLength = int(1, 2 ** 48 - 1, "a size in bytes");

/** Bits of a memory region's flags. */
export const RegionFlags = {
  read: 1,
  write: 2,
  execute: 4,
  user: 8,
  device: 0x10,
  uncached: 0x20,
} as const;

const memoryRegion = row({
  gpa: address,
  size: byteLength,
  flags: doc("Sum of 1 read, 2 write, 4 execute, 8 user, 0x10 device, 0x20 uncached", int(0, 0x3f)),
  map_type: doc(
    "0: any host memory; 1: guest address = host address; 2: the same, of reserved memory",
    numbered({ 0: "alloc", 1: "identical", 2: "reserved" }),
  ),
});

const emulatedDevice = row({
  name: text(),
  base_gpa: address,
  length: int(0, 2 ** 48 - 1, "a size in bytes"),
  irq_id: int(0, 1023, "an interrupt number"),
  emu_type: int(0, 0xff, "a device type"),
  cfg_list: optional(list(int(0, 2 ** 48 - 1)), []),
});

const passthroughDevice = row({
  name: doc("A name, or the path of a device tree node such as /timer or /", text(1)),
  base_gpa: optional(address, 0),
  base_hpa: optional(address, 0),
  length: optional(int(0, 2 ** 48 - 1, "a size in bytes"), 0),
  irq_id: optional(int(0, 1023, "an interrupt number"), 0),
});

/** Levels of `--scheduler priority`, 0 the most urgent, as Minos 0.4 has them. */
export const PriorityRange = { least: 7, usual: 4 } as const;

/** Weights of `--scheduler fair`. */
export const WeightRange = { least: 1, most: 10_000, usual: 100 } as const;

const port = int(0, 0xffff, "an I/O port");

const base = {
  id: doc("Number of the VM, different from every other's", int(0, 0xffff)),
  name: doc("Name of the VM", text(1)),
  vm_type: doc("What kind of guest it is", numbered({ 0: "host", 1: "rtos", 2: "linux" })),
  cpu_num: doc("Number of virtual CPUs", int(1, 64)),
  phys_cpu_ids: doc(
    "Affinity (MPIDR) that each virtual CPU shows to the guest",
    optional(list(int(0, 0xff_00ff_ffff, "an affinity")), undefined),
  ),
  phys_cpu_sets: doc(
    "Bit mask of the cores on which each virtual CPU may run",
    optional(list(int(0, 2 ** 53 - 1, "a mask of cores")), undefined),
  ),
  cpu_priority: doc(
    `For --scheduler priority: 0 (most urgent) to ${PriorityRange.least}, ` +
      "one for all virtual CPUs or one for each",
    optional(oneOrMore(int(0, PriorityRange.least, "a priority")), PriorityRange.usual),
  ),
  cpu_weight: doc(
    "For --scheduler fair: the share of the core against that of others, " +
      "one for all virtual CPUs or one for each",
    optional(oneOrMore(int(WeightRange.least, WeightRange.most, "a weight")), WeightRange.usual),
  ),
};

const kernel = {
  entry_point: doc("Guest-physical address of the first instruction", address),
  kernel_path: doc("File of the kernel: raw, arm64 Image (also gzip) or ELF", text(1)),
  kernel_load_addr: doc("Guest-physical address at which the kernel is put", address),
  image_location: doc(
    'Where paths lead: "fs" below --rootfs, "memory" beside this file',
    optional(spelled({ fs: "fs", memory: "memory" }), "fs"),
  ),
  cmdline: doc("Command line of the kernel", optional(text(), undefined)),
  dtb_path: doc(
    "File of the device tree; one is generated without it",
    optional(text(), undefined),
  ),
  dtb_load_addr: doc("Guest-physical address of the device tree", optional(address, undefined)),
  ramdisk_path: doc("File of the initial RAM disk", optional(text(), undefined)),
  ramdisk_load_addr: doc("Guest-physical address of the RAM disk", optional(address, undefined)),
  bios_path: doc("Firmware of x86 guests", optional(text(), undefined)),
  bios_load_addr: doc("Address of the firmware of x86 guests", optional(address, undefined)),
  disk_path: doc("Disk image for its first virtio-blk device", optional(text(), undefined)),
  enable_bios: doc("Only false on AArch64", optional(bool, false)),
  boot_protocol: doc(
    "Only direct on AArch64",
    optional(
      spelled({
        direct: "direct",
        kernel: "direct",
        multiboot: "multiboot",
        bios: "multiboot",
        "axvm-bios": "multiboot",
        uefi: "uefi",
        efi: "uefi",
      }),
      "direct",
    ),
  ),
  uefi_firmware_path: doc("Not for AArch64", optional(text(), undefined)),
  memory_regions: doc("Guest memory, the main region first", list(memoryRegion, 1)),
};

const devices = {
  emu_devices: doc("Devices that the hypervisor plays", optional(list(emulatedDevice), [])),
  passthrough_devices: doc(
    "Devices of the board that the guest reaches; the interrupt controller becomes a virtual one",
    optional(list(passthroughDevice), []),
  ),
  interrupt_mode: doc(
    "How interrupts reach the guest",
    optional(
      spelled({
        no_irq: "none",
        no: "none",
        none: "none",
        emu: "emulated",
        emulated: "emulated",
        passthrough: "passthrough",
        pt: "passthrough",
      }),
      "none",
    ),
  ),
  excluded_devices: doc(
    "Paths of device tree nodes that the guest does not see",
    optional(list(list(text(1))), []),
  ),
  passthrough_addresses: doc(
    "Address ranges of the board that the guest reaches",
    optional(list(row({ base_gpa: address, length: byteLength })), []),
  ),
  address_space_policy: doc(
    "What the guest reaches at first: nothing, or all devices of the board",
    optional(
      spelled({
        virtualized: "virtualized",
        virtual: "virtualized",
        passthrough: "passthrough",
        pt: "passthrough",
      }),
      "virtualized",
    ),
  ),
  passthrough_ports: doc(
    "I/O ports of x86 guests",
    optional(list(row({ base: port, length: port })), []),
  ),
};

/** All keys, under the tables that hold them; flat files have them all at the top. */
export const VmKeys = { base, kernel, devices } as const;

export type VmTable = keyof typeof VmKeys;

type Values<T extends Readonly<Record<string, Rule<unknown>>>> = {
  readonly [K in keyof T]: Checked<T[K]>;
};

/** The checked values of a VM description. */
export interface VmValues {
  readonly base: Values<typeof base>;
  readonly kernel: Values<typeof kernel>;
  readonly devices: Values<typeof devices>;
}

/** Keys that a version once had, and why they do nothing. */
export const StaleKeys: Readonly<Record<string, string>> = {
  cpu_set: "phys_cpu_sets has one mask for each virtual CPU",
  cpu_ids: "phys_cpu_ids says it",
  kernel_size: "the size of the file is used",
  dtb_size: "the size of the file is used",
  ramdisk_size: "the size of the file is used",
  bios_size: "the size of the file is used",
  show_boot_log: "all output is shown",
};
