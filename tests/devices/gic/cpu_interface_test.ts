import { assert, assertEquals } from "@std/assert";
import { Fiq, Irq, rig2, running2, running3, sgiFrame, Spurious } from "./rig.ts";

const IAR = 0x0c;
const EOIR = 0x10;
const RPR = 0x14;
const HPPIR = 0x18;
const DIR = 0x1000;

Deno.test("gicv2: the most urgent comes first, then the lowest INTID", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0x428, 0x40, 0, 1); // INTID 40
  for (const intid of [50, 40, 35]) gic.spi(intid).set(true);
  assertEquals(gicc.read(HPPIR), 40);
  assertEquals(gicc.read(IAR), 40);
  gic.spi(40).set(false);
  gicc.write(EOIR, 40);
  assertEquals(gicc.read(IAR), 35);
});

Deno.test("gicv2: the priority mask holds back what is not more urgent", () => {
  const { gic, gicc } = running2();
  gic.spi(33).set(true);
  gicc.write(0x04, 0xa0);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicc.read(IAR), Spurious);
  assertEquals(gicc.read(HPPIR), 33, "the mask does not matter to HPPIR");
  gicc.write(0x04, 0xa1);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv2: a more urgent group priority preempts, subpriority alone does not", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0x429, 0x98, 0, 1); // INTID 41
  gicd.write(0x42a, 0x80, 0, 1); // INTID 42
  gicc.write(0x08, 4); // group priority in bits 7:5
  gic.spi(33).set(true);
  assertEquals(gicc.read(IAR), 33);
  assertEquals(gicc.read(RPR), 0xa0);
  gic.spi(41).set(true);
  assertEquals(gic.outputs(0), Irq, "0x98 is in group 0x80, above 0xa0");
  assertEquals(gicc.read(IAR), 41);
  assertEquals(gicc.read(RPR), 0x80);
  gic.spi(42).set(true);
  assertEquals(gic.outputs(0), 0, "0x80 is in the same group as 0x98");
  gicc.write(EOIR, 41);
  assertEquals(gicc.read(RPR), 0xa0);
  assertEquals(gicc.read(IAR), 42);
});

Deno.test("gicv2: active priorities show in GICC_APR, one bit for each of 128", () => {
  const { gic, gicc } = running2();
  gic.spi(33).set(true);
  gicc.read(IAR);
  assertEquals([0, 4, 8, 12].map((n) => gicc.read(0xd0 + n)), [0, 0, 1 << 16, 0]);
  gicc.write(0xd8, 0);
  assertEquals(gicc.read(RPR), 0xff);
});

Deno.test("gicv2: with EOImode, EOIR drops the priority and DIR deactivates", () => {
  const { gic, gicd, gicc } = running2();
  gicc.write(0x00, 0x201);
  gic.spi(33).set(true);
  gicc.read(IAR);
  gicc.write(DIR, 35);
  gicc.write(EOIR, 33);
  assertEquals(gicc.read(RPR), 0xff);
  assertEquals(gicd.read(0x304), 2);
  assertEquals(gic.outputs(0), 0);
  gic.spi(36).set(true);
  assertEquals(gicc.read(IAR), 36, "another of the same priority may come now");
  gicc.write(DIR, 33);
  assertEquals(gicd.read(0x304), 1 << 4);
});

Deno.test("gicv2: without EOImode, DIR does nothing", () => {
  const { gic, gicd, gicc } = running2();
  gic.spi(33).set(true);
  gicc.read(IAR);
  gicc.write(DIR, 33);
  assertEquals(gicd.read(0x304), 2);
});

Deno.test("gicv2: ending a special INTID, or when nothing is active, does nothing", () => {
  const { gic, gicd, gicc } = running2();
  gic.spi(33).set(true);
  gicc.read(IAR);
  gicc.write(EOIR, Spurious);
  assertEquals(gicc.read(RPR), 0xa0);
  gicc.write(EOIR, 33);
  gicd.write(0x304, 2);
  gicc.write(EOIR, 33);
  assertEquals(gicd.read(0x304), 2);
});

Deno.test("gicv2: Group 0 is FIQ with FIQEn, Group 1 is IRQ and read through the aliases", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0x000, 3);
  gicd.write(0x084, 2); // INTID 33 in Group 1
  gicc.write(0x00, 0x0b);
  gic.spi(34).set(true);
  assertEquals(gic.outputs(0), Fiq);
  gicc.read(IAR);
  gic.spi(34).set(false);
  gicc.write(EOIR, 34);
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), Irq);
  assertEquals(gicc.read(IAR), 1022);
  assertEquals(gicc.read(HPPIR), 1022);
  assertEquals(gicc.read(0x28), 33, "GICC_AHPPIR");
  assertEquals(gicc.read(0x20), 33, "GICC_AIAR");
  assertEquals(gicc.read(0xe8), 1 << 16, "GICC_NSAPR2");
  gicc.write(0x24, 33);
  assertEquals(gicd.read(0x304), 0);
  gicc.write(0x00, 0x0f); // AckCtl
  assertEquals(gicc.read(IAR), 33);
});

