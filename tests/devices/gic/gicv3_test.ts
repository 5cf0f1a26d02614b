import { assertEquals } from "@std/assert";
import { Fiq, Irq, running3, sgiFrame, Spurious } from "./rig.ts";

Deno.test("gicv3: a PPI interrupts its core through the system registers", () => {
  const { gic, gicr, get, set, told } = running3();
  gic.ppi(1, 27).set(true);
  assertEquals(told, ["1:1"]);
  assertEquals(gicr.read(sgiFrame(1) + 0x200), 1 << 27);
  assertEquals(get("ICC_HPPIR1_EL1", 1), 27);
  assertEquals(get("ICC_IAR1_EL1", 1), 27);
  assertEquals(get("ICC_RPR_EL1", 1), 0xa0);
  assertEquals(get("ICC_AP1R0_EL1", 1), 1 << 20);
  assertEquals(gicr.read(sgiFrame(1) + 0x300), 1 << 27);
  assertEquals(gic.outputs(1), 0);
  gic.ppi(1, 27).set(false);
  set("ICC_EOIR1_EL1", 27, 1);
  assertEquals(get("ICC_IAR1_EL1", 1), Spurious);
  assertEquals(get("ICC_RPR_EL1", 1), 0xff);
  assertEquals(gicr.read(sgiFrame(1) + 0x300), 0);
  assertEquals(told, ["1:1", "1:0"]);
});

Deno.test("gicv3: Group 1 is IRQ, Group 0 is FIQ, each with registers of its own", () => {
  const { gic, gicd, get, set } = running3();
  gicd.write(0x084, 0xffff_fffd); // INTID 33 in Group 0
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), 0, "Group 0 is not enabled at the interface");
  assertEquals(get("ICC_HPPIR0_EL1"), Spurious);
  set("ICC_IGRPEN0_EL1", 1);
  assertEquals(gic.outputs(0), Fiq);
  assertEquals(get("ICC_IAR1_EL1"), Spurious);
  assertEquals(get("ICC_IAR0_EL1"), 33);
  set("ICC_EOIR1_EL1", 33);
  assertEquals(gicd.read(0x304), 2, "EOIR1 does not end a Group 0 interrupt");
  set("ICC_EOIR0_EL1", 33);
  assertEquals(gicd.read(0x304), 0);
  gicd.write(0x000, 2);
  assertEquals(gic.outputs(0), 0, "Group 0 is not enabled at the distributor");
});

Deno.test("gicv3: SGIs are one latch each, enabled and pended like any interrupt", () => {
  const { gic, gicr, get, set } = running3();
  set("ICC_SGI1R_EL1", 0x0500_0001n, 0);
  set("ICC_SGI1R_EL1", 0x0500_0001n, 1);
  assertEquals(get("ICC_IAR1_EL1"), 5);
  set("ICC_EOIR1_EL1", 5);
  assertEquals(get("ICC_IAR1_EL1"), Spurious);
  gicr.write(sgiFrame(0) + 0x200, 1 << 5);
  assertEquals(gic.outputs(0), Irq);
  gicr.write(sgiFrame(0) + 0x180, 1 << 5);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv3: SGI 0 ends as others do", () => {
  const { gicr, get, set } = running3();
  set("ICC_SGI1R_EL1", 1n);
  assertEquals(get("ICC_IAR1_EL1"), 0);
  set("ICC_EOIR1_EL1", 0);
  assertEquals(gicr.read(sgiFrame(0) + 0x300), 0);
});
