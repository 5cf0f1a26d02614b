import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Program } from "./vm_programs.ts";
import {
  Calls,
  Idle,
  Lost,
  PowerKey,
  Publisher,
  Reset,
  Spin,
  Subscriber,
  Ticker,
} from "./vm_programs.ts";
import {
  ChannelPage,
  loadVmsOf,
  PlayedConsole,
  runUntil,
  type TinyOptions,
  tinyVm,
} from "./vm_rig.ts";

const Ms = 1_000_000;
const Played: TinyOptions = { emulated: PlayedConsole };

/** VMs 1, 2, ... with these programs, and consoles that the hypervisor plays. */
function load(programs: readonly Program[], options: TinyOptions = Played) {
  const files = Object.assign({}, ...programs.map((p, i) => tinyVm(i + 1, p, options)));
  const loaded = loadVmsOf({ vms: programs.map((_, i) => `tiny${i + 1}.toml`), files });
  const { hypervisor, simulator: { machine } } = loaded;
  return {
    ...loaded,
    hypervisor,
    machine,
    state: (id: number) => hypervisor.find(id)?.state,
    run: (ms: number) => runUntil(loaded, machine.nowNs + ms * Ms),
  };
}

Deno.test("lifecycle: what a VM's state does not allow is refused in words", () => {
  const { hypervisor, run, state } = load([Spin, Calls]);
  run(30);
  assertEquals(state(2), "stopped");
  const why = (result: { ok: true } | { ok: false; why: string }) => result.ok ? "" : result.why;
  assertEquals(why(hypervisor.pause(2)), "Cannot pause vm2: it must be running, it is stopped");
  assertEquals(why(hypervisor.resume(1)), "Cannot resume vm1: it must be paused, it is running");
  assertEquals(
    why(hypervisor.delete(1)),
    "Cannot delete vm1: it must be loaded, stopped or failed, it is running",
  );
  assertEquals(why(hypervisor.start(7)), "Cannot start vm7: there is no such VM");
  const [plan] = hypervisor.vms.map((vm) => vm.plan);
  assert(plan);
  assertEquals(why(hypervisor.create(plan)), "Cannot create vm1: there is a VM with that id");
});

Deno.test("lifecycle: a VM is made while another one runs, started, stopped and deleted", () => {
  const files = { ...tinyVm(1, Spin, Played), ...tinyVm(2, Calls, Played) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files });
  const { hypervisor } = loaded;
  runUntil(loaded, 10 * Ms);
  const free = hypervisor.resources.memory.freeBytes;
  const [plan] = loaded.plansOf(["tiny2.toml"]);
  assert(plan);
  assert(hypervisor.create(plan).ok);
  assertEquals(hypervisor.find(2)?.state, "loaded");
  assertEquals(hypervisor.resources.memory.freeBytes, free - 16 * 1024 * 1024);
  let text = "";
  hypervisor.find(2)?.console?.onTransmit((byte) => void (text += String.fromCharCode(byte)));
  runUntil(loaded, 20 * Ms);
  assertEquals(text, "");
  assert(hypervisor.start(2).ok);
  runUntil(loaded, 60 * Ms);
  assertEquals([text, hypervisor.find(2)?.state], ["11101", "stopped"]);
  assert(hypervisor.start(2).ok);
  runUntil(loaded, 100 * Ms);
  assertEquals([text, hypervisor.find(2)?.state], ["1110111101", "stopped"]);
  assert(hypervisor.delete(2).ok);
  assertEquals(hypervisor.vms.length, 1);
  assertEquals(hypervisor.resources.memory.freeBytes, free);
});

Deno.test("lifecycle: a VM that does not get what it needs is refused, and nothing is lost", () => {
  const files = {
    ...tinyVm(1, Spin, Played),
    ...tinyVm(2, Spin, { ...Played, memory: "[[0x4000_0000, 0x6000_0000, 0x7, 0]]" }),
  };
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files });
  const { hypervisor } = loaded;
  const free = [hypervisor.resources.memory.freeBytes, hypervisor.resources.freeTableBytes];
  const plan = hypervisor.vms[0]?.plan;
  assert(plan);
  const [region] = plan.memory;
  assert(region);
  const large = { ...plan, id: 2, memory: [{ ...region, bytes: 2 ** 30 }] };
  const result = hypervisor.create(large);
  assert(!result.ok);
  assertStringIncludes(result.why, "Cannot create vm2: cannot take 1 GiB of RAM");
  const [device] = plan.emulated;
  assert(device);
  const twice = { ...plan, id: 2, emulated: [device, { ...device, gpa: device.gpa + 0x10_0000 }] };
  const clash = hypervisor.create(twice);
  assert(!clash.ok);
  assertStringIncludes(clash.why, "that name is taken");
  assertEquals([hypervisor.resources.memory.freeBytes, hypervisor.resources.freeTableBytes], free);
});

