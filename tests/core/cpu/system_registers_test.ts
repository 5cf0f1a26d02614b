import { assert, assertEquals, assertThrows } from "@std/assert";
import { genericName, keyOf } from "../../../core/cpu/system_register_rows.ts";
import { SystemSlots } from "../../../core/cpu/system_register_slots.ts";
import { AccessGuard } from "../../../core/cpu/system_register_traps.ts";
import {
  findSystemRegister,
  getRegister,
  readSystemRegister,
  registerSlots,
  setRegister,
  systemRegisterName,
  systemRegisters,
  writeSystemRegister,
} from "../../../core/cpu/system_registers.ts";
import { StateLayout } from "../../../core/cpu/state.ts";
import type { GicSystemInterface } from "../../../core/cpu/types.ts";
import { mrs, msr, rig, set, toEl } from "./rig.ts";

const E2h = 1n << 34n;
const Tge = 1n << 27n;
const undefinedAt = (to: 1 | 2) => ({ to, ec: 0, iss: 0 });

Deno.test("system registers: every encoding and every name occurs once", () => {
  const keys = new Set(systemRegisters.map((row) => keyOf(row.at)));
  const names = new Set(systemRegisters.map((row) => row.name));
  assertEquals(keys.size, systemRegisters.length);
  assertEquals(names.size, systemRegisters.length);
});

Deno.test("system registers: every storage slot belongs to a row", () => {
  const used = new Set(registerSlots().map(({ slot }) => slot));
  const unowned = Object.keys(SystemSlots).filter((slot) => !used.has(slot as "SP_EL2"));
  // SP_EL2 has no encoding below EL3; the others are internal.
  assertEquals(
    unowned,
    ["SP_EL2", "DBGCLAIM_EL1", "PMCNTENSET_EL0", "PMOVSSET_EL0", ...[
      "PMINTENSET_EL1",
      "PMU_EPOCH",
    ]].toSorted((a, b) => SystemSlots[a as "SP_EL2"] - SystemSlots[b as "SP_EL2"]),
  );
  assert(Object.keys(SystemSlots).length <= StateLayout.systemRegisterSlots);
});

Deno.test("system registers: a register that is only stored reads back its mask and its ones", () => {
  for (const cpu of ["cortex-a72", "max"] as const) {
    const { core } = rig({ cpu, el: 2 });
    for (const row of systemRegisters) {
      const stored = row.slot !== undefined && !row.get && !row.set && row.write !== undefined;
      if (!stored || row.read === undefined || row.hostOnly || row.exists?.(core) === false) {
        continue;
      }
      const value = (bits: typeof row.mask, absent: bigint) =>
        typeof bits === "function" ? bits(core) : bits ?? absent;
      const ones = value(row.res1, 0n);
      const keepsEl2 = row.name === "HCR_EL2" ? ~(E2h | Tge) : ~0n;
      const mask = value(row.mask, (1n << 64n) - 1n) & keepsEl2;
      const before = getRegister(core, row.name);
      setRegister(core, row.name, mask);
      assertEquals(getRegister(core, row.name), (mask | ones) & ((1n << 64n) - 1n), row.name);
      setRegister(core, row.name, 0n);
      assertEquals(getRegister(core, row.name), ones, row.name);
      setRegister(core, row.name, before);
    }
  }
});

Deno.test("system registers: the encodings that Linux, Xen and KVM use have rows", () => {
  const known: readonly (readonly [string, number, number, number, number, number])[] = [
    ["TTBR1_EL1", 3, 0, 2, 0, 1],
    ["CNTV_CVAL_EL0", 3, 3, 14, 3, 2],
    ["ICC_SGI1R_EL1", 3, 0, 12, 11, 5],
    ["ICH_LR9_EL2", 3, 4, 12, 13, 1],
    ["CNTHP_CTL_EL2", 3, 4, 14, 2, 1],
    ["VTCR_EL2", 3, 4, 2, 1, 2],
    ["SCTLR_EL12", 3, 5, 1, 0, 0],
    ["CNTV_CTL_EL02", 3, 5, 14, 3, 1],
    ["CNTKCTL_EL12", 3, 5, 14, 1, 0],
    ["CONTEXTIDR_EL12", 3, 5, 13, 0, 1],
    ["PMEVTYPER3_EL0", 3, 3, 14, 12, 3],
    ["DBGBCR5_EL1", 2, 0, 0, 5, 5],
    ["OSLAR_EL1", 2, 0, 1, 0, 4],
  ];
  for (const [name, ...at] of known) assertEquals(findSystemRegister(...at)?.name, name);
});

