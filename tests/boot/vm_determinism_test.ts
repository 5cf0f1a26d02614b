import { assert, assertEquals } from "@std/assert";
import { exitCounts } from "../../core/hypervisor/exit_text.ts";
import { fnvHash } from "../core/machine/rig.ts";
import { converse, loadVmsOf, type Step } from "./vm_rig.ts";

const LimitNs = 300e6;

/** Runs teaching OSes with input and gives all that can be seen of the run, and all of RAM. */
function trace(vms: number): Record<string, unknown> {
  const toml = Deno.readTextFileSync(new URL("../../guests/nimbos.toml", import.meta.url));
  const second = toml.replace("id = 1", "id = 2").replace('"nimbos"', '"second"');
  const loaded = loadVmsOf({
    vms: ["nimbos.toml", "second.toml"].slice(0, vms),
    files: { "second.toml": second },
  });
  const steps: Step[] = [];
  for (let vm = 0; vm < vms; vm++) {
    steps.push({ vm, expect: ">> ", send: "forktree\r" });
    steps.push({ vm, expect: "exited with code", send: "" });
  }
  converse(loaded, steps, LimitNs);
  const { machine, ram } = loaded.simulator;
  return {
    instructions: machine.instructions,
    nowNs: machine.nowNs,
    consoles: loaded.text,
    memory: ram.banks.map(({ base, size }) => fnvHash(ram.slice(base, size))),
    exits: loaded.hypervisor.vms.map((vm) => [...exitCounts(vm)]),
    ledger: loaded.hypervisor.ledger.hash,
  };
}

for (const vms of [1, 2]) {
  Deno.test(`determinism: ${vms} ${vms === 1 ? "VM" : "VMs"} run the same twice, memory included`, () => {
    const first = trace(vms);
    assert((first.instructions as number) > 1e6);
    assert((first.consoles as string[]).every((text) => text.includes("forktree passed!")));
    assertEquals(trace(vms), first);
  });
}
