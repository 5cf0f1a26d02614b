import { assert, assertEquals } from "@std/assert";
import { type BareRun, consoleText, loadGuest } from "./bare_guest.ts";
import { fnvHash } from "../core/machine/rig.ts";

const RunNs = 20e6;

interface Trace {
  readonly instructions: number;
  readonly nowNs: number;
  readonly console: string;
  readonly memory: string;
}

async function trace(run: BareRun): Promise<Trace> {
  const guest = await loadGuest(run);
  const { machine, ram } = guest.simulator;
  machine.run(RunNs);
  const [bank] = ram.banks;
  assert(bank);
  return {
    instructions: machine.instructions,
    nowNs: machine.nowNs,
    console: consoleText(guest),
    memory: fnvHash(ram.slice(bank.base, bank.size)),
  };
}

const guests = [
  "nimbos-aarch64.bin",
  ...["exceptions", "mmu", "el2", "stage2", "gicv2", "gicv3", "timer", "psci"]
    .map((name) => `images/${name}.img`),
];

for (const guest of guests) {
  const gicVersion = guest.includes("gicv3") ? 3 : 2;
  const run: BareRun = { guest, cpu: "max", startEl: 2, gicVersion, cores: 2 };
  Deno.test(`determinism: ${guest} runs the same twice`, async () => {
    const [a, b] = [await trace(run), await trace(run)];
    assert(a.instructions > 0);
    assert(a.console.length > 0);
    assertEquals(a, b);
  });
}
