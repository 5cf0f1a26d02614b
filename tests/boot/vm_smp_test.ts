/** Debian's kernel with four vCPUs on fewer cores, under each scheduling policy. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type PolicyName, policyNames } from "../../core/hypervisor/scheduling/policies.ts";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { type LoadedVms, loadVmsOf, runUntil, scheduling } from "./vm_rig.ts";

const Seconds = 1e9;
const Online = "/sys/devices/system/cpu/cpu3/online";

/** What the guest does: hotplug, a loop on each CPU, messages between ten processes. */
const Commands = [
  "echo $(nproc) at first",
  `echo 0 >${Online}`,
  "echo $(nproc) without",
  `echo 1 >${Online}`,
  "echo $(nproc) again",
  "for i in 0 1 2 3; do taskset $((1<<i)) sh -c '" +
  "n=0; while [ $n -lt 3000 ]; do n=$((n+1)); done; " +
  "set -- $(cat /proc/self/stat); echo looped on ${39}' & done; wait",
  "hackbench -g 1 -f 5 -l 100 && echo hacked",
  "head -1 /proc/stat",
];

/** Linux with four vCPUs. */
function linux(cores: number, scheduler: PolicyName): LoadedVms {
  const text = Deno.readTextFileSync(new URL("../../guests/linux.toml", import.meta.url));
  const cmdline = `console=ttyAMA0 hvsim.mods=none hvsim.run="${Commands.join("; ")}"`;
  const toml = text.replace("cpu_num = 1\nphys_cpu_sets = [1]", "cpu_num = 4")
    .replace("cache/initramfs.cpio.gz", "both.cpio.gz")
    .replace(/^cmdline = .*$/m, () => `cmdline = '''${cmdline}'''`);
  const [first, second] = (["initramfs.cpio.gz", "rt-tests.cpio.gz"] as const)
    .map((file) => Deno.readFileSync(guestPath(file))) as [Uint8Array, Uint8Array];
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  const files = { "smp.toml": toml, "both.cpio.gz": both };
  return loadVmsOf({ vms: ["smp.toml"], files, cores, scheduler, memoryBytes: 2 ** 30 });
}

function check(cores: number, scheduler: PolicyName): void {
  const loaded = linux(cores, scheduler);
  assertEquals(runUntil(loaded, 20 * Seconds), "stopped");
  const [text = ""] = loaded.text;
  for (const line of ["4 at first", "CPU3 killed", "3 without", "4 again", "hacked"]) {
    assert(text.includes(line), text);
  }
  const loops = [...text.matchAll(/looped on (\d)/g)].map(([, cpu]) => cpu).sort();
  assertEquals(loops, ["0", "1", "2", "3"]);
  assert(!/rcu: INFO|soft lockup|clocksource.*unstable|------------\[/.test(text), text);
  const { vcpus, cores: used } = scheduling(loaded);
  assertEquals(used.length, cores);
  // What the guest shows in hundredths of a second, and what goes by until it has powered off.
  const shown = 1e7 * Number(/^cpu +(?:\d+ ){7}(\d+)/m.exec(text)?.[1]);
  const stolen = vcpus.reduce((sum, { stealNs }) => sum + stealNs, 0);
  assert(shown <= stolen && shown > 0.9 * stolen - 1e8, `${shown} shown of ${stolen}`);
  for (const { stealNs, switches, wakeups, migrations } of vcpus) {
    assert(stealNs > 0 && switches > 10 && wakeups.count > 10);
    assertEquals(migrations > 0, cores > 1);
  }
}

const tests = policyNames.flatMap((policy) =>
  [2, 1].map((cores) =>
    [
      `linux as a VM: four vCPUs on ${cores === 1 ? "1 core" : `${cores} cores`}, ${policy}`,
      () => check(cores, policy),
    ] as const
  )
);

await realGuestTests(["Image", "initramfs.cpio.gz", "rt-tests.cpio.gz"], {
  ...Object.fromEntries(tests),
  "linux as a VM: four vCPUs on two cores start the same twice": () => {
    const [first, second] = [1, 2].map(() => {
      const loaded = linux(2, "fair");
      runUntil(loaded, Seconds / 2);
      return [loaded.text, loaded.hypervisor.ledger.hash, scheduling(loaded)];
    });
    assertMatch(String(first?.[0]), /Brought up 1 node, 4 CPUs/);
    assertEquals(first, second);
  },
});
