import { assertEquals } from "@std/assert";
import { goodPlan, problemsOf, vmToml } from "./vm_files.ts";

const devices = (passthrough_devices: string, more: Record<string, string> = {}) =>
  vmToml({ devices: { passthrough_devices, ...more } });

function windows(toml: string): string[] {
  return goodPlan(toml).passthrough.map((w) => `${w.gpa.toString(16)}+${w.bytes.toString(16)}`);
}

Deno.test("readWishes: trailing fields may be left out", () => {
  assertEquals(windows(devices('[["uart", 0x900_0000, 0x900_0000, 0x1000]]')), ["9000000+1000"]);
});

Deno.test("readWishes: a path finds the node and what is under it", () => {
  assertEquals(windows(devices('[["/pl011@9000000"]]')), ["9000000+1000"]);
  assertEquals(windows(devices('[["/pl011"]]')), ["9000000+1000", "9040000+1000"]);
  assertEquals(windows(devices('[["/timer"]]')), []);
  assertEquals(windows(devices('[["/virtio_mmio"]]')), ["a000000+4000"]);
});

Deno.test("readWishes: nodes that are excluded are not found", () => {
  const toml = devices('[["/"]]', { excluded_devices: '[["/virtio_mmio"], ["/pl061@9030000"]]' });
  assertEquals(windows(toml), ["9000000+1000", "9010000+1000", "9040000+1000"]);
});

Deno.test("readWishes: a passed-through address space has all devices", () => {
  const toml = devices("[]", { address_space_policy: '"passthrough"' });
  assertEquals(windows(toml), windows(devices('[["/"]]')));
});

Deno.test("readWishes: address ranges join what paths find", () => {
  const toml = devices('[["/"]]', { passthrough_addresses: "[[0x900_0000, 0x1_0000]]" });
  assertEquals(windows(toml)[0], "9000000+11000");
});

Deno.test("readWishes: unknown paths are errors with the nearest", () => {
  assertEquals(problemsOf(devices('[["/pl011@900000"]]')), [
    "error devices.passthrough_devices[0]: expected the path of a device tree node of qemu-virt, " +
    'found "/pl011@900000" (did you mean "/pl011@9000000"?)',
  ]);
});

Deno.test("readWishes: a name without a length is neither window nor path", () => {
  assertEquals(problemsOf(devices('[["pl011"]]')), [
    "error devices.passthrough_devices[0]: expected [name, base_gpa, base_hpa, length, irq_id] " +
    'or the path of a device tree node, found "pl011" without a length ' +
    '(write "/pl011" for a node of that name)',
  ]);
});

Deno.test("readWishes: windows are whole pages", () => {
  assertEquals(problemsOf(devices('[["slot", 0xa00_0200, 0xa00_0200, 0x1000]]')), [
    "error devices.passthrough_devices[0]: expected a guest address that is a multiple of 4 KiB, " +
    "found 0x0a00_0200",
    "error devices.passthrough_devices[0]: expected a host address that is a multiple of 4 KiB, " +
    "found 0x0a00_0200",
  ]);
  const short = devices('[["slot", 0xa00_0000, 0xa00_0000, 0x200]]');
  assertEquals(windows(short), ["a000000+1000"]);
  assertEquals(problemsOf(short).map((p) => p.slice(0, 7)), ["warning"]);
});
