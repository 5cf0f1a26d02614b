/** VMs that never wait under each scheduling policy. */

import { assert, assertEquals } from "@std/assert";
import type { PolicyName } from "../../core/hypervisor/scheduling/policies.ts";
import { Spin, Ticker } from "./vm_programs.ts";
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

Deno.test("scheduler: fairly, what a VM had in an earlier life is not held against it", () => {
  const files = { ...tinyVm(1, Spin), ...tinyVm(2, Spin) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml", "tiny2.toml"], files, scheduler: "fair" });
  runUntil(loaded, 100 * Ms);
  assert(loaded.hypervisor.restart(1).ok);
  runUntil(loaded, 200 * Ms);
  assertNear(runs(scheduling(loaded)), [100, 100], 10);
});

Deno.test("scheduler: an idle core takes one that waits for another", () => {
  const report = spin("rr", 2, ["phys_cpu_sets = [1]", "phys_cpu_sets = [3]"]);
  assertNear(runs(report), [100, 100], 0.2);
  assertEquals(report.cores.map(({ running }) => running), ["vm1.0", "vm2.0"]);
});

/** A VM that waits for its timer again and again, beside one that spins on the same core. */
function tick(scheduler: PolicyName, base: string) {
  const files = { ...tinyVm(1, Ticker, { base }), ...tinyVm(2, Spin) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml", "tiny2.toml"], files, scheduler });
  runUntil(loaded, 100 * Ms);
  return scheduling(loaded).vcpus[0]?.wakeups ?? { count: 0, minNs: 0, maxNs: 0, histogram: [] };
}

Deno.test("scheduler: what is more urgent has its core within microseconds of its timer", () => {
  const { count, maxNs, histogram } = tick("priority", "cpu_priority = 0");
  assert(count > 1000 && maxNs < 5000, `${count} wake-ups, ${maxNs} ns`);
  assertEquals(histogram.reduce((sum, n) => sum + n), count);
});

Deno.test("scheduler: without priorities, what wakes waits for the end of a slice", () => {
  const turns = tick("rr", "");
  assert(turns.count < 30 && turns.maxNs > 9 * Ms, `${turns.count}, ${turns.maxNs} ns`);
  const fair = tick("fair", "");
  assert(fair.count > 100 && fair.minNs < 5000, `${fair.count}, ${fair.minNs} ns`);
});

Deno.test("scheduler: times add up over pauses, restarts and ends of VMs", () => {
  const files = { ...tinyVm(1, Ticker), ...tinyVm(2, Spin), ...tinyVm(3, Spin) };
  const vms = ["tiny1.toml", "tiny2.toml", "tiny3.toml"];
  const loaded = loadVmsOf({ vms, files, cores: 2, scheduler: "fair" });
  const { hypervisor } = loaded;
  const steps = [
    () => hypervisor.pause(1),
    () => hypervisor.pause(2),
    () => hypervisor.resume(1),
    () => hypervisor.restart(3),
    () => hypervisor.resume(2),
    () => hypervisor.kill(1),
    () => hypervisor.pause(3),
    () => hypervisor.restart(1),
  ];
  steps.forEach((step, i) => {
    runUntil(loaded, (i + 1) * 10 * Ms + 12_345);
    assert(step().ok);
    scheduling(loaded);
  });
  runUntil(loaded, 100 * Ms);
  const paused = scheduling(loaded).vcpus.map(({ pausedNs }) => pausedNs / Ms);
  assertNear(paused, [20, 30, 30], 0.1);
});
