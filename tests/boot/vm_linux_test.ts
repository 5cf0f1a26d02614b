/** Debian's kernel as a VM. */

import { assertEquals, assertMatch } from "@std/assert";
import { realGuestTests } from "../real_guests.ts";
import { converse, loadVmsOf } from "./vm_rig.ts";

const GiB = 2 ** 30;
const Seconds = 1e9;

function boot(vms: readonly string[], gicVersion: 2 | 3) {
  const loaded = loadVmsOf({ vms, gicVersion, memoryBytes: GiB });
  const vm = vms.indexOf("linux.toml");
  const result = converse(loaded, [
    { vm, expect: "hvsim# ", send: "cat /proc/interrupts\r" },
    { vm, expect: "hvsim# ", send: "poweroff -f\r" },
    { vm, expect: "Power down", send: "" },
  ], 20 * Seconds);
  loaded.simulator.machine.run(loaded.simulator.machine.nowNs + Seconds / 10);
  return { ...loaded, result, output: loaded.text[vm] ?? "", vm: loaded.hypervisor.vms[vm] };
}

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "linux as a VM: reaches its shell with GICv2, takes input and powers off": () => {
    const { output, vm } = boot(["linux.toml"], 2);
    assertMatch(output, / 27 Level +arch_timer/);
    assertEquals(vm?.state, "stopped");
  },
  "linux as a VM: reaches its shell with GICv3, takes input and powers off": () => {
    const { output, vm } = boot(["linux.toml"], 3);
    assertMatch(output, /GICv3 +27 Level +arch_timer/);
    assertEquals(vm?.state, "stopped");
  },
});