Deno.test("lifecycle: a paused VM does nothing, and goes on as if no time had passed", () => {
  const { hypervisor, run, state, text, machine } = load([Ticker]);
  run(2);
  const before = text[0]?.length ?? 0;
  assert(before > 20, text[0]);
  assert(hypervisor.pause(1).ok);
  const instructions = machine.instructions;
  run(50);
  assertEquals([text[0]?.length, state(1)], [before, "paused"]);
  assertEquals(machine.instructions, instructions);
  assert(hypervisor.resume(1).ok);
  run(2);
  const after = (text[0]?.length ?? 0) - before;
  assert(Math.abs(after - before) <= 2, `${before} before, ${after} after`);
});

Deno.test("lifecycle: pauses leave another VM on the same core alone", () => {
  const { hypervisor, run } = load([Spin, Spin]);
  run(40);
  assert(hypervisor.pause(1).ok);
  run(100);
  const ran = hypervisor.scheduling().vcpus.map(({ runNs }) => runNs);
  assert((ran[0] ?? 0) < 31 * Ms, `${ran}`);
  assert(hypervisor.resume(1).ok);
  run(40);
  assert((hypervisor.scheduling().vcpus[0]?.runNs ?? 0) > (ran[0] ?? 0) + 9 * Ms);
});

Deno.test("lifecycle: a VM without a power key is stopped at once, and the others go on", () => {
  const { hypervisor, run, state } = load([Spin, Spin]);
  run(5);
  assert(hypervisor.stop(1).ok);
  assertEquals([state(1), hypervisor.find(1)?.wasCutOff], ["stopped", true]);
  assertEquals(run(20), "limit");
  assert(hypervisor.kill(2).ok);
  assertEquals(run(20), "stopped");
});

Deno.test("lifecycle: the machine goes on without VMs while somebody may start them", () => {
  const { hypervisor, run, state } = load([Calls]);
  hypervisor.isAttended = true;
  assertEquals(run(20), "limit");
  assertEquals(state(1), "stopped");
  assert(hypervisor.start(1).ok);
  run(20);
  assertEquals(state(1), "stopped");
});

Deno.test("lifecycle: a VM that fails gives back what it had, and can be started anew", () => {
  const { hypervisor, run, state, text } = load([Lost, Spin]);
  const { memory } = hypervisor.resources;
  const free = memory.freeBytes;
  run(20);
  assertEquals(state(1), "failed");
  assertEquals(memory.freeBytes, free + 16 * 1024 * 1024);
  assertStringIncludes(hypervisor.find(1)?.failure ?? "", "stopped: it executes at 0x2000_0000");
  assert(hypervisor.start(1).ok);
  run(20);
  assertEquals([text[0], state(1)], ["AA", "failed"]);
});

Deno.test("lifecycle: memory is empty for whoever gets it next", () => {
  const { hypervisor, run, text, simulator: { ram } } = load([Ticker, Spin]);
  run(100);
  assert((text[0]?.length ?? 0) > 4);
  const ranges = hypervisor.find(1)?.holdings.ram ?? [];
  hypervisor.kill(1);
  hypervisor.delete(1);
  const plan = hypervisor.find(2)?.plan;
  assert(plan);
  assert(hypervisor.create({ ...plan, id: 3, images: [] }).ok);
  assertEquals(hypervisor.find(3)?.holdings.ram, ranges);
  for (const { base, bytes } of ranges) {
    assertEquals(ram.slice(base, bytes).findIndex((byte) => byte !== 0), -1);
  }
});

Deno.test("lifecycle: a VMID comes without translations of the VM that had it", () => {
  const memory = "[[0x4000_0000, 0x80_0000, 0x7, 0]]";
  const files = { ...tinyVm(1, Ticker, Played), ...tinyVm(2, Ticker, { ...Played, memory }) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files });
  const { hypervisor } = loaded;
  hypervisor.isAttended = true;
  runUntil(loaded, 2 * Ms);
  const [first] = hypervisor.vms;
  assert(first && hypervisor.kill(1).ok && hypervisor.delete(1).ok);
  const [plan] = loaded.plansOf(["tiny2.toml"]);
  assert(plan && hypervisor.create(plan).ok);
  const second = hypervisor.find(2);
  assertEquals(second?.vmid, first.vmid);
  assert(second?.holdings.ram[0]?.base !== first.holdings.ram[0]?.base);
  let text = "";
  second?.console?.onTransmit((byte) => void (text += String.fromCharCode(byte)));
  hypervisor.start(2);
  runUntil(loaded, 3 * Ms);
  assertEquals(text[0], "0");
});

