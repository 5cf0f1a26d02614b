import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exitCounts } from "../../core/hypervisor/exit_text.ts";
import {
  Abort,
  Calls,
  FetchLoop,
  Loop,
  Lost,
  Publisher,
  Reset,
  Spin,
  Subscriber,
  Undescribed,
} from "./vm_programs.ts";
import {
  ChannelPage,
  converse,
  loadVmsOf,
  PlayedConsole,
  runUntil,
  tinyVm,
  type VmRun,
} from "./vm_rig.ts";

const Ms = 1_000_000;

/** One VM with this program, run to its end or for 50 ms. */
function runTiny(program: Parameters<typeof tinyVm>[1], run: Partial<VmRun> = {}) {
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files: tinyVm(1, program), ...run });
  const result = runUntil(loaded, 50 * Ms);
  const [vm] = loaded.hypervisor.vms;
  if (!vm) throw new Error("Cannot find the VM: it must have been loaded");
  return { ...loaded, result, vm, output: loaded.text[0] };
}

for (const gicVersion of [2, 3] as const) {
  Deno.test(`hypervisor: a guest calls its firmware and hypervisor, GICv${gicVersion}`, () => {
    const { result, vm, output } = runTiny(Calls, { gicVersion });
    assertEquals(output, "11101");
    assertEquals([result, vm.state], ["stopped", "stopped"]);
    assertEquals(exitCounts(vm).get("hypercall IVCPublish")?.count, 1);
    assertEquals(exitCounts(vm).get("PSCI PSCI_VERSION")?.count, 1);
  });
}

Deno.test("hypervisor: a store to where nothing is is an external abort, said once", () => {
  const { vm, output, log } = runTiny(Abort);
  assertEquals(output, "EDF");
  assertEquals(vm.state, "stopped");
  const said = log.filter((line) => line.includes("external abort"));
  assertEquals(said.length, 1);
  assertStringIncludes(said[0] as string, "write at IPA 0x2000_0008");
  assertStringIncludes(said[0] as string, "PC 0x4008_0010: str w0, [x2, #8]");
});

Deno.test("hypervisor: pairs, write-back and SIMD registers reach devices that are played", () => {
  const files = tinyVm(1, Undescribed, { emulated: PlayedConsole });
  const { vm, output } = runTiny(Undescribed, { files });
  assertEquals([output, vm.state], ["abccd15@", "stopped"]);
});

Deno.test("hypervisor: a guest that executes where it has no memory is stopped with a report", () => {
  const { vm, output, result } = runTiny(Lost);
  assertEquals([output, vm.state, result], ["A", "failed", "stopped"]);
  const text = vm.failure ?? "";
  assertStringIncludes(text, 'vm1 "tiny1" stopped: it executes at 0x2000_0000');
  assertStringIncludes(text, "Instruction abort from a lower EL, translation fault");
  assertStringIncludes(text, "X2  0000000020000000");
  assertStringIncludes(
    text,
    "last exits:\n    0.001006 ms, vCPU 0 on core 0, after 5 instructions",
  );
});

Deno.test("hypervisor: a guest whose handler faults at its vector is stopped", () => {
  const { vm } = runTiny(FetchLoop);
  assertEquals(vm.state, "failed");
  assertStringIncludes(vm.failure ?? "", "the same exception at its own vector without end");
  assertStringIncludes(vm.failure ?? "", "Instruction abort, translation fault");
});

Deno.test("hypervisor: a guest whose handler gets external aborts without end is stopped", () => {
  const { vm } = runTiny(Loop);
  assertEquals(vm.state, "failed");
  assertStringIncludes(vm.failure ?? "", "without end");
  assertStringIncludes(vm.failure ?? "", "ldr x0, [x2]");
});

Deno.test("hypervisor: a guest that resets starts afresh", () => {
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files: tinyVm(1, Reset) });
  runUntil(loaded, 95 * Ms);
  assertEquals(loaded.text, ["00".repeat(5)]);
  assertEquals(loaded.hypervisor.vms[0]?.state, "loaded");
});

