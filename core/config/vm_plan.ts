/**
 * From a checked description to a plan: plain data from which a machine is put together.
 *
 * @module
 */

import { writeFdt } from "../fdt/blob.ts";
import { cellCounts, type Fdt } from "../fdt/node.ts";
import { type FdtPatch, patchFdt } from "../fdt/patch.ts";
import { byteCount, hex } from "../hex.ts";
import { type KernelImage, placeImage, type Segment } from "../images/image.ts";
import {
  absentPaths,
  type DevicePlan,
  type EmulatedDevice,
  type PassthroughWindow,
  planDevices,
  type VgicPlan,
} from "./plan_devices.ts";
import {
  BlockBytes,
  checkLoads,
  freePlace,
  type Load,
  type MemoryRegion,
  planRegions,
} from "./plan_memory.ts";
import type { PlatformFacts } from "./platform_facts.ts";
import { hasErrors, type Problem } from "./problem.ts";
import { roundUp } from "./ranges.ts";
import type { VmConfig } from "./vm_config.ts";
import { PriorityRange, WeightRange } from "./vm_keys.ts";
import type { VmImages } from "./vm_images.ts";

export type { EmulatedDevice, MemoryRegion, PassthroughWindow, VgicPlan };

/** A virtual CPU: what it shows the guest, and where it may run. */
export interface VcpuPlan {
  /** Affinity fields of MPIDR_EL1, without its flag bits. */
  readonly mpidr: number;
  /** Bit n: may run on core n. */
  readonly affinityMask: number;
  /** For `--scheduler priority`: 0 is the most urgent. */
  readonly priority: number;
  /** For `--scheduler fair`: its share against those of others. */
  readonly weight: number;
}

/** Bytes to put into guest memory before the VM starts. */
export interface ImagePlan {
  readonly what: "kernel" | "ramdisk" | "dtb";
  readonly gpa: number;
  readonly bytes: Uint8Array;
}

/** The guest's device tree: made for it, or the given one (then it is among the images). */
export interface DtbPlan {
  readonly kind: "generate" | "patch";
  readonly gpa: number;
  /** Room there is for it. */
  readonly bytes: number;
}

export interface VmPlan extends DevicePlan {
  readonly id: number;
  readonly name: string;
  readonly vmType: "host" | "rtos" | "linux";
  readonly vcpus: readonly VcpuPlan[];
  readonly memory: readonly MemoryRegion[];
  readonly images: readonly ImagePlan[];
  readonly entry: number;
  /** What the guest finds in X0: the address of its device tree. */
  readonly x0: number;
  readonly dtb: DtbPlan | undefined;
  /** How the device tree differs from the board's: memory, CPUs, command line, initrd, nodes. */
  readonly fdt: FdtPatch;
  /** File with the disk that its first virtio-blk device has. */
  readonly disk?: string;
  readonly interruptMode: "none" | "emulated" | "passthrough";
}

/** Room for a generated device tree; that of a board with all its devices takes a quarter. */
const DtbBytes = 0x1_0000;

/** GICv2 has eight CPU interfaces (IHI 0048B, 2.3). */
const MaxGicV2Cpus = 8;

/** Smaller reserved regions are mailboxes between processors, not memory for the guest to use. */
const MinReservedRam = BlockBytes;

/**
 * The plan for a VM; it is missing when there is an error among the problems, and when the images
 * are not there (the rest is checked all the same).
 */
export function planVm(
  config: VmConfig,
  facts: PlatformFacts,
  images: VmImages | undefined,
): { plan?: VmPlan; problems: Problem[] } {
  const { base, kernel, devices } = config.values;
  const problems: Problem[] = [];
  checkUnusedKeys(config, problems);
  const memory = planRegions(config, facts, problems);
  const devicePlan = planDevices(config, facts, memory, images, problems);
  const vcpus = planVcpus(config, facts, devicePlan.vgic, problems);
  if (images === undefined) return { problems };

  const segments = placeImage(images.kernel, kernel.kernel_load_addr);
  const loads: Load[] = segments.map((s) => ({
    what: "the kernel",
    key: "kernel.kernel_load_addr",
    base: s.address,
    bytes: s.memoryBytes,
  }));
  checkKernel(config, images.kernel, segments, problems);
  const initrd = placeRamdisk(config, images.ramdisk, loads, problems);
  const fdt: FdtPatch = {
    memory: memory.filter((r) => r.kind !== "reserved" || r.bytes >= MinReservedRam)
      .map((r) => ({ base: r.gpa, bytes: r.bytes })),
    cpus: vcpus.map((v) => v.mpidr),
    // A given tree is the user's to answer for; the board's has much that the guest does not.
    exclude: [
      ...devices.excluded_devices.flat(),
      ...(images.dtb === undefined ? absentPaths(facts, devicePlan) : []),
    ],
    ...(kernel.cmdline === undefined ? {} : { bootargs: kernel.cmdline }),
    ...(initrd === undefined ? {} : { initrd: { start: initrd.base, bytes: initrd.bytes } }),
  };
  const patched = patchGiven(config, images.dtb, fdt, problems);
  const dtb = placeDtb(config, memory, loads, patched, problems);
  checkLoads(config, memory, loads, problems);
  if (hasErrors(problems)) return { problems };

  const plan: VmPlan = {
    id: base.id,
    name: base.name,
    vmType: base.vm_type,
    vcpus,
    memory,
    images: [
      ...segments.map((s) => ({ what: "kernel" as const, gpa: s.address, bytes: s.bytes })),
      ...(initrd && images.ramdisk
        ? [{ what: "ramdisk" as const, gpa: initrd.base, bytes: images.ramdisk }]
        : []),
      ...(dtb && patched ? [{ what: "dtb" as const, gpa: dtb.gpa, bytes: patched }] : []),
    ],
    entry: kernel.entry_point,
    x0: dtb?.gpa ?? 0,
    dtb,
    fdt,
    interruptMode: devices.interrupt_mode,
    ...(images.disk === undefined ? {} : { disk: images.disk }),
    ...devicePlan,
  };
  return { plan, problems };
}

