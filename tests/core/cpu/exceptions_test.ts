import { assert, assertEquals } from "@std/assert";
import {
  dataAbort,
  exceptionReturn,
  executeCall,
  illegalState,
  instructionAbort,
  pcAlignmentFault,
  spAlignmentFault,
  takeInterrupt,
  takeTrap,
  waitFor,
} from "../../../core/cpu/exceptions.ts";
import { Slot } from "../../../core/cpu/state.ts";
import { Ec, Fault } from "../../../core/cpu/syndrome.ts";
import { getRegister } from "../../../core/cpu/system_registers.ts";
import { type El, Line } from "../../../core/cpu/types.ts";
import { rig, type RigOptions, set, toEl } from "./rig.ts";

const Tge = 1n << 27n;
const E2h = 1n << 34n;
const pc = 0x4000_1000n;

/** A core at `el` executing at `pc`, with both vector tables set. */
function at(el: El, options: RigOptions = {}) {
  const parts = rig({ ...options, el });
  set(parts.core, "VBAR_EL1", 0x1_0000n);
  set(parts.core, "VBAR_EL2", 0x2_0000n);
  parts.core.state.setU64("pc", pc);
  const get = (name: string) => getRegister(parts.core, name);
  return { ...parts, get, state: parts.core.state };
}

Deno.test("exceptions: SVC at EL0 goes to EL1 with the address of the next instruction", () => {
  const { core, get, state } = at(0);
  state.setNzcv(0x6000_0000);
  state.setU32("daif", 0);
  assertEquals(executeCall(core, "svc", 7), "taken");
  assertEquals([get("ELR_EL1"), get("ESR_EL1")], [pc + 4n, 0x5600_0007n]);
  assertEquals(get("SPSR_EL1"), 0x6000_0000n);
  assertEquals([state.u64("pc"), state.u32("el"), state.u32("spSel")], [0x1_0400n, 1, 1]);
  assertEquals(state.u32("daif"), 0x3c0);
});

Deno.test("exceptions: the vector depends on where the exception comes from", () => {
  const offsets = ([[1, 1], [1, 0], [0, 0]] as const).map(([el, spSel]) => {
    const { core, state } = at(el);
    state.setU32("spSel", spSel);
    takeTrap(core, { to: 1, ec: 0, iss: 0 });
    return state.u64("pc");
  });
  assertEquals(offsets, [0x1_0200n, 0x1_0000n, 0x1_0400n]);
});

Deno.test("exceptions: each kind of interrupt has its vector", () => {
  const vectors = (["irq", "fiq", "virq", "vfiq", "vserror"] as const).map((kind) => {
    const { core, state } = at(1);
    takeInterrupt(core, { kind, to: 1 });
    return state.u64("pc") - 0x1_0200n;
  });
  assertEquals(vectors, [0x80n, 0x100n, 0x80n, 0x100n, 0x180n]);
});

Deno.test("exceptions: TGE sends EL0's exceptions to EL2", () => {
  const { core, get, state } = at(0);
  set(core, "HCR_EL2", Tge);
  executeCall(core, "svc", 1);
  assertEquals([state.u32("el"), state.u64("pc")], [2, 0x2_0400n]);
  assertEquals(get("ESR_EL2"), 0x5600_0001n);
});

Deno.test("exceptions: the stack pointer is banked by EL and SPSel", () => {
  const { core, state } = at(1);
  state.x[Slot.sp] = 0x1111n;
  takeTrap(core, { to: 2, ec: Ec.hvc, iss: 0 });
  state.x[Slot.sp] = 0x2222n;
  assertEquals(exceptionReturn(core), undefined);
  assertEquals(state.x[Slot.sp], 0x1111n);
  takeTrap(core, { to: 2, ec: Ec.hvc, iss: 0 });
  assertEquals([state.x[Slot.sp], getRegister(core, "SP_EL1")], [0x2222n, 0x1111n]);
});

Deno.test("exceptions: entry clears UAO, IL and SS, sets PAN and SSBS as SCTLR says", () => {
  const { core, get, state } = at(0, { cpu: "max" });
  set(core, "SCTLR_EL1", 1n << 44n);
  for (const name of ["uao", "il", "ss", "dit"] as const) state.setU32(name, 1);
  executeCall(core, "svc", 0);
  const after = (["uao", "il", "ss", "pan", "ssbs", "dit"] as const).map((n) => state.u32(n));
  assertEquals(after, [0, 0, 0, 1, 1, 1]);
  assertEquals(get("SPSR_EL1") & 0x1b0_0000n, 0x1b0_0000n);
});

Deno.test("exceptions: PAN stays as it was with SPAN, and at EL2 unless it is the host", () => {
  const pan = (el: El, to: 1 | 2, hcr: bigint, sctlr: bigint) => {
    const { core, state } = at(el, { cpu: "max" });
    set(core, "HCR_EL2", hcr); // first: SCTLR_EL2 has a SPAN bit only with E2H
    set(core, "SCTLR_EL1", sctlr);
    set(core, "SCTLR_EL2", 0n);
    takeTrap(core, { to, ec: 0, iss: 0 });
    return state.u32("pan");
  };
  assertEquals(pan(0, 1, 0n, 1n << 23n), 0);
  assertEquals(pan(1, 2, 0n, 0n), 0);
  assertEquals(pan(0, 2, E2h | Tge, 0n), 1);
});

