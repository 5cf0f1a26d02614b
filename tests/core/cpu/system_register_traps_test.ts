import { assert, assertEquals } from "@std/assert";
import { Ec, Iss } from "../../../core/cpu/syndrome.ts";
import { keyOf, type SystemRegister } from "../../../core/cpu/system_register_rows.ts";
import { slotOffset } from "../../../core/cpu/system_register_slots.ts";
import { AccessGuard } from "../../../core/cpu/system_register_traps.ts";
import {
  plainAccess,
  readSystemRegister,
  systemRegisterNamed,
  systemRegisters,
  writeSystemRegister,
} from "../../../core/cpu/system_registers.ts";
import { accessTrap, mrs, msr, rig, set, toEl } from "./rig.ts";

const E2h = 1n << 34n;
const Tge = 1n << 27n;

Deno.test("system register traps: TVM traps writes and TRVM reads of virtual memory controls", () => {
  const { core } = rig({ el: 1 });
  set(core, "HCR_EL2", 1n << 26n);
  assertEquals(msr(core, "TTBR0_EL1", 1n, 5), accessTrap(2, "TTBR0_EL1", false, 5));
  assertEquals(mrs(core, "TTBR0_EL1"), 0n);
  set(core, "HCR_EL2", 1n << 30n);
  assertEquals(mrs(core, "SCTLR_EL1", 7), accessTrap(2, "SCTLR_EL1", true, 7));
  assertEquals(msr(core, "TTBR0_EL1", 1n), undefined);
  toEl(core, 2);
  assertEquals(mrs(core, "TTBR0_EL1"), 1n);
});

Deno.test("system register traps: TID1, TID2, TID3, TACR and TIDCP trap what they name", () => {
  const { core } = rig({ el: 1 });
  const cases = [
    [16, "REVIDR_EL1"],
    [16, "AIDR_EL1"],
    [17, "CTR_EL0"],
    [17, "CCSIDR_EL1"],
    [18, "ID_AA64PFR0_EL1"],
    [18, "ID_PFR0_EL1"],
    [21, "ACTLR_EL1"],
    [20, "CPUECTLR_EL1"],
  ] as const;
  for (const [bit, name] of cases) {
    set(core, "HCR_EL2", 0n);
    assert(typeof mrs(core, name) === "bigint", name);
    set(core, "HCR_EL2", 1n << BigInt(bit));
    assertEquals(mrs(core, name), accessTrap(2, name, true), name);
  }
  const unknown = keyOf([3, 3, 15, 9, 1]);
  set(core, "HCR_EL2", 1n << 20n);
  assertEquals(readSystemRegister(core, unknown, 0), {
    to: 2,
    ec: Ec.systemRegister,
    iss: Iss.systemRegister(unknown, 0, true),
  });
});

Deno.test("system register traps: SCTLR_EL1.UCT and UMA let EL0 in, and refusal goes to EL1 or, under TGE, EL2", () => {
  const { core } = rig({ el: 0 });
  set(core, "SCTLR_EL1", 0n);
  assertEquals(mrs(core, "CTR_EL0"), accessTrap(1, "CTR_EL0", true));
  assertEquals(mrs(core, "DAIF"), accessTrap(1, "DAIF", true));
  set(core, "HCR_EL2", Tge);
  assertEquals(mrs(core, "CTR_EL0"), accessTrap(2, "CTR_EL0", true));
  set(core, "SCTLR_EL1", 1n << 15n | 1n << 9n);
  assertEquals(mrs(core, "CTR_EL0"), 0x8444_c004n);
  assertEquals(mrs(core, "DAIF"), 0x3c0n);
});

Deno.test("system register traps: DCZID_EL0 says when DC ZVA is prohibited", () => {
  const { core } = rig({ el: 1 });
  assertEquals(mrs(core, "DCZID_EL0"), 4n);
  set(core, "HCR_EL2", 1n << 28n);
  assertEquals(mrs(core, "DCZID_EL0"), 0x14n);
  assert(core.state.u32("sysregTrap") & AccessGuard.zeroing);
});

