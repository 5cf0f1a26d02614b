import { assert, assertEquals, assertMatch } from "@std/assert";
import { configCheck, configSchema, renderProblems } from "../../../core/config/report.ts";
import { qemuVirt } from "./boards.ts";
import { rawKernel, reader } from "./files.ts";
import { vmToml } from "./vm_files.ts";

const devices = { passthrough_devices: '[["/intc"], ["/pl011@9000000"]]' };

function check(toml: string, facts: ReturnType<typeof qemuVirt> | undefined = qemuVirt()) {
  const read = reader({ "vm.toml": toml, "kernel.bin": rawKernel() });
  return configCheck(["vm.toml"], { read }, facts);
}

Deno.test("configCheck: a good file is shown as the VM that it makes", () => {
  const { text, code } = check(vmToml({ devices }));
  assertEquals(code, 0);
  assertEquals(
    text,
    "vm.toml: valid\n" +
      '  VM           1 "vm"\n' +
      "  vCPU 0       affinity 0x0, cores 0x3, priority 4, weight 100\n" +
      "  memory       [0x4000_0000, 0x4100_0000), 16 MiB, alloc\n" +
      "  kernel       at 0x4008_0000, 8192 bytes\n" +
      "  entry        0x4008_0000, X0 = 0x40e0_0000\n" +
      "  device tree  generated, at 0x40e0_0000\n" +
      "  interrupts   virtual GICv2 at 0x0800_0000\n" +
      "  window       [0x0900_0000, 0x0900_1000) uart0\n",
  );
});

Deno.test("configCheck: a bad file gives its problems and exit code 2", () => {
  const { text, code } = check(vmToml({ base: { vm_type: "7", phys_cpu_set: "2" } }));
  assertEquals(code, 2);
  assertEquals(
    text,
    "vm.toml:4:11: error: base.vm_type: expected one of 0 (host), 1 (rtos), 2 (linux), found 7\n" +
      'vm.toml:6:1: error: base.phys_cpu_set: expected a key that is known, found "phys_cpu_set" ' +
      '(did you mean "phys_cpu_sets"?)\n',
  );
});

Deno.test("configCheck: without a board, only the files themselves are checked", () => {
  const read = reader({ "vm.toml": vmToml() });
  assertEquals(configCheck(["vm.toml"], { read }, undefined), {
    text: "vm.toml: valid\n",
    code: 0,
  });
  assertEquals(configCheck(["no.toml"], { read }, undefined), {
    text: "no.toml:1:1: error: expected a VM description in TOML, found no such file\n",
    code: 2,
  });
});

Deno.test("renderProblems: text to copy stands in lines of its own", () => {
  const { text } = check("cpu_set = 1\nmemory_regions = [[0x4000_0000, 0x1000, 7]]");
  assertMatch(text, /found the layout from before December 2024; write\n {4}cpu_num = 1\n/);
  assertEquals(renderProblems([]), "");
});

Deno.test("configSchema: is JSON that names every key", () => {
  const { text, code } = configSchema();
  assertEquals(code, 0);
  assert(JSON.stringify(JSON.parse(text)).includes("passthrough_addresses"));
});