Deno.test("exceptions: HVC goes to EL2 past itself, unless it is disabled or at EL0", () => {
  const { core, get, state } = at(1);
  executeCall(core, "hvc", 0x4a48);
  assertEquals([get("ELR_EL2"), get("ESR_EL2"), state.u32("el")], [pc + 4n, 0x5a00_4a48n, 2]);
  const disabled = at(1);
  set(disabled.core, "HCR_EL2", 1n << 29n);
  executeCall(disabled.core, "hvc", 0);
  assertEquals([disabled.get("ESR_EL1"), disabled.get("ELR_EL1")], [0x200_0000n, pc]);
  const user = at(0);
  executeCall(user.core, "hvc", 0);
  assertEquals(user.get("ESR_EL1"), 0x200_0000n);
});

Deno.test("exceptions: SMC is trapped by TSC at itself, else the firmware answers", () => {
  const calls: string[] = [];
  const firmware = (_core: unknown, conduit: string) => calls.push(conduit) > 0;
  const { core, get } = at(1, { firmware });
  assertEquals(executeCall(core, "smc", 0), "answered");
  set(core, "HCR_EL2", 1n << 19n);
  assertEquals(executeCall(core, "smc", 3), "taken");
  assertEquals([get("ELR_EL2"), get("ESR_EL2")], [pc, 0x5e00_0003n]);
  const bare = at(1, { firmware, hasEl2: false });
  assertEquals(executeCall(bare.core, "hvc", 0), "answered");
  assertEquals(calls, ["smc", "hvc"]);
});

Deno.test("exceptions: SMC and HVC without firmware are undefined", () => {
  const { core, get } = at(1, { hasEl2: false });
  executeCall(core, "smc", 0);
  assertEquals([get("ESR_EL1"), get("ELR_EL1")], [0x200_0000n, pc]);
});

Deno.test("exceptions: BRK reports its immediate and goes where debug exceptions go", () => {
  const { core, get } = at(0);
  executeCall(core, "brk", 0xf000);
  assertEquals([get("ESR_EL1"), get("ELR_EL1")], [0xf200_f000n, pc]);
  const debugged = at(1);
  set(debugged.core, "MDCR_EL2", 1n << 8n);
  executeCall(debugged.core, "brk", 1);
  assertEquals(debugged.get("ESR_EL2"), 0xf200_0001n);
  const halted = at(1);
  executeCall(halted.core, "hlt", 1);
  assertEquals(halted.get("ESR_EL1"), 0x200_0000n);
});

Deno.test("exceptions: ERET restores PSTATE, opens the monitor and sets the event register", () => {
  const { core, state } = at(2);
  set(core, "SPSR_EL2", 0x8000_03c5n);
  set(core, "ELR_EL2", 0x8000n);
  state.setU32("exclusiveBytes", 8);
  assertEquals(exceptionReturn(core), undefined);
  assertEquals([state.u32("el"), state.u32("spSel"), state.nzcv()], [1, 1, 0x8000_0000]);
  assertEquals([state.u64("pc"), state.u32("daif")], [0x8000n, 0x3c0]);
  assertEquals([state.u32("exclusiveBytes"), state.u32("eventRegister")], [0, 1]);
});

Deno.test("exceptions: ERET is undefined at EL0", () => {
  const { core } = at(0);
  assertEquals(exceptionReturn(core), { to: 1, ec: 0, iss: 0 });
});

Deno.test("exceptions: illegal returns set IL, keep EL and SP, and are said once", () => {
  const illegal = [
    [1, 0x1dn, 0n, "to AArch32, which this core does not have"],
    [1, 0x9n, 0n, "to EL2, which is higher"],
    [2, 0x6n, 0n, "with reserved M[1] in SPSR"],
    [2, 0x1n, 0n, "to EL0 with SP_EL1 selected"],
    [2, 0x5n, Tge, "to EL1 while HCR_EL2.TGE is 1"],
  ] as const;
  for (const [el, spsr, hcr, why] of illegal) {
    const { core, log, state } = at(el);
    set(core, "HCR_EL2", hcr);
    set(core, `SPSR_EL${el}`, spsr | 0xf000_0000n);
    set(core, `ELR_EL${el}`, 0x9000n);
    assertEquals(exceptionReturn(core), undefined);
    assertEquals([state.u32("el"), state.u32("spSel"), state.u32("il")], [el, 1, 1], why);
    assertEquals([state.u64("pc"), state.nzcv()], [0x9000n, 0xf000_0000]);
    assertEquals(log, [`Illegal exception return from EL${el} ${why}`]);
    const trap = illegalState(core);
    takeTrap(core, trap);
    assertEquals(getRegister(core, `ESR_EL${el}`), 0x3a00_0000n);
    assertEquals(getRegister(core, `SPSR_EL${el}`) & 0x10_0000n, 0x10_0000n);
  }
});

