import { assertEquals } from "@std/assert";
import { refuse } from "../../../core/config/old_layouts.ts";
import { readToml } from "../../../core/config/toml.ts";

function refusal(text: string) {
  const root = readToml(new TextEncoder().encode(text), "t.toml");
  if ("severity" in root) throw new Error(root.found);
  return refuse(root);
}

Deno.test("refuse: regions of three values become regions and devices to write", () => {
  const found = refusal(
    "id = 1\ncpu_set = 2\nmemory_regions = [[0x4000_0000, 0x100_0000, 0x7], [0x900_0000, 0x1000, 0x17]]",
  );
  assertEquals(found?.key, "memory_regions");
  assertEquals(found?.place.line, 3);
  assertEquals(
    found?.hint,
    "write\ncpu_num = 1\nphys_cpu_sets = [2]\n" +
      "memory_regions = [[0x4000_0000, 0x0100_0000, 0x7, 0]]\n" +
      'passthrough_devices = [["device@9000000", 0x0900_0000, 0x0900_0000, 0x0000_1000, 0]]',
  );
});

Deno.test("refuse: one set of CPUs for the VM is the oldest layout", () => {
  assertEquals(refusal("id = 1\ncpu_set = 1\nmemory_regions = [[0, 1, 7, 0]]")?.key, "cpu_set");
  assertEquals(refusal("cpu_num = 1\ncpu_set = 1\nmemory_regions = [[0, 1, 7, 0]]"), undefined);
});

Deno.test("refuse: the layout with [machine] is translated", () => {
  const found = refusal(
    '[machine]\nmode = "passthrough"\n[[memory.regions]]\nguest_base = 0x8000_0000\n' +
      'size = 0x1000_0000\npermissions = "rw"\nbacking = { kind = "identity-allocate" }',
  );
  assertEquals(found?.key, "machine");
  assertEquals(found?.hint.split("\n").slice(1), [
    "[kernel]",
    "memory_regions = [[0x8000_0000, 0x1000_0000, 0x3, 1]]",
    "[devices]",
    'passthrough_devices = [["/"]]',
  ]);
});

Deno.test("refuse: the layouts that are read are not refused", () => {
  assertEquals(refusal("id = 1\nmemory_regions = [[0, 1, 7, 0]]"), undefined);
  assertEquals(refusal("[base]\nid = 1\n[kernel]\n[devices]"), undefined);
  assertEquals(refusal(""), undefined);
});
