import { assertEquals } from "@std/assert";
import type { Console } from "../../cli/console_line.ts";
import { watchWaiting } from "../../cli/waiting.ts";

const SliceNs = 100_000;

/** Two VMs on a core each: the first polls its console, the second runs for a share of the time. */
function rig() {
  const waiting = watchWaiting();
  const state = [{ reads: 0, ranNs: 0 }, { reads: 0, ranNs: 0 }];
  const consoles = state.map((vm, i): Console => ({
    name: `vm${i + 1}`,
    canReceive: () => true,
    receive: () => true,
    emptyReads: () => vm.reads,
    onTransmit: () => {},
    ranNs: () => vm.ranNs,
    ended: () => false,
  }));
  const [poller, other] = state as [typeof state[0], typeof state[0]];
  let nowNs = 0;
  const run = (ns: number, share: number) => {
    for (const end = nowNs + ns; nowNs < end;) {
      nowNs += SliceNs;
      // A poll is an exit that takes a microsecond and few instructions.
      poller.reads += 90;
      poller.ranNs += SliceNs;
      other.ranNs += SliceNs * share;
      const instructions = 2000 + SliceNs * share;
      waiting.note({
        nowNs,
        lengthNs: SliceNs,
        instructions,
        talked: false,
        consoles,
        guests: 2,
      });
    }
    return [waiting.polling, waiting.forInput, waiting.forGood];
  };
  return { run };
}

Deno.test("waiting: a guest that polls beside one that works is no waiting", () => {
  const { run } = rig();
  assertEquals(run(1e9, 1), [false, false, false]);
  assertEquals(run(1e9, 0.3), [false, false, false]);
});

Deno.test("waiting: a guest that polls beside one that sleeps is, though not for good at once", () => {
  const { run } = rig();
  assertEquals(run(100e6, 0.005), [true, true, false]);
  assertEquals(run(3e9, 0.005), [true, true, true]);
});
