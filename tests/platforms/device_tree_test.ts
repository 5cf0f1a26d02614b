import { assertEquals } from "@std/assert";
import { parseFdt, writeFdt } from "../../core/fdt/blob.ts";
import { type FdtNode, find, readCells, readReg, readString, walk } from "../../core/fdt/node.ts";
import { deviceTree, nodePath, type TreeOptions } from "../../platforms/device_tree.ts";
import { platforms } from "../../platforms/mod.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";

const Usual: TreeOptions = {
  cores: 1,
  memoryBytes: 2 ** 30,
  gicVersion: 3,
  startEl: 1,
  cpuCompatible: "arm,cortex-a72",
};

/** Nodes of QEMU's tree whose devices the board does not have yet. */
const Absent = [
  /^\/flash@0$/,
  /^\/fw-cfg@9020000$/,
  /^\/pcie@10000000$/,
  /^\/intc@8000000\/its@8080000$/,
  /^\/intc@8000000\/v2m@8020000$/,
];
/** Properties that QEMU draws at random. */
const Random = ["rng-seed", "kaslr-seed"];

const shapes: [string, TreeOptions][] = [2, 3].flatMap((gicVersion) =>
  [1, 2].flatMap((startEl) =>
    [1, 4, 8].map((cores): [string, TreeOptions] => [
      `GICv${gicVersion}, ${cores} cores, software at EL${startEl}`,
      { ...Usual, cores, gicVersion, startEl, memoryBytes: cores * 2 ** 30 } as TreeOptions,
    ])
  )
);

/** Whether `program` can be run here. */
function runs(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

const NeedsQemu = { ignore: !runs("qemu-system-aarch64") };
const NeedsDtc = { ignore: !runs("dtc") };

/** What QEMU generates. */
async function qemuTree(options: TreeOptions): Promise<FdtNode> {
  const dir = await Deno.makeTempDir();
  try {
    const file = (name: string) => `${dir}/${name}`;
    const machine = `virt,gic-version=${options.gicVersion},` +
      `virtualization=${options.startEl === 2 ? "on" : "off"},dumpdtb=${file("virt.dtb")}`;
    const args = ["-M", machine, "-cpu", "cortex-a72", "-display", "none", "-nic", "none"];
    args.push("-smp", `${options.cores}`, "-m", `${options.memoryBytes / 2 ** 20}M`);
    if (options.initrd) {
      await Deno.writeFile(file("kernel"), new Uint8Array(4096));
      await Deno.writeFile(file("initrd"), new Uint8Array(options.initrd.size));
      args.push("-kernel", file("kernel"), "-initrd", file("initrd"));
      args.push("-append", options.bootargs ?? "");
    }
    const { success, stderr } = await new Deno.Command("qemu-system-aarch64", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return parseFdt(await Deno.readFile(file("virt.dtb"))).root;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Every node in order with its properties, without what is absent or random. */
function listing(root: FdtNode): [string, Record<string, string>][] {
  return [...walk(root)]
    .filter(({ path }) => !Absent.some((pattern) => pattern.test(path)))
    .map(({ path, node }) => {
      const named = [...node.properties].filter(([name]) => !Random.includes(name));
      const sorted = named.sort(([a], [b]) => a < b ? -1 : 1);
      return [path, Object.fromEntries(sorted.map(([name, v]) => [name, v.toHex()]))];
    });
}

for (const [shape, options] of shapes) {
  Deno.test(`device tree: qemu-virt's equals QEMU's (${shape})`, NeedsQemu, async () => {
    assertEquals(listing(deviceTree(qemuVirt, options)), listing(await qemuTree(options)));
  });
}
Deno.test(
  "device tree: qemu-virt's equals QEMU's with arguments and a RAM disk",
  NeedsQemu,
  async () => {
    const initrd = { base: 0x4800_0000, size: 5000 };
    const options = { ...Usual, bootargs: "console=ttyAMA0 quiet", initrd };
    assertEquals(listing(deviceTree(qemuVirt, options)), listing(await qemuTree(options)));
  },
);
Deno.test("device tree: what is written reads back the same", () => {
  const tree = deviceTree(qemuVirt, Usual);
  assertEquals(listing(parseFdt(writeFdt(tree)).root), listing(tree));
});
Deno.test("device tree: dtc takes every board's tree without an error", NeedsDtc, async () => {
  for (const platform of platforms) {
    const gicVersion = platform.gic.defaultVersion;
    const memoryBytes = platform.ram.defaultBytes;
    const cores = platform.cpus.max;
    const dtc = new Deno.Command("dtc", {
      args: ["-q", "-q", "-I", "dtb", "-O", "dtb", "-o", "/dev/null", "-"],
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const writer = dtc.stdin.getWriter();
    await writer.write(
      writeFdt(deviceTree(platform, { ...Usual, gicVersion, memoryBytes, cores })),
    );
    await writer.close();
    const { success, stderr } = await dtc.output();
    assertEquals([success, new TextDecoder().decode(stderr)], [true, ""], platform.name);
  }
});
Deno.test("device tree: seeds show only where they are given", () => {
  const seeds = { kaslr: 0x1122_3344_5566_7788n, rng: new Uint8Array(32).fill(7) };
  const chosen = (options: TreeOptions) => find(deviceTree(qemuVirt, options), "/chosen");
  assertEquals(chosen(Usual)?.properties.has("kaslr-seed"), false);
  const given = chosen({ ...Usual, seeds })?.properties;
  assertEquals(readCells(given?.get("kaslr-seed")), [0x1122_3344, 0x5566_7788]);
  assertEquals(given?.get("rng-seed")?.length, 32);
});
Deno.test("device tree: an initial RAM disk above 4 GiB takes two cells", () => {
  const initrd = { base: 0x1_0000_0000, size: 0x10 };
  const properties = find(deviceTree(qemuVirt, { ...Usual, initrd }), "/chosen")?.properties;
  assertEquals(readCells(properties?.get("linux,initrd-start")), [1, 0]);
  assertEquals(readCells(properties?.get("linux,initrd-end")), [1, 0x10]);
});
Deno.test("device tree: fvp has two banks, two clusters and timers active low", () => {
  const fvp = platforms.find((p) => p.name === "fvp") ?? qemuVirt;
  const tree = deviceTree(fvp, { ...Usual, cores: 8, memoryBytes: 4 * 2 ** 30 });
  assertEquals(readReg(find(tree, "/memory@80000000")?.properties.get("reg"), tree), [
    { base: 0x8000_0000, bytes: 2 ** 31 },
    { base: 0x8_8000_0000, bytes: 2 ** 31 },
  ]);
  assertEquals(find(tree, "/cpus/cpu@10300") !== undefined, true);
  assertEquals(find(tree, "/cpus/cpu-map/socket0/cluster1/core3") !== undefined, true);
  assertEquals(readCells(find(tree, "/timer")?.properties.get("interrupts")).slice(0, 3), [
    1,
    13,
    8,
  ]);
  assertEquals(readString(find(tree, "/psci")?.properties.get("method")), "smc");
});
Deno.test("device tree: the console of every board is a node of its tree", () => {
  for (const platform of platforms) {
    const tree = deviceTree(platform, { ...Usual, gicVersion: platform.gic.defaultVersion });
    const path = readString(find(tree, "/chosen")?.properties.get("stdout-path")) ?? "";
    const slot = platform.devices.find((s) => s.name === platform.consoles[0]);
    assertEquals([find(tree, path) !== undefined, slot && nodePath(slot)], [true, path]);
  }
});
