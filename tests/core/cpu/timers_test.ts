import { assertEquals } from "@std/assert";
import { waitFor } from "../../../core/cpu/exceptions.ts";
import { Ec, Iss } from "../../../core/cpu/syndrome.ts";
import type { Trap } from "../../../core/cpu/types.ts";
import { keyNamed, mrs, msr, rig, set, toEl } from "./rig.ts";

const E2h = 1n << 34n;
const Tge = 1n << 27n;
/** One tick of the 62.5 MHz counter. */
const TickNs = 16;

const trap = (to: 1 | 2, name: string): Trap => ({
  to,
  ec: Ec.systemRegister,
  iss: Iss.systemRegister(keyNamed(name), 0, true),
});

Deno.test("timers: the counter follows virtual time at the board's frequency", () => {
  const { core, clock } = rig({ el: 1 });
  clock.advanceTo(1_000_000_000);
  assertEquals(core.timers.count(), 62_500_000n);
  assertEquals(mrs(core, "CNTFRQ_EL0"), 62_500_000n);
  clock.advanceTo(1_000_000_015);
  assertEquals(core.timers.count(), 62_500_000n);
});

Deno.test("timers: the output rises exactly when the count reaches CVAL, and falls when moved on", () => {
  const { core, clock, levels } = rig({ el: 1 });
  set(core, "CNTHCTL_EL2", 3n);
  msr(core, "CNTP_CVAL_EL0", 100n);
  msr(core, "CNTP_CTL_EL0", 1n);
  assertEquals(clock.nextDeadline(), 100 * TickNs);
  clock.advanceTo(100 * TickNs - 1);
  assertEquals([levels.cntp, mrs(core, "CNTP_CTL_EL0")], [false, 1n]);
  clock.advanceTo(100 * TickNs);
  assertEquals([levels.cntp, mrs(core, "CNTP_CTL_EL0")], [true, 5n]);
  msr(core, "CNTP_CVAL_EL0", 200n);
  assertEquals([levels.cntp, clock.nextDeadline()], [false, 200 * TickNs]);
});

Deno.test("timers: IMASK hides the output, not the status", () => {
  const { core, clock, levels } = rig({ el: 1 });
  msr(core, "CNTV_CVAL_EL0", 10n);
  msr(core, "CNTV_CTL_EL0", 3n);
  clock.advanceTo(1000);
  assertEquals([levels.cntv, mrs(core, "CNTV_CTL_EL0")], [false, 7n]);
  msr(core, "CNTV_CTL_EL0", 1n);
  assertEquals(levels.cntv, true);
  msr(core, "CNTV_CTL_EL0", 0n);
  assertEquals([levels.cntv, mrs(core, "CNTV_CTL_EL0")], [false, 0n]);
});

Deno.test("timers: TVAL is the signed distance to CVAL", () => {
  const { core, clock } = rig({ el: 1 });
  clock.advanceTo(1000 * TickNs);
  msr(core, "CNTV_TVAL_EL0", 50n);
  assertEquals(mrs(core, "CNTV_CVAL_EL0"), 1050n);
  clock.advanceTo(1060 * TickNs);
  assertEquals(mrs(core, "CNTV_TVAL_EL0"), 0xffff_fff6n);
  msr(core, "CNTV_TVAL_EL0", 0xffff_ffffn);
  assertEquals(mrs(core, "CNTV_CVAL_EL0"), 1059n);
});

Deno.test("timers: CNTVOFF_EL2 shifts the virtual counter and its timer", () => {
  const { core, clock, levels } = rig({ el: 2 });
  clock.advanceTo(1000 * TickNs);
  msr(core, "CNTVOFF_EL2", 400n);
  toEl(core, 1);
  assertEquals(mrs(core, "CNTVCT_EL0"), 600n);
  msr(core, "CNTV_CVAL_EL0", 700n);
  msr(core, "CNTV_CTL_EL0", 1n);
  assertEquals(clock.nextDeadline(), 1100 * TickNs);
  set(core, "CNTVOFF_EL2", 300n);
  assertEquals(levels.cntv, true);
});

