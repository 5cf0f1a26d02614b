/**
 * A guest that does whatever might do harm (guests/hostile): it is contained or stopped, nothing outside of
 * its memory changes, and the VM beside it prints what it prints alone.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realGuestTests } from "../real_guests.ts";
import { Ending, loadHostile, noHarm } from "./vm_hostile.ts";
import { loadVmsOf, runUntil, type VmRun } from "./vm_rig.ts";

const Ms = 1_000_000;
const Seconds = 1000 * Ms;

const Acts = [
  ...["wild MMIO", "probing", "bad queues", "interrupt storm", "timer storm", "wait storm"],
  ...["call storm", "changing code", "wild registers", "wild tables"],
];

function actsOf(text: string): string[] {
  return [...text.matchAll(/^(.*): \d+ faults, \d+ interrupts\r?$/gm)].map(([, name]) =>
    name as string
  );
}

for (const gicVersion of [2, 3] as const) {
  Deno.test(`hostile: it gets through all its acts and spins; the rest of RAM is as it was, GICv${gicVersion}`, () => {
    const loaded = loadHostile({ gicVersion }, 1, 0, Ending.spin);
    assertEquals(runUntil(loaded, 90 * Ms), "limit");
    const [vm] = loaded.hypervisor.vms;
    const [text = ""] = loaded.text;
    assertEquals([actsOf(text), text.endsWith("spinning\n"), vm?.state], [Acts, true, "running"]);
    assert(!text.includes("wrong"), text);
    if (gicVersion === 2) assertMatch(text, /interrupt storm: \d+ faults, [1-9]\d{2,} interrupts/);
    noHarm(loaded);
    // It cannot flood the log either, nor what is remembered of it.
    const remarks = loaded.log.filter((line) => line.startsWith("warn vm1"));
    assert(remarks.length > 50 && remarks.length <= 256, `${remarks.length}`);
  });
}

Deno.test("hostile: when it loses its way it is stopped, and all that it had comes back", () => {
  const loaded = loadHostile({}, 1, 0, Ending.lost);
  const { resources } = loaded.hypervisor;
  assertEquals(runUntil(loaded, 90 * Ms), "stopped");
  const [vm] = loaded.hypervisor.vms;
  assertEquals([vm?.state, actsOf(loaded.text[0] ?? "")], ["failed", Acts]);
  assertMatch(vm?.failure ?? "", /it executes at 0xdead_0000/);
  const unused = loadVmsOf({ vms: [] }).hypervisor.resources;
  assertEquals(
    [resources.memory.freeBytes, resources.freeTableBytes],
    [unused.memory.freeBytes, unused.freeTableBytes],
  );
});

Deno.test("hostile: when it resets itself it does the same again", () => {
  const loaded = loadHostile({}, 1, 0, Ending.reset);
  runUntil(loaded, 130 * Ms);
  const text = loaded.text[0] ?? "";
  assertEquals(actsOf(text).slice(0, 2 * Acts.length), [...Acts, ...Acts]);
  const lives = text.split("wild MMIO");
  assertEquals(lives[2], lives[1]);
  noHarm(loaded);
});

/** Linux without modules. */
const quick = Deno.readTextFileSync(new URL("../../guests/linux.toml", import.meta.url))
  .replace('cmdline = "', 'cmdline = "hvsim.mods=none ');

/** What a VM prints and when, until it is at rest. */
function trace(vm: string, cores: number, hostileCore: number | undefined, typed: string) {
  const run: VmRun = { vms: [vm], files: { "linux.toml": quick }, cores, memoryBytes: 2 ** 30 };
  const loaded = hostileCore === undefined
    ? loadVmsOf(run)
    : loadHostile(run, 7, hostileCore, Ending.spin);
  const { hypervisor, simulator: { machine } } = loaded;
  const [guest, other] = hypervisor.vms;
  const times: number[] = [];
  guest?.console?.onTransmit((byte) => {
    times.push(machine.nowNs);
    loaded.text[0] += String.fromCharCode(byte);
  });
  const input = [...new TextEncoder().encode(typed)];
  for (let ns = Ms; ns < 8 * Seconds && guest?.state === "running"; ns += Ms) {
    runUntil(loaded, ns);
    const isReady = /hvsim# |>> /.test(loaded.text[0] ?? "");
    while (isReady && input.length > 0 && guest.console?.canReceive()) {
      guest.console.receive(input.shift() as number);
    }
  }
  assertEquals(guest?.state, "stopped");
  if (other) {
    const acts = actsOf(loaded.text[1] ?? "");
    assert(acts.length > 1 && acts.every((act, i) => act === Acts[i]), acts.join());
    assertEquals(other.state, "running");
  }
  return { text: loaded.text[0] ?? "", times };
}

/** Alone, beside it on another core, and sharing a core with it. */
function compare(vm: string, typed: string, timeless: (text: string) => string): void {
  const alone = trace(vm, 2, undefined, typed);
  assertEquals(trace(vm, 2, 1, typed), alone);
  assertEquals(timeless(trace(vm, 1, 0, typed).text), timeless(alone.text));
}

Deno.test("hostile: the teaching OS beside it prints the same, on its own core at the same time", () => {
  compare("nimbos.toml", "hello_world\nfantastic_text\n\x04", (text) => text);
});

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "hostile: Linux beside it prints the same, on its own core at the same time": () => {
    compare(
      "linux.toml",
      "seq 1 5000 | sha256sum; poweroff -f\r",
      (text) => text.replaceAll(/^\[ *\d+\.\d+\] |up=\d+\.\d+|audit\([\d.]+/gm, ""),
    );
  },
});
