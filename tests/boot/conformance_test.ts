import { assert, assertEquals, assertMatch } from "@std/assert";
import type { CpuName } from "../../core/cpu/cpu_models.ts";
import { type BareRun, consoleText, loadGuest, runFor } from "./bare_guest.ts";

/** What an image runs on: at EL1 and at EL2, with one core and two, where nothing is said. */
interface Needs {
  readonly gic: 2 | 3;
  readonly el?: 2;
  readonly cores?: 2;
}

const images: Readonly<Record<string, Needs>> = {
  exceptions: { gic: 3 },
  mmu: { gic: 3 },
  el2: { gic: 3, el: 2 },
  stage2: { gic: 3, el: 2 },
  gicv2: { gic: 2 },
  gicv3: { gic: 3 },
  timer: { gic: 3 },
  psci: { gic: 3, cores: 2 },
};

const cpus: readonly CpuName[] = ["cortex-a53", "cortex-a57", "cortex-a72", "max"];

/** Virtual time enough for any of them. */
const LimitNs = 1e9;

function* runs(): Generator<BareRun & { readonly image: string }> {
  for (const [image, { gic, el, cores }] of Object.entries(images)) {
    for (const startEl of el ? [el] : [1, 2] as const) {
      for (const count of cores ? [cores] : [1, 2]) {
        for (const cpu of cpus) {
          const guest = `images/${image}.img`;
          yield { image, guest, cpu, startEl, gicVersion: gic, cores: count };
        }
      }
    }
  }
}

for (const run of runs()) {
  const { image, cpu, startEl, cores } = run;
  const where = `on ${cpu} x ${cores} entered at EL${startEl}`;
  Deno.test(`conformance: ${image} passes ${where}`, async () => {
    const guest = await loadGuest(run);
    const result = runFor(guest, LimitNs);
    const text = consoleText(guest);
    assertEquals(text.match(/^FAIL .*$/gm), null);
    assertEquals(result, "off", text);
    assertMatch(text, /^[1-9]\d* passed, 0 failed\n$/m);
  });
}

Deno.test("conformance: every image that tests is run", async () => {
  const built: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../../guests/images", import.meta.url))) {
    if (name.endsWith(".img") && name !== "bench.img") built.push(name.replace(".img", ""));
  }
  assert(built.length > 0);
  assertEquals(built.sort(), Object.keys(images).sort());
});