Deno.test("timers: the EL2 timers drive their own lines", () => {
  const { core, clock, levels } = rig({ cpu: "max", el: 2 });
  msr(core, "CNTHP_CVAL_EL2", 1n);
  msr(core, "CNTHP_CTL_EL2", 1n);
  msr(core, "CNTHV_CVAL_EL2", 2n);
  msr(core, "CNTHV_CTL_EL2", 1n);
  clock.advanceTo(TickNs);
  assertEquals([levels.cnthp, levels.cnthv], [true, false]);
  clock.advanceTo(2 * TickNs);
  assertEquals(levels, { cntp: false, cntv: false, cnthp: true, cnthv: true });
});

Deno.test("timers: with E2H, EL2 uses its timers by EL0's names and EL0's by _EL02", () => {
  const { core, clock } = rig({ cpu: "max", el: 2 });
  clock.advanceTo(1000 * TickNs);
  set(core, "CNTVOFF_EL2", 400n);
  msr(core, "HCR_EL2", E2h | Tge);
  msr(core, "CNTP_CVAL_EL0", 7n);
  msr(core, "CNTP_CVAL_EL02", 9n);
  assertEquals([mrs(core, "CNTHP_CVAL_EL2"), mrs(core, "CNTVCT_EL0")], [7n, 1000n]);
  set(core, "CNTHCTL_EL2", 0x303n);
  toEl(core, 0);
  assertEquals([mrs(core, "CNTP_CVAL_EL0"), mrs(core, "CNTVCT_EL0")], [7n, 1000n]);
  toEl(core, 2);
  msr(core, "HCR_EL2", 0n);
  assertEquals([mrs(core, "CNTP_CVAL_EL0"), mrs(core, "CNTVCT_EL0")], [9n, 600n]);
});

Deno.test("timers: CNTKCTL_EL1 lets EL0 in, CNTHCTL_EL2 lets EL1 in", () => {
  const { core } = rig({ el: 0 });
  set(core, "CNTKCTL_EL1", 0n);
  for (const name of ["CNTVCT_EL0", "CNTPCT_EL0", "CNTFRQ_EL0", "CNTV_CTL_EL0", "CNTP_CTL_EL0"]) {
    assertEquals(mrs(core, name), trap(1, name));
  }
  set(core, "CNTKCTL_EL1", 2n);
  assertEquals([mrs(core, "CNTVCT_EL0"), mrs(core, "CNTFRQ_EL0")], [0n, 62_500_000n]);
  set(core, "CNTKCTL_EL1", 0x303n);
  set(core, "CNTHCTL_EL2", 0n);
  assertEquals(mrs(core, "CNTPCT_EL0"), trap(2, "CNTPCT_EL0"));
  toEl(core, 1);
  assertEquals(mrs(core, "CNTP_CTL_EL0"), trap(2, "CNTP_CTL_EL0"));
  assertEquals(mrs(core, "CNTV_CTL_EL0"), 0n);
  set(core, "CNTHCTL_EL2", 3n);
  assertEquals(mrs(core, "CNTP_CTL_EL0"), 0n);
});

Deno.test("timers: under E2H the bits of CNTHCTL_EL2 for EL1 are elsewhere", () => {
  const { core } = rig({ cpu: "max", el: 2 });
  msr(core, "HCR_EL2", E2h);
  set(core, "CNTHCTL_EL2", 3n);
  toEl(core, 1);
  assertEquals(mrs(core, "CNTPCT_EL0"), trap(2, "CNTPCT_EL0"));
  set(core, "CNTHCTL_EL2", 3n << 10n);
  assertEquals([mrs(core, "CNTPCT_EL0"), mrs(core, "CNTP_CTL_EL0")], [0n, 0n]);
});

Deno.test("timers: a deadline beyond the clock's range sets no alarm", () => {
  const { core, clock } = rig({ el: 1 });
  msr(core, "CNTV_CVAL_EL0", (1n << 64n) - 1n);
  msr(core, "CNTV_CTL_EL0", 1n);
  assertEquals(clock.nextDeadline(), undefined);
});

Deno.test("timers: the event stream ends a WFE", () => {
  const { core, clock } = rig({ el: 1 });
  clock.advanceTo(100 * TickNs);
  set(core, "CNTKCTL_EL1", 4n | 3n << 4n); // bit 3 rises: every 16 counts, at 8 past
  assertEquals(waitFor(core, "wfe"), "wait");
  assertEquals(clock.nextDeadline(), 104 * TickNs);
  clock.advanceTo(104 * TickNs);
  assertEquals(core.state.u32("eventRegister"), 1);
});
