/** A VM that is started anew is as a new one, and does what it did the first time. */

import { assert, assertEquals } from "@std/assert";
import { realGuestTests } from "../real_guests.ts";
import { fnvHash } from "../core/machine/rig.ts";
import { Ticker } from "./vm_programs.ts";
import { loadVmsOf, PlayedConsole, runUntil, tinyVm, type VmRun } from "./vm_rig.ts";

const Ms = 1_000_000;

const tiny: VmRun = { vms: ["tiny1.toml"], files: tinyVm(1, Ticker, { emulated: PlayedConsole }) };
const runs: Readonly<Record<string, VmRun>> = {
  "a program with a timer": tiny,
  "a program with the board's console": { vms: ["tiny1.toml"], files: tinyVm(1, Ticker) },
  "the teaching OS": { vms: ["nimbos.toml"] },
  "the teaching OS on two cores": { vms: ["nimbos.toml"], cores: 2 },
  "the teaching OS with a GICv3": { vms: ["nimbos.toml"], gicVersion: 3 },
};

type Loaded = ReturnType<typeof loadVmsOf>;

/** Everything that a VM consists of. */
function stateOf({ hypervisor, simulator: { ram } }: Loaded): unknown {
  const vm = hypervisor.find(1);
  if (!vm) throw new Error("Cannot look at VM 1: it must be there");
  return {
    state: vm.state,
    vmid: vm.vmid,
    counterOffset: vm.counterOffset,
    mappings: vm.stage2.mappings,
    vttbr: vm.stage2.vttbr(vm.vmid),
    ram: vm.holdings.ram.map(({ base, bytes }) => [base, bytes, fnvHash(ram.slice(base, bytes))]),
    vcpus: vm.vcpus.map((vcpu) => ({
      context: vcpu.context.snapshot(),
      interrupts: vcpu.interrupts,
      pc: vcpu.pc,
      pstate: vcpu.pstate,
      state: vcpu.state,
      core: vcpu.core,
      alarm: vcpu.alarm,
    })),
    emulated: vm.devices.emulated.map(({ name, gpa, device }) => [name, gpa, device.snapshot()]),
    passedThrough: vm.devices.passedThrough.map((device) => device.snapshot()),
  };
}

/** What VM 1 prints from now on, at times relative to now. */
function listen({ hypervisor, simulator: { machine } }: Loaded) {
  const startNs = machine.nowNs;
  const printed: [ns: number, byte: number][] = [];
  hypervisor.vms[0]?.console?.onTransmit((byte) => printed.push([machine.nowNs - startNs, byte]));
  return printed;
}

for (const [name, run] of Object.entries(runs)) {
  Deno.test(`restart: ${name} is as new, and prints what it printed, when it did`, () => {
    const lifeNs = 40 * Ms;
    const loaded = loadVmsOf(run);
    const first = listen(loaded);
    runUntil(loaded, lifeNs);
    assert(first.length > 100, `${first.length}`);
    assert(loaded.hypervisor.restart(1).ok);

    const other = loadVmsOf(run);
    other.hypervisor.isAttended = true;
    const [plan] = other.plansOf(run.vms);
    assert(plan && other.hypervisor.kill(1).ok && other.hypervisor.delete(1).ok);
    runUntil(other, lifeNs);
    assert(other.hypervisor.create(plan).ok && other.hypervisor.start(1).ok);
    assertEquals(stateOf(loaded), stateOf(other));

    const [again, fresh] = [listen(loaded), listen(other)];
    runUntil(loaded, 2 * lifeNs);
    runUntil(other, 2 * lifeNs);
    assertEquals(again, fresh);
    assertEquals(again, first);
    assertEquals(stateOf(loaded), stateOf(other));
    const pending = [loaded, other].map(({ simulator }) => simulator.board.events.pending);
    assertEquals(pending[0], pending[1]);
  });
}

const LinuxNs = 400 * Ms;

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "restart: Linux boots as it did the first time, GICv2 and GICv3": () => {
    for (const gicVersion of [2, 3] as const) {
      const loaded = loadVmsOf({ vms: ["linux.toml"], memoryBytes: 2 ** 30, gicVersion });
      const first = listen(loaded);
      runUntil(loaded, LinuxNs);
      assert(first.length > 2000, `${first.length}`);
      assert(loaded.hypervisor.restart(2).ok);
      const again = listen(loaded);
      runUntil(loaded, 2 * LinuxNs);
      assertEquals(again, first);
    }
  },
});
