import { assertEquals } from "@std/assert";
import { fixedPriority } from "../../../../core/hypervisor/scheduling/fixed_priority.ts";
import { fake, rig } from "./rig.ts";

const Ms = 1_000_000;

Deno.test("fixed priority: the most urgent runs first, equals in turn", () => {
  const core = rig(fixedPriority());
  core.wake(fake("low", { priority: 7 }), fake("a"), fake("b"), fake("high", { priority: 0 }));
  assertEquals(core.pick(), "high");
  assertEquals([core.left(), core.loss()], [undefined, undefined]);
  core.block();
  assertEquals([core.pick(), core.left()], ["a", 100 * Ms]);
  core.run(100 * Ms);
  assertEquals(core.loss(), "expired");
  core.lose("expired");
  assertEquals([core.pick(), core.pick(), core.pick()], ["b", "a", "low"]);
});

Deno.test("fixed priority: one that is more urgent takes the core when it wakes", () => {
  const core = rig(fixedPriority());
  core.wake(fake("a"), fake("b"));
  core.pick();
  core.run(30 * Ms);
  assertEquals(core.loss(), undefined);
  core.wake(fake("urgent", { priority: 3 }));
  assertEquals(core.loss(), "preempted");
  core.lose("preempted");
  assertEquals(core.pick(), "urgent");
  core.run(500 * Ms);
  assertEquals(core.loss(), undefined);
  core.block();
  // a has not lost its turn, nor what is left of it.
  assertEquals([core.pick(), core.left()], ["a", 70 * Ms]);
});

Deno.test("fixed priority: it wakes where the least urgent runs", () => {
  const cores = rig(fixedPriority(), 3);
  const [a, b, c] = [fake("a", { priority: 5 }), fake("b", { priority: 6 }), fake("c")];
  [a, b, c].forEach((vcpu, core) => cores.running[core] = Object.assign(vcpu, { core }));
  const urgent = fake("urgent", { priority: 1 }, 0b111);
  cores.wake(urgent);
  assertEquals([urgent.core, cores.loss(1), cores.loss(0)], [1, "preempted", undefined]);
  const next = fake("next", { priority: 2 }, 0b111);
  cores.wake(next);
  assertEquals(next.core, 0); // on core 1, one is before it
});