Deno.test("gicv2: GICC_AEOIR does not end a Group 0 interrupt", () => {
  const { gic, gicd, gicc } = running2();
  gic.spi(33).set(true);
  gicc.read(IAR);
  gicc.write(0x24, 33);
  assertEquals(gicd.read(0x304), 2);
});

Deno.test("gicv2: Group 1 has a binary point of its own, unless CBPR", () => {
  const { gicc } = rig2();
  assertEquals([gicc.read(0x08), gicc.read(0x1c)], [0, 1]);
  gicc.write(0x08, 3);
  gicc.write(0x1c, 0);
  assertEquals([gicc.read(0x08), gicc.read(0x1c)], [3, 1]);
});

Deno.test("gicv3: five bits of priority: PMR, priorities, binary points, active priorities", () => {
  const { gicd, gicr, get, set } = running3();
  set("ICC_PMR_EL1", 0xff);
  assertEquals(get("ICC_PMR_EL1"), 0xf8);
  gicd.write(0x420, 0xffff_0f07);
  assertEquals(gicd.read(0x420), 0xf8f8_0800);
  gicr.write(sgiFrame(1) + 0x403, 0x77, 0, 1);
  assertEquals(gicr.read(sgiFrame(1) + 0x400), 0x70a0_a0a0);
  assertEquals([get("ICC_BPR0_EL1"), get("ICC_BPR1_EL1")], [2, 3]);
  set("ICC_BPR0_EL1", 0);
  set("ICC_BPR1_EL1", 0);
  assertEquals([get("ICC_BPR0_EL1"), get("ICC_BPR1_EL1")], [2, 3]);
  set("ICC_BPR1_EL1", 7);
  assertEquals(get("ICC_BPR1_EL1"), 7);
  assertEquals(get("ICC_CTLR_EL1"), 0x8c00);
});

Deno.test("gicv3: CBPR gives Group 1 the binary point of Group 0", () => {
  const { gic, gicd, get, set } = running3();
  gicd.write(0x428, 0x80, 0, 1); // INTID 40
  set("ICC_BPR0_EL1", 6); // group priority in bit 7 alone
  const preempted = () => {
    gic.spi(33).set(true);
    assertEquals(get("ICC_IAR1_EL1"), 33);
    gic.spi(40).set(true);
    const outputs = gic.outputs(0);
    gic.spi(33).set(false);
    gic.spi(40).set(false);
    set("ICC_EOIR1_EL1", 33);
    return outputs === Irq;
  };
  assert(preempted());
  assertEquals(get("ICC_BPR1_EL1"), 3);
  set("ICC_CTLR_EL1", 1);
  assert(!preempted());
  assertEquals(get("ICC_BPR1_EL1"), 7);
  set("ICC_BPR1_EL1", 4);
  assertEquals(get("ICC_BPR1_EL1"), 7, "writes are ignored");
  set("ICC_BPR0_EL1", 3);
  assertEquals(get("ICC_BPR1_EL1"), 4);
});

Deno.test("gicv3: nested interrupts end in reverse order", () => {
  const { gic, gicd, get, set } = running3();
  gicd.write(0x428, 0x40, 0, 1); // INTID 40
  gic.spi(33).set(true);
  assertEquals(get("ICC_IAR1_EL1"), 33);
  gic.spi(40).set(true);
  assertEquals(get("ICC_IAR1_EL1"), 40);
  assertEquals(get("ICC_AP1R0_EL1"), (1 << 20) | (1 << 8));
  assertEquals(get("ICC_RPR_EL1"), 0x40);
  gic.spi(33).set(false);
  gic.spi(40).set(false);
  set("ICC_EOIR1_EL1", 40);
  assertEquals(get("ICC_RPR_EL1"), 0xa0);
  set("ICC_EOIR1_EL1", 33);
  assertEquals(get("ICC_RPR_EL1"), 0xff);
});

Deno.test("gicv3: with EOImode, EOIR1 drops the priority and DIR deactivates", () => {
  const { gic, gicd, get, set } = running3();
  set("ICC_CTLR_EL1", 2);
  assertEquals(get("ICC_CTLR_EL1"), 0x8c02);
  gic.spi(33).set(true);
  get("ICC_IAR1_EL1");
  set("ICC_EOIR1_EL1", 33);
  assertEquals(get("ICC_RPR_EL1"), 0xff);
  assertEquals(gicd.read(0x304), 2);
  assertEquals(gic.outputs(0), 0);
  set("ICC_DIR_EL1", 33);
  assertEquals(gicd.read(0x304), 0);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv3: writing active priorities sets the running priority", () => {
  const { gic, get, set } = running3();
  gic.spi(33).set(true);
  set("ICC_AP0R0_EL1", 1);
  assertEquals(get("ICC_RPR_EL1"), 0);
  assertEquals(gic.outputs(0), 0);
  set("ICC_AP0R0_EL1", 0);
  assertEquals(gic.outputs(0), Irq);
});
