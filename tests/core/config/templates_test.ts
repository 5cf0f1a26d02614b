import { assertEquals } from "@std/assert";
import { loadVms } from "../../../core/config/load_vms.ts";
import type { PlatformFacts } from "../../../core/config/platform_facts.ts";
import type { ReadFile } from "../../../core/config/vm_images.ts";
import type { VmPlan } from "../../../core/config/vm_plan.ts";
import { A1000, Phytiumpi, qemuVirt, Rk3588 } from "./boards.ts";
import { deviceTree, rawKernel } from "./files.ts";

const folder = new URL("./templates/", import.meta.url);

/** The template itself; every other file exists and is a kernel or a device tree. */
const read: ReadFile = (path) =>
  path.endsWith(".toml")
    ? Deno.readFileSync(new URL(path, folder))
    : path.endsWith(".dtb")
    ? deviceTree()
    : rawKernel();

function plan(name: string, facts: PlatformFacts): { plan: VmPlan; warnings: string[] } {
  const { plans, problems } = loadVms([`${name}.toml`], facts, { read });
  assertEquals(problems.filter((p) => p.severity === "error"), [], name);
  const [first] = plans;
  if (first === undefined) throw new Error("there is no plan, and no error");
  return { plan: first, warnings: problems.map((p) => p.key) };
}

interface Row {
  facts: PlatformFacts;
  id: string;
  vcpus: [mpidr: number, mask: number][];
  entry: number;
  load?: number;
  x0: number;
  dtb?: "patch";
  memory: [gpa: number, bytes: number, kind: VmPlan["memory"][number]["kind"]][];
  windows: string;
  warnings?: string[];
}

const v2 = qemuVirt();
const v3 = qemuVirt({ gic: 3 });
const small: Row["memory"] = [[0x4000_0000, 0x100_0000, "alloc"]];
const gib: Row["memory"] = [[0x8000_0000, 0x4000_0000, "identical"]];
const eight: Row["vcpus"] = Array.from({ length: 8 }, (_, i) => [i * 0x100, 1 << i]);
const anywhere: Row["vcpus"] = Array.from({ length: 8 }, (_, i) => [i * 0x100, 0xff]);
const q = "8020000+1000 9000000+1000 9010000+1000 9030000+1000 a000000+4000";
/** All devices of the board but its interrupt controller; slots that touch are one window. */
const all = "9000000+1000 9010000+1000 9030000+1000 9040000+1000 a000000+4000";
const nimbos: Omit<Row, "vcpus"> = {
  facts: v2,
  id: "1 nimbos",
  entry: 0x4008_0000,
  x0: 0x40e0_0000,
  memory: small,
  windows: q,
};
const linux: Row = {
  facts: v2,
  id: "1 linux-qemu",
  vcpus: [[0, 1]],
  entry: 0x8008_0000,
  x0: 0x8000_0000,
  dtb: "patch",
  memory: gib,
  windows: q,
};
const small128: Row["memory"] = [[0x4000_0000, 0x800_0000, "alloc"]];
const phytium: Omit<Row, "id" | "vcpus"> = {
  facts: Phytiumpi,
  entry: 0x20_4008_0000,
  x0: 0x20_4000_0000,
  memory: [[0x20_4000_0000, 0x4000_0000, "identical"]],
  windows: "2800d000+1000",
};

