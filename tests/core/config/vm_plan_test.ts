import { assert, assertEquals } from "@std/assert";
import { parseFdt } from "../../../core/fdt/blob.ts";
import { find, readCells, readReg, readString } from "../../../core/fdt/node.ts";
import { qemuVirt } from "./boards.ts";
import { arm64Image, deviceTree, elf, rawKernel } from "./files.ts";
import { goodPlan, type Keys, problemsOf, vmToml } from "./vm_files.ts";

const kernel = (keys: Keys) => vmToml({ kernel: keys });
const base = (keys: Keys) => vmToml({ base: keys });

Deno.test("planVm: a small VM becomes plain data", () => {
  const plan = goodPlan(vmToml({ devices: { passthrough_devices: '[["/virtio_mmio"]]' } }));
  const { images, passthrough, ...rest } = plan;
  assertEquals(passthrough.length, 1);
  assertEquals(rest, {
    id: 1,
    name: "vm",
    vmType: "rtos",
    vcpus: [{ mpidr: 0, affinityMask: 3, priority: 4, weight: 100 }],
    memory: [{ gpa: 0x4000_0000, bytes: 0x100_0000, flags: 7, kind: "alloc" }],
    entry: 0x4008_0000,
    x0: 0x40e0_0000,
    dtb: { kind: "generate", gpa: 0x40e0_0000, bytes: 0x1_0000 },
    fdt: {
      memory: [{ base: 0x4000_0000, bytes: 0x100_0000 }],
      cpus: [0],
      exclude: [
        "/intc@8000000",
        "/pl011@9000000",
        "/pl031@9010000",
        "/pl061@9030000",
        "/pl011@9040000",
      ],
    },
    interruptMode: "none",
    vgic: undefined,
    emulated: [],
  });
  assertEquals(images, [{ what: "kernel", gpa: 0x4008_0000, bytes: rawKernel() }]);
});

Deno.test("planVm: virtual CPUs have their affinities and cores", () => {
  const plan = goodPlan(
    base({ cpu_num: "2", phys_cpu_ids: "[0x100, 0]", phys_cpu_sets: "[1, 3]" }),
  );
  const usual = { priority: 4, weight: 100 };
  assertEquals(plan.vcpus, [
    { mpidr: 0x100, affinityMask: 1, ...usual },
    { mpidr: 0, affinityMask: 3, ...usual },
  ]);
  assertEquals(plan.fdt.cpus, [0x100, 0]);
  const many = goodPlan(base({ cpu_num: "4" })).vcpus;
  assertEquals(many.map((v) => [v.mpidr, v.affinityMask]), [[0, 3], [1, 3], [2, 3], [3, 3]]);
});

Deno.test("planVm: lists of CPUs have an entry for each", () => {
  assertEquals(
    problemsOf(base({ cpu_num: "2", phys_cpu_ids: "[1]", phys_cpu_sets: "[1, 1, 1]" })),
    [
      "error base.phys_cpu_ids: expected 2 entries, as cpu_num says, found 1",
      "error base.phys_cpu_sets: expected 2 entries, as cpu_num says, found 3",
    ],
  );
});

Deno.test("planVm: a priority and a weight are for all virtual CPUs or for each", () => {
  const keys = { cpu_num: "2", cpu_priority: "[0, 7]", cpu_weight: "250" };
  const { vcpus } = goodPlan(base(keys));
  assertEquals(vcpus.map((v) => [v.priority, v.weight]), [[0, 250], [7, 250]]);
  assertEquals(problemsOf(base({ cpu_num: "2", cpu_priority: "[1]", cpu_weight: "[1, 2, 3]" })), [
    "error base.cpu_priority: expected 2 entries, as cpu_num says, found 1",
    "error base.cpu_weight: expected 2 entries, as cpu_num says, found 3",
  ]);
});

Deno.test("planVm: affinities differ, and masks name cores that there are", () => {
  assertEquals(
    problemsOf(base({ cpu_num: "2", phys_cpu_ids: "[1, 1]", phys_cpu_sets: "[0, 5]" })),
    [
      "error base.phys_cpu_ids[1]: expected an affinity of its own, found 0x0000_0001 again",
      "error base.phys_cpu_sets[0]: expected a mask of cores 0 to 1 of qemu-virt, found no core at all",
      "error base.phys_cpu_sets[1]: expected a mask of cores 0 to 1 of qemu-virt, " +
      "found 0x5, core 2 among them (give the board more: --cpus 3)",
    ],
  );
});

Deno.test("planVm: a GICv2 has eight interfaces", () => {
  const nine = vmToml({ base: { cpu_num: "9" }, devices: { passthrough_devices: '[["/intc"]]' } });
  assertEquals(problemsOf(nine), [
    "error base.cpu_num: expected at most 8 with a GICv2, found 9 " +
    "(a GICv3 has room for more: --gic 3)",
  ]);
  assertEquals(problemsOf(nine, { facts: qemuVirt({ gic: 3 }) }), []);
});

Deno.test("planVm: the entry point is an instruction of the kernel", () => {
  assertEquals(problemsOf(kernel({ entry_point: "0x4008_0002" })), [
    "error kernel.entry_point: expected a multiple of 4, found 0x4008_0002",
  ]);
  assertEquals(problemsOf(kernel({ entry_point: "0x4009_0000" })), [
    "error kernel.entry_point: expected an address in the kernel, [0x4008_0000, 0x4008_2000), " +
    "found 0x4009_0000",
  ]);
});

