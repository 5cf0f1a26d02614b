import { assert, assertEquals } from "@std/assert";
import { chromeTrace } from "../../cli/trace/chrome.ts";
import { jsonLines, type TracedExit } from "../../cli/trace/json_lines.ts";
import type { Tracer, Write } from "../../cli/trace/tracer.ts";
import { exitCounts } from "../../core/hypervisor/exit_text.ts";
import { policyNames } from "../../core/hypervisor/scheduling/policies.ts";
import { eventsOf, readTrace } from "../cli/trace/read_trace.ts";
import { Calls, Lost, Reset, Spin } from "./vm_programs.ts";
import { converse, type LoadedVms, loadVmsOf, tinyVm, type VmRun } from "./vm_rig.ts";

const Cores = 2;
const LimitNs = 60e6;

/** Four VMs on two cores: two teaching OSes with input, one that ends and one that never waits. */
function fourVms(observer?: VmRun["observer"]): LoadedVms {
  const toml = Deno.readTextFileSync(new URL("../../guests/nimbos.toml", import.meta.url));
  const second = toml.replace("id = 1", "id = 2").replace('"nimbos"', '"second"');
  const loaded = loadVmsOf({
    vms: ["nimbos.toml", "second.toml", "tiny3.toml", "tiny4.toml"],
    files: { "second.toml": second, ...tinyVm(3, Calls), ...tinyVm(4, Spin) },
    cores: Cores,
    ...(observer ? { observer } : {}),
  });
  converse(loaded, [
    { vm: 0, expect: ">> ", send: "sleep_simple\r" },
    { vm: 1, expect: ">> ", send: "hello_world\r" },
    { vm: 1, expect: "exited with code", send: "hello_c\r" },
  ], LimitNs);
  return loaded;
}

/** The run, written down by a tracer. */
function traced(make: (write: Write) => Tracer, run = fourVms) {
  let text = "";
  const tracer = make((piece) => void (text += piece));
  const loaded = run(tracer.powerOn(0, Cores));
  tracer.end(loaded.simulator.machine.nowNs);
  return { ...loaded, text };
}

const bare = fourVms();
const timeline = traced(chromeTrace);
const file = readTrace(eventsOf(timeline.text));

Deno.test("trace: four VMs have the same exits in every run, watched or not", () => {
  const { hypervisor: { ledger, vms }, text } = bare;
  assert(ledger.count > 1500, `${ledger.count} exits`);
  assert(text[1]?.includes("Hello world from user mode program!"));
  const again = timeline.hypervisor;
  assertEquals([again.ledger.hash, again.ledger.count], [ledger.hash, ledger.count]);
  assertEquals(again.vms.map((vm) => [...exitCounts(vm)]), vms.map((vm) => [...exitCounts(vm)]));
});

for (const scheduler of policyNames) {
  Deno.test(`trace: with the scheduler ${scheduler}, three VMs on a core run the same twice`, () => {
    const files = { ...tinyVm(1, Spin), ...tinyVm(2, Spin), ...tinyVm(3, Calls) };
    const run = (observer?: VmRun["observer"]) => {
      const loaded = loadVmsOf({
        vms: ["tiny1.toml", "tiny2.toml", "tiny3.toml"],
        files,
        scheduler,
        ...(observer ? { observer } : {}),
      });
      loaded.simulator.machine.run(250e6);
      return loaded;
    };
    const { text, hypervisor: { ledger } } = traced(chromeTrace, run);
    assertEquals(ledger.hash, run().hypervisor.ledger.hash);
    const { problems, tracks } = readTrace(eventsOf(text));
    assertEquals(problems, []);
    const length = tracks.find(({ name }) => name === "cores/core 0")?.slices.reduce(
      (sum, { fromNs, toNs }) => sum + toNs - fromNs,
      0,
    );
    assertEquals(length, 250e6);
  });
}

Deno.test("trace: another run has another hash", () => {
  const files = { ...tinyVm(1, Calls), ...tinyVm(2, Calls) };
  const hashes = [["tiny1.toml"], ["tiny2.toml"], ["tiny1.toml", "tiny2.toml"]].map((vms) => {
    const loaded = loadVmsOf({ vms, files });
    loaded.simulator.machine.run(LimitNs);
    return loaded.hypervisor.ledger.hash;
  });
  assertEquals(new Set(hashes).size, hashes.length);
});

Deno.test("trace: every event is what viewers expect, and slices nest", () => {
  assertEquals(file.problems, []);
  assertEquals(file.tracks.map(({ name }) => name).sort(), [
    "cores/core 0",
    "cores/core 1",
    "vm1 nimbos/vCPU 0",
    "vm2 second/vCPU 0",
    "vm3 tiny3/vCPU 0",
    "vm4 tiny4/vCPU 0",
  ]);
});

Deno.test("trace: the slices of each core add up to the run, without gaps", () => {
  const lengthNs = timeline.simulator.machine.nowNs;
  for (const { name, slices } of file.tracks.filter((track) => /^cores/.test(track.name))) {
    let reachedNs = 0;
    for (const slice of slices) {
      assertEquals([slice.fromNs, slice.depth], [reachedNs, 0], name);
      reachedNs = slice.toNs;
    }
    assertEquals(reachedNs, lengthNs, name);
  }
});

Deno.test("trace: a vCPU's guest and exits are inside of what says where it stands", () => {
  for (const { name, slices } of file.tracks.filter((track) => /vCPU/.test(track.name))) {
    const places = slices.filter(({ depth }) => depth === 0).map((slice) => slice.name);
    assert(places.every((place) => /^(core \d|ready|blocked)$/.test(place)), `${name}: ${places}`);
    assert(slices.every(({ depth }) => depth <= 1), name);
    const inside = slices.filter(({ depth }) => depth === 1);
    assert(inside.some((slice) => slice.name === "guest"), name);
  }
});

