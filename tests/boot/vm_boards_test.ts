/** The teaching OS, which expects a GICv2 at QEMU's addresses, on boards without one. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exitCounts } from "../../core/hypervisor/exit_text.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import { converse, loadVmsOf, type VmRun } from "./vm_rig.ts";

const Ms = 1_000_000;

const runs: Readonly<Record<string, VmRun>> = {
  "fvp": { vms: ["fvp/nimbos.toml"], platform: fvp },
  "espressobin": { vms: ["espressobin/nimbos.toml"], platform: espressobin },
  "qemu-virt with a GICv3": { vms: ["nimbos.toml"], gicVersion: 3 },
};

for (const [name, run] of Object.entries(runs)) {
  Deno.test(`hypervisor: the teaching OS runs programs on ${name}`, () => {
    const loaded = loadVmsOf(run);
    converse(loaded, [
      { vm: 0, expect: ">> ", send: "hello_world\r" },
      { vm: 0, expect: "exited with code 0", send: "sleep_simple\r" },
      { vm: 0, expect: "exited with code 0", send: "" },
    ], 3000 * Ms);
    const [text = ""] = loaded.text;
    assertStringIncludes(text, "Hello world from user mode program!\r\n");
    assertStringIncludes(text, "Shell: Process 5 exited with code 0\r\n");
    const slept = Number(/delta = (\d+) us/.exec(text)?.[1]);
    assert(slept >= 1_000_000 && slept < 1_020_000, `it slept for ${slept} us`);
    const said = loaded.log.filter((line) => line.startsWith("info vm1 GICv2 at 0x0800_0000"));
    assertEquals(said.length, 1);
    const [vm] = loaded.hypervisor.vms;
    assert((vm && exitCounts(vm).get("MMIO CPU interface")?.count || 0) > 100);
  });
}
