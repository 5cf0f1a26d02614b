import { assertEquals } from "@std/assert";
import { Irq, running3, sgiFrame, Spurious, Vfiq, Virq } from "./rig.ts";

const Pending = 1n << 62n;
const Active = 2n << 62n;
const Hardware = 1n << 61n;
const Group1 = 1n << 60n;
const Eoi = 1n << 41n;

function list(id: number, rest: bigint, priority = 0xa0): bigint {
  return rest | (BigInt(priority) << 48n) | BigInt(id);
}

/** A VM on core 0 with both groups enabled and its priority mask open. */
function guest() {
  const made = running3();
  made.set("ICH_HCR_EL2", 1);
  made.set("ICH_VMCR_EL2", 0xf84c_0003);
  const lr = (n: number) => made.gic.readSystem(0, `ICH_LR${n}_EL2`, false) ?? -1n;
  const setLr = (n: number, value: bigint) => made.set(`ICH_LR${n}_EL2`, value);
  return { ...made, lr, setLr };
}

Deno.test("gicv3 virtual: a list register goes from pending over active to invalid", () => {
  const { gic, get, vget, vset, lr, setLr } = guest();
  setLr(1, list(27, Pending | Group1));
  assertEquals(gic.outputs(0), Virq);
  assertEquals(get("ICC_HPPIR1_EL1"), Spurious, "the physical interface has nothing");
  assertEquals(vget("ICC_HPPIR1_EL1"), 27);
  assertEquals(vget("ICC_IAR1_EL1"), 27);
  assertEquals(lr(1), list(27, Active | Group1));
  assertEquals(get("ICH_AP1R0_EL2"), 1 << 20);
  assertEquals(vget("ICC_RPR_EL1"), 0xa0);
  assertEquals(gic.outputs(0), 0);
  vset("ICC_EOIR1_EL1", 27);
  assertEquals(lr(1), list(27, Group1));
  assertEquals(get("ICH_AP1R0_EL2"), 0);
  assertEquals(get("ICH_ELRSR_EL2"), 0xf);
  assertEquals(vget("ICC_IAR1_EL1"), Spurious);
});

Deno.test("gicv3 virtual: pending and active survives the end as pending", () => {
  const { gic, vget, vset, lr, setLr } = guest();
  setLr(0, list(27, Pending | Group1));
  vget("ICC_IAR1_EL1");
  setLr(0, list(27, Pending | Active | Group1));
  assertEquals(gic.outputs(0), 0);
  vset("ICC_EOIR1_EL1", 27);
  assertEquals(lr(0), list(27, Pending | Group1));
  assertEquals(gic.outputs(0), Virq);
});

Deno.test("gicv3 virtual: Group 0 is VFIQ", () => {
  const { gic, vget, vset, lr, setLr } = guest();
  setLr(0, list(40, Pending));
  assertEquals(gic.outputs(0), Vfiq);
  assertEquals(vget("ICC_IAR1_EL1"), Spurious);
  assertEquals(vget("ICC_IAR0_EL1"), 40);
  vset("ICC_EOIR0_EL1", 40);
  assertEquals(lr(0), list(40, 0n));
  vset("ICC_IGRPEN0_EL1", 0);
  setLr(0, list(40, Pending));
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv3 virtual: the most urgent list register comes first and preempts", () => {
  const { gic, vget, vset, setLr } = guest();
  setLr(0, list(40, Pending | Group1, 0x80));
  setLr(3, list(41, Pending | Group1, 0x48));
  assertEquals(vget("ICC_IAR1_EL1"), 41);
  assertEquals(gic.outputs(0), 0);
  setLr(2, list(42, Pending | Group1, 0x40));
  assertEquals(gic.outputs(0), Virq);
  vset("ICC_EOIR1_EL1", 41);
  vset("ICC_BPR1_EL1", 7); // group priority in bit 7 alone
  setLr(3, list(41, Pending | Group1, 0x48));
  assertEquals(vget("ICC_IAR1_EL1"), 42);
  assertEquals(vget("ICC_RPR_EL1"), 0);
  assertEquals(gic.outputs(0), 0, "0x48 is in the same group as 0x40");
  vset("ICC_EOIR1_EL1", 42);
  assertEquals(vget("ICC_IAR1_EL1"), 41);
});

Deno.test("gicv3 virtual: VMCR and the VM's own registers are the same state", () => {
  const { get, set, vget, vset } = guest();
  vset("ICC_PMR_EL1", 0x7f);
  vset("ICC_BPR0_EL1", 5);
  vset("ICC_BPR1_EL1", 6);
  vset("ICC_CTLR_EL1", 2);
  vset("ICC_IGRPEN0_EL1", 0);
  assertEquals(get("ICH_VMCR_EL2"), (0x78 << 24) | (5 << 21) | (6 << 18) | 0x20a);
  assertEquals(vget("ICC_CTLR_EL1"), 0x8c02);
  set("ICH_VMCR_EL2", 0);
  assertEquals(get("ICH_VMCR_EL2"), (2 << 21) | (3 << 18) | 8, "VFIQEn is RES1");
  assertEquals(get("ICC_PMR_EL1"), 0xf0, "the physical interface is another");
});

