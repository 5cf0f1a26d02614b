import { assertEquals } from "@std/assert";
import { coresNeeded, loadVms, memoryNeeded } from "../../../core/config/load_vms.ts";
import { readVmConfig } from "../../../core/config/vm_config.ts";
import { qemuVirt } from "./boards.ts";
import { type Files, rawKernel, reader } from "./files.ts";
import { flatToml, problemsOf, vmToml } from "./vm_files.ts";

function load(files: Files, facts = qemuVirt()) {
  const names = Object.keys(files);
  const read = reader({ "kernel.bin": rawKernel(), ...files });
  const { plans, problems } = loadVms(names, facts, { read });
  return {
    names: plans.map((p) => p.name),
    problems: problems.map((p) => `${p.file}:${p.line} ${p.severity} ${p.key}: ${p.found}`),
  };
}

const vm = (id: number, name: string, memory_regions?: string) =>
  vmToml({
    base: { id: String(id), name: `"${name}"` },
    kernel: memory_regions ? { memory_regions } : {},
  });

Deno.test("loadVms: several VMs, of either layout", () => {
  assertEquals(load({ "a.toml": vm(1, "a"), "b.toml": flatToml({ id: "2", name: '"b"' }) }), {
    names: ["a", "b"],
    problems: [],
  });
});

Deno.test("loadVms: VMs have ids of their own, and better names too", () => {
  assertEquals(load({ "a.toml": vm(1, "a"), "b.toml": vm(1, "b") }), {
    names: [],
    problems: ["b.toml:2 error base.id: 1, which a.toml:2 has"],
  });
  assertEquals(load({ "a.toml": vm(1, "a"), "b.toml": vm(2, "a") }), {
    names: ["a", "a"],
    problems: ['b.toml:3 warning base.name: "a", as in a.toml'],
  });
});

Deno.test("loadVms: no two VMs have the same RAM", () => {
  const identical = "[[0x4000_0000, 0x100_0000, 7, 1]]";
  assertEquals(
    load({ "a.toml": vm(1, "a", identical), "b.toml": vm(2, "b", identical) }).problems,
    [
      "b.toml:11 error kernel.memory_regions[0]: [0x4000_0000, 0x4100_0000), which a.toml has in " +
      "[0x4000_0000, 0x4100_0000)",
    ],
  );
});

Deno.test("loadVms: the board has RAM for all of them and the hypervisor", () => {
  const half = "[[0x4000_0000, 0x2000_0000, 7, 0]]";
  const files = { "a.toml": vm(1, "a", half), "b.toml": vm(2, "b", half) };
  assertEquals(load(files, qemuVirt({ ramBytes: 2 ** 30 })).problems, [
    "b.toml:11 error kernel.memory_regions: 1 GiB on qemu-virt, 1056 MiB needed",
  ]);
  assertEquals(load(files).problems, []);
});

Deno.test("loadVms: devices that two VMs reach are a warning", () => {
  const uart = { passthrough_devices: '[["/pl011@9000000"], ["/intc"]]' };
  const a = vmToml({ base: { name: '"a"' }, devices: uart });
  const b = vmToml({ base: { id: "2", name: '"b"' }, devices: uart });
  assertEquals(load({ "a.toml": a, "b.toml": b }).problems, [
    'b.toml:14 warning devices.passthrough_devices: uart0, which VM 1 "a" has as well',
  ]);
});

Deno.test("loadVms: a file that cannot be read does not hide what is wrong with others", () => {
  const read = reader({ "b.toml": vm(2, "b").replace("id = 2", 'id = "2"') });
  const { problems } = loadVms(["a.toml", "b.toml"], qemuVirt(), { read });
  assertEquals(problems.map((p) => `${p.file} ${p.key}: ${p.found}`), [
    "a.toml : no such file",
    'b.toml base.id: "2"',
  ]);
});

Deno.test("loadVms: unknown keys and missing files do not hide what the plan finds", () => {
  const toml = vmToml({
    kernel: { colour: "1", kernel_path: '"no.bin"', memory_regions: "[[1, 1, 1, 0]]" },
  });
  assertEquals(problemsOf(toml).map((p) => p.slice(0, p.indexOf(":"))), [
    "error kernel.kernel_path",
    "error kernel.memory_regions[0].gpa",
    "error kernel.memory_regions[0].size",
    "error kernel.colour",
  ]);
});

Deno.test("memoryNeeded and coresNeeded: what the board must have for these VMs", () => {
  const config = (toml: string) => {
    const found = readVmConfig(new TextEncoder().encode(toml), "vm.toml").config;
    if (found === undefined) throw new Error("the description is in order");
    return found;
  };
  const small = config(vmToml());
  const linux = config(vmToml({
    base: { phys_cpu_sets: "[4]" },
    kernel: { memory_regions: "[[0x8000_0000, 0x4000_0000, 7, 1]]" },
  }));
  const facts = qemuVirt({ ramBytes: 2 ** 20 });
  assertEquals(memoryNeeded([small], facts), 0x300_0000);
  assertEquals(memoryNeeded([small, linux], facts), 0x8000_0000);
  assertEquals([coresNeeded([small]), coresNeeded([small, linux])], [1, 3]);
});
