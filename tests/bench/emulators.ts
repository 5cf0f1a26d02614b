/** Command lines of hvsim and of QEMU for a workload. @module */

import { fromFileUrl, join } from "@std/path";
import { guestPath } from "../real_guests.ts";
import type { ImageWorkload, LinuxWorkload, Workload } from "./workloads.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** The benchmarks' image. */
export const benchImage = join(root, "guests/images/bench.img");

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** What is measured; the name is a column's. */
export type Emulator = "hvsim" | "qemu";

/** hvsim from its source, with the task's permissions. */
const hvsim: CommandLine = [
  Deno.execPath(),
  ...["run", "--no-check", "--allow-read", "--allow-write", "--allow-env"],
  join(root, "main.ts"),
];

const Cpu = "cortex-a72";
const ImageMemory = "128M";
const LinuxMemory = "512M";

function bootArgs({ name, scale }: ImageWorkload): string {
  return `bench=${name} scale=${scale}`;
}

function kernelArgs({ command }: LinuxWorkload): string {
  return `console=ttyAMA0 hvsim.run="${command}"`;
}

/** A description of a VM that runs the image. */
export function imageVm(workload: ImageWorkload): string {
  return `[base]
id = 1
name = "bench"
vm_type = 1
cpu_num = 1
phys_cpu_sets = [1]

[kernel]
entry_point = 0x4020_0000
kernel_path = ${JSON.stringify(benchImage)}
kernel_load_addr = 0x4020_0000
image_location = "memory"
dtb_load_addr = 0x4000_0000
cmdline = ${JSON.stringify(bootArgs(workload))}
memory_regions = [[0x4000_0000, 0x400_0000, 0x7, 0]]

[devices]
emu_devices = []
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x5_0000, 0x1],
  ["pl011@9000000", 0x900_0000, 0x900_0000, 0x1000, 0x1],
]
`;
}

/** guests/linux.toml with another command line. */
export async function linuxVm(workload: LinuxWorkload): Promise<string> {
  const text = await Deno.readTextFile(join(root, "guests/linux.toml"));
  return text
    .replace(/^cmdline = .*$/m, () => `cmdline = ${JSON.stringify(kernelArgs(workload))}`)
    .replace(
      /^(kernel_path|ramdisk_path) = "(.*)"$/gm,
      (_, key: string, path: string) => `${key} = ${JSON.stringify(join(root, "guests", path))}`,
    );
}

/** Arguments of hvsim; VM descriptions are written into `folder`. */
export async function hvsimArgs(workload: Workload, folder: string): Promise<string[]> {
  const isVm = workload.kind === "linux" || workload.vm;
  if (isVm) {
    const file = join(folder, `${crypto.randomUUID()}.toml`);
    await Deno.writeTextFile(
      file,
      workload.kind === "linux" ? await linuxVm(workload) : imageVm(workload),
    );
    return ["--cpu", Cpu, "--gic", "2", "--pace", "free", "--vm", file];
  }
  return [
    ...["--cpu", Cpu, "--gic", "2", "--pace", "free", "--memory", ImageMemory],
    ...["--el", String(workload.el), "--kernel", benchImage, "--append", bootArgs(workload)],
  ];
}

/** hvsim with `args`. */
export function hvsimCommand(args: readonly string[]): CommandLine {
  return [...hvsim, ...args];
}

/** QEMU's counterpart; undefined when there is none. */
export function qemuCommand(workload: Workload): CommandLine | undefined {
  const program = "qemu-system-aarch64";
  const common = ["-cpu", Cpu, "-nographic", "-nic", "none"];
  if (workload.kind === "linux") {
    return [
      program,
      ...[...common, "-M", "virt,gic-version=2", "-m", LinuxMemory],
      ...["-kernel", guestPath("Image"), "-initrd", guestPath("initramfs.cpio.gz")],
      ...["-append", kernelArgs(workload)],
    ];
  }
  if (workload.vm) return undefined;
  const el2 = workload.el === 2 ? "on" : "off";
  return [
    program,
    ...[...common, "-M", `virt,gic-version=2,virtualization=${el2}`, "-m", ImageMemory],
    ...["-kernel", benchImage, "-append", bootArgs(workload)],
  ];
}

/** First line of what QEMU says of itself; undefined when it is not installed. */
export async function qemuVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await new Deno.Command("qemu-system-aarch64", { args: ["--version"] })
      .output();
    return new TextDecoder().decode(stdout).split("\n")[0];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** What a run computed, from its console; undefined when it did not end well. */
export function resultOf(workload: Workload, console: string): string | undefined {
  if (workload.kind === "linux") {
    return /HVSIM-MARK run-exit rc=0/.test(console) ? "done" : undefined;
  }
  return new RegExp(`^${workload.name} \\d+ \\d+ ([0-9a-f]{16})\\r?$`, "m").exec(console)?.[1];
}
