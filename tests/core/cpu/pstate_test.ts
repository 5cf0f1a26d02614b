import { assertEquals } from "@std/assert";
import { fpAccessTrap } from "../../../core/cpu/controls.ts";
import { packSpsr, unpackSpsr, writePstate } from "../../../core/cpu/pstate.ts";
import { Ec, Iss } from "../../../core/cpu/syndrome.ts";
import { keyOf } from "../../../core/cpu/system_register_rows.ts";
import { Slot } from "../../../core/cpu/state.ts";
import type { El } from "../../../core/cpu/types.ts";
import { rig, set, toEl } from "./rig.ts";

const E2h = 1n << 34n;
const Tge = 1n << 27n;
const fpTrap = (to: 1 | 2) => ({ to, ec: Ec.fpAccess, iss: 0x1e0_0000 });

Deno.test("pstate: SPSR packs and unpacks every field the core has", () => {
  const { core } = rig({ cpu: "max", el: 1 });
  for (const bit of [31, 30, 29, 28, 24, 23, 22, 21, 20, 12, 9, 8, 7, 6]) {
    unpackSpsr(core, (1 << bit) >>> 0);
    assertEquals(packSpsr(core), ((1 << bit) | 5) >>> 0, `bit ${bit}`);
  }
});

Deno.test("pstate: fields the core lacks stay zero", () => {
  const { core } = rig({ cpu: "cortex-a72", el: 1 });
  unpackSpsr(core, 0xffff_ffff);
  assertEquals(packSpsr(core), 0xf030_03c5);
});

Deno.test("pstate: MSR SPSel switches the stack pointer", () => {
  const { core } = rig({ el: 1 });
  const { x } = core.state;
  x[Slot.sp] = 1n;
  assertEquals(writePstate(core, 0, 5, 0), undefined);
  x[Slot.sp] = 2n;
  writePstate(core, 0, 5, 1);
  assertEquals(x[Slot.sp], 1n);
  writePstate(core, 0, 5, 0);
  assertEquals(x[Slot.sp], 2n);
});

Deno.test("pstate: EL0 may change DAIF only when SCTLR_EL1.UMA lets it", () => {
  const { core } = rig({ el: 0 });
  set(core, "SCTLR_EL1", 0n);
  const iss = Iss.systemRegister(keyOf([0, 3, 4, 15, 6]), 31, false);
  assertEquals(writePstate(core, 3, 6, 15), { to: 1, ec: Ec.systemRegister, iss });
  set(core, "SCTLR_EL1", 1n << 9n);
  assertEquals(writePstate(core, 3, 7, 15), undefined);
  assertEquals(core.state.u32("daif"), 0);
});

Deno.test("pstate: PAN, UAO, SSBS and DIT exist where the core has them", () => {
  const undefinedHere = { to: 1, ec: 0, iss: 0 };
  for (
    const [op1, op2, name] of [[0, 4, "pan"], [0, 3, "uao"], [3, 1, "ssbs"], [3, 2, "dit"]] as const
  ) {
    const max = rig({ cpu: "max", el: 1 }).core;
    assertEquals(writePstate(max, op1, op2, 1), undefined);
    assertEquals(max.state.u32(name), 1);
    assertEquals(writePstate(rig({ el: 1 }).core, op1, op2, 1), undefinedHere);
  }
  assertEquals(writePstate(rig({ cpu: "max", el: 0 }).core, 0, 4, 1), undefinedHere);
});

Deno.test("pstate: CPACR_EL1.FPEN traps EL0 alone, EL0 and EL1, or nobody", () => {
  const trapped = (el: El, fpen: bigint) => {
    const { core } = rig({ el });
    set(core, "CPACR_EL1", fpen << 20n);
    return core.state.u32("fpTrap");
  };
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(0, fpen)), [1, 1, 1, 0]);
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(1, fpen)), [1, 0, 1, 0]);
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(2, fpen)), [0, 0, 0, 0]);
});

Deno.test("pstate: CPTR_EL2.TFP traps to EL2 after CPACR_EL1 let pass", () => {
  const { core } = rig({ el: 1 });
  set(core, "CPTR_EL2", 1n << 10n);
  assertEquals(fpAccessTrap(core), fpTrap(1));
  set(core, "CPACR_EL1", 3n << 20n);
  assertEquals(fpAccessTrap(core), fpTrap(2));
  toEl(core, 2);
  assertEquals(core.state.u32("fpTrap"), 2);
});

Deno.test("pstate: a trap of CPACR_EL1 under TGE is an undefined instruction at EL2", () => {
  const { core } = rig({ el: 0 });
  set(core, "HCR_EL2", Tge);
  assertEquals(fpAccessTrap(core), { to: 2, ec: 0, iss: 0 });
});

Deno.test("pstate: with E2H, CPTR_EL2.FPEN governs the host", () => {
  const trapped = (el: El, hcr: bigint, fpen: bigint) => {
    const { core } = rig({ cpu: "max", el });
    set(core, "HCR_EL2", hcr);
    set(core, "CPACR_EL1", 3n << 20n);
    set(core, "CPTR_EL2", fpen << 20n);
    return core.state.u32("fpTrap");
  };
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(2, E2h | Tge, fpen)), [2, 0, 2, 0]);
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(0, E2h | Tge, fpen)), [2, 2, 2, 0]);
  assertEquals([0n, 1n, 2n, 3n].map((fpen) => trapped(1, E2h, fpen)), [2, 0, 2, 0]);
});

Deno.test("pstate: stack alignment is checked as SCTLR_ELx.SA and SA0 say", () => {
  const { core } = rig({ el: 1 });
  const checks = [1n << 3n, 1n << 4n].map((sctlr) => {
    set(core, "SCTLR_EL1", sctlr);
    return ([1, 0] as const).map((el) => {
      toEl(core, el);
      return core.state.u32("spCheck");
    });
  });
  assertEquals(checks, [[1, 0], [0, 1]]);
});
