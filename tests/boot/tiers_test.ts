/** Guests leave the same behind whether they are interpreted, translated at once or by heat. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { CpuName } from "../../core/cpu/cpu_models.ts";
import { realGuestTests } from "../real_guests.ts";
import { type BareRun, consoleText, loadGuest, runFor } from "./bare_guest.ts";
import { engines, regions, type Remains, remains } from "./tiers.ts";

const MiB = 2 ** 20;

/** What all tiers leave behind. */
async function assertSame(run: BareRun, limitNs: number): Promise<Remains> {
  let first: Remains | undefined;
  for (const [name, engine] of Object.entries(engines)) {
    const guest = await loadGuest({ ...run, engine });
    const result = runFor(guest, limitNs);
    if (name === "translated") assert(regions(guest.simulator) > 0, "nothing was translated");
    const left = remains(guest.simulator, result, consoleText(guest));
    assertEquals(left, first ??= left);
  }
  assert(first && first.instructions > 1000);
  return first;
}

const small = { cpu: "max", cores: 2, memoryBytes: 128 * MiB } as const;

/** Of each of the images in guests/images/: where it is entered, its GIC, and on what cores it runs. */
const images: readonly (readonly [string, 1 | 2, 2 | 3, readonly CpuName[]])[] = [
  ["exceptions", 1, 3, ["cortex-a53", "cortex-a72", "max"]],
  ["exceptions", 2, 3, ["cortex-a72", "max"]],
  ["mmu", 1, 3, ["cortex-a53", "cortex-a72", "max"]],
  ["mmu", 2, 3, ["cortex-a72", "max"]],
  ["el2", 2, 3, ["cortex-a72", "max"]],
  ["stage2", 2, 3, ["cortex-a72", "max"]],
  ["gicv2", 1, 2, ["cortex-a72", "max"]],
  ["gicv2", 2, 2, ["cortex-a72"]],
  ["gicv3", 1, 3, ["cortex-a72", "max"]],
  ["gicv3", 2, 3, ["cortex-a72"]],
  ["timer", 1, 3, ["cortex-a72", "max"]],
  ["timer", 2, 3, ["cortex-a72", "max"]],
  ["psci", 1, 3, ["cortex-a72", "max"]],
  ["psci", 2, 3, ["cortex-a72"]],
];

for (const [image, startEl, gicVersion, cpus] of images) {
  for (const cpu of cpus) {
    Deno.test(`tiers: ${image} entered at EL${startEl} on ${cpu} ends the same in all`, async () => {
      const run = { ...small, cpu, guest: `images/${image}.img`, startEl, gicVersion };
      const { console } = await assertSame(run, 20e9);
      assertMatch(console, /[1-9]\d* passed, 0 failed\s*$/);
    });
  }
}

Deno.test("tiers: the teaching OS is the same in all after 50 ms", async () => {
  const run = { ...small, guest: "nimbos-aarch64.bin", startEl: 1, gicVersion: 2 } as const;
  await assertSame(run, 50e6);
});

await realGuestTests(["Image"], {
  "tiers: Linux is the same in all after 200 ms": async () => {
    const run = { ...small, guest: "cache/Image", startEl: 1, gicVersion: 3 } as const;
    await assertSame({ ...run, memoryBytes: 256 * MiB, append: "earlycon" }, 200e6);
  },
});
