import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { childTime, watchSpan } from "./process.ts";
import { groupRatio, reportJson, reportTable } from "./report.ts";
import { type Figure, geomean, median } from "./rounds.ts";
import { baseline, keyOf, type Workload, workloads } from "./workloads.ts";

function figure(name: string, hvsim: number, qemu?: number): Figure {
  return {
    workload: workloads.find((workload) => workload.name === name) as Workload,
    hvsim: { cpu: hvsim, wall: hvsim * 2 },
    qemu: qemu === undefined ? undefined : { cpu: qemu, wall: qemu * 2 },
    ratio: qemu === undefined ? undefined : qemu / hvsim,
    problem: undefined,
  };
}

Deno.test("bench: medians and geometric means", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(median([7]), 7);
  assertAlmostEquals(geomean([1, 4, 2]), 2);
});

Deno.test("bench: the time of the children is the last line of times", () => {
  assertAlmostEquals(childTime("noise\n0m0.010s 0m0.020s\n1m2.500s 0m0.250s\n"), 62.75);
  assertThrows(() => childTime("no times"), Error, "Cannot measure");
});

Deno.test("bench: benchmarks of one machine share the run without work", () => {
  const [sieve, crc32] = workloads.filter(({ group }) => group === "integer") as Workload[];
  const hvc = workloads.find(({ group }) => group === "hvc") as Workload;
  const start = (workload: Workload) => keyOf(baseline(workload) as Workload);
  assertEquals(start(sieve as Workload), start(crc32 as Workload));
  assertEquals(start(sieve as Workload) === start(hvc), false);
  assertEquals(new Set(workloads.map(keyOf)).size, workloads.length);
});

Deno.test("bench: groups' ratios are QEMU's time by hvsim's, and geometric means", () => {
  const figures = [figure("sieve", 1, 2), figure("fib", 2, 1), figure("psci", 0.5)];
  const report = { figures, runs: 5, qemu: "QEMU", startSeconds: 0.25, memory: undefined };
  assertAlmostEquals(groupRatio(report, "integer") ?? NaN, 1);
  assertEquals(groupRatio(report, "hypercall"), undefined);
  const json = JSON.parse(reportJson(report));
  assertEquals(json.groups, { integer: 1 });
  assertEquals(json.runs, 5);
  assertEquals(json.hypercallMicroseconds, 0.5);
  assertEquals(json.workloads[1], {
    ...{ group: "integer", name: "fib", qemuSeconds: 1, qemuWallSeconds: 2 },
    ...{ hvsimSeconds: 2, hvsimWallSeconds: 4, ratio: 0.5 },
  });
  const table = reportTable(report).split("\n");
  const row = (line: string | undefined) => line?.trim().split(/ {2,}/);
  assertEquals(row(table[1]), [
    ...["integer", "sieve", "2.000", "4.000", "1.000", "2.000", "2.00", "1.00", "1.10", "no"],
  ]);
  assertEquals(row(table[2]), ["fib", "1.000", "2.000", "2.000", "4.000", "0.50"]);
  assertEquals(
    table[5],
    "call to the built-in hypervisor and back: 0.50 µs " +
      "(target: under 2 µs, reached)",
  );
});

Deno.test("bench: a span's time is that between the texts, each when it was first seen", () => {
  let at = 0;
  const now = () => ({ wall: at * 2, cpu: at });
  const { see, times } = watchSpan({ from: "begin", to: "end" }, now);
  for (const text of ["", "begin", "begin ..."]) {
    at++;
    see(text);
  }
  assertEquals(times(), undefined);
  at = 7;
  see("begin ... end");
  at = 9;
  see("begin ... end off");
  assertEquals(times(), { cpuSeconds: 5, wallSeconds: 10 });
});

Deno.test("bench: a span without a beginning is one from the start", () => {
  const { see, times } = watchSpan({ to: "ready" }, () => ({ wall: 3, cpu: 2 }));
  see("ready");
  assertEquals(times(), { cpuSeconds: 2, wallSeconds: 3 });
});
