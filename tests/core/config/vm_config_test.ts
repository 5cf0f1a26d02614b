import { assert, assertEquals } from "@std/assert";
import { readVmConfig, vmConfigJsonSchema } from "../../../core/config/vm_config.ts";
import { problemText } from "../../../core/config/problem.ts";
import { flatToml, vmToml } from "./vm_files.ts";

function read(toml: string) {
  const { config, problems } = readVmConfig(new TextEncoder().encode(toml), "vm.toml");
  return { config, problems: problems.map(problemText) };
}

Deno.test("readVmConfig: flat files and files with tables give the same values", () => {
  const flat = read(flatToml({ phys_cpu_sets: "[1]" }));
  const tables = read(vmToml({ base: { phys_cpu_sets: "[1]" } }));
  assertEquals(flat.problems, []);
  assertEquals(tables.problems, []);
  assertEquals(flat.config?.values, tables.config?.values);
  assertEquals([flat.config?.layout, tables.config?.layout], ["flat", "tables"]);
});

Deno.test("readVmConfig: optional keys have their defaults", () => {
  const { config } = read(vmToml({ kernel: { image_location: undefined } }));
  assertEquals(config?.values.kernel.image_location, "fs");
  assertEquals(config?.values.base.phys_cpu_ids, undefined);
  assertEquals(config?.values.devices.interrupt_mode, "none");
  assertEquals(config?.values.devices.address_space_policy, "virtualized");
  const noDevices = vmToml().replace(/\[devices\][^]*/, "");
  assertEquals(read(noDevices).config?.values.devices.emu_devices, []);
});

Deno.test("readVmConfig: modes have several spellings", () => {
  const mode = (spelling: string) =>
    read(vmToml({ devices: { interrupt_mode: `"${spelling}"` } })).config?.values.devices
      .interrupt_mode;
  assertEquals(["no_irq", "no", "none"].map(mode), ["none", "none", "none"]);
  assertEquals(["emu", "emulated"].map(mode), ["emulated", "emulated"]);
  assertEquals(["passthrough", "pt"].map(mode), ["passthrough", "passthrough"]);
});

Deno.test("readVmConfig: emulated device types are words, by the age of the file", () => {
  const device = '[["uart", 0x900_0000, 0x1000, 33, 2, []]]';
  const kinds = (toml: string) => read(toml).config?.emulatedKinds;
  assertEquals(kinds(vmToml({ devices: { emu_devices: device } })), ["console"]);
  assertEquals(kinds(flatToml({ emu_devices: device })), ["gppt"]);
  assertEquals(kinds(flatToml({ emu_devices: device.replace("2,", "0,") })), ["console"]);
  const [problem] =
    read(vmToml({ devices: { emu_devices: device.replace("2,", "0x77,") } })).problems;
  assert(
    problem?.startsWith("vm.toml:13:49: error: devices.emu_devices[0].emu_type: expected one of"),
  );
});

Deno.test("readVmConfig: keys of older versions are warnings and leave the rest usable", () => {
  const { config, problems } = read(flatToml({ cpu_set: "1", dtb_size: "0x1000" }));
  assert(config !== undefined);
  assertEquals(problems.map((p) => p.replace(/ \(.*/, "")), [
    "vm.toml:12:1: warning: cpu_set: expected no such key, found one of an older version, ignored",
    "vm.toml:13:1: warning: dtb_size: expected no such key, found one of an older version, ignored",
  ]);
});

Deno.test("readVmConfig: a key in the wrong table is told where it belongs", () => {
  assertEquals(read(vmToml({ base: { entry_point: "1" } })).problems, [
    'vm.toml:6:1: error: base.entry_point: expected a key that is known, found "entry_point" ' +
    "(it belongs in [kernel])",
  ]);
  assertEquals(read(`id = 1\n${vmToml()}`).problems, [
    'vm.toml:1:1: error: id: expected a key that is known, found "id" (it belongs in [base])',
  ]);
});

Deno.test("readVmConfig: a missing table is one problem", () => {
  assertEquals(read("[base]\nid = 1\nname = 'a'\nvm_type = 1\ncpu_num = 1\n").problems, [
    "vm.toml:1:1: error: kernel: expected a table [kernel], found nothing",
  ]);
});

Deno.test("readVmConfig: problems come in the order of the file, and later ones find their place", () => {
  const { config } = read(vmToml());
  const place = (key: string) => {
    const p = config?.problem("error", key, "x", "y");
    return `${p?.line}:${p?.column} ${p?.key}`;
  };
  assertEquals(place("kernel.memory_regions[0].size"), "11:33 kernel.memory_regions[0].size");
  assertEquals(place("kernel.memory_regions[0]"), "11:19 kernel.memory_regions[0]");
  assertEquals(place("kernel.dtb_load_addr"), "6:2 kernel.dtb_load_addr");
  const flat = read(flatToml()).config?.problem("error", "base.id", "x", "y");
  assertEquals([flat?.line, flat?.key], [1, "id"]);
});

Deno.test("vmConfigJsonSchema: has both layouts with all keys", () => {
  const { anyOf } = vmConfigJsonSchema() as {
    anyOf: { properties: Record<string, { properties?: Record<string, unknown> }> }[];
  };
  const [tables, flat] = anyOf;
  assertEquals(Object.keys(tables?.properties ?? {}), ["base", "kernel", "devices"]);
  const inTables = Object.values(tables?.properties ?? {}).flatMap((t) =>
    Object.keys(t.properties ?? {})
  );
  assertEquals(new Set(Object.keys(flat?.properties ?? {})), new Set(inTables));
  assert(inTables.includes("memory_regions") && inTables.includes("cpu_set"));
});