Deno.test("gicv3 virtual: a tied interrupt deactivates the physical one", () => {
  const { gic, gicr, get, set, vget, vset, setLr } = guest();
  set("ICC_CTLR_EL1", 2);
  gic.ppi(0, 27).set(true);
  get("ICC_IAR1_EL1");
  set("ICC_EOIR1_EL1", 27);
  setLr(0, list(30, Pending | Group1 | Hardware | (27n << 32n)));
  assertEquals(vget("ICC_IAR1_EL1"), 30);
  assertEquals(gicr.read(sgiFrame(0) + 0x300), 1 << 27);
  assertEquals(gic.outputs(0), 0, "still active physically");
  vset("ICC_EOIR1_EL1", 30);
  assertEquals(gicr.read(sgiFrame(0) + 0x300), 0);
  assertEquals(gic.outputs(0), Irq, "the timer's line is still high");
});

Deno.test("gicv3 virtual: with EOImode the physical one is deactivated by DIR", () => {
  const { gicd, get, set, vget, vset, setLr, gic } = guest();
  set("ICC_CTLR_EL1", 2);
  vset("ICC_CTLR_EL1", 2);
  gic.spi(40).set(true);
  get("ICC_IAR1_EL1");
  set("ICC_EOIR1_EL1", 40);
  setLr(0, list(50, Pending | Group1 | Hardware | (40n << 32n)));
  vget("ICC_IAR1_EL1");
  vset("ICC_EOIR1_EL1", 50);
  assertEquals(vget("ICC_RPR_EL1"), 0xff);
  assertEquals(gicd.read(0x304), 1 << 8);
  vset("ICC_DIR_EL1", 50);
  assertEquals(gicd.read(0x304), 0);
  assertEquals(get("ICH_HCR_EL2"), 1, "nothing was counted");
});

Deno.test("gicv3 virtual: maintenance is the PPI of level 25", () => {
  const { gic, gicr, get, set, vget, vset, setLr } = guest();
  setLr(2, list(40, Pending | Group1 | Eoi));
  vget("ICC_IAR1_EL1");
  vset("ICC_EOIR1_EL1", 40);
  assertEquals([get("ICH_EISR_EL2"), get("ICH_ELRSR_EL2"), get("ICH_MISR_EL2")], [4, 0xb, 1]);
  assertEquals(gicr.read(sgiFrame(0) + 0x200), 1 << 25);
  assertEquals(gic.outputs(0), Irq);
  set("ICH_HCR_EL2", 0);
  assertEquals(gic.outputs(0), 0, "not without En");
  set("ICH_HCR_EL2", 1);
  assertEquals(get("ICC_IAR1_EL1"), 25);
  setLr(2, 0n);
  set("ICC_EOIR1_EL1", 25);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv3 virtual: underflow, nothing pending, and groups ask for maintenance", () => {
  const { get, set, vset, setLr } = guest();
  set("ICH_HCR_EL2", 0xfb);
  assertEquals(get("ICH_MISR_EL2"), 0x5a);
  setLr(0, list(40, Pending | Group1));
  assertEquals(get("ICH_MISR_EL2"), 0x52, "one held is still an underflow");
  setLr(1, list(41, Active | Group1));
  assertEquals(get("ICH_MISR_EL2"), 0x50);
  setLr(0, list(40, Active | Group1));
  assertEquals(get("ICH_MISR_EL2"), 0x58);
  vset("ICC_IGRPEN1_EL1", 0);
  assertEquals(get("ICH_MISR_EL2"), 0x98);
});

Deno.test("gicv3 virtual: five interrupts for four list registers work by underflow", () => {
  const { gic, get, set, vget, vset, setLr } = guest();
  const waiting = [40, 41, 42, 43, 44];
  const fill = () => {
    for (let n = 0; n < 4; n++) {
      const id = (get("ICH_ELRSR_EL2") >> n) & 1 ? waiting.shift() : undefined;
      if (id !== undefined) setLr(n, list(id, Pending | Group1));
    }
    set("ICH_HCR_EL2", waiting.length > 0 ? 3 : 1);
  };
  const taken: number[] = [];
  fill();
  for (let turn = 0; turn < 10 && gic.outputs(0) !== 0; turn++) {
    if (gic.outputs(0) & Irq) {
      assertEquals(get("ICC_IAR1_EL1"), 25);
      fill();
      set("ICC_EOIR1_EL1", 25);
      continue;
    }
    const id = vget("ICC_IAR1_EL1");
    taken.push(id);
    vset("ICC_EOIR1_EL1", id);
  }
  assertEquals(taken.sort(), [40, 41, 42, 43, 44]);
});

