import { assertEquals } from "@std/assert";
import { RoundRobin, type Schedulable } from "../../../core/hypervisor/scheduler.ts";

interface Fake extends Schedulable {
  readonly name: string;
}

function fake(name: string, mask = 0b11): Fake {
  return { name, core: 0, mayRunOn: (core) => ((mask >> core) & 1) === 1 };
}

const nobodyIdle = () => false;

Deno.test("round robin: vCPUs of a core take turns in the order in which they woke", () => {
  const scheduler = new RoundRobin<Fake>(1);
  const [a, b] = [fake("a", 1), fake("b", 1)];
  scheduler.wake(a, nobodyIdle);
  scheduler.wake(b, nobodyIdle);
  assertEquals(scheduler.pick(0), a);
  scheduler.yield(a);
  assertEquals([scheduler.pick(0)?.name, scheduler.pick(0)?.name], ["b", "a"]);
  assertEquals(scheduler.pick(0), undefined);
});

Deno.test("round robin: a waking vCPU goes to an idle core that its affinity allows", () => {
  const scheduler = new RoundRobin<Fake>(3);
  const vcpu = fake("a", 0b110);
  scheduler.wake(vcpu, (core) => core === 0 || core === 2);
  assertEquals(vcpu.core, 2);
  assertEquals(scheduler.pick(0), undefined);
  assertEquals(scheduler.pick(2), vcpu);
});

Deno.test("round robin: a waking vCPU keeps the core it had when that is as good as others", () => {
  const scheduler = new RoundRobin<Fake>(2);
  const vcpu = fake("a");
  vcpu.core = 1;
  scheduler.wake(vcpu, () => true);
  assertEquals(vcpu.core, 1);
});

Deno.test("round robin: a slice ends after 10 ms, and only when another vCPU waits", () => {
  const scheduler = new RoundRobin<Fake>(1);
  const [a, b] = [fake("a", 1), fake("b", 1)];
  scheduler.wake(a, nobodyIdle);
  scheduler.pick(0);
  assertEquals(scheduler.sliceEndNs(a, 5), undefined);
  scheduler.wake(b, nobodyIdle);
  assertEquals(scheduler.sliceEndNs(a, 5), 10_000_005);
});

Deno.test("round robin: a vCPU that was removed is never picked", () => {
  const scheduler = new RoundRobin<Fake>(1);
  const [a, b] = [fake("a", 1), fake("b", 1)];
  scheduler.wake(a, nobodyIdle);
  scheduler.wake(b, nobodyIdle);
  scheduler.remove(a);
  assertEquals([scheduler.pick(0), scheduler.pick(0)], [b, undefined]);
});