Deno.test("planVm: an arm64 Image takes what its header says, where its header says", () => {
  const at = (load: string, entry = load) =>
    problemsOf(kernel({ kernel_load_addr: load, entry_point: entry }), {
      files: { "kernel.bin": arm64Image({ imageSize: 0xf0_0000n }) },
    });
  assertEquals(at("0x4000_0000"), []);
  assertEquals(
    at("0x4020_0000")[0]?.slice(0, 62),
    "error kernel.kernel_load_addr: expected guest memory for the k",
  );
  assertEquals(at("0x4000_1000"), [
    "warning kernel.kernel_load_addr: expected a multiple of 2 MiB, as the " +
    "kernel's header says, found 0x4000_1000",
  ]);
  assertEquals(at("0x4000_0000", "0x4000_0040"), [
    "warning kernel.entry_point: expected the kernel's first instruction, 0x4000_0000, " +
    "found 0x4000_0040",
  ]);
});

Deno.test("planVm: an ELF file goes where it says, and other addresses are warned of", () => {
  const code = rawKernel(0x100);
  const file = elf(0x4010_0010, [
    { address: 0x4010_0000, bytes: code },
    { address: 0x4020_0000, bytes: code, memoryBytes: 0x2000 },
  ]);
  const files = { "kernel.bin": file };
  const right = kernel({ kernel_load_addr: "0x4010_0000", entry_point: "0x4010_0010" });
  assertEquals(problemsOf(right, { files }), []);
  assertEquals(goodPlan(right, { files }).images.map((i) => [i.gpa, i.bytes.length]), [
    [0x4010_0000, 0x100],
    [0x4020_0000, 0x100],
  ]);
  const wrong = kernel({ kernel_load_addr: "0x4008_0000", entry_point: "0x4010_0000" });
  assertEquals(problemsOf(wrong, { files }), [
    "warning kernel.entry_point: expected 0x4010_0010, the ELF file's entry point, found 0x4010_0000",
    "warning kernel.kernel_load_addr: expected 0x4010_0000, where the ELF file says that it goes, " +
    "found 0x4008_0000 (the file's addresses are used)",
  ]);
});

Deno.test("planVm: the RAM disk is loaded and told of", () => {
  const keys = { ramdisk_path: '"disk"', ramdisk_load_addr: "0x4080_0000" };
  const plan = goodPlan(kernel(keys), { files: { disk: "cpio" } });
  assertEquals(plan.fdt.initrd, { start: 0x4080_0000, bytes: 4 });
  assertEquals(plan.images[1]?.what, "ramdisk");
  assertEquals(problemsOf(kernel({ ramdisk_path: '"disk"' }), { files: { disk: "cpio" } }), [
    "error kernel.ramdisk_load_addr: expected an address for the RAM disk, found nothing",
  ]);
});

Deno.test("planVm: what is loaded does not overlap", () => {
  const keys = {
    ramdisk_path: '"disk"',
    ramdisk_load_addr: "0x4008_1000",
    dtb_load_addr: "0x4008_1008",
  };
  assertEquals(problemsOf(kernel(keys), { files: { disk: "cpio" } }), [
    "error kernel.ramdisk_load_addr: expected room for the RAM disk that nothing else takes, found " +
    "[0x4008_1000, 0x4008_1004), where the kernel is ([0x4008_0000, 0x4008_2000))",
    "error kernel.dtb_load_addr: expected room for the device tree that nothing else takes, found " +
    "[0x4008_1008, 0x4009_1008), where the kernel is ([0x4008_0000, 0x4008_2000))",
  ]);
});

Deno.test("planVm: a given device tree gets memory, CPUs and command line", () => {
  const toml = vmToml({
    base: { cpu_num: "2" },
    kernel: { dtb_path: '"tree"', dtb_load_addr: "0x4000_0000", cmdline: '"quiet"' },
  });
  const plan = goodPlan(toml, { files: { tree: deviceTree() } });
  assertEquals([plan.x0, plan.dtb?.kind], [0x4000_0000, "patch"]);
  const image = plan.images.find((i) => i.what === "dtb");
  assert(image !== undefined && image.gpa === 0x4000_0000);
  const { root } = parseFdt(image.bytes);
  assertEquals(readString(find(root, "/chosen")?.properties.get("bootargs")), "quiet");
  assertEquals(readReg(find(root, "/memory")?.properties.get("reg"), root), [
    { base: 0x4000_0000, bytes: 0x100_0000 },
  ]);
  const cpus = find(root, "/cpus")?.children.map((c) => readCells(c.properties.get("reg")));
  assertEquals(cpus, [[0], [1]]);
});

Deno.test("planVm: a guest with no room for a device tree gets none", () => {
  const toml = kernel({
    memory_regions: "[[0x4008_0000, 0x2000, 7, 0]]",
  });
  const { plan, warnings } = { plan: goodPlan(toml), warnings: problemsOf(toml) };
  assertEquals([plan.x0, plan.dtb], [0, undefined]);
  assert(warnings.some((w) => w.includes("the guest gets none")));
});

Deno.test("planVm: keys for x86 are refused or warned of", () => {
  const toml = kernel({
    enable_bios: "true",
    boot_protocol: '"uefi"',
    bios_path: '"bios.bin"',
    disk_path: '"disk.img"',
  });
  assertEquals(problemsOf(toml), [
    "error kernel.enable_bios: expected false on AArch64, found true",
    'error kernel.boot_protocol: expected "direct" on AArch64, found "uefi"',
    "warning kernel.bios_path: expected nothing on AArch64, found a value, ignored",
    "warning kernel.disk_path: expected a virtio-blk device in emu_devices, " +
    "found a disk for a VM without one, ignored",
  ]);
});
