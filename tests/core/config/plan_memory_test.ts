import { assertEquals } from "@std/assert";
import { freePlace, memoryOption } from "../../../core/config/plan_memory.ts";
import { qemuVirt } from "./boards.ts";
import { goodPlan, problemsOf, vmToml } from "./vm_files.ts";

const memory = (regions: string) => vmToml({ kernel: { memory_regions: regions } });
const main = "[0x4000_0000, 0x100_0000, 7, 0]";

Deno.test("planRegions: regions keep address, size, flags and kind", () => {
  const plan = goodPlan(memory(`[${main}, [0x8000_0000, 0x20_0000, 3, 1]]`));
  assertEquals(plan.memory, [
    { gpa: 0x4000_0000, bytes: 0x100_0000, flags: 7, kind: "alloc" },
    { gpa: 0x8000_0000, bytes: 0x20_0000, flags: 3, kind: "identical" },
  ]);
});

Deno.test("planRegions: pages are the least, blocks of 2 MiB the wish", () => {
  assertEquals(problemsOf(memory("[[0x4000_0000, 0x100_0800, 7, 0]]")), [
    "error kernel.memory_regions[0].size: expected a multiple of 4 KiB, found 0x0100_0800",
  ]);
  assertEquals(problemsOf(memory(`[${main}, [0x5000_1000, 0x20_0000, 7, 0]]`)), [
    "warning kernel.memory_regions[1].gpa: expected a multiple of 2 MiB, found 0x5000_1000",
  ]);
  assertEquals(problemsOf(memory(`[${main}, [0x5000_0004, 0x20_0000, 7, 0]]`)), [
    "error kernel.memory_regions[1].gpa: expected a multiple of 4 KiB, found 0x5000_0004",
  ]);
});

Deno.test("planRegions: regions do not overlap", () => {
  assertEquals(problemsOf(memory(`[${main}, [0x40e0_0000, 0x40_0000, 7, 0]]`)), [
    "error kernel.memory_regions[1]: expected a region that does not overlap memory_regions[0], " +
    "[0x4000_0000, 0x4100_0000), found [0x40e0_0000, 0x4120_0000)",
  ]);
});

Deno.test("planRegions: fixed addresses lie in RAM", () => {
  const facts = qemuVirt({ ramBytes: 2 ** 30 });
  assertEquals(problemsOf(memory(`[${main}, [0x8000_0000, 0x1000_0000, 7, 1]]`), { facts }), [
    "error kernel.memory_regions[1]: expected a region in RAM of qemu-virt, " +
    '[0x4000_0000, 0x8000_0000), as map type "identical" needs, found [0x8000_0000, 0x9000_0000) ' +
    "(give the board more: --memory 1280M)",
  ]);
  assertEquals(problemsOf(memory(`[${main}, [0x1000_0000, 0x20_0000, 7, 2]]`)), [
    "error kernel.memory_regions[1]: expected a region in RAM of qemu-virt, " +
    '[0x4000_0000, 0x0001_4000_0000), as map type "reserved" needs, found ' +
    "[0x1000_0000, 0x1020_0000) (map type 0 takes RAM from anywhere)",
  ]);
});

Deno.test("planRegions: regions end where stage 2 ends", () => {
  const [problem] = problemsOf(memory(`[${main}, [0xff_fff0_0000, 0x20_0000, 7, 0]]`));
  assertEquals(
    problem,
    "error kernel.memory_regions[1]: expected a region below 0x0100_0000_0000, " +
      "found [0x00ff_fff0_0000, 0x0100_0010_0000)",
  );
});

Deno.test("planRegions: odd flags are warnings", () => {
  assertEquals(problemsOf(memory(`[${main}, [0x5000_0000, 0x20_0000, 2, 0]]`)), [
    "warning kernel.memory_regions[1].flags: expected a region that can be read (1), found 0x2",
  ]);
  assertEquals(problemsOf(memory(`[${main}, [0x5000_0000, 0x20_0000, 0x17, 0]]`)), [
    "warning kernel.memory_regions[1].flags: expected RAM, found the flag for device memory " +
    "(devices belong in passthrough_devices)",
  ]);
});

Deno.test("planRegions: device regions with fixed addresses are windows", () => {
  const plan = goodPlan(memory(`[${main}, [0x900_0000, 0x1000, 0x37, 1]]`));
  assertEquals(plan.memory.length, 1);
  assertEquals(plan.passthrough.map((w) => [w.gpa, w.bytes, w.devices]), [
    [0x900_0000, 0x1000, ["uart0"]],
  ]);
});

Deno.test("checkLoads: regions that touch hold what crosses from one to the other", () => {
  const toml = vmToml({
    kernel: {
      memory_regions: `[${main}, [0x4100_0000, 0x100_0000, 7, 0]]`,
      kernel_load_addr: "0x40ff_f000",
      entry_point: "0x40ff_f000",
    },
  });
  assertEquals(problemsOf(toml), []);
});

Deno.test("checkLoads: the kernel fits into its region", () => {
  const toml = vmToml({ kernel: { kernel_load_addr: "0x40ff_f000", entry_point: "0x40ff_f000" } });
  assertEquals(problemsOf(toml), [
    "error kernel.kernel_load_addr: expected guest memory for the kernel at " +
    "[0x40ff_f000, 0x4100_1000), found [0x4000_0000, 0x4100_0000) " +
    "(the region is 4 KiB too small)",
  ]);
});

Deno.test("freePlace: the highest block that nothing takes", () => {
  const region = { gpa: 0x4000_0000, bytes: 0x100_0000, flags: 7, kind: "alloc" as const };
  const load = (base: number, bytes: number) => ({ what: "x", key: "", base, bytes });
  assertEquals(freePlace([region], [], 0x1_0000), 0x40e0_0000);
  assertEquals(freePlace([region], [load(0x40e0_8000, 0x1000)], 0x1_0000), 0x40c0_0000);
  assertEquals(freePlace([region], [load(0x4010_0000, 0xf0_0000)], 0x1_0000), 0x4000_0000);
  assertEquals(freePlace([region], [load(0x4000_0000, 0xf0_0000)], 0x1_0000), 0x40ff_0000);
  assertEquals(freePlace([region], [load(0x4000_0000, 0x100_0000)], 0x1_0000), undefined);
  assertEquals(freePlace([], [], 1), undefined);
});

Deno.test("memoryOption: sizes are spelled as the option reads them", () => {
  assertEquals(memoryOption(2 ** 30), "1G");
  assertEquals(memoryOption(2 ** 30 + 1), "1025M");
});
