/** Debian's kernel as a VM. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { writeFdt } from "../../core/fdt/blob.ts";
import { deviceTree } from "../../platforms/device_tree.ts";
import { espressobin } from "../../platforms/espressobin.ts";
import { fvp } from "../../platforms/fvp.ts";
import { qemuVirt } from "../../platforms/qemu_virt.ts";
import { realGuestTests } from "../real_guests.ts";
import { converse, loadVmsOf, type VmRun } from "./vm_rig.ts";

const guests = new URL("../../guests/", import.meta.url);
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

/** Two vCPUs, a tree of QEMU's board with a GICv2, and that board's serial port, played. */
function gicv2Files() {
  const tree = deviceTree(qemuVirt, {
    cores: 2,
    memoryBytes: GiB / 2,
    gicVersion: 2,
    startEl: 1,
    cpuCompatible: "arm,cortex-a72",
  });
  tree.children = tree.children.filter(({ name }) =>
    !/^(pl0[36]1|pl011@904|virtio|gpio)/.test(name)
  );
  const toml = new TextDecoder().decode(Deno.readFileSync(new URL("linux.toml", guests)))
    .replace("cpu_num = 1\nphys_cpu_sets = [1]", "cpu_num = 2")
    .replace("dtb_load_addr", 'dtb_path = "v2.dtb"\ndtb_load_addr');
  return { "v2.toml": toml, "v2.dtb": writeFdt(tree) };
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
  "linux as a VM: two vCPUs have an emulated GICv2 where the board has a GICv3": () => {
    const run = { gicVersion: 3, cores: 2, files: gicv2Files() } as const;
    const { output, state } = boot("v2.toml", run);
    assertMatch(output, /GIC-0 +27 Level +arch_timer/);
    assertMatch(output, /smp: Brought up 1 node, 2 CPUs/);
    assert(!output.includes("broken firmware"));
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
