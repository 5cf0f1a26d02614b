import { assert, assertEquals } from "@std/assert";
import { systemRegisterAccess } from "../../../devices/gic/system_registers.ts";
import { rig3, running3, sgiFrame } from "./rig.ts";

Deno.test("gicv3: an SGI reaches only targets that have it in the register's group", () => {
  const { gicr, set } = running3();
  gicr.write(sgiFrame(1) + 0x080, 0xffff_fff7); // SGI 3 of core 1 in Group 0
  const pending = () => [0, 1].map((core) => gicr.read(sgiFrame(core) + 0x200));
  set("ICC_SGI1R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 0]);
  set("ICC_SGI0R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 8]);
  gicr.write(sgiFrame(1) + 0x280, 8);
  set("ICC_ASGI1R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 8]);
});

Deno.test("gicv3: system registers are always enabled, and others do not exist", () => {
  const { gic, get, set } = rig3();
  assertEquals([get("ICC_SRE_EL1"), get("ICC_SRE_EL2")], [7, 0xf]);
  assert(set("ICC_SRE_EL1", 0));
  assertEquals(get("ICC_SRE_EL1"), 7);
  assertEquals(gic.readSystem(0, "ICC_AP1R1_EL1", false), undefined);
  assertEquals(gic.readSystem(0, "ICH_LR4_EL2", false), undefined);
  assertEquals(gic.readSystem(0, "ICC_EOIR1_EL1", false), undefined, "write-only");
  assert(!set("ICC_IAR1_EL1", 0), "read-only");
  assert(!set("ICC_IGRPEN1_EL3", 0));
});

Deno.test("gicv3: access rules say what EL2 can make of an access", () => {
  assertEquals(systemRegisterAccess("ICC_IAR1_EL1")?.virtual, "IMO");
  assertEquals(systemRegisterAccess("ICC_IAR0_EL1")?.virtual, "FMO");
  assertEquals(systemRegisterAccess("ICC_PMR_EL1")?.virtual, "IMO or FMO");
  assertEquals(systemRegisterAccess("ICC_IGRPEN1_EL1")?.trap, 1 << 12);
  assertEquals(systemRegisterAccess("ICC_BPR0_EL1")?.trap, 1 << 11);
  assertEquals(systemRegisterAccess("ICC_DIR_EL1")?.trap, (1 << 10) | (1 << 14));
  assertEquals(systemRegisterAccess("ICC_SGI1R_EL1")?.trapsWithInterrupts, true);
  assertEquals(systemRegisterAccess("ICC_SRE_EL1")?.virtual, undefined);
  assertEquals(systemRegisterAccess("TTBR0_EL1"), undefined);
});

Deno.test("gicv3: ICC_CTLR_EL1 leaves the group enables alone", () => {
  const { get, set } = running3();
  for (const value of [1, 2, 3, 0]) {
    set("ICC_CTLR_EL1", value);
    assertEquals(get("ICC_CTLR_EL1"), 0x8c00 | value);
  }
  assertEquals([get("ICC_IGRPEN0_EL1"), get("ICC_IGRPEN1_EL1")], [0, 1]);
});
