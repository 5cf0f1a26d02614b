import { assertEquals } from "@std/assert";
import { roundRobin } from "../../../../core/hypervisor/scheduling/round_robin.ts";
import { fake, rig } from "./rig.ts";

Deno.test("run queues: a waking vCPU goes to an idle core that its affinity allows", () => {
  const cores = rig(roundRobin(), 3);
  cores.running[1] = fake("other");
  const vcpu = fake("a", {}, 0b110);
  cores.wake(vcpu);
  assertEquals([vcpu.core, cores.pick(2)], [2, "a"]);
});

Deno.test("run queues: a waking vCPU keeps the core it had when that is as good as others", () => {
  const cores = rig(roundRobin(), 2);
  const vcpu = fake("a", { core: 1 });
  cores.wake(vcpu);
  assertEquals(vcpu.core, 1);
});

Deno.test("run queues: where all are busy it goes to the shortest queue", () => {
  const cores = rig(roundRobin(), 2);
  cores.wake(fake("a", {}, 1), fake("b", {}, 1), fake("c", {}, 2));
  const vcpu = fake("d");
  cores.wake(vcpu);
  assertEquals(vcpu.core, 1);
});

Deno.test("run queues: a vCPU goes on where its registers are", () => {
  const cores = rig(roundRobin(), 2);
  cores.running[0] = fake("other");
  const vcpu = fake("a", { heldBy: 0, core: 0 });
  cores.wake(vcpu);
  assertEquals([vcpu.core, cores.queues.taker(0), cores.pick(1)], [0, undefined, undefined]);
});

Deno.test("run queues: an idle core takes the first that it may of the longest queue", () => {
  const cores = rig(roundRobin(), 3);
  cores.running.fill(fake("other"));
  cores.wake(fake("a", {}, 2), fake("b", {}, 1), fake("c", {}, 0b101), fake("d", { core: 2 }, 2));
  cores.wake(fake("e", {}, 1)); // a and d wait for core 1; b, c and e for cores 0 and 2
  cores.running[2] = undefined;
  assertEquals([cores.pick(2), cores.queues.taker(0), cores.pick(2)], ["c", undefined, undefined]);
});

Deno.test("run queues: an idle core is found for one that waits for another", () => {
  const cores = rig(roundRobin(), 3);
  cores.running.fill(fake("other"));
  const [a, b] = [fake("a", {}, 1), fake("b", { heldBy: 0 }, 0b111)];
  cores.wake(a, b);
  cores.running[1] = undefined;
  assertEquals(cores.queues.taker(0), undefined);
  b.heldBy = undefined;
  assertEquals([cores.queues.taker(0), cores.pick(1), b.core], [1, "b", 1]);
});

Deno.test("run queues: a vCPU that was removed is never picked", () => {
  const cores = rig(roundRobin());
  const [a, b] = [fake("a"), fake("b")];
  cores.wake(a, b);
  cores.queues.remove(a);
  assertEquals([cores.pick(), cores.pick()], ["b", undefined]);
});