Deno.test("trace: each exit is a slice on its core and on its vCPU", () => {
  const slicesOf = (pattern: RegExp) =>
    file.tracks.filter(({ name }) => pattern.test(name)).flatMap(({ slices }) => slices)
      .filter(({ args }) => "exit" in args);
  const numbers = (pattern: RegExp) =>
    slicesOf(pattern).map(({ args }) => args.exit as number).sort((a, b) => a - b);
  const all = Array.from({ length: bare.hypervisor.ledger.count }, (_, n) => n);
  assertEquals(numbers(/^cores/), all);
  assertEquals(numbers(/vCPU/), all);
  const reasons = Map.groupBy(slicesOf(/^vm1/), ({ name }) => name);
  const [vm] = timeline.hypervisor.vms;
  if (!vm) throw new Error("Cannot count: VM 1 must be there");
  assertEquals(
    new Map([...reasons].map(([name, slices]) => [name, slices.length])),
    new Map([...exitCounts(vm)].map(([name, { count }]) => [name, count])),
  );
});

Deno.test("trace: interrupts are instants while their vCPU runs, queues are counted", () => {
  const instants = file.tracks.flatMap(({ name, slices, instants }) => {
    const ends = slices.filter((slice) => /^core/.test(slice.name));
    for (const { ts = 0 } of instants) {
      const at = Math.round(ts * 1000);
      assert(ends.some(({ fromNs, toNs }) => fromNs <= at && at <= toNs), `${name} at ${at}`);
    }
    return instants;
  });
  assert(instants.length > 5, `${instants.length} instants`);
  const lengths = file.counters.map(({ args }) => args?.ready as number);
  assert(Math.max(...lengths) >= 1 && Math.min(...lengths) === 0);
});

Deno.test("trace: a file that is cut off can be read up to there", () => {
  const cut = eventsOf(timeline.text.slice(0, Math.floor(timeline.text.length / 2)));
  assert(cut.length > eventsOf(timeline.text).length / 4);
  const problems = readTrace(cut).problems.filter((problem) => !/has no end/.test(problem));
  assertEquals(problems, []);
});

Deno.test("trace: the slices of a VM that fails while another core runs it end with it", () => {
  const { text } = traced(chromeTrace, (observer) => {
    const files = { ...tinyVm(1, Lost), ...tinyVm(2, Spin) };
    const loaded = loadVmsOf({
      vms: ["tiny1.toml", "tiny2.toml"],
      files,
      cores: Cores,
      ...(observer ? { observer } : {}),
    });
    loaded.simulator.machine.run(3e6);
    return loaded;
  });
  assertEquals(readTrace(eventsOf(text)).problems, []);
});

Deno.test("trace: VMs that reset, pause, restart and go keep their tracks in order", () => {
  const { text, simulator } = traced(chromeTrace, (observer) => {
    const files = { ...tinyVm(1, Reset), ...tinyVm(2, Spin), ...tinyVm(3, Spin) };
    const loaded = loadVmsOf({
      vms: ["tiny1.toml", "tiny2.toml", "tiny3.toml"],
      files,
      cores: Cores,
      ...(observer ? { observer } : {}),
    });
    const { simulator: { machine }, hypervisor } = loaded;
    const steps = [
      () => hypervisor.pause(2),
      () => hypervisor.restart(3),
      () => hypervisor.resume(2),
      () => hypervisor.kill(3),
      () => hypervisor.delete(3),
      () => hypervisor.kill(1),
    ];
    for (const step of steps) {
      machine.run(machine.nowNs + 25e6);
      assertEquals(step().ok, true, `${step}`);
    }
    machine.run(machine.nowNs + 25e6);
    return loaded;
  });
  const { problems, tracks } = readTrace(eventsOf(text));
  assertEquals(problems, []);
  const places = (name: string) =>
    new Set(
      tracks.find((track) => track.name === name)?.slices.filter(({ depth }) => depth === 0)
        .map((slice) => slice.name.replace(/\d/, "N")),
    );
  assertEquals(places("vm2 tiny2/vCPU 0").has("paused"), true);
  assertEquals(places("vm3 tiny3/vCPU 0").has("core N"), true);
  for (const { name, slices } of tracks.filter((track) => /^cores/.test(track.name))) {
    const sumNs = slices.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0);
    assertEquals(sumNs, simulator.machine.nowNs, name);
  }
});

Deno.test("trace: JSON lines are one for each exit, and agree with what is counted", () => {
  const { text, hypervisor } = traced(jsonLines);
  const exits = text.trimEnd().split("\n").map((line): TracedExit => JSON.parse(line));
  assertEquals(exits.map(({ n }) => n), exits.map((_, i) => i));
  assertEquals(exits.length, bare.hypervisor.ledger.count);
  for (const vm of hypervisor.vms) {
    const own = Map.groupBy(exits.filter((exit) => exit.vm === vm.id), ({ reason }) => reason);
    const counted = [...own].map(([reason, lines]) => {
      const costNs = lines.reduce((sum, line) => sum + line.costNs, 0);
      return [reason, { count: lines.length, costNs }] as const;
    });
    assertEquals(new Map(counted), exitCounts(vm));
  }
  const [first] = exits.filter(({ reason }) => reason === "MMIO distributor");
  assertEquals(first?.class, "Data abort from a lower EL");
  assertEquals(first?.fields?.ISV, 1);
  assertEquals(first?.handler, "distributor GICD_TYPER read");
  assertEquals(first?.control, "HCR_EL2.VM: stage 2 maps nothing there, level 3");
});
