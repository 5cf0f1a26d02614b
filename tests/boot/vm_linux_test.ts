/** Debian's kernel as a VM. */

import { assertEquals, assertMatch } from "@std/assert";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import { realGuestTests } from "../real_guests.ts";
import { converse, loadVmsOf, type VmRun } from "./vm_rig.ts";

const GiB = 2 ** 30;
const Seconds = 1e9;

/** Boots to the shell and powers off; what was printed, and how the VM ended. */
function boot(file: string, run: Partial<VmRun>) {
  const loaded = loadVmsOf({ vms: [file], memoryBytes: GiB, ...run });
  converse(loaded, [
    { vm: 0, expect: "hvsim# ", send: "cat /proc/interrupts\r" },
    { vm: 0, expect: "hvsim# ", send: "poweroff -f\r" },
    { vm: 0, expect: "Power down", send: "" },
  ], 20 * Seconds);
  loaded.simulator.machine.run(loaded.simulator.machine.nowNs + Seconds / 10);
  return { output: loaded.text[0] ?? "", state: loaded.hypervisor.vms[0]?.state };
}

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "linux as a VM: reaches its shell with GICv2, takes input and powers off": () => {
    const { output, state } = boot("linux.toml", { gicVersion: 2 });
    assertMatch(output, / 27 Level +arch_timer/);
    assertEquals(state, "stopped");
  },
  "linux as a VM: reaches its shell with GICv3, takes input and powers off": () => {
    const { output, state } = boot("linux.toml", { gicVersion: 3 });
    assertMatch(output, /GICv3 +27 Level +arch_timer/);
    assertEquals(state, "stopped");
  },
  "linux as a VM: on fvp it has the board's PL011": () => {
    const { output, state } = boot("fvp/linux.toml", { platform: fvp });
    assertMatch(output, /GICv3 +37 Level +uart-pl011/);
    assertEquals(state, "stopped");
  },
  "linux as a VM: on espressobin it has a PL011 that is played": () => {
    const { output, state } = boot("espressobin/linux.toml", { platform: espressobin });
    assertMatch(output, /GICv3 +33 Level +uart-pl011/);
    assertMatch(output, /running at 12\.50MHz/);
    assertEquals(state, "stopped");
  },
});
