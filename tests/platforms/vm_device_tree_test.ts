import { assertEquals } from "@std/assert";
import { loadVms } from "../../core/config/load_vms.ts";
import { parseFdt } from "../../core/fdt/blob.ts";
import { find, readStrings, walk } from "../../core/fdt/node.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { platformFacts } from "../../platforms/facts.ts";
import { fvp } from "../../platforms/fvp.ts";
import type { Platform } from "../../platforms/platform.ts";
import { vmDeviceTree } from "../../platforms/vm_device_tree.ts";
import { arm64Image } from "../core/config/files.ts";

const guests = new URL("../../guests/", import.meta.url);

/** The tree that a description of ours gets; a kernel that is not there is made up. */
function treeFor(path: string, platform: Platform) {
  const board = { cores: 1, memoryBytes: 2 ** 30, gicVersion: 3 } as const;
  const read = (name: string) => {
    try {
      return Deno.readFileSync(new URL(name, guests));
    } catch {
      return arm64Image();
    }
  };
  const { plans, problems } = loadVms([path], platformFacts(platform, board), { read });
  const [plan] = plans;
  if (!plan) throw new Error(JSON.stringify(problems, null, 1));
  const { root } = parseFdt(vmDeviceTree(platform, board, "cortex-a72", plan));
  return {
    root,
    paths: [...walk(root)].map(({ path }) => path),
    strings: (node: string, property: string) =>
      readStrings(find(root, node)?.properties.get(property)),
  };
}

Deno.test("vmDeviceTree: Linux on fvp finds its GICv3, the board's PL011 and a PMU", () => {
  const { paths, strings } = treeFor("fvp/linux.toml", fvp);
  assertEquals(strings("/intc@2f000000", "compatible"), ["arm,gic-v3"]);
  assertEquals(strings("/chosen", "stdout-path"), ["/pl011@1c090000"]);
  assertEquals(paths.filter((path) => /^\/(pl011|virtio_mmio|pl031|serial)@/.test(path)), [
    "/pl011@1c090000",
  ]);
  assertEquals(strings("/pmu", "compatible"), ["arm,armv8-pmuv3"]);
});

Deno.test("vmDeviceTree: Linux on espressobin finds the console that is played", () => {
  const { paths, strings } = treeFor("espressobin/linux.toml", espressobin);
  assertEquals(strings("/chosen", "stdout-path"), ["/pl011@9000000"]);
  assertEquals(strings("/pl011@9000000", "compatible"), ["arm,pl011", "arm,primecell"]);
  assertEquals(paths.filter((path) => path.startsWith("/serial@")), []);
});

Deno.test("vmDeviceTree: a GICv2 on a GICv3 board is described as one", () => {
  const { root, strings } = treeFor("fvp/nimbos.toml", fvp);
  assertEquals(strings("/intc@8000000", "compatible"), ["arm,cortex-a15-gic"]);
  assertEquals(find(root, "/intc@8000000")?.properties.has("#redistributor-regions"), false);
});
