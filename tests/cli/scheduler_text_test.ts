import { assertEquals } from "@std/assert";
import { schedulerText } from "../../cli/scheduler_text.ts";
import type { SchedulerReport } from "../../core/hypervisor/scheduling/report.ts";

const report: SchedulerReport = {
  policy: "fair",
  nowNs: 2e9,
  cores: [
    {
      index: 0,
      elapsedNs: 2e9,
      busyNs: 1.5e9,
      idleNs: 5e8,
      switches: 12,
      running: "vm1.0",
      waiting: 0,
    },
  ],
  vcpus: [{
    vm: "vm1",
    index: 0,
    state: "running",
    core: 0,
    cores: [0, 1],
    priority: 4,
    weight: 200,
    elapsedNs: 2e9,
    runNs: 1.5e9,
    stealNs: 1e8,
    blockedNs: 4e8,
    offNs: 0,
    pausedNs: 0,
    wakeups: { count: 3, minNs: 0, meanNs: 1234, maxNs: 5e6, histogram: [1, 0, 2] },
    switches: 12,
    preemptions: 2,
    migrations: 1,
  }],
};

Deno.test("scheduler text: cores, times and switches are tables that fit a terminal", () => {
  assertEquals(
    schedulerText(report),
    `scheduler fair

core     busy     idle  busy %  switches  waiting  runs
0     1.500 s  0.500 s    75.0        12        0  vm1.0

vCPU   state    core  may use      run    steal  blocked      off  weight
vm1.0  running     0      0,1  1.500 s  0.100 s  0.400 s  0.000 s     200

vCPU   switches  preempted  moved  wake-ups   min    mean     max
vm1.0        12          2      1         3  0 ns  1.2 us  5.0 ms
`,
  );
});

Deno.test("scheduler text: what is of no concern is not shown", () => {
  const heads = (change: Partial<SchedulerReport>) =>
    schedulerText({ ...report, ...change }).split("\n").find((line) => line.includes("steal"));
  const [vcpu] = report.vcpus;
  assertEquals(
    [
      heads({ policy: "rr" }),
      heads({ policy: "priority" }),
      heads({ policy: "rr", vcpus: [{ ...vcpu as NonNullable<typeof vcpu>, pausedNs: 1 }] }),
    ].map((line) => line?.replace(/^.*off */, "")),
    ["", "priority", "paused"],
  );
});
