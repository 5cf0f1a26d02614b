/** A VM on its own core does the same at the same time, whatever others do on theirs. */

import { assert, assertEquals } from "@std/assert";
import { type PolicyName, policyNames } from "../../core/hypervisor/scheduling/policies.ts";
import { realGuestTests } from "../real_guests.ts";
import { type Program, Reset, Spin, Ticker } from "./vm_programs.ts";
import { loadVmsOf, PlayedConsole, runUntil, tinyVm } from "./vm_rig.ts";

const SliceNs = 100_000;
const Slices = 300;

/** What VM 1, which has core 1 for itself, prints and when, with VMs of other programs on core 0. */
function trace(others: readonly Program[], scheduler?: PolicyName) {
  const programs = [Ticker, ...others];
  const files = Object.assign(
    {},
    ...programs.map((program, i) =>
      tinyVm(i + 1, program, { emulated: PlayedConsole, core: i === 0 ? 1 : 0 })
    ),
  );
  const loaded = loadVmsOf({
    vms: programs.map((_, i) => `tiny${i + 1}.toml`),
    files,
    cores: 2,
    ...(scheduler ? { scheduler } : {}),
  });
  const { machine } = loaded.simulator;
  const printed: [ns: number, byte: number][] = [];
  loaded.hypervisor.find(1)?.console?.onTransmit((byte) => printed.push([machine.nowNs, byte]));
  for (let slice = 1; slice <= Slices; slice++) runUntil(loaded, slice * SliceNs);
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

for (const scheduler of policyNames) {
  Deno.test(`isolation: the scheduler (${scheduler}) of other cores makes no difference`, () => {
    assertEquals(trace([Ticker, Spin, Ticker], scheduler), trace([], scheduler));
  });
}

const guests = new URL("../../guests/", import.meta.url);

/** What Linux on core 0 prints and when; with a teaching OS on core 1 that is started again and again. */
function traceLinux(hasOther: boolean) {
  const nimbos = Deno.readTextFileSync(new URL("nimbos.toml", guests));
  const files = { "other.toml": nimbos.replace("phys_cpu_sets = [1]", "phys_cpu_sets = [2]") };
  const vms = hasOther ? ["linux.toml", "other.toml"] : ["linux.toml"];
  const loaded = loadVmsOf({ vms, files, cores: 2, memoryBytes: 2 ** 30 });
  const { hypervisor, simulator: { machine } } = loaded;
  const [linux, other] = hypervisor.vms;
  const printed: string[] = [];
  linux?.console?.onTransmit((byte) => printed.push(`${machine.nowNs} ${byte}`));
  for (let ns = SliceNs; ns <= LinuxNs; ns += SliceNs) {
    runUntil(loaded, ns);
    if (other && ns % RestartNs === 0) assert(hypervisor.restart(other.id).ok);
  }
  return { text: loaded.text[1] ?? "", printed };
}

const LinuxNs = 500_000_000;
const RestartNs = 50_000_000;

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "isolation: Linux on its own core boots the same beside a VM that is restarted again and again":
    () => {
      const alone = traceLinux(false);
      assert(alone.printed.length > 2000, `${alone.printed.length}`);
      const beside = traceLinux(true);
      assert(beside.text.split("Rust user shell").length > 5, beside.text);
      assertEquals(beside.printed, alone.printed);
    },
});