Deno.test("gicv3 virtual: ends that find no list register are counted, modulo 32", () => {
  const { gic, get, set, vset } = guest();
  set("ICH_HCR_EL2", 5);
  const endOne = () => {
    set("ICH_AP1R0_EL2", 1);
    vset("ICC_EOIR1_EL1", 77);
  };
  endOne();
  assertEquals(get("ICH_HCR_EL2"), 0x0800_0005);
  assertEquals(get("ICH_MISR_EL2"), 4);
  assertEquals(gic.outputs(0), Irq);
  for (let n = 0; n < 30; n++) endOne();
  assertEquals(get("ICH_HCR_EL2"), 0xf800_0005);
  endOne();
  assertEquals(get("ICH_HCR_EL2"), 5);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv3 virtual: a special INTID in a list register is read once and gone", () => {
  const { get, vget, lr, setLr } = guest();
  setLr(0, list(1022, Pending | Group1));
  assertEquals(vget("ICC_IAR1_EL1"), 1022);
  assertEquals(lr(0), list(1022, Group1));
  assertEquals(get("ICH_AP1R0_EL2"), 0);
});

Deno.test("gicv3 virtual: reserved bits of the EL2 registers stay zero", () => {
  const { get, set, lr, setLr } = guest();
  setLr(0, 0xffff_ffff_ffff_ffffn);
  assertEquals(lr(0), 0xf0f8_1fff_00ff_ffffn);
  set("ICH_HCR_EL2", 0xffff_ffff);
  assertEquals(get("ICH_HCR_EL2"), 0xf800_5cff);
  assertEquals(get("ICH_VTR_EL2"), 0x90b8_0003);
});

Deno.test("gicv3 virtual: each core has a virtual interface of its own", () => {
  const { gic, set, vget } = guest();
  set("ICH_LR0_EL2", list(40, Pending | Group1), 1);
  assertEquals(gic.outputs(1), 0);
  set("ICH_VMCR_EL2", 0xf84c_0003, 1);
  set("ICH_HCR_EL2", 1, 1);
  assertEquals([gic.outputs(0), gic.outputs(1)], [0, Virq]);
  assertEquals(vget("ICC_IAR1_EL1", 0), Spurious);
  assertEquals(vget("ICC_IAR1_EL1", 1), 40);
});

Deno.test("gicv3 virtual: the last list register of a core is not the next core's first", () => {
  const { gic, get, set } = guest();
  set("ICH_LR0_EL2", list(40, Pending | Group1), 1);
  set("ICH_HCR_EL2", 1, 0);
  assertEquals(gic.outputs(0), 0);
  set("ICH_LR0_EL2", list(40, Eoi), 1);
  assertEquals([get("ICH_EISR_EL2"), get("ICH_ELRSR_EL2")], [0, 0xf]);
  set("ICH_LR0_EL2", list(40, Pending | Group1), 1);
  set("ICH_HCR_EL2", 9, 0);
  assertEquals(get("ICH_MISR_EL2"), 8, "nothing pending");
});

Deno.test("gicv3 virtual: writes on another core than the first take effect at once", () => {
  const { gic, set, vget, vset } = guest();
  set("ICH_HCR_EL2", 1, 1);
  set("ICH_VMCR_EL2", 0xf84c_0203, 1);
  set("ICH_LR0_EL2", list(40, Pending | Group1 | Eoi), 1);
  assertEquals(gic.outputs(1), Virq);
  assertEquals(vget("ICC_IAR1_EL1", 1), 40);
  vset("ICC_EOIR1_EL1", 40, 1);
  assertEquals(gic.outputs(1), 0);
  vset("ICC_DIR_EL1", 40, 1);
  assertEquals(gic.outputs(1), Irq, "maintenance");
  set("ICH_AP1R0_EL2", 1, 1);
  set("ICH_LR0_EL2", list(41, Pending | Group1), 1);
  assertEquals(gic.outputs(1), 0);
  set("ICH_AP1R0_EL2", 0, 1);
  assertEquals(gic.outputs(1), Virq);
  vset("ICC_PMR_EL1", 0, 1);
  assertEquals(gic.outputs(1), 0);
  vset("ICC_PMR_EL1", 0xf8, 1);
  assertEquals(gic.outputs(1), Virq);
  vset("ICC_IGRPEN1_EL1", 0, 1);
  assertEquals(gic.outputs(1), 0);
});

Deno.test("gicv3 virtual: the highest priority of all is not passed over", () => {
  const { vget, setLr } = guest();
  setLr(0, list(40, Pending, 0));
  setLr(1, list(41, Pending, 8));
  assertEquals(vget("ICC_IAR0_EL1"), 40);
});

Deno.test("gicv3 virtual: the end of an interrupt that is only pending is counted", () => {
  const { get, set, vset, lr, setLr } = guest();
  setLr(0, list(77, Pending | Group1));
  set("ICH_AP1R0_EL2", 1);
  vset("ICC_EOIR1_EL1", 77);
  assertEquals(get("ICH_HCR_EL2") >>> 27, 1);
  assertEquals(lr(0), list(77, Pending | Group1));
});
