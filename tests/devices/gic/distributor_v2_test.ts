import { assertEquals } from "@std/assert";
import { Irq, rig2, running2, Spurious } from "./rig.ts";

const IAR = 0x0c;
const EOIR = 0x10;
const HPPIR = 0x18;

Deno.test("gicv2: an SPI goes to the cores of GICD_ITARGETSR, and the first reader takes it", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0x821, 0x03, 0, 1);
  assertEquals(gicd.read(0x820), 0x0101_0301);
  gic.spi(33).set(true);
  assertEquals([gic.outputs(0), gic.outputs(1)], [Irq, Irq]);
  assertEquals(gicc.read(IAR, 1), 33);
  assertEquals([gic.outputs(0), gic.outputs(1)], [0, 0]);
  assertEquals(gicc.read(IAR, 0), Spurious);
});

Deno.test("gicv2: private interrupts' targets read as the core that asks", () => {
  const { gicd } = rig2();
  assertEquals(gicd.read(0x800, 0), 0x0101_0101);
  assertEquals(gicd.read(0x81c, 1), 0x0202_0202);
});

Deno.test("gicv2: with one core targets read as zero, and it gets every SPI", () => {
  const { gic, gicd, gicc } = rig2({ cores: 1 });
  assertEquals(gicd.read(0x800), 0);
  gicd.write(0x820, 0);
  gicd.write(0x000, 1);
  gicd.write(0x104, 2);
  gicc.write(0x00, 1);
  gicc.write(0x04, 0xff);
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), Irq);
  assertEquals(gicd.read(0x004), 8);
});

Deno.test("gicv2: PPIs are each core's own", () => {
  const { gic, gicd, gicc } = running2();
  gic.ppi(1, 30).set(true);
  assertEquals([gic.outputs(0), gic.outputs(1)], [0, Irq]);
  assertEquals(gicd.read(0x200, 0), 0);
  assertEquals(gicd.read(0x200, 1), 1 << 30);
  gicd.write(0x180, 1 << 30, 0);
  assertEquals(gic.outputs(1), Irq, "disabled for core 0 only");
  assertEquals(gicc.read(IAR, 1), 30);
});

Deno.test("gicv2: an SGI pends once for each source, and IAR names the source", () => {
  const { gic, gicd, gicc } = running2({ cores: 4 });
  gicd.write(0xf00, 0x0004_0005, 0);
  gicd.write(0xf00, 0x0004_0005, 3);
  gicd.write(0xf00, 0x0004_0005, 3);
  assertEquals(gicd.read(0xf24, 2), 0x0000_0900, "GICD_SPENDSGIR1: sources 0 and 3");
  assertEquals(gicc.read(IAR, 2), 0x005);
  assertEquals(gic.outputs(2), 0, "the other source waits while the SGI is active");
  assertEquals(gicd.read(0x200, 2), 1 << 5);
  gicc.write(EOIR, 0x005, 2);
  assertEquals(gicc.read(HPPIR, 2), 0xc05);
  assertEquals(gicc.read(IAR, 2), 0xc05);
  gicc.write(EOIR, 0xc05, 2);
  assertEquals(gicc.read(IAR, 2), Spurious);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv2: GICD_SGIR sends to a list, to all others, or to oneself", () => {
  const { gic, gicd } = running2({ cores: 4 });
  const outputs = () => [0, 1, 2, 3].map((core) => gic.outputs(core));
  const clear = () => {
    for (let core = 0; core < 4; core++) gicd.write(0xf10, 0xffff_ffff, core);
  };
  gicd.write(0xf00, 0x000a_0001, 0);
  assertEquals(outputs(), [0, Irq, 0, Irq]);
  clear();
  assertEquals(outputs(), [0, 0, 0, 0]);
  gicd.write(0xf00, 0x0100_0001, 2);
  assertEquals(outputs(), [Irq, Irq, 0, Irq]);
  clear();
  gicd.write(0xf00, 0x0200_0001, 2);
  assertEquals(outputs(), [0, 0, Irq, 0]);
  clear();
  gicd.write(0xf00, 0x03ff_0001, 2);
  assertEquals(outputs(), [0, 0, 0, 0], "filter 3 is reserved");
});

Deno.test("gicv2: SPENDSGIR and CPENDSGIR take bytes of sources", () => {
  const { gic, gicd, gicc } = running2();
  gicd.write(0xf27, 0x02, 0, 1);
  assertEquals(gicd.read(0xf24, 0), 0x0200_0000);
  assertEquals(gicd.read(0xf14, 0), 0x0200_0000);
  assertEquals(gic.outputs(0), Irq);
  gicd.write(0xf17, 0x01, 0, 1);
  assertEquals(gic.outputs(0), Irq, "another source's bit changes nothing");
  assertEquals(gicc.read(HPPIR), 0x407);
  gicd.write(0xf17, 0x02, 0, 1);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv2: SGIs are always enabled and edge-triggered, and pend by SGIR alone", () => {
  const { gicd } = rig2();
  gicd.write(0x180, 0xffff_ffff);
  assertEquals(gicd.read(0x100), 0x0000_ffff);
  gicd.write(0xc00, 0);
  assertEquals(gicd.read(0xc00), 0xaaaa_aaaa);
  gicd.write(0x200, 0xffff);
  assertEquals(gicd.read(0x200), 0);
});

Deno.test("gicv2: priorities are bytes of eight bits", () => {
  const { gicd } = rig2();
  gicd.write(0x420, 0x1234_5678);
  gicd.write(0x422, 0xff, 0, 1);
  assertEquals(gicd.read(0x420), 0x12ff_5678);
  assertEquals(gicd.read(0x422, 0, 2), 0x12ff);
  gicd.write(0x51c, 0xffff_ffff);
  gicd.write(0x520, 0xffff_ffff);
  assertEquals([gicd.read(0x51c), gicd.read(0x520)], [0xffff_ffff, 0], "INTID 288 is not there");
});

Deno.test("gicv2: it identifies itself as QEMU's does", () => {
  const { gicd, gicc } = rig2({ cores: 4 });
  assertEquals(gicd.read(0x004), 0x68, "GICD_TYPER: 288 interrupts, 4 cores");
  assertEquals(gicd.read(0x008), 0x43b);
  assertEquals(gicd.read(0xfe8), 0x2b, "GICD_PIDR2");
  assertEquals(gicc.read(0xfc), 0x0202_143b);
  gicd.write(0x004, 0xffff_ffff);
  assertEquals(gicd.read(0x004), 0x68);
});

Deno.test("gicv2: the first SPI and the first PPI are what they are", () => {
  const { gic, gicd } = running2();
  gicd.write(0x180, 1 << 16);
  assertEquals(gicd.read(0x100), 0xfffe_ffff);
  gicd.write(0x200, 1 << 16);
  assertEquals(gicd.read(0x200), 1 << 16);
  gic.spi(32).set(true);
  assertEquals(gicd.read(0x204), 1);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv2: the identification registers are Arm's", () => {
  const { gicd } = rig2();
  const words = Array.from({ length: 12 }, (_, i) => gicd.read(0xfd0 + i * 4));
  assertEquals(words, [4, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1]);
});