/** Keys that mean something to x86 guests only, or to devices that are not there. */
function checkUnusedKeys(config: VmConfig, problems: Problem[]): void {
  const { kernel, devices } = config.values;
  const add = (severity: Problem["severity"], key: string, expected: string, found: string) =>
    problems.push(config.problem(severity, key, expected, found));
  if (kernel.enable_bios) add("error", "kernel.enable_bios", "false on AArch64", "true");
  if (kernel.boot_protocol !== "direct") {
    add("error", "kernel.boot_protocol", '"direct" on AArch64', `"${kernel.boot_protocol}"`);
  }
  const unused = (key: string, is: boolean) => {
    if (is) add("warning", key, "nothing on AArch64", "a value, ignored");
  };
  unused("kernel.bios_path", Boolean(kernel.bios_path));
  unused("kernel.uefi_firmware_path", Boolean(kernel.uefi_firmware_path));
  unused("devices.passthrough_ports", devices.passthrough_ports.length > 0);
  if (kernel.disk_path && !config.emulatedKinds.includes("virtio-blk")) {
    const found = "a disk for a VM without one, ignored";
    add("warning", "kernel.disk_path", "a virtio-blk device in emu_devices", found);
  }
}

function planVcpus(
  config: VmConfig,
  facts: PlatformFacts,
  vgic: VgicPlan | undefined,
  problems: Problem[],
): VcpuPlan[] {
  const { base } = config.values;
  const { cpu_num, phys_cpu_ids: ids, phys_cpu_sets: sets } = base;
  const { count, max } = facts.cpus;
  for (const key of ["phys_cpu_ids", "phys_cpu_sets", "cpu_priority", "cpu_weight"] as const) {
    const list = base[key];
    if (typeof list === "object" && list.length !== cpu_num) {
      const expected = `${cpu_num} ${cpu_num === 1 ? "entry" : "entries"}, as cpu_num says`;
      problems.push(config.problem("error", `base.${key}`, expected, String(list.length)));
    }
  }
  ids?.forEach((id, i) => {
    if (ids.indexOf(id) === i) return;
    const key = `base.phys_cpu_ids[${i}]`;
    problems.push(config.problem("error", key, "an affinity of its own", `${hex(id)} again`));
  });
  sets?.forEach((mask, i) => {
    const highest = Math.floor(Math.log2(mask));
    if (mask !== 0 && highest < count) return;
    const key = `base.phys_cpu_sets[${i}]`;
    problems.push(config.problem(
      "error",
      key,
      `a mask of cores 0 to ${count - 1} of ${facts.name}`,
      mask === 0 ? "no core at all" : `0x${mask.toString(16)}, core ${highest} among them`,
      mask !== 0 && highest < max ? `give the board more: --cpus ${highest + 1}` : undefined,
    ));
  });
  if (vgic?.version === 2 && cpu_num > MaxGicV2Cpus) {
    problems.push(config.problem(
      "error",
      "base.cpu_num",
      `at most ${MaxGicV2Cpus} with a GICv2`,
      String(cpu_num),
      "a GICv3 has room for more: --gic 3",
    ));
  }
  const anywhere = 2 ** count - 1;
  return Array.from({ length: cpu_num }, (_, i) => ({
    mpidr: ids?.[i] ?? i,
    affinityMask: sets?.[i] ?? anywhere,
    priority: ofCpu(base.cpu_priority, i) ?? PriorityRange.usual,
    weight: ofCpu(base.cpu_weight, i) ?? WeightRange.usual,
  }));
}

