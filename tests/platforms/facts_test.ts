import { assertEquals } from "@std/assert";
import { find } from "../../core/fdt/node.ts";
import { deviceTree } from "../../platforms/device_tree.ts";
import { platformFacts } from "../../platforms/facts.ts";
import { platforms } from "../../platforms/mod.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";

const GiB = 2 ** 30;
const Usual = { cores: 2, memoryBytes: GiB, gicVersion: 2 } as const;

Deno.test("facts: devices have their windows, paths and INTIDs", () => {
  const { devices } = platformFacts(qemuVirt, Usual);
  const fact = (name: string) => devices.find((d) => d.name === name);
  const uart = { base: 0x0900_0000, bytes: 0x1000, path: "/pl011@9000000", kind: "uart" as const };
  assertEquals(fact("uart0"), { name: "uart0", ...uart, irqs: [33] });
  assertEquals(fact("virtio31")?.irqs, [79]);
  assertEquals(fact("pcie-ecam")?.path, "/pcie@10000000");
  assertEquals(fact("fw-cfg")?.path, "/fw-cfg@9020000");
});
Deno.test("facts: the GIC's windows are those of its version", () => {
  const kinds = (gicVersion: 2 | 3) =>
    platformFacts(qemuVirt, { ...Usual, gicVersion }).devices
      .filter(({ path }) => path === "/intc@8000000").map(({ kind }) => kind);
  assertEquals(kinds(2), ["gicd", "gicc", "gic", "gic"]);
  assertEquals(kinds(3), ["gicd", "gicr"]);
});
Deno.test("facts: RAM and cores are as asked for, limits as the board has them", () => {
  const { ram, maxRamBytes, cpus } = platformFacts(qemuVirt, Usual);
  assertEquals([ram, maxRamBytes, cpus], [[{ base: 0x4000_0000, bytes: GiB }], 8 * GiB, {
    count: 2,
    max: 8,
  }]);
});
Deno.test("facts: paths of modelled devices are nodes of the tree", () => {
  for (const platform of platforms) {
    const options = { ...Usual, gicVersion: platform.gic.defaultVersion };
    const tree = deviceTree(platform, { ...options, startEl: 2, cpuCompatible: "arm,armv8" });
    const { devices, otherPaths } = platformFacts(platform, options);
    const hidden = platform.devices.filter((s) => s.hidden || s.kind === "unclaimed");
    const shown = devices.filter((d) => !hidden.some((s) => s.name === d.name));
    for (const path of [...shown.map((d) => d.path), ...otherPaths]) {
      assertEquals(path && find(tree, path) !== undefined, true, `${platform.name} has ${path}`);
    }
  }
});
