import { assertEquals } from "@std/assert";
import { node, strings } from "../../../core/fdt/node.ts";
import { writeFdt } from "../../../core/fdt/blob.ts";
import type { DeviceFact } from "../../../core/config/platform_facts.ts";
import type { VgicPlan } from "../../../core/config/plan_vgic.ts";
import { qemuVirt } from "./boards.ts";
import { arm64Image } from "./files.ts";
import { flatToml, goodPlan, problemsOf, vmToml } from "./vm_files.ts";

const devices = (passthrough_devices: string, emu_devices = "[]") =>
  vmToml({ devices: { passthrough_devices, emu_devices } });
const intc = '["intc@8000000", 0x800_0000, 0x800_0000, 0x5_0000, 1]';
const v3 = qemuVirt({ gic: 3 });
const gicc: DeviceFact = {
  name: "gicc",
  path: undefined,
  base: 0x2c00_0000,
  bytes: 0x2000,
  irqs: [],
  kind: "gicc",
};

Deno.test("planDevices: whoever gets the interrupt controller gets a virtual one", () => {
  const plan = goodPlan(devices(`[${intc}]`));
  assertEquals(plan.vgic, { version: 2, distributor: 0x800_0000, cpuInterface: 0x801_0000 });
  assertEquals(plan.passthrough.map((w) => [w.name, w.gpa, w.bytes]), [
    ["gic-v2m", 0x802_0000, 0x1000],
  ]);
  assertEquals(goodPlan(devices('[["/intc@8000000"]]')).vgic, plan.vgic);
  assertEquals(goodPlan(devices('[["/"]]')).vgic, plan.vgic);
  assertEquals(goodPlan(devices("[]")).vgic, undefined);
});

const virtualV3: VgicPlan = { version: 3, distributor: 0x800_0000, redistributors: 0x80a_0000 };
const virtualV2: VgicPlan = { version: 2, distributor: 0x800_0000, cpuInterface: 0x801_0000 };

Deno.test("planDevices: a kernel that reads its tree gets the board's version, and whole", () => {
  const files = { "kernel.bin": arm64Image() };
  assertEquals(goodPlan(devices(`[${intc}]`), { facts: v3, files }).vgic, virtualV3);
});

Deno.test("planDevices: a kernel with addresses built in gets a GICv2 on a GICv3 board", () => {
  assertEquals(goodPlan(devices(`[${intc}]`), { facts: v3 }).vgic, virtualV2);
  const gicd = '["vgicd-v2", 0x800_0000, 0x1_0000, 25, 1, [2]]';
  assertEquals(goodPlan(devices("[]", `[${gicd}]`), { facts: v3 }).vgic, virtualV2);
});

Deno.test("planDevices: whoever has a window onto redistributors gets a GICv3", () => {
  assertEquals(goodPlan(devices('[["/"]]'), { facts: v3 }).vgic, virtualV3);
  const gic = '["gic", 0x800_0000, 0x800_0000, 0x100_0000]';
  assertEquals(goodPlan(devices(`[${gic}]`), { facts: v3 }).vgic, virtualV3);
});

Deno.test("planDevices: a given tree says which version its kernel expects", () => {
  const kernel = { dtb_path: '"vm.dtb"', dtb_load_addr: "0x4000_0000" };
  const passthrough_devices = `[${intc}]`;
  const toml = vmToml({ kernel, devices: { passthrough_devices } });
  const version = (compatible: string) => {
    const dtb = writeFdt(node("", {}, [node("intc@8000000", { compatible: strings(compatible) })]));
    const files = { "kernel.bin": arm64Image(), "vm.dtb": dtb };
    return goodPlan(toml, { facts: v3, files }).vgic?.version;
  };
  assertEquals(version("arm,gic-400"), 2);
  assertEquals(version("arm,gic-v3"), 3);
});

Deno.test("planDevices: each frame of a GIC is where its own window is", () => {
  const facts = { ...v3, devices: [...v3.devices, gicc] };
  const frames = '[["gicd", 0x2800_0000, 0x800_0000, 0x1_0000], ' +
    '["gicc", 0x2900_0000, 0x2c00_0000, 0x2000]]';
  const { vgic, passthrough } = goodPlan(devices(frames), { facts });
  assertEquals(vgic, { version: 2, distributor: 0x2800_0000, cpuInterface: 0x2900_0000 });
  assertEquals(passthrough, []);
});

Deno.test("planDevices: the virtual controller is where the window is", () => {
  const moved = '["intc", 0x2800_0000, 0x800_0000, 0x5_0000]';
  assertEquals(goodPlan(devices(`[${moved}]`)).vgic, {
    version: 2,
    distributor: 0x2800_0000,
    cpuInterface: 0x2801_0000,
  });
});

Deno.test("planDevices: emulated controllers say where it is", () => {
  const gicd = '["vgicd-v2", 0x800_0000, 0x1_0000, 25, 1, [2]]';
  assertEquals(goodPlan(devices("[]", `[${gicd}]`)).vgic?.distributor, 0x800_0000);
  assertEquals(goodPlan(flatToml({ emu_devices: `[${gicd}]` })).vgic?.distributor, 0x800_0000);
  const gppt = '[["gppt-gicd", 0x3000_0000, 0x1_0000, 0, 0x21, []], ' +
    '["gppt-gicr", 0x3008_0000, 0x2_0000, 0, 0x20, [1, 0x2_0000, 0]]]';
  assertEquals(goodPlan(devices("[]", gppt), { facts: v3 }).vgic, {
    version: 3,
    distributor: 0x3000_0000,
    redistributors: 0x3008_0000,
  });
});