Deno.test("system registers: names of encodings are Arm's or generic", () => {
  assertEquals(systemRegisterName(keyOf([3, 0, 12, 0, 0])), "VBAR_EL1");
  assertEquals(systemRegisterName(keyOf([3, 0, 15, 1, 7])), "S3_0_C15_C1_7");
});

Deno.test("system registers: the reserved feature space reads as zero", () => {
  const { core, log } = rig({ el: 1 });
  for (let crm = 1; crm < 8; crm++) {
    for (let op2 = 0; op2 < 8; op2++) {
      assert(typeof readSystemRegister(core, keyOf([3, 0, 0, crm, op2]), 0) === "bigint");
    }
  }
  assertEquals(readSystemRegister(core, keyOf([3, 0, 0, 4, 6]), 0), 0n);
  assertEquals(log, []);
});

Deno.test("system registers: an unknown register is undefined and said once, with its PC", () => {
  const { core, log } = rig({ el: 1 });
  const key = keyOf([3, 3, 15, 9, 1]);
  assertEquals(readSystemRegister(core, key, 3), undefinedAt(1));
  assertEquals(readSystemRegister(core, key, 3), undefinedAt(1));
  assertEquals(log, ["read of S3_3_C15_C9_1 at PC 0x4000_0000: no such register"]);
});

Deno.test("system registers: EL1 registers are undefined at EL0, EL2 registers at EL1", () => {
  const { core } = rig({ el: 0 });
  assertEquals(mrs(core, "SCTLR_EL1"), undefinedAt(1));
  assertEquals(msr(core, "TPIDRRO_EL0", 1n), undefinedAt(1));
  assertEquals(mrs(core, "TPIDRRO_EL0"), 0n);
  toEl(core, 1);
  assertEquals(mrs(core, "HCR_EL2"), undefinedAt(1));
  assertEquals(msr(core, "MIDR_EL1", 0n), undefinedAt(1));
});

Deno.test("system registers: an undefined access at EL0 goes to EL2 under TGE", () => {
  const { core } = rig({ el: 0 });
  set(core, "HCR_EL2", Tge);
  assertEquals(mrs(core, "SCTLR_EL1"), undefinedAt(2));
});

Deno.test("system registers: VPIDR_EL2 and VMPIDR_EL2 are what EL1 sees of the core", () => {
  const { core } = rig({ el: 2 });
  msr(core, "VPIDR_EL2", 0x1234n);
  msr(core, "VMPIDR_EL2", 0x8000_0003n);
  assertEquals(mrs(core, "MIDR_EL1"), 0x410f_d083n);
  toEl(core, 1);
  assertEquals(mrs(core, "MIDR_EL1"), 0x1234n);
  assertEquals(mrs(core, "MPIDR_EL1"), 0x8000_0003n);
});

Deno.test("system registers: CCSIDR_EL1 shows the cache that CSSELR_EL1 selects", () => {
  const { core } = rig({ el: 1 });
  const sizes = [0n, 1n, 2n, 5n].map((level) => {
    msr(core, "CSSELR_EL1", level);
    return mrs(core, "CCSIDR_EL1");
  });
  assertEquals(sizes, [0x701f_e00an, 0x201f_e012n, 0x707f_e07an, 0n]);
});

Deno.test("system registers: FPCR takes only its fields and decides the fast path", () => {
  const { core } = rig({ el: 2 });
  assertEquals(core.state.u32("fpFast"), 1);
  msr(core, "FPCR", 0xffff_ffffn);
  assertEquals(mrs(core, "FPCR"), 0x07c0_0000n);
  assertEquals(core.state.u32("fpFast"), 0);
  msr(core, "FPCR", 0n);
  assertEquals(core.state.u32("fpFast"), 1);
});

Deno.test("system registers: with E2H, EL1 names at EL2 mean EL2 registers and _EL12 means EL1's", () => {
  const { core } = rig({ cpu: "max", el: 2 });
  assertEquals(mrs(core, "SCTLR_EL12"), undefinedAt(2));
  msr(core, "HCR_EL2", E2h);
  msr(core, "TTBR0_EL1", 0x1000n);
  msr(core, "TTBR0_EL12", 0x2000n);
  assertEquals([mrs(core, "TTBR0_EL2"), mrs(core, "TTBR0_EL1")], [0x1000n, 0x1000n]);
  msr(core, "CPACR_EL1", 3n << 20n);
  assertEquals(mrs(core, "CPTR_EL2"), 3n << 20n);
  msr(core, "CNTKCTL_EL1", 0xc00n);
  assertEquals(mrs(core, "CNTHCTL_EL2"), 0xc00n);
  msr(core, "HCR_EL2", 0n);
  assertEquals(mrs(core, "TTBR0_EL1"), 0x2000n);
  assertEquals(mrs(core, "CPTR_EL2"), 0x33ffn | 1n << 20n);
});