/** A value for all virtual CPUs, or that of one. */
function ofCpu(values: number | readonly number[], index: number): number | undefined {
  return typeof values === "number" ? values : values[index];
}

function checkKernel(
  config: VmConfig,
  image: KernelImage,
  segments: readonly Segment[],
  problems: Problem[],
): void {
  const { entry_point: entry, kernel_load_addr: load } = config.values.kernel;
  if (entry % 4 !== 0) {
    problems.push(config.problem("error", "kernel.entry_point", "a multiple of 4", hex(entry)));
  }
  const home = segments.find((s) => entry >= s.address && entry < s.address + s.memoryBytes);
  if (home === undefined) {
    problems.push(config.problem(
      "error",
      "kernel.entry_point",
      `an address in the kernel, ${
        segments.map((s) => `[${hex(s.address)}, ${hex(s.address + s.memoryBytes)})`).join(", ")
      }`,
      hex(entry),
    ));
  }
  if (image.kind === "arm64" && (load - image.textOffset) % BlockBytes !== 0) {
    problems.push(config.problem(
      "warning",
      "kernel.kernel_load_addr",
      `${image.textOffset === 0 ? "" : `${hex(image.textOffset)} above `}a multiple of 2 MiB, ` +
        "as the kernel's header says",
      hex(load),
    ));
  }
  if (image.kind === "arm64" && entry !== load) {
    problems.push(config.problem(
      "warning",
      "kernel.entry_point",
      `the kernel's first instruction, ${hex(load)}`,
      hex(entry),
    ));
  }
  if (image.kind !== "elf") return;
  const lowest = segments[0]?.address ?? load;
  if (load !== lowest) {
    problems.push(config.problem(
      "warning",
      "kernel.kernel_load_addr",
      `${hex(lowest)}, where the ELF file says that it goes`,
      hex(load),
      "the file's addresses are used",
    ));
  }
  if (entry !== image.entry) {
    problems.push(config.problem(
      "warning",
      "kernel.entry_point",
      `${hex(image.entry)}, the ELF file's entry point`,
      hex(entry),
    ));
  }
}

function placeRamdisk(
  config: VmConfig,
  ramdisk: Uint8Array | undefined,
  loads: Load[],
  problems: Problem[],
): Load | undefined {
  const { ramdisk_load_addr: base } = config.values.kernel;
  if (ramdisk === undefined) return undefined;
  if (base === undefined) {
    const key = "kernel.ramdisk_load_addr";
    problems.push(config.problem("error", key, "an address for the RAM disk", "nothing"));
    return undefined;
  }
  const key = "kernel.ramdisk_load_addr";
  const load: Load = { what: "the RAM disk", key, base, bytes: ramdisk.length };
  loads.push(load);
  return load;
}

/** The given device tree with this VM's memory, CPUs and command line. */
function patchGiven(
  config: VmConfig,
  given: Fdt | undefined,
  patch: FdtPatch,
  problems: Problem[],
): Uint8Array | undefined {
  if (given === undefined) return undefined;
  const { address, size } = cellCounts(given.root);
  const fits = (cells: number, value: number) =>
    cells === 2 || (cells === 1 && value <= 0xffff_ffff);
  const memory = patch.memory ?? [];
  if (memory.every((m) => fits(address, m.base) && fits(size, m.bytes))) {
    const { root, reservations, bootCpu } = patchFdt(given, patch);
    return writeFdt(root, reservations, bootCpu);
  }
  problems.push(config.problem(
    "error",
    "kernel.dtb_path",
    "a device tree whose root's cells hold the memory regions",
    `#address-cells ${address} and #size-cells ${size}`,
  ));
  return undefined;
}

function placeDtb(
  config: VmConfig,
  memory: readonly MemoryRegion[],
  loads: Load[],
  given: Uint8Array | undefined,
  problems: Problem[],
): DtbPlan | undefined {
  const bytes = given === undefined ? DtbBytes : roundUp(given.length, 8);
  const asked = config.values.kernel.dtb_load_addr;
  const gpa = asked ?? freePlace(memory, loads, bytes);
  if (gpa === undefined) {
    problems.push(config.problem(
      "warning",
      "kernel.memory_regions",
      `${byteCount(bytes)} for a device tree in the main region`,
      "no room",
      "the guest gets none",
    ));
    return undefined;
  }
  const key = "kernel.dtb_load_addr";
  if (gpa % 8 !== 0) problems.push(config.problem("error", key, "a multiple of 8", hex(gpa)));
  loads.push({ what: "the device tree", key, base: gpa, bytes });
  return { kind: given === undefined ? "generate" : "patch", gpa, bytes };
}
