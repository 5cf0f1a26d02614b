import { assertEquals } from "@std/assert";
import type { GicSystemInterface, Trap } from "../../../core/cpu/types.ts";
import { accessTrap, mrs, msr, rig, set, toEl } from "./rig.ts";

const undefinedAt1: Trap = { to: 1, ec: 0, iss: 0 };

Deno.test("system registers of the GIC: the GIC decides whether its registers exist, and gets virtual accesses", () => {
  const calls: string[] = [];
  const gic: GicSystemInterface = {
    readSystem: (_core, name, isVirtual) => {
      if (name.startsWith("ICC_SRE")) return 0xfn;
      if (name === "ICH_HCR_EL2") return hcr;
      if (name === "ICC_AP1R1_EL1") return undefined;
      calls.push(`${isVirtual ? "virtual" : "physical"} ${name}`);
      return 1023n;
    },
    writeSystem: (_core, name, value, isVirtual) => {
      calls.push(`${isVirtual ? "virtual" : "physical"} ${name} = ${value}`);
      return true;
    },
  };
  let hcr = 0n;
  const { core } = rig({ el: 1, gic });
  assertEquals(mrs(core, "ICC_IAR1_EL1"), 1023n);
  assertEquals(mrs(core, "ICC_AP1R1_EL1"), undefinedAt1);
  set(core, "HCR_EL2", 1n << 4n);
  msr(core, "ICC_EOIR1_EL1", 27n);
  mrs(core, "ICC_PMR_EL1");
  mrs(core, "ICC_IAR0_EL1");
  assertEquals(msr(core, "ICC_SGI1R_EL1", 1n, 2), accessTrap(2, "ICC_SGI1R_EL1", false, 2));
  hcr = 1n << 12n;
  assertEquals(mrs(core, "ICC_IAR1_EL1"), accessTrap(2, "ICC_IAR1_EL1", true));
  toEl(core, 2);
  mrs(core, "ICC_IAR1_EL1");
  assertEquals(calls, [
    "physical ICC_IAR1_EL1",
    "virtual ICC_EOIR1_EL1 = 27",
    "virtual ICC_PMR_EL1",
    "physical ICC_IAR0_EL1",
    "physical ICC_IAR1_EL1",
  ]);
});

Deno.test("system registers of the GIC: without a GICv3 its registers are undefined", () => {
  const { core } = rig({ el: 1 });
  assertEquals(mrs(core, "ICC_SRE_EL1"), undefinedAt1);
});
