import { assertEquals } from "@std/assert";
import { mrs, msr, rig, set, toEl } from "./rig.ts";

Deno.test("pmu: PMCR_EL0 reports the core and six counters", () => {
  const { core } = rig({ el: 1 });
  assertEquals(mrs(core, "PMCR_EL0"), 0x4102_3000n);
  set(core, "MDCR_EL2", 4n);
  assertEquals(mrs(core, "PMCR_EL0"), 0x4102_2000n);
  toEl(core, 2);
  assertEquals(mrs(core, "PMCR_EL0"), 0x4102_3000n);
});

Deno.test("pmu: the cycle counter follows virtual time while enabled", () => {
  const { core, clock } = rig({ el: 1 });
  clock.advanceTo(100);
  msr(core, "PMCNTENSET_EL0", 1n << 31n);
  msr(core, "PMCR_EL0", 1n);
  clock.advanceTo(350);
  assertEquals(mrs(core, "PMCCNTR_EL0"), 250n);
  msr(core, "PMCNTENCLR_EL0", 1n << 31n);
  clock.advanceTo(400);
  assertEquals(mrs(core, "PMCCNTR_EL0"), 250n);
  msr(core, "PMCR_EL0", 1n | 4n);
  assertEquals(mrs(core, "PMCCNTR_EL0"), 0n);
});

Deno.test("pmu: overflow sets its flag, which PMOVSCLR_EL0 clears", () => {
  const { core, clock } = rig({ el: 1 });
  msr(core, "PMCCNTR_EL0", 0xffff_fff0n);
  msr(core, "PMCNTENSET_EL0", 1n << 31n);
  msr(core, "PMCR_EL0", 1n);
  clock.advanceTo(32);
  assertEquals(mrs(core, "PMOVSSET_EL0"), 1n << 31n);
  msr(core, "PMOVSCLR_EL0", 1n << 31n);
  assertEquals(mrs(core, "PMOVSCLR_EL0"), 0n);
});

Deno.test("pmu: event counters count instructions and software increments", () => {
  const { core, clock } = rig({ el: 1 });
  msr(core, "PMSELR_EL0", 2n);
  msr(core, "PMXEVTYPER_EL0", 8n);
  msr(core, "PMCNTENSET_EL0", 5n);
  msr(core, "PMCR_EL0", 1n);
  clock.advanceTo(40);
  msr(core, "PMSWINC_EL0", 7n);
  assertEquals([mrs(core, "PMEVCNTR0_EL0"), mrs(core, "PMXEVCNTR_EL0")], [1n, 40n]);
});

Deno.test("pmu: PMUSERENR_EL0 lets EL0 read the cycle counter alone", () => {
  const { core } = rig({ el: 0 });
  assertEquals((mrs(core, "PMCCNTR_EL0") as { to: number }).to, 1);
  set(core, "PMUSERENR_EL0", 4n);
  assertEquals(mrs(core, "PMCCNTR_EL0"), 0n);
  assertEquals(msr(core, "PMCCNTR_EL0", 1n)?.to, 1);
  assertEquals((mrs(core, "PMCR_EL0") as { to: number }).to, 1);
});
