/** The conformance program for PSCI as a VM: its cores are vCPUs, one of which comes and goes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { PolicyName } from "../../core/hypervisor/scheduling/policies.ts";
import { loadVmsOf, runUntil, scheduling } from "./vm_rig.ts";

const Description = `[base]
id = 1
name = "psci"
vm_type = 1
cpu_num = 2

[kernel]
entry_point = 0x4020_0000
kernel_path = "images/psci.img"
kernel_load_addr = 0x4020_0000
image_location = "memory"
memory_regions = [[0x4000_0000, 0x400_0000, 0x7, 0]]

[devices]
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x5_0000, 0x1],
  ["pl011@9000000", 0x900_0000, 0x900_0000, 0x1000, 0x1],
]
`;

const runs: readonly (readonly [cores: number, gicVersion: 2 | 3, scheduler: PolicyName])[] = [
  [1, 2, "fair"],
  [1, 3, "rr"],
  [2, 2, "rr"],
  [2, 3, "priority"],
];

for (const [cores, gicVersion, scheduler] of runs) {
  const where = `${cores === 1 ? "1 core" : `${cores} cores`}, GICv${gicVersion}, ${scheduler}`;
  Deno.test(`hypervisor: psci.img passes with two vCPUs on ${where}`, () => {
    const files = { "psci.toml": Description };
    const loaded = loadVmsOf({ vms: ["psci.toml"], files, cores, gicVersion, scheduler });
    assertEquals(runUntil(loaded, 20e9), "stopped");
    const [text = ""] = loaded.text;
    assertEquals(text.split("\n").filter((line) => line.startsWith("FAIL")), []);
    assertMatch(text, /1\d passed, 0 failed/);
    assertEquals(scheduling(loaded).vcpus.map(({ state }) => state), ["off", "off"]);
  });
}

Deno.test("hypervisor: a VM has all but 32 MiB of a board with 8 GiB, to the last page", () => {
  const bytes = 0x1_fe00_0000;
  const toml = Description.replace("0x400_0000, 0x7, 0]", "0x1_fe00_0000, 0x7, 0]");
  const files = { "psci.toml": toml };
  const loaded = loadVmsOf({ vms: ["psci.toml"], files, memoryBytes: 2 ** 33 });
  const last = loaded.hypervisor.vms[0]?.stage2.translate(0x4000_0000 + bytes - 4096) ?? 0;
  assert(loaded.simulator.ram.hostOffset(last) > 0);
  assertEquals(runUntil(loaded, 20e9), "stopped");
  assertMatch(loaded.text[0] ?? "", /0 failed/);
});