Deno.test("planDevices: a window leads to devices with their interrupts", () => {
  const plan = goodPlan(devices('[["uart", 0x900_0000, 0x900_0000, 0x1000, 1]]'));
  assertEquals(plan.passthrough, [{
    name: "uart",
    gpa: 0x900_0000,
    hpa: 0x900_0000,
    bytes: 0x1000,
    devices: ["uart0"],
    irqs: [{ hardware: 33, guest: 33 }],
  }]);
});

Deno.test("planDevices: a device in another's place has that one's interrupt", () => {
  const plan = goodPlan(devices('[["pl011@9000000", 0x900_0000, 0x904_0000, 0x1000, 1]]'));
  assertEquals(plan.passthrough[0]?.devices, ["uart1"]);
  assertEquals(plan.passthrough[0]?.irqs, [{ hardware: 40, guest: 33 }]);
});

Deno.test("planDevices: an emulated console takes its place from what a path finds", () => {
  const console = '[["uart", 0x900_0000, 0x1000, 33, 2, []]]';
  const plan = goodPlan(devices('[["/"]]', console));
  assertEquals(plan.emulated, [{
    kind: "console",
    name: "uart",
    gpa: 0x900_0000,
    bytes: 0x1000,
    irq: 33,
    config: [],
  }]);
  assertEquals(plan.passthrough.some((w) => w.devices.includes("uart0")), false);
  const window = '[["real", 0x900_0000, 0x900_0000, 0x1000]]';
  assertEquals(problemsOf(devices(window, console)), [
    "error devices.passthrough_devices[0]: expected a window apart from " +
    'the emulated "uart" at 0x0900_0000, found "real" at [0x0900_0000, 0x0900_1000)',
  ]);
});

Deno.test("planDevices: devices that nobody plays yet are left out with a warning", () => {
  assertEquals(problemsOf(devices("[]", '[["cfg", 0xb00_0000, 0x1000, 50, 0x3, []]]')), [
    "warning devices.emu_devices[0].emu_type: expected a console, a virtio device or an " +
    'interrupt controller, found "cfg", a fw-cfg (left out, it is not supported yet)',
  ]);
});

Deno.test("planDevices: virtio devices take a slot's bytes when nothing else is said", () => {
  const { emulated } = goodPlan(devices("[]", '[["disk", 0xb00_0000, 0, 50, 0xe1, []]]'));
  assertEquals(emulated.map(({ kind, bytes }) => [kind, bytes]), [["virtio-blk", 0x200]]);
});

Deno.test("planDevices: emulated devices are apart from memory and each other", () => {
  const two = '[["a", 0x4000_0000, 0x1000, 33, 2], ["b", 0x900_0000, 0x1000, 33, 2], ' +
    '["c", 0x900_0800, 0x1000, 33, 2]]';
  assertEquals(problemsOf(devices("[]", two)), [
    "error devices.emu_devices[0]: expected a device apart from guest memory, " +
    "found [0x4000_0000, 0x4000_1000)",
    'error devices.emu_devices[2]: expected a device apart from "b", ' +
    "found [0x0900_0800, 0x0900_1800)",
  ]);
});

Deno.test("planDevices: windows are apart from memory, RAM and each other", () => {
  const wishes =
    '[["m", 0x4000_0000, 0x900_0000, 0x1000], ["r", 0x3000_0000, 0x5000_0000, 0x1000], ' +
    '["a", 0x2000_0000, 0x900_0000, 0x1000], ["b", 0x2000_0000, 0x901_0000, 0x1000]]';
  assertEquals(problemsOf(devices(wishes)), [
    "error devices.passthrough_devices[0]: expected a window apart from guest memory at " +
    '[0x4000_0000, 0x4100_0000), found "m" at [0x4000_0000, 0x4000_1000)',
    "error devices.passthrough_devices[1]: expected devices of qemu-virt, found its RAM at " +
    "[0x5000_0000, 0x5000_1000) (RAM belongs in memory_regions)",
    "error devices.passthrough_devices[3]: expected a window apart from " +
    '"a" at [0x2000_0000, 0x2000_1000), found "b" at [0x2000_0000, 0x2000_1000)',
  ]);
});

Deno.test("planDevices: a window onto nothing is a warning, one beyond stage 2 an error", () => {
  assertEquals(problemsOf(devices('[["x", 0x2000_0000, 0x2000_0000, 0x1000]]')), [
    "warning devices.passthrough_devices[0]: expected a device of qemu-virt, found nothing at " +
    "[0x2000_0000, 0x2000_1000) (it reads as 0)",
  ]);
  assertEquals(problemsOf(devices('[["x", 0x100_0000_0000, 0x900_0000, 0x1000]]')).length, 1);
});

Deno.test("absentPaths: nodes stay where the guest finds something at their addresses", () => {
  const exclude = (toml: string) => goodPlan(toml).fdt.exclude?.slice(0, 3);
  const moved = '[["pl011@9000000", 0x900_0000, 0x904_0000, 0x1000, 1]]';
  assertEquals(exclude(devices(moved)), ["/intc@8000000", "/pl031@9010000", "/pl061@9030000"]);
  const console = '[["uart", 0x904_0000, 0x1000, 40, 2, []]]';
  assertEquals(exclude(devices('[["/intc"], ["/pl031"], ["/virtio_mmio"]]', console)), [
    "/pl011@9000000",
    "/pl061@9030000",
  ]);
});
