import { assertEquals } from "@std/assert";
import { roundRobin } from "../../../../core/hypervisor/scheduling/round_robin.ts";
import { fake, rig } from "./rig.ts";

const Ms = 1_000_000;

Deno.test("round robin: vCPUs of a core take turns in the order in which they woke", () => {
  const core = rig(roundRobin());
  core.wake(fake("a"), fake("b"));
  assertEquals(core.pick(), "a");
  core.lose("expired");
  assertEquals(core.pick(), "b");
  core.lose("yielded");
  assertEquals([core.pick(), core.pick(), core.pick()], ["a", "b", undefined]);
});

Deno.test("round robin: a slice ends after 10 ms, and only when another vCPU waits", () => {
  const core = rig(roundRobin());
  core.wake(fake("a"));
  core.pick();
  core.run(3 * Ms);
  assertEquals([core.left(), core.loss()], [undefined, undefined]);
  core.wake(fake("b"));
  assertEquals([core.left(), core.loss()], [7 * Ms, undefined]);
  core.run(7 * Ms);
  assertEquals(core.loss(), "expired");
});

Deno.test("round robin: who blocks gets a whole slice afterwards", () => {
  const core = rig(roundRobin());
  const a = fake("a");
  core.wake(a, fake("b"));
  core.pick();
  core.run(9 * Ms);
  core.block();
  core.pick();
  core.wake(a);
  core.lose("expired");
  assertEquals([core.pick(), core.left()], ["a", 10 * Ms]);
});
