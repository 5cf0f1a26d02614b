/** Operations on VMs in any order, at any time. */

import { assert, assertEquals } from "@std/assert";
import { type VmState, wrongState } from "../../core/hypervisor/lifecycle.ts";
import { Random } from "../differential/random.ts";
import { Calls, Comings, Idle, Lost, Reset, Spin, Ticker } from "./vm_programs.ts";
import { loadVmsOf, PlayedConsole, runUntil, tinyVm } from "./vm_rig.ts";

const Operations = ["start", "pause", "resume", "stop", "kill", "restart", "delete"] as const;
const Programs = [Spin, Ticker, Comings, Calls, Lost, Reset, Idle];
const Steps = 400;
const MiB = 2 ** 20;

/** VMs of every program on two cores; `seed` decides what is done with them, and when. */
function storm(seed: number, gicVersion: 2 | 3) {
  const random = new Random(seed);
  const memory = "[[0x4000_0000, 0x60_0000, 0x7, 0]]";
  const options = { memory, emulated: PlayedConsole, cpus: 2 };
  const files = Object.assign({}, ...Programs.map((p, i) => tinyVm(i + 1, p, options)));
  const names = Programs.map((_, i) => `tiny${i + 1}.toml`);
  const loaded = loadVmsOf({ vms: names, files, cores: 2, gicVersion });
  const { hypervisor, simulator: { machine, board } } = loaded;
  hypervisor.isAttended = true;
  const plans = hypervisor.vms.map(({ plan }) => plan);
  const counts: Record<string, number> = {};
  for (let step = 0; step < Steps; step++) {
    runUntil(loaded, machine.nowNs + random.below(300_000));
    const plan = plans[random.below(plans.length)];
    const operation = Operations[random.below(Operations.length)];
    assert(plan && operation);
    const vm = hypervisor.find(plan.id);
    const before: VmState | undefined = vm?.state;
    const result = vm ? hypervisor[operation](plan.id) : hypervisor.create(plan);
    const isPossible = before === undefined || wrongState(operation, before) === undefined;
    assertEquals(result.ok, isPossible, `${operation} of a VM that is ${before}`);
    if (result.ok) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  const trace = [loaded.text, machine.instructions, machine.nowNs, counts];
  for (const { id, ended } of [...hypervisor.vms]) {
    if (!ended) assert(hypervisor.kill(id).ok);
    assert(hypervisor.delete(id).ok);
  }
  runUntil(loaded, machine.nowNs + 1000);
  assertEquals([board.events.pending, machine.runner.engine.codePages], [0, 0]);
  const { resources } = hypervisor;
  return { trace, counts, free: [resources.memory.freeBytes, resources.freeTableBytes] };
}

for (const gicVersion of [2, 3] as const) {
  Deno.test(`operations: in any order they do what the states allow, and leave nothing, GICv${gicVersion}`, () => {
    const first = storm(1, gicVersion);
    assertEquals(first.free[0], (128 - 32) * MiB);
    assertEquals(Object.values(first.counts).every((count) => count > 3), true);
    assertEquals(storm(1, gicVersion).trace, first.trace);
    for (const seed of [2, 3]) assertEquals(storm(seed, gicVersion).free, first.free);
  });
}