Deno.test("system registers: TPIDR_EL1 and PAR_EL1 are not redirected by E2H", () => {
  const { core } = rig({ cpu: "max", el: 2 });
  msr(core, "HCR_EL2", E2h);
  msr(core, "TPIDR_EL1", 5n);
  msr(core, "HCR_EL2", 0n);
  assertEquals(mrs(core, "TPIDR_EL1"), 5n);
});

Deno.test("system registers: E2H stays zero on cores without VHE, RW stays one", () => {
  const { core } = rig({ el: 2 });
  msr(core, "HCR_EL2", E2h);
  assertEquals(mrs(core, "HCR_EL2"), 1n << 31n);
  assertEquals(mrs(core, "TTBR1_EL2"), undefinedAt(2));
});

Deno.test("system registers: SP_EL0 is undefined while it is the stack pointer", () => {
  const { core } = rig({ el: 1 });
  msr(core, "SP_EL0", 0x80n);
  msr(core, "SPSel", 0n);
  assertEquals(core.state.x[32], 0x80n);
  assertEquals(mrs(core, "SP_EL0"), undefinedAt(1));
  assert(core.state.u32("sysregTrap") & AccessGuard.sp0);
});

Deno.test("system registers: PSTATE fields read and write in their places", () => {
  const { core } = rig({ cpu: "max", el: 1 });
  assertEquals(mrs(core, "CurrentEL"), 4n);
  msr(core, "PAN", 1n << 22n);
  assertEquals([mrs(core, "PAN"), core.state.u32("pan")], [1n << 22n, 1]);
  msr(core, "NZCV", 0xa000_0000n);
  assertEquals(mrs(core, "NZCV"), 0xa000_0000n);
  msr(core, "DAIF", 0xffffn);
  assertEquals(mrs(core, "DAIF"), 0x3c0n);
  assertEquals(mrs(rig({ cpu: "cortex-a72", el: 1 }).core, "PAN"), undefinedAt(1));
});

Deno.test("system registers: the OS lock shows in OSLSR_EL1", () => {
  const { core } = rig({ el: 1 });
  assertEquals(mrs(core, "OSLSR_EL1"), 0xan);
  msr(core, "OSLAR_EL1", 0n);
  assertEquals(mrs(core, "OSLSR_EL1"), 8n);
});

Deno.test("system registers: writes tell the MMU what changed", () => {
  const { core, mmu } = rig({ el: 1 });
  mmu.registers = mmu.contexts = 0;
  msr(core, "TTBR0_EL1", 1n);
  assertEquals([mmu.registers, mmu.contexts, core.state.u32("tablesChanged")], [0, 1, 1]);
  msr(core, "SCTLR_EL1", 1n);
  assertEquals([mmu.registers, mmu.contexts], [1, 2]);
  msr(core, "CPACR_EL1", 0n);
  assertEquals([mmu.registers, mmu.contexts], [1, 3]);
  msr(core, "VBAR_EL1", 0n);
  assertEquals([mmu.registers, mmu.contexts], [1, 3]);
});

Deno.test("system registers: a name that does not exist is refused", () => {
  const { core } = rig();
  assertThrows(
    () => getRegister(core, "TTBR3_EL1"),
    RangeError,
    "Cannot access TTBR3_EL1: no register has that name",
  );
});

Deno.test("system registers: no access at any exception level throws, whatever is written", () => {
  const gic: GicSystemInterface = { readSystem: () => 0xfn, writeSystem: () => true };
  let seed = 1n;
  const random =
    () => (seed = BigInt.asUintN(64, seed * 6364136223846793005n + 1442695040888963407n));
  for (const cpu of ["cortex-a72", "max"] as const) {
    for (const el of [0, 1, 2] as const) {
      const { core } = rig({ cpu, el, gic });
      for (let key = 0x8000; key <= 0xffff; key++) {
        if (key % 61 !== 0 && !systemRegisters.some((row) => keyOf(row.at) === key)) continue;
        const read = readSystemRegister(core, key, 0);
        if (typeof read === "bigint") {
          assertEquals(BigInt.asUintN(64, read), read, genericName(key));
        }
        writeSystemRegister(core, key, random(), 31);
        if (core.state.u32("el") !== el) toEl(core, el);
      }
    }
  }
});
