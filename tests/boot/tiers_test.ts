/** Guests leave the same behind whether they are interpreted, translated at once or by heat. */

import { assert, assertEquals } from "@std/assert";
import type { EngineOptions } from "../../core/engine/interpreter.ts";
import { realGuestTests } from "../real_guests.ts";
import { type BareRun, loadGuest, runFor } from "./bare_guest.ts";

const MiB = 2 ** 20;

const engines: Readonly<Record<string, EngineOptions>> = {
  interpreted: { translate: false },
  translated: { translate: true, hotCount: 1 },
  default: { translate: true },
};

/** What is left of a run. */
interface Remains {
  readonly result: string;
  readonly instructions: number;
  readonly timeNs: number;
  readonly console: string;
  readonly memory: string;
}

async function remains(run: BareRun, limitNs: number): Promise<Remains & { regions: number }> {
  const guest = await loadGuest(run);
  const result = runFor(guest, limitNs);
  const { machine, ram } = guest.simulator;
  const [bank] = ram.banks;
  const bytes = ram.slice(bank?.base ?? 0, bank?.size ?? 0);
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return {
    result,
    instructions: machine.instructions,
    timeNs: machine.nowNs,
    console: new TextDecoder().decode(new Uint8Array(guest.console)),
    memory: new Uint8Array(digest).toHex(),
    regions: machine.runner.engine.translator?.stats.regions ?? 0,
  };
}

async function assertSame(run: BareRun, limitNs: number): Promise<void> {
  const all = new Map<string, Remains>();
  for (const [name, engine] of Object.entries(engines)) {
    const { regions, ...rest } = await remains({ ...run, engine }, limitNs);
    assertEquals(regions > 0 || name !== "translated", true, "something has been translated");
    all.set(name, rest);
  }
  const [first, ...others] = all.values();
  assert(first && first.instructions > 1000);
  for (const other of others) assertEquals(other, first);
}

const small = { cpu: "max", cores: 2, memoryBytes: 32 * MiB } as const;
const images = [
  ["exceptions", 1, 3],
  ["exceptions", 2, 3],
  ["mmu", 1, 3],
  ["mmu", 2, 3],
  ["el2", 2, 3],
  ["stage2", 2, 3],
  ["gicv2", 1, 2],
  ["gicv3", 1, 3],
  ["timer", 1, 3],
  ["timer", 2, 3],
  ["psci", 1, 3],
] as const;

for (const [image, startEl, gicVersion] of images) {
  Deno.test(`tiers: ${image} entered at EL${startEl} ends the same in all`, async () => {
    const run = { ...small, guest: `images/${image}.img`, startEl, gicVersion };
    await assertSame(run, 20e9);
  });
}

Deno.test("tiers: the teaching OS is the same in all after 50 ms", async () => {
  const run = { ...small, guest: "nimbos-aarch64.bin", startEl: 1, gicVersion: 2 } as const;
  await assertSame({ ...run, memoryBytes: 128 * MiB }, 50e6);
});

await realGuestTests(["Image"], {
  "tiers: Linux is the same in all after 200 ms": async () => {
    const run = { ...small, guest: "cache/Image", startEl: 1, gicVersion: 3 } as const;
    await assertSame({ ...run, memoryBytes: 256 * MiB, append: "earlycon" }, 200e6);
  },
});