Deno.test("system register traps: CPTR_EL2.TCPAC traps CPACR_EL1, MDCR_EL2 the debug registers and PMU", () => {
  const { core } = rig({ el: 1 });
  set(core, "CPTR_EL2", 1n << 31n);
  assertEquals(mrs(core, "CPACR_EL1"), accessTrap(2, "CPACR_EL1", true));
  set(core, "MDCR_EL2", 1n << 9n);
  assertEquals(mrs(core, "MDSCR_EL1"), accessTrap(2, "MDSCR_EL1", true));
  assertEquals(msr(core, "OSDLR_EL1", 0n), undefined);
  set(core, "MDCR_EL2", 1n << 10n);
  assertEquals(msr(core, "OSLAR_EL1", 0n), accessTrap(2, "OSLAR_EL1", false));
  set(core, "MDCR_EL2", 1n << 6n);
  assertEquals(mrs(core, "PMSELR_EL0"), accessTrap(2, "PMSELR_EL0", true));
  set(core, "MDCR_EL2", 1n << 5n);
  assertEquals(mrs(core, "PMCR_EL0"), accessTrap(2, "PMCR_EL0", true));
  assertEquals(mrs(core, "PMSELR_EL0"), 0n);
});

Deno.test("system register traps: FPCR is trapped as a floating-point access", () => {
  const { core } = rig({ el: 1 });
  assertEquals(mrs(core, "FPCR"), { to: 1, ec: Ec.fpAccess, iss: 0x1e0_0000 });
});

Deno.test("system register traps: what can be accessed plainly says where and under which guards", () => {
  const plain = (name: string, direction: "read" | "write") =>
    plainAccess(systemRegisterNamed(name) as SystemRegister, direction);
  assertEquals(plain("TPIDR_EL0", "read")?.guards, 0);
  assertEquals(plain("TPIDR_EL0", "write")?.offset, slotOffset("TPIDR_EL0"));
  assertEquals(plain("TPIDRRO_EL0", "write")?.guards, AccessGuard.el0);
  assertEquals(plain("SP_EL0", "read")?.guards, AccessGuard.el0 | AccessGuard.sp0);
  assertEquals(plain("ELR_EL1", "write")?.guards, AccessGuard.el0 | AccessGuard.redirected);
  assertEquals(plain("ESR_EL1", "write"), {
    offset: slotOffset("ESR_EL1"),
    width: 64,
    guards: AccessGuard.el0 | AccessGuard.tvm | AccessGuard.redirected,
    mask: 0xffff_ffffn,
  });
  assertEquals(plain("TPIDR_EL2", "read")?.guards, AccessGuard.belowEl2);
  assertEquals(plain("CTR_EL0", "read")?.guards, AccessGuard.cacheType);
  assertEquals(plain("DCZID_EL0", "read")?.guards, AccessGuard.zeroing);
  assertEquals(plain("DAIF", "read")?.width, 32);
  for (const name of ["TTBR0_EL1", "SCTLR_EL1", "HCR_EL2", "DAIF", "SPSel", "CNTV_CVAL_EL0"]) {
    assertEquals(plain(name, "write"), undefined, name);
  }
  for (const name of ["MIDR_EL1", "CNTVCT_EL0", "CNTV_CTL_EL0", "ICC_IAR1_EL1", "PMCCNTR_EL0"]) {
    assertEquals(plain(name, "read"), undefined, name);
  }
});

Deno.test("system register traps: plain access and the full access agree wherever the guards are clear", () => {
  for (const cpu of ["cortex-a72", "max"] as const) {
    const hcrs = [
      0n,
      1n << 26n,
      1n << 30n,
      1n << 17n,
      Tge,
      ...(cpu === "max" ? [E2h, E2h | Tge] : []),
    ];
    for (const hcr of hcrs) {
      for (const el of [0, 1, 2] as const) {
        if (el === 1 && hcr & Tge) continue;
        const { core, memory } = rig({ cpu, el });
        set(core, "HCR_EL2", hcr);
        const guards = core.state.u32("sysregTrap");
        for (const row of systemRegisters) {
          const read = plainAccess(row, "read");
          const write = plainAccess(row, "write");
          const key = keyOf(row.at);
          if (read && !(guards & read.guards)) {
            const value = new DataView(memory).getBigUint64(core.state.base + read.offset, true);
            const shown = read.width === 32 ? BigInt.asUintN(32, value) : value;
            assertEquals(readSystemRegister(core, key, 0), shown, `${row.name} EL${el} ${hcr}`);
          }
          if (write && !(guards & write.guards)) {
            assertEquals(writeSystemRegister(core, key, 0n, 0), undefined, `${row.name} EL${el}`);
          }
        }
      }
    }
  }
});