Deno.test("lifecycle: a reset by the guest and a restart both begin with empty memory", () => {
  const { hypervisor, run, text } = load([Reset]);
  run(1);
  assert(hypervisor.restart(1).ok);
  run(1);
  assertEquals(text[0], "0000");
});

Deno.test("lifecycle: devices of VMs that have ended are reset, and no alarm is left", () => {
  const toml = Deno.readTextFileSync(new URL("../../guests/nimbos.toml", import.meta.url));
  const files = { "second.toml": toml.replace("id = 1", "id = 2") };
  const loaded = loadVmsOf({ vms: ["nimbos.toml", "second.toml"], files });
  const { hypervisor, simulator: { machine, board } } = loaded;
  hypervisor.isAttended = true;
  const devices = hypervisor.vms.flatMap(({ devices }) => [
    ...devices.emulated.map(({ device }) => device),
    ...devices.passedThrough.filter(({ kind }) => kind !== "pl031"),
  ]);
  const snapshots = () => devices.map((device) => device.snapshot());
  const before = snapshots();
  for (let ms = 0; !loaded.text.every((text) => text.includes(">> ")); ms++) {
    assert(ms < 300);
    machine.run(machine.nowNs + Ms);
  }
  for (const { console } of hypervisor.vms) assert(console?.receive(0x41));
  for (const { id } of hypervisor.vms) assert(hypervisor.kill(id).ok);
  assertEquals(snapshots(), before);
  machine.run(machine.nowNs + 1000);
  assertEquals(board.events.pending, 0);
});

/** The board's GPIO controller, which its power key is at. */
const Gpio = '["pl061@9030000", 0x903_0000, 0x903_0000, 0x1000, 0x1],';

Deno.test("lifecycle: a guest is asked to power off by the power key", () => {
  const { hypervisor, run, state, text } = load([PowerKey], { ...Played, passthrough: Gpio });
  run(1);
  assertEquals(state(1), "running");
  assert(hypervisor.stop(1).ok);
  assertEquals(state(1), "stopping");
  assertEquals([run(1), text[0], state(1)], ["stopped", "P", "stopped"]);
  assertEquals(hypervisor.find(1)?.wasCutOff, false);
});

Deno.test("lifecycle: a guest that does not power off when asked is cut off after ten seconds", () => {
  const { hypervisor, run, state, log } = load([Idle], { ...Played, passthrough: Gpio });
  run(1);
  assert(hypervisor.stop(1).ok);
  run(9999);
  assertEquals(state(1), "stopping");
  const refused = hypervisor.pause(1);
  assert(!refused.ok);
  assertEquals(refused.why, "Cannot pause vm1: it must be running, it is stopping");
  assertEquals([run(2), state(1)], ["stopped", "stopped"]);
  assert(log.includes("warn vm1 its guest has not powered off in 10 s and is cut off"));
});

Deno.test("lifecycle: a VM that does not run cannot be asked, and is stopped at once", () => {
  const { hypervisor, run, state } = load([PowerKey], { ...Played, passthrough: Gpio });
  hypervisor.isAttended = true;
  run(1);
  assert(hypervisor.pause(1).ok && hypervisor.stop(1).ok);
  assertEquals(state(1), "stopped");
});

Deno.test("lifecycle: a guest that was asked to power off can be killed or started anew", () => {
  for (const operation of ["kill", "restart"] as const) {
    const { hypervisor, run, state } = load([Idle, Spin], { ...Played, passthrough: Gpio });
    run(1);
    assert(hypervisor.stop(1).ok);
    assert(hypervisor[operation](1).ok);
    const before = state(1);
    hypervisor.kill(2);
    run(11_000);
    assertEquals(
      [before, state(1)],
      operation === "kill" ? ["stopped", "stopped"] : [
        "running",
        "running",
      ],
    );
  }
});

Deno.test("lifecycle: a VM that publishes memory can be started anew while another one sees it", () => {
  const { hypervisor, text, machine } = load([Publisher, Subscriber], { emulated: ChannelPage });
  const until = (isDone: () => boolean) => {
    for (let n = 0; !isDone(); n++) {
      assert(n < 100_000, `${text}`);
      machine.run(machine.nowNs + 1000);
    }
  };
  until(() => text[1] === "H");
  assert(hypervisor.pause(2).ok);
  const { freeBytes } = hypervisor.resources.memory;
  assert(hypervisor.restart(1).ok);
  assertEquals(hypervisor.resources.memory.freeBytes, freeBytes);
  until(() => text[0] === "011011");
  assert(hypervisor.kill(1).ok && hypervisor.resume(2).ok);
  until(() => text[1] === "H170");
});
