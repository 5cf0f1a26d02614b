import { assert, assertEquals } from "@std/assert";
import { fairShare } from "../../../../core/hypervisor/scheduling/fair_share.ts";
import { type Fake, fake, type Rig, rig } from "./rig.ts";

const Ms = 1_000_000;

/** Runs whoever is next, slice by slice, for that long. */
function runFor(core: Rig, ns: number): void {
  for (let left = ns; left > 0;) {
    if (!core.running[0]) core.pick();
    const slice = Math.min(core.left() ?? left, left);
    core.run(slice);
    left -= slice;
    const loss = core.loss();
    if (loss) core.lose(loss);
  }
}

Deno.test("fair share: run times are as the weights", () => {
  const core = rig(fairShare());
  const vcpus = [fake("a"), fake("b", { weight: 200 }), fake("c", { weight: 50 })];
  core.wake(...vcpus);
  runFor(core, 3500 * Ms);
  const shares = vcpus.map(({ ran }) => ran / Ms / 10);
  for (const [i, expected] of [100, 200, 50].entries()) {
    assert(Math.abs((shares[i] as number) - expected) < 2, String(shares));
  }
});

Deno.test("fair share: everyone is served within 12 ms, in slices of at least 2 ms", () => {
  const core = rig(fairShare());
  core.wake(fake("a"), fake("b"), fake("c"));
  core.pick();
  assertEquals(core.left(), 4 * Ms);
  core.wake(...Array.from({ length: 9 }, (_, i) => fake(`${i}`)));
  assertEquals(core.left(), 2 * Ms);
});

/** `a` has run alone for 10 s and goes on when `b` wakes; what `b` then gets in 100 ms. */
function late(b: Fake): number {
  const core = rig(fairShare());
  core.wake(fake("a"));
  core.pick();
  core.run(10_000 * Ms);
  core.wake(b);
  runFor(core, 100 * Ms);
  return b.ran;
}

Deno.test("fair share: waiting earns an advance and no more", () => {
  const ran = late(fake("b"));
  assert(ran > 50 * Ms && ran < 60 * Ms, String(ran));
});

Deno.test("fair share: who has waited takes the core from one that has had more", () => {
  const core = rig(fairShare());
  const b = fake("b");
  core.wake(fake("a"), b);
  assertEquals(core.pick(), "a");
  core.run(6 * Ms);
  core.lose("expired");
  assertEquals(core.pick(), "b");
  core.block();
  core.pick();
  core.run(1 * Ms);
  core.wake(b);
  assertEquals(core.loss(), "preempted");
});

Deno.test("fair share: who yields goes behind the next, also with a claim", () => {
  const core = rig(fairShare());
  core.wake(fake("a", { weight: 10_000 }), fake("b"));
  assertEquals(core.pick(), "a");
  core.run(1 * Ms);
  core.lose("yielded");
  assertEquals(core.pick(), "b");
});

Deno.test("fair share: between cores a vCPU takes its claim along, not its clock", () => {
  const cores = rig(fairShare(), 2);
  const [a, b] = [fake("a", {}, 1), fake("b", {}, 2)];
  cores.wake(a, b);
  cores.pick(0);
  cores.pick(1);
  cores.run(9000 * Ms, 0);
  cores.run(5 * Ms, 1);
  const c = fake("c", { core: 1 }, 1); // 5 ms less than b has had
  cores.wake(c);
  assertEquals([c.core, a.notes.tagNs - c.notes.tagNs], [0, 5 * Ms]);
});
