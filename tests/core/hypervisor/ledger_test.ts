import { assertEquals, assertNotEquals } from "@std/assert";
import { CpuState } from "../../../core/cpu/state.ts";
import { SystemSlots } from "../../../core/cpu/system_register_slots.ts";
import { Ec, esr, Iss } from "../../../core/cpu/syndrome.ts";
import type { Core } from "../../../core/cpu/types.ts";
import { ExitCounters } from "../../../core/hypervisor/exit_counters.ts";
import { detailOf, kindOf, ReasonKind, reasonOf } from "../../../core/hypervisor/exit_reasons.ts";
import { ExitLedger, type ExitOwner } from "../../../core/hypervisor/ledger.ts";
import { MemoryMap } from "../../../core/memory_map.ts";

const Reason = reasonOf(ReasonKind.mmio, 3);

interface Registers {
  readonly ec?: number;
  readonly iss?: number;
  readonly pc?: bigint;
  readonly far?: bigint;
  readonly retired?: bigint;
}

/** A core at EL2, by its registers. */
function coreWith({ ec = Ec.dataAbortLower, iss = 7, ...rest }: Registers = {}): Core {
  const state = new CpuState(new ArrayBuffer(MemoryMap.stateBytes), 0);
  state.system[SystemSlots.ESR_EL2] = esr(ec, iss);
  state.system[SystemSlots.ELR_EL2] = rest.pc ?? 0xffff_0000_4008_0000n;
  state.system[SystemSlots.SPSR_EL2] = 0x3c5n;
  state.system[SystemSlots.FAR_EL2] = rest.far ?? 0xffff_0000_0900_0018n;
  state.system[SystemSlots.HPFAR_EL2] = 0x0900_0000n >> 8n;
  state.system[SystemSlots.HCR_EL2] = 0x8008_2019n;
  state.setU64("retired", rest.retired ?? 5_000_000_123n);
  return { state, index: 2 } as unknown as Core;
}

function owner(id: number, index = 0): ExitOwner & { vm: { exits: ExitCounters } } {
  return { index, vm: { id, exits: new ExitCounters() } };
}

/** One exit of `who` at `atNs` that takes 1000 ns. */
function exit(ledger: ExitLedger, who: ExitOwner, atNs: number, registers: Registers = {}): void {
  ledger.begin(coreWith(registers), who, 0, atNs, atNs - 500, 0);
  ledger.because(Reason, 0x18);
  ledger.outcome("skip");
  ledger.end(who, who, atNs + 1000);
}

Deno.test("ledger: a record has everything about its exit", () => {
  const ledger = new ExitLedger();
  const who = owner(40_000, 3);
  ledger.begin(coreWith(), who, 0, 6_000_000_000, 1_000_000_000, 5_000_000_000);
  ledger.because(Reason, 0x18);
  ledger.value(0x1234_5678_9abc_def0n);
  ledger.outcome("skip");
  ledger.end(who, undefined, 6_000_001_000);
  assertEquals(ledger.last(), {
    number: 0,
    atNs: 6_000_000_000,
    ranNs: 5_000_000_000,
    instructions: 123,
    costNs: 1000,
    core: 2,
    vm: 40_000,
    vcpu: 3,
    el: 1,
    pc: 0xffff_0000_4008_0000n,
    vector: "sync",
    esr: Number(esr(Ec.dataAbortLower, 7)),
    far: 0xffff_0000_0900_0018n,
    ipa: 0x0900_0018,
    hcr: 0x8008_2019,
    reason: Reason,
    detail: 0x18,
    value: 0x1234_5678_9abc_def0n,
    outcome: "skip",
    successor: "idle",
    more: 0,
  });
  assertEquals([kindOf(Reason), detailOf(Reason)], [ReasonKind.mmio, 3]);
  assertEquals(who.vm.exits.rows(), [{ reason: Reason, count: 1, costNs: 1000 }]);
});

Deno.test("ledger: addresses are there only when the exception has them", () => {
  const ledger = new ExitLedger();
  const addresses = (registers: Registers) => {
    exit(ledger, owner(1), 1000, registers);
    const { far, ipa } = ledger.last() ?? {};
    return [far, ipa];
  };
  const far = 0xffff_0000_0900_0018n;
  assertEquals(addresses({ ec: Ec.hvc, iss: 0 }), [undefined, undefined]);
  assertEquals(addresses({ ec: Ec.pcAlignment, iss: 0 }), [far, undefined]);
  const walk = Iss.dataAbort({ dfsc: 7, write: false, s1ptw: true });
  assertEquals(addresses({ iss: walk }), [far, 0x0900_0000]);
  const unknown = Iss.dataAbort({ dfsc: 0x10, write: false, farInvalid: true });
  assertEquals(addresses({ iss: unknown })[0], undefined);
});