Deno.test("hypervisor: a VM that fails leaves others alone", () => {
  const files = { ...tinyVm(1, Lost), ...tinyVm(2, Calls) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml", "tiny2.toml"], files });
  assertEquals(runUntil(loaded, 50 * Ms), "stopped");
  assertEquals(loaded.text, ["A", "11101"]);
  assertEquals(loaded.hypervisor.vms.map((vm) => vm.state), ["failed", "stopped"]);
  const said = loaded.log.find((line) => line.includes("of its own in its place")) ?? "";
  assertStringIncludes(said, "info vm2 vm1 has uart0");
});

Deno.test("hypervisor: a VM may have the highest RAM of the board", () => {
  const memory = "[[0x4000_0000, 0x100_0000, 0x7, 0], [0x4700_0000, 0x100_0000, 0x7, 1]]";
  const { output } = runTiny(Calls, { files: tinyVm(1, Calls, { memory }) });
  assertEquals(output, "11101");
});

Deno.test("hypervisor: VMs share a page by hypercalls until they give it up", () => {
  const files = {
    ...tinyVm(1, Publisher, { emulated: ChannelPage }),
    ...tinyVm(2, Subscriber, { emulated: ChannelPage }),
  };
  const loaded = loadVmsOf({ vms: ["tiny1.toml", "tiny2.toml"], files });
  runUntil(loaded, 200 * Ms);
  assertEquals(loaded.text, ["011h0", "H170"]);
  assertEquals(loaded.hypervisor.vms.map((vm) => vm.state), ["stopped", "failed"]);
  const said = loaded.log.filter((line) => line.includes("hypercall 3"));
  assertEquals(said, ["warn vm1 hypercall 3, IVCPublish: it has published that key already"]);
  assert(loaded.log.some((line) => line.includes("read at IPA 0x5000_0000")));
});

Deno.test("hypervisor: guests that never wait share a core in time slices", () => {
  const files = { ...tinyVm(1, Spin), ...tinyVm(2, Spin) };
  const loaded = loadVmsOf({ vms: ["tiny1.toml", "tiny2.toml"], files });
  assertEquals(runUntil(loaded, 100 * Ms), "limit");
  const [a = 0, b = 0] = loaded.hypervisor.scheduling().vcpus.map(({ runNs }) => runNs);
  assert(Math.abs(a - b) <= 20 * Ms, `${a} and ${b}`);
  assert(a + b > 85 * Ms, `${a} and ${b}`);
});

Deno.test("hypervisor: a guest alone on its core is not interrupted", () => {
  const { vm } = runTiny(Spin);
  assertEquals([...exitCounts(vm)], []);
});

/** Waits for the shell to ask for a command. */
const Prompt = { vm: 0, expect: "exited with code 0", send: "" } as const;
const HelloWorld = { vm: 0, expect: ">> ", send: "hello_world\r" } as const;

Deno.test("hypervisor: the teaching OS reaches its shell and runs a program", () => {
  const loaded = loadVmsOf({ vms: ["nimbos.toml"] });
  converse(loaded, [HelloWorld, Prompt], 200 * Ms);
  const [text = ""] = loaded.text;
  assertStringIncludes(text, "Hello world from user mode program!\r\n");
  assertStringIncludes(text, "Shell: Process 5 exited with code 0\r\n");
});

/** Two teaching OSes on one core, each with input of its own. */
function twoNimbos() {
  const toml = new TextDecoder().decode(
    Deno.readFileSync(new URL("../../guests/nimbos.toml", import.meta.url)),
  );
  const second = toml.replace("id = 1", "id = 2").replace('"nimbos"', '"second"');
  const loaded = loadVmsOf({
    vms: ["nimbos.toml", "second.toml"],
    files: { "second.toml": second },
  });
  const result = converse(loaded, [
    { vm: 0, expect: ">> ", send: "hello_world\r" },
    { vm: 1, expect: ">> ", send: "hello_c\r" },
    Prompt,
    { ...Prompt, vm: 1 },
  ], 400 * Ms);
  const { machine } = loaded.simulator;
  return { ...loaded, result, instructions: machine.instructions };
}

Deno.test("hypervisor: two VMs on one core have consoles of their own, the same in every run", () => {
  const first = twoNimbos();
  assertStringIncludes(first.text[0] ?? "", "Hello world from user mode program!");
  assertStringIncludes(first.text[1] ?? "", "Hello, world!");
  const again = twoNimbos();
  assertEquals(again.text, first.text);
  assertEquals(again.instructions, first.instructions);
  assertEquals(
    again.hypervisor.vms.map((vm) => [...exitCounts(vm)]),
    first.hypervisor.vms.map((vm) => [...exitCounts(vm)]),
  );
});