const rows: Record<string, Row> = {
  "umhv-nimbos-aarch64": { ...nimbos, vcpus: [[0, 1]] },
  "umhv-nimbos-aarch64-tables": { ...nimbos, vcpus: [[0, 1]] },
  "umhv-arceos-aarch64": { ...nimbos, id: "1 arceos", vcpus: [[0, 1]], warnings: ["cpu_set"] },
  "umhv-arceos-aarch64-smp": { ...nimbos, id: "1 arceos", vcpus: [[0, 1], [1, 2]] },
  "umhv-starry-aarch64": {
    ...nimbos,
    id: "1 starry",
    vcpus: [[0, 1]],
    x0: 0x4000_0000,
    warnings: ["dtb_path"],
  },
  "umhv-linux-qemu-aarch64": linux,
  "umhv-linux-qemu-aarch64-smp2": { ...linux, vcpus: [[0, 1], [1, 2]] },
  "umhv-linux-qemu-aarch64-vm2": {
    ...linux,
    id: "2 linux-qemu",
    vcpus: [[0, 2]],
    windows: q.replace("9000000+1000", "9000000>9040000+1000"),
  },
  "umhv-linux-rk3588-aarch64": {
    facts: Rk3588,
    id: "1 linux",
    vcpus: eight,
    entry: 0x1008_0000,
    x0: 0x1000_0000,
    dtb: "patch",
    memory: [[0x940_0000, 0xd550_0000, "identical"]],
    windows: "10f000+f1000 e0000000+2000000 e3000000+1000000 ee000000+200000 " +
      "f0000000+e600000",
    warnings: [
      "memory_regions[0].size",
      ...[0, 1, 2, 3, 4].map((i) => `passthrough_devices[${i}]`),
    ],
  },
  "umhv-linux-a1000-aarch64-smp8": {
    facts: A1000,
    id: "1 linux-a1000",
    vcpus: eight,
    entry: 0x8100_0000,
    x0: 0x82e0_0000,
    dtb: "patch",
    memory: [[0x8000_0000, 0x7000_0000, "identical"]],
    windows: "20008000+1000",
  },
  "axvisor-nimbos-qemu-smp1": { ...nimbos, facts: v3, vcpus: [[0, 3]], windows: all },
  "tgoskits-nimbos-qemu-smp1": {
    ...nimbos,
    facts: v3,
    vcpus: [[0, 3]],
    windows: `8020000+1000 ${all}`,
  },
  "axvisor-arceos-qemu-smp1": {
    ...linux,
    facts: v3,
    id: "1 arceos",
    vcpus: [[0, 3]],
    entry: 0x8020_0000,
    windows: all,
  },
  "axvisor-linux-qemu-smp1": {
    ...linux,
    facts: v3,
    vcpus: [[0, 3]],
    entry: 0x8020_0000,
    memory: [[0x8000_0000, 0x1000_0000, "identical"]],
    windows: all,
  },
  "tgoskits-linux-qemu-smp1": {
    ...linux,
    facts: v3,
    vcpus: [[0, 3]],
    entry: 0x8020_0000,
    memory: [[0x8000_0000, 0x1000_0000, "identical"]],
    windows: all,
  },
  "tgoskits-zephyr-qemu-smp1": {
    facts: v3,
    id: "1 zephyr",
    vcpus: [[0, 3]],
    entry: 0x4000_10b4,
    load: 0x4000_0000,
    x0: 0x47e0_0000,
    memory: small128,
    windows: all,
  },
  "tgoskits-freertos-qemu-smp1": {
    facts: v3,
    id: "1 freertos",
    vcpus: [[0, 3]],
    entry: 0x4000_1000,
    load: 0x4000_0000,
    x0: 0x47e0_0000,
    memory: small128,
    windows: all,
  },
  "axvisor-rtthread-phytiumpi-smp1": {
    facts: Phytiumpi,
    id: "1 rtthread",
    vcpus: [[0x100, 0xff]],
    entry: 0x8008_0000,
    x0: 0x8fe0_0000,
    memory: [[0x8000_0000, 0x1000_0000, "alloc"]],
    windows: "32b30000+1000",
  },
  "axvisor-arceos-phytiumpi-smp1": { ...phytium, id: "1 arceos", vcpus: [[0x200, 0xff]] },
  "axvisor-arceos-phytiumpi-smp2": {
    ...phytium,
    id: "2 arceos",
    vcpus: [[0x200, 0xff], [0, 0xff]],
  },
  "axvisor-linux-phytiumpi-smp1": { ...phytium, id: "1 linux", vcpus: [[0x200, 0xff]] },
  "axvisor-linux-phytiumpi-smp2": {
    ...phytium,
    id: "2 linux",
    vcpus: [[0x200, 0xff], [0, 0xff]],
  },
  "axvisor-starry-orangepi-5-plus-smp1": {
    facts: Rk3588,
    id: "1 starry",
    vcpus: [[0, 0xff]],
    entry: 0x4008_0000,
    x0: 0x4000_0000,
    memory: [[0x4000_0000, 0x1000_0000, "reserved"], [0x2_4000_0000, 0x8000_0000, "identical"]],
    windows: "f0000000+e600000",
  },
  "axvisor-linux-rk3588-smp8": {
    facts: Rk3588,
    id: "1 linux",
    vcpus: anywhere,
    entry: 0x1008_0000,
    x0: 0x1000_0000,
    memory: [[0x940_0000, 0xd550_0000, "identical"], [0x920_0000, 0x2000, "reserved"]],
    windows: "f0000000+e600000",
    warnings: ["kernel.memory_regions[0].size", "kernel.memory_regions[1].size"],
  },
};

for (
  const name of ["axvisor-arceos-qemu-smp1", "axvisor-linux-qemu-smp1", "tgoskits-linux-qemu-smp1"]
) {
  delete rows[name]?.dtb;
}

function windowsText(plan: VmPlan): string {
  return plan.passthrough.map((w) =>
    w.gpa.toString(16) + (w.hpa === w.gpa ? "" : `>${w.hpa.toString(16)}`) +
    `+${w.bytes.toString(16)}`
  ).join(" ");
}

for (const [name, row] of Object.entries(rows)) {
  Deno.test(`template ${name}: plans as it is written`, () => {
    const { plan: p, warnings } = plan(name, row.facts);
    assertEquals(`${p.id} ${p.name}`, row.id);
    assertEquals(p.vcpus.map((v) => [v.mpidr, v.affinityMask]), row.vcpus);
    assertEquals(p.entry, row.entry);
    const [kernel] = p.images;
    assertEquals([kernel?.what, kernel?.gpa], ["kernel", row.load ?? row.entry]);
    assertEquals(p.x0, row.x0);
    assertEquals(p.dtb, { kind: row.dtb ?? "generate", gpa: row.x0, bytes: p.dtb?.bytes ?? 0 });
    assertEquals(p.images.some((i) => i.what === "dtb" && i.gpa === row.x0), row.dtb === "patch");
    assertEquals(p.memory.map((m) => [m.gpa, m.bytes, m.kind]), row.memory);
    assertEquals(windowsText(p), row.windows);
    assertEquals(p.vgic?.version, name.includes("rtthread") ? undefined : row.facts.gicVersion);
    assertEquals(warnings, row.warnings ?? []);
  });
}

Deno.test("templates: each has its row", () => {
  const files = [...Deno.readDirSync(folder)].filter((f) => f.name.endsWith(".toml"))
    .map((f) => f.name.replace(".toml", ""));
  assertEquals(files.sort(), Object.keys(rows).sort());
});