Deno.test("ledger: of several interrupts the first is the reason, and the others are counted", () => {
  const ledger = new ExitLedger();
  const who = owner(1);
  const timer = reasonOf(ReasonKind.timer, 27);
  ledger.begin(coreWith(), who, 1, 1000, 0, 0);
  ledger.because(timer, 27);
  ledger.because(reasonOf(ReasonKind.device, 33), 33);
  ledger.because(reasonOf(ReasonKind.kick), 0);
  ledger.end(who, owner(2), 2000);
  const { vector, esr, reason, detail, more, successor } = ledger.last() ?? {};
  assertEquals({ vector, esr, reason, detail, more, successor }, {
    ...{ vector: "irq", esr: 0, reason: timer, detail: 27, more: 2, successor: "other" },
  });
});

Deno.test("ledger: what is noted without an exit under way goes nowhere", () => {
  const ledger = new ExitLedger(2);
  const who = owner(1);
  for (let i = 0; i < 3; i++) exit(ledger, who, 1000 * i);
  const before = [[...ledger.records()], ledger.hash];
  ledger.because(reasonOf(ReasonKind.kick));
  ledger.value(1n);
  ledger.outcome("fail");
  ledger.end(who, who, 9000);
  assertEquals([[...ledger.records()], ledger.hash], before);
});

Deno.test("ledger: the ring keeps the last records, the counters and the hash are of all", () => {
  const ledger = new ExitLedger(4);
  const [one, two] = [owner(1), owner(2)];
  for (let i = 0; i < 11; i++) exit(ledger, i % 2 ? two : one, 1000 * i);
  assertEquals(ledger.count, 11);
  assertEquals([...ledger.records()].map(({ number }) => number), [7, 8, 9, 10]);
  assertEquals([...ledger.records(2)].map(({ number, vm }) => [number, vm]), [[7, 2], [9, 2]]);
  assertEquals(one.vm.exits.rows()[0]?.count, 6);
  assertEquals(ledger.recent(1, 9).map(({ atNs }) => atNs), [8000, 10_000]);
});

Deno.test("ledger: the exit that is being handled is among the recent ones", () => {
  const ledger = new ExitLedger(4);
  const who = owner(1);
  for (let i = 0; i < 6; i++) exit(ledger, who, 1000 * i);
  assertEquals(ledger.recent(1, 2).map(({ atNs }) => atNs), [4000, 5000]);
  ledger.begin(coreWith(), who, 0, 6000, 0, 0);
  assertEquals(ledger.recent(1, 2).map(({ atNs }) => atNs), [5000, 6000]);
  assertEquals(ledger.recent(1, 9).map(({ atNs }) => atNs), [3000, 4000, 5000, 6000]);
});

Deno.test("ledger: the hash depends on every part of a record, and on their order", () => {
  const hashOf = (...runs: readonly (readonly [atNs: number, registers: Registers])[]) => {
    const ledger = new ExitLedger(2);
    for (const [atNs, registers] of runs) exit(ledger, owner(1), atNs, registers);
    return ledger.hash;
  };
  const plain = hashOf([1000, {}], [2000, {}], [3000, {}]);
  assertEquals(hashOf([1000, {}], [2000, {}], [3000, {}]), plain);
  const changed: readonly Registers[] = [
    { pc: 0xfffe_0000_4008_0000n },
    { pc: 0xffff_0000_4008_0004n },
    { far: 0x7fff_0000_0900_0018n },
    { retired: 5_000_000_124n },
    { iss: 6 },
  ];
  const hashes = changed.map((registers) => hashOf([1000, registers], [2000, {}], [3000, {}]));
  hashes.push(
    hashOf([1001, {}], [2000, {}], [3000, {}]),
    hashOf([2000, {}], [1000, {}], [3000, {}]),
  );
  assertEquals(new Set([...hashes, plain]).size, hashes.length + 1);
  assertNotEquals(hashOf([1000, {}]), hashOf());
});

Deno.test("ledger: a VM counts on until it is forgotten", () => {
  const ledger = new ExitLedger();
  ledger.countersOf(1).add(Reason, 5);
  ledger.countersOf(1).add(Reason, 6);
  assertEquals(ledger.countersOf(1).rows(), [{ reason: Reason, count: 2, costNs: 11 }]);
  ledger.forget(1);
  assertEquals(ledger.countersOf(1).rows(), []);
});

Deno.test("ledger: exits of a VM that was forgotten are not those of the next one with its id", () => {
  const ledger = new ExitLedger();
  for (const [id, ns] of [[1, 1000], [2, 2000]] as const) exit(ledger, owner(id), ns);
  ledger.forget(1);
  assertEquals(ledger.recent(1, 9), []);
  exit(ledger, owner(1), 3000);
  assertEquals(ledger.recent(1, 9).map(({ atNs }) => atNs), [3000]);
  assertEquals(ledger.recent(2, 9).map(({ atNs }) => atNs), [2000]);
});

Deno.test("exit counters: there may be any number of reasons", () => {
  const counters = new ExitCounters();
  for (let i = 0; i < 300; i++) counters.add(reasonOf(ReasonKind.systemRegister, i % 100), i);
  assertEquals(counters.rows().length, 100);
  assertEquals(counters.rows().every(({ count }) => count === 3), true);
  assertEquals(counters.rows()[99]?.costNs, 99 + 199 + 299);
});
