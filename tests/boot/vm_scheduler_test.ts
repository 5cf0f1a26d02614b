/** VMs that never wait under each scheduling policy. */

import { assert, assertEquals } from "@std/assert";
import type { PolicyName } from "../../core/hypervisor/scheduling/policies.ts";
import { Spin } from "./vm_programs.ts";
import { loadVmsOf, runUntil, scheduling, tinyVm } from "./vm_rig.ts";

const Ms = 1_000_000;

/** Each VM with these lines of [base] spins for 100 ms. */
function spin(scheduler: PolicyName, cores: number, bases: readonly string[]) {
  const files = Object.assign({}, ...bases.map((base, i) => tinyVm(i + 1, Spin, { base })));
  const vms = bases.map((_, i) => `tiny${i + 1}.toml`);
  const loaded = loadVmsOf({ vms, files, cores, scheduler });
  assertEquals(runUntil(loaded, 100 * Ms), "limit");
  return scheduling(loaded);
}

const runs = ({ vcpus }: ReturnType<typeof spin>) => vcpus.map(({ runNs }) => runNs / Ms);

function assertNear(actual: readonly number[], expected: readonly number[], by: number): void {
  const fits = actual.every((ms, i) => Math.abs(ms - (expected[i] ?? 0)) <= by);
  assert(fits, `${actual} are not within ${by} of ${expected}`);
}

Deno.test("scheduler: in turns, VMs get the same", () => {
  const report = spin("rr", 1, ["", "", ""]);
  assertNear(runs(report), [33, 33, 33], 7);
  assert(report.vcpus.every(({ preemptions, stealNs }) => preemptions >= 2 && stealNs > 50 * Ms));
});

Deno.test("scheduler: by priority, the most urgent gets all, and equals get the same", () => {
  const report = spin("priority", 2, [
    "phys_cpu_sets = [1]\ncpu_priority = 5",
    "phys_cpu_sets = [1]\ncpu_priority = 3",
    "phys_cpu_sets = [2]",
  ]);
  assertNear(runs(report), [0, 100, 100], 0.2);
  assertEquals(report.vcpus.map(({ priority }) => priority), [5, 3, 4]);
});

Deno.test("scheduler: fairly, VMs get shares as their weights", () => {
  const report = spin("fair", 1, ["cpu_weight = 50", "cpu_weight = 150", "cpu_weight = [300]"]);
  assertNear(runs(report), [10, 30, 60], 4);
});

Deno.test("scheduler: an idle core takes one that waits for another", () => {
  const report = spin("rr", 2, ["phys_cpu_sets = [1]", "phys_cpu_sets = [3]"]);
  assertNear(runs(report), [100, 100], 0.2);
  assertEquals(report.cores.map(({ running }) => running), ["vm1.0", "vm2.0"]);
});