Deno.test("exceptions: data aborts of stage 1 carry no instruction syndrome", () => {
  const access = {
    bytes: 4,
    signExtend: false,
    rt: 1,
    wide: false,
    acquireRelease: false,
  } as const;
  const { core, get } = at(0);
  const abort = { dfsc: Fault.translation + 3, write: true, access };
  takeTrap(core, dataAbort(core, { far: 0x1234n }, abort));
  assertEquals([get("ESR_EL1"), get("FAR_EL1")], [0x9200_0047n, 0x1234n]);
  const same = at(1);
  takeTrap(same.core, dataAbort(same.core, { far: 0x1234n }, abort));
  assertEquals(same.get("ESR_EL1"), 0x9600_0047n);
});

Deno.test("exceptions: data aborts of stage 2 go to EL2 with access and HPFAR_EL2", () => {
  const access = {
    bytes: 8,
    signExtend: false,
    rt: 31,
    wide: true,
    acquireRelease: false,
  } as const;
  const { core, get } = at(1);
  const info = { far: 0xffff_0123n, stage2: true, ipa: 0x900_0123 };
  takeTrap(core, dataAbort(core, info, { dfsc: Fault.translation + 2, write: false, access }));
  assertEquals(get("ESR_EL2"), 0x93df_8006n);
  assertEquals([get("FAR_EL2"), get("HPFAR_EL2")], [0xffff_0123n, 0x9_0000n]);
  const walk = at(1);
  const abort = { dfsc: Fault.permission + 3, write: false, s1ptw: true, access };
  takeTrap(walk.core, dataAbort(walk.core, info, abort));
  assertEquals(walk.get("ESR_EL2"), 0x9200_008fn);
});

Deno.test("exceptions: instruction aborts and alignment faults name their address", () => {
  const { core, get } = at(0);
  takeTrap(core, instructionAbort(core, { far: pc }, { ifsc: Fault.permission + 3 }));
  assertEquals([get("ESR_EL1"), get("FAR_EL1")], [0x8200_000fn, pc]);
  assertEquals(pcAlignmentFault(core, 0x1002n), { to: 1, ec: 0x22, iss: 0, far: 0x1002n });
  assertEquals(spAlignmentFault(core), { to: 1, ec: 0x26, iss: 0 });
});

Deno.test("exceptions: the built-in hypervisor is due after an exception to EL2 only", () => {
  const { core, state } = at(1);
  core.el2Handler = () => {};
  takeTrap(core, { to: 1, ec: 0, iss: 0 });
  assertEquals(core.handlerDue, false);
  executeCall(core, "hvc", 0);
  assert(core.handlerDue);
  assertEquals([state.u32("el"), state.u64("pc")], [2, 0x2_0400n]);
});

Deno.test("exceptions: a virtual SError clears HCR_EL2.VSE", () => {
  const { core, get } = at(1);
  set(core, "HCR_EL2", 1n << 8n | 1n << 5n);
  takeInterrupt(core, { kind: "vserror", to: 1 });
  assertEquals(get("HCR_EL2") & (1n << 8n), 0n);
  assertEquals(get("ESR_EL1"), 0xbe00_0000n);
});

Deno.test("exceptions: WFI waits, traps by TWI only when it would wait, and goes on when woken", () => {
  const { core } = at(1);
  assertEquals(waitFor(core, "wfi"), "wait");
  set(core, "HCR_EL2", 1n << 13n);
  assertEquals(waitFor(core, "wfi"), { to: 2, ec: Ec.wfx, iss: 0x1e0_0000 });
  core.setLine(Line.irq, true);
  assertEquals(waitFor(core, "wfi"), "proceed");
});

Deno.test("exceptions: WFE consumes the event register and traps by TWE", () => {
  const { core, state } = at(1);
  state.setU32("eventRegister", 1);
  set(core, "HCR_EL2", 1n << 14n);
  assertEquals(waitFor(core, "wfe"), "proceed");
  assertEquals(state.u32("eventRegister"), 0);
  assertEquals(waitFor(core, "wfe"), { to: 2, ec: Ec.wfx, iss: 0x1e0_0001 });
});

Deno.test("exceptions: WFI at EL0 is trapped to EL1 unless SCTLR_EL1.nTWI, to EL2 under TGE", () => {
  const { core } = at(0);
  set(core, "SCTLR_EL1", 0n);
  assertEquals(waitFor(core, "wfi"), { to: 1, ec: Ec.wfx, iss: 0x1e0_0000 });
  set(core, "HCR_EL2", Tge);
  assertEquals(waitFor(core, "wfi"), { to: 2, ec: Ec.wfx, iss: 0x1e0_0000 });
  set(core, "HCR_EL2", 0n);
  set(core, "SCTLR_EL1", 1n << 16n);
  assertEquals(waitFor(core, "wfi"), "wait");
  toEl(core, 2);
  set(core, "HCR_EL2", 1n << 13n);
  assertEquals(waitFor(core, "wfi"), "wait");
});
