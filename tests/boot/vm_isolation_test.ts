import { assert, assertEquals } from "@std/assert";
import { type Program, Reset, Spin, Ticker } from "./vm_programs.ts";
import { loadVmsOf, PlayedConsole, runUntil, tinyVm } from "./vm_rig.ts";

const SliceNs = 100_000;
const Slices = 300;

/** What VM 1, which has core 1 for itself, prints and when, with VMs of other programs on core 0. */
function trace(others: readonly Program[], act: (slice: number) => void = () => {}) {
  const programs = [Ticker, ...others];
  const files = Object.assign(
    {},
    ...programs.map((program, i) =>
      tinyVm(i + 1, program, { emulated: PlayedConsole, core: i === 0 ? 1 : 0 })
    ),
  );
  const loaded = loadVmsOf({ vms: programs.map((_, i) => `tiny${i + 1}.toml`), files, cores: 2 });
  const { machine } = loaded.simulator;
  const printed: [ns: number, byte: number][] = [];
  loaded.hypervisor.find(1)?.console?.onTransmit((byte) => printed.push([machine.nowNs, byte]));
  for (let slice = 1; slice <= Slices; slice++) {
    runUntil(loaded, slice * SliceNs);
    act(slice);
  }
  return printed;
}

const others: Readonly<Record<string, readonly Program[]>> = {
  "one that is busy": [Spin],
  "one with a timer": [Ticker],
  "two with timers on one core": [Ticker, Ticker],
  "one that resets itself": [Reset],
};

for (const [name, programs] of Object.entries(others)) {
  Deno.test(`isolation: a VM on its own core prints the same at the same time beside ${name}`, () => {
    const alone = trace([]);
    assert(alone.length > 200, `${alone.length}`);
    assertEquals(trace(programs), alone);
  });
}
