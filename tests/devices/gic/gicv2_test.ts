import { assert, assertEquals } from "@std/assert";
import { Irq, rig2, running2, Spurious } from "./rig.ts";

const IAR = 0x0c;
const EOIR = 0x10;

Deno.test("gicv2: a level-sensitive SPI interrupts until its line falls and it is ended", () => {
  const { gic, gicd, gicc, told } = running2();
  const line = gic.spi(33);
  line.set(true);
  assertEquals(gic.outputs(0), Irq);
  assertEquals(gic.outputs(1), 0);
  assertEquals(told, ["0:1"]);
  assertEquals(gicd.read(0x204), 2, "GICD_ISPENDR1");
  assertEquals(gicc.read(IAR), 33);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicd.read(0x204), 2, "still pending while the line is high");
  assertEquals(gicd.read(0x304), 2, "GICD_ISACTIVER1");
  gicc.write(EOIR, 33);
  assertEquals(gic.outputs(0), Irq, "again, for the line is still high");
  assertEquals(gicc.read(IAR), 33);
  line.set(false);
  gicc.write(EOIR, 33);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicd.read(0x304), 0);
  assertEquals(gicc.read(IAR), Spurious);
});

Deno.test("gicv2: an edge-triggered SPI is remembered once, also while it is active", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0xc08, 0x0000_0008); // INTID 33 edge
  const line = gic.spi(33);
  line.set(true);
  line.set(false);
  assertEquals(gicc.read(IAR), 33);
  assertEquals(gicd.read(0x204), 0);
  line.set(true);
  line.set(false);
  line.set(true);
  assertEquals(gicd.read(0x204), 2, "active and pending");
  assertEquals(gic.outputs(0), 0);
  gicc.write(EOIR, 33);
  assertEquals(gicc.read(IAR), 33);
  gicc.write(EOIR, 33);
  assertEquals(gicc.read(IAR), Spurious);
});

Deno.test("gicv2: software makes an SPI pending and takes it back", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0x204, 4);
  assertEquals(gicd.read(0x284), 4, "GICD_ICPENDR1 reads the same");
  assertEquals(gic.outputs(0), Irq);
  gicd.write(0x284, 4);
  assertEquals(gic.outputs(0), 0);
  gicd.write(0x204, 4);
  assertEquals(gicc.read(IAR), 34);
  assertEquals(gicd.read(0x204), 0, "activation consumes the latch of a level-sensitive one too");
});

Deno.test("gicv2: clearing the latch does not clear a high line", () => {
  const { gic, gicd } = running2();
  gic.spi(34).set(true);
  gicd.write(0x284, 4);
  assertEquals(gicd.read(0x204), 4);
});

Deno.test("gicv2: the active bit can be written, and an active interrupt is not signalled", () => {
  const { gic, gicd } = running2();
  gic.spi(40).set(true);
  gicd.write(0x304, 1 << 8);
  assertEquals(gic.outputs(0), 0);
  gicd.write(0x384, 1 << 8);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv2: disabling the interrupt, the distributor or the interface hides it", () => {
  const { gic, gicd, gicc } = running2();
  gic.spi(33).set(true);
  gicd.write(0x184, 2);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicd.read(0x104), 0xffff_fffd);
  gicd.write(0x104, 2);
  assertEquals(gic.outputs(0), Irq);
  gicd.write(0x000, 0);
  assertEquals(gic.outputs(0), 0);
  gicd.write(0x000, 1);
  gicc.write(0x00, 0);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicc.read(IAR), Spurious);
  gicc.write(0x00, 1);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv2: reserved registers read zero and are told once each", () => {
  const { gicd, log } = rig2();
  assertEquals(gicd.read(0x00c), 0);
  assertEquals(gicd.read(0x00c), 0);
  assertEquals(log, ["gicv2-gicd: read32 at 0x0000_000c: no register there"]);
});

Deno.test("gicv2: it has no system registers", () => {
  const { gic } = rig2();
  assertEquals(gic.readSystem(0, "ICC_IAR1_EL1", false), undefined);
  assert(!gic.writeSystem(0, "ICC_PMR_EL1", 0n, false));
});

Deno.test("gicv2: the distributor forwards only the groups it has enabled", () => {
  const { gic, gicd, gicc } = running2();
  gicc.write(0x00, 3);
  gicd.write(0x084, 2);
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), 0);
  gicd.write(0x000, 2);
  assertEquals(gic.outputs(0), Irq);
  gic.spi(33).set(false);
  gic.spi(32).set(true);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv2: an edge-triggered PPI is consumed by its acknowledgement", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0xc04, 0x0000_0200, 1); // INTID 20 of core 1
  gic.ppi(1, 20).set(true);
  gic.ppi(1, 20).set(false);
  assertEquals(gicc.read(IAR, 1), 20);
  gicc.write(EOIR, 20, 1);
  assertEquals(gicc.read(IAR, 1), Spurious);
});
