import { assertEquals } from "@std/assert";
import { CpuInterface } from "../../../devices/gic/cpu_interface.ts";
import { readVmcr, writeVmcr } from "../../../devices/gic/vmcr.ts";

Deno.test("vmcr: every field goes to its place and back", () => {
  const cpu = new CpuInterface({
    cores: 2,
    priorityBits: 5,
    controlMask: 0x21f,
    controlFixed: 0,
    sharedActive: false,
    touched: () => {},
  }, { best: () => -1, identify: () => 0, acknowledge: () => 0, deactivate: () => {} });
  writeVmcr(cpu, 1, 0xa8b4_0215);
  assertEquals(cpu.control(1), 0x215);
  assertEquals([cpu.binaryPoint(1, 0), cpu.binaryPoint(1, 1)], [5, 5]);
  assertEquals(cpu.priorityMask(1), 0xa8);
  assertEquals(readVmcr(cpu, 1) >>> 0, 0xa8b4_0215);
  assertEquals(readVmcr(cpu, 0), (2 << 21) | (3 << 18));
});
