import { assertEquals, assertStringIncludes } from "@std/assert";
import { Hcr } from "../../../core/cpu/controls.ts";
import { Ec, esr, Iss } from "../../../core/cpu/syndrome.ts";
import { ReasonKind, reasonOf } from "../../../core/hypervisor/exit_reasons.ts";
import { controlText, exitText, handlerText } from "../../../core/hypervisor/exit_text.ts";
import type { ExitRecord } from "../../../core/hypervisor/ledger.ts";
import type { Vm } from "../../../core/hypervisor/vm.ts";
import { Abort, Calls, type Program } from "../../boot/vm_programs.ts";
import { loadVmsOf, runUntil, tinyVm } from "../../boot/vm_rig.ts";
import { keyNamed } from "../cpu/rig.ts";

/** What a program leaves its guest for, in words. */
function exitsOf(program: Program): { vm: Vm; records: ExitRecord[] } {
  const loaded = loadVmsOf({ vms: ["tiny1.toml"], files: tinyVm(1, program) });
  runUntil(loaded, 1e6);
  const { vms: [vm], ledger } = loaded.hypervisor;
  if (!vm) throw new Error("Cannot find the VM: it must have been loaded");
  return { vm, records: [...ledger.records()] };
}

const calls = exitsOf(Calls);

Deno.test("exit text: the calls of a guest have names, numbers and results", () => {
  assertEquals(calls.records.map((record) => handlerText(calls.vm, record)), [
    "hypercall IVCPublish, number 3",
    "unknown hypercall, number 77",
    "PSCI PSCI_VERSION",
    "PSCI SYSTEM_OFF",
  ]);
  assertEquals(
    calls.records.map((record) => controlText(calls.vm, record)),
    [
      "HCR_EL2.HCD, which is 0",
      "HCR_EL2.HCD, which is 0",
      "HCR_EL2.TSC",
      "HCR_EL2.HCD, which is 0",
    ],
  );
  const [publish, , version, off] = calls.records.map((record) => exitText(calls.vm, record));
  assertEquals(
    publish,
    "0.001003 ms, vCPU 0 on core 0, after 3 instructions, PC 0x4008_000c at EL1: " +
      "hypercall IVCPublish, number 3 = -1; HVC #0x0; by HCR_EL2.HCD, which is 0; resume",
  );
  assertStringIncludes(
    version ?? "",
    "PSCI PSCI_VERSION = 65537; SMC #0x0; by HCR_EL2.TSC; resume",
  );
  assertStringIncludes(off ?? "", "PSCI SYSTEM_OFF; HVC #0x0;");
  assertStringIncludes(off ?? "", "halt, the core waits");
});

Deno.test("exit text: an access to where nothing is says where", () => {
  const { vm, records } = exitsOf(Abort);
  const [first] = records.map((record) => exitText(vm, record));
  assertStringIncludes(
    first ?? "",
    "external abort; Data abort from a lower EL, translation fault",
  );
  assertStringIncludes(first ?? "", "write of 4 bytes by W0, IPA 0x2000_0008");
  assertStringIncludes(first ?? "", "by HCR_EL2.VM: stage 2 maps nothing there, level 2; reflect");
});

/** A record like that of a call, but with another exception. */
function record(parts: Partial<ExitRecord>): ExitRecord {
  return { ...calls.records[0] as ExitRecord, value: undefined, ...parts };
}

const trapped = (name: string, read: boolean, hcr: bigint) =>
  record({
    esr: Number(esr(Ec.systemRegister, Iss.systemRegister(keyNamed(name), 3, read))),
    hcr: Number(hcr),
    reason: reasonOf(ReasonKind.systemRegister, keyNamed(name)),
  });

Deno.test("exit text: the bit that traps a system register is the one that was set", () => {
  const { vm } = calls;
  const sgi = trapped("ICC_SGI1R_EL1", false, Hcr.IMO | Hcr.VM);
  assertEquals(handlerText(vm, sgi), "ICC_SGI1R_EL1 write");
  assertEquals(controlText(vm, sgi), "HCR_EL2.IMO");
  const features = trapped("ID_AA64PFR0_EL1", true, Hcr.TID3 | Hcr.VM);
  assertEquals(handlerText(vm, features), "ID_AA64PFR0_EL1 read");
  assertEquals(controlText(vm, features), "HCR_EL2.TID3");
});

Deno.test("exit text: every other class and every interrupt has a control", () => {
  const { vm } = calls;
  const controlOf = (ec: number, iss = 0) => controlText(vm, record({ esr: Number(esr(ec, iss)) }));
  assertEquals(controlOf(Ec.wfx, Iss.wfx("wfi")), "HCR_EL2.TWI");
  assertEquals(controlOf(Ec.wfx, Iss.wfx("wfe")), "HCR_EL2.TWE");
  assertEquals(controlOf(Ec.fpAccess), "CPTR_EL2.TFP");
  assertEquals(controlOf(Ec.brk), "MDCR_EL2.TDE");
  assertEquals(controlOf(Ec.svc), "HCR_EL2.TGE");
  const permission = "HCR_EL2.VM: the stage 2 descriptor does not permit it, level 2";
  assertEquals(controlOf(Ec.dataAbortLower, 0xe), permission);
  assertEquals(controlOf(Ec.instructionAbortLower, 0xe), permission);
  assertEquals(controlText(vm, record({ vector: "irq" })), "HCR_EL2.IMO");
  assertEquals(controlText(vm, record({ vector: "fiq" })), "HCR_EL2.FMO");
  assertEquals(controlText(vm, record({ vector: "serror" })), "HCR_EL2.AMO");
});

Deno.test("exit text: every exception class and kind of reason has words", () => {
  const { vm } = calls;
  for (let ec = 0; ec < 64; ec++) {
    for (const kind of Object.values(ReasonKind)) {
      const text = exitText(vm, record({ esr: (ec << 26) >>> 0, reason: reasonOf(kind, 1) }));
      assertEquals(/undefined|NaN|reason \d/.test(text), false, text);
    }
  }
});

Deno.test("exit text: interrupts say which, and how many more there were", () => {
  const { vm } = calls;
  const [link] = vm.vcpus[0]?.interrupts.links.values() ?? [];
  const hardware = link?.hardware ?? 0;
  const reason = reasonOf(ReasonKind.timer, hardware);
  const text = exitText(vm, record({ vector: "irq", esr: 0, reason, detail: hardware, more: 2 }));
  assertStringIncludes(text, `interrupt of ${link?.timer}, INTID ${hardware} and 2 more; IRQ; by`);
});
