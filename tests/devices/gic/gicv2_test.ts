import { assert, assertEquals, assertThrows } from "@std/assert";
import { gicv2 } from "../../../devices/gic/gicv2.ts";
import { Fiq, Irq, rig2, running2, Spurious } from "./rig.ts";

const IAR = 0x0c;
const EOIR = 0x10;
const RPR = 0x14;
const HPPIR = 0x18;
const DIR = 0x1000;

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

Deno.test("gicv2: an SPI goes to the cores of GICD_ITARGETSR, and the first to read takes it", () => {
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

Deno.test("gicv2: everything survives a snapshot, and restoring tells every output", () => {
  const a = running2();
  a.gic.spi(33).set(true);
  a.gic.spi(34).set(true);
  a.gicc.read(IAR);
  a.gicd.write(0xf00, 0x0002_0003);
  a.gich.write(0x100, 0x1234_5678, 1);
  const saved = a.gic.snapshot();
  const b = rig2();
  b.gic.restore(structuredClone(saved));
  assertEquals(b.gic.snapshot(), saved);
  assertEquals(b.told, ["0:0", "1:1"]);
  assertEquals(b.gicc.read(IAR, 1), 3);
  b.gicc.write(EOIR, 33);
  assertEquals(b.gicc.read(IAR), 33);
});

Deno.test("gicv2: the distributor's device carries the state of all", () => {
  const { gic, gicc } = running2();
  const [distributor, ...others] = gic.frames.map((frame) => frame.device);
  const saved = distributor?.snapshot() ?? {};
  assertEquals(saved, gic.snapshot());
  for (const other of others) assertEquals(other.snapshot(), {});
  gicc.write(0x04, 0x10);
  distributor?.restore(saved);
  assertEquals(gicc.read(0x04), 0xf0);
});

Deno.test("gicv2: a snapshot of another shape is refused", () => {
  const { gic } = rig2();
  assertThrows(() => gic.restore({}), TypeError, "gicv2.interrupts");
  const smaller = rig2({ spis: 64 }).gic.snapshot();
  assertThrows(() => gic.restore(smaller), TypeError, "gicv2.interrupts.enabled");
});

Deno.test("gicv2: reset is power-on, but lines that are high stay so", () => {
  const { gic, gicd, gicc } = running2();
  gic.spi(33).set(true);
  gicc.read(IAR);
  gic.reset();
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicd.read(0x204), 2);
  gic.spi(33).set(false);
  assertEquals(gic.snapshot(), rig2().gic.snapshot());
});

Deno.test("gicv2: it refuses impossible sizes and lines", () => {
  const wires = { lines: () => {}, log: () => {} };
  const make = (cores: number, spis: number) =>
    gicv2({ cores, spis, mpidr: (core) => core }, wires);
  assertThrows(() => make(9, 32), RangeError, "cores must be 1 to 8, got 9");
  assertThrows(() => make(1, 33), RangeError, "spis must be a multiple of 32");
  const gic = make(1, 32);
  assertThrows(() => gic.spi(64), RangeError, "INTID must be 32 to 63, got 64");
  assertThrows(() => gic.ppi(1, 16), RangeError, "core must be below 1, got 1");
  assertThrows(() => gic.ppi(0, 32), RangeError, "INTID must be 16 to 31, got 32");
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

Deno.test("gicv2: the distributor forwards only the groups it has enabled", () => {
  const { gic, gicd, gicc } = running2();
  gicc.write(0x00, 3);
  gicd.write(0x084, 2);
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), 0);
  gicd.write(0x000, 2);
  assertEquals(gic.outputs(0), Irq);
  gic.spi(33).set(false);
  gic.spi(34).set(true);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv2: the identification registers are Arm's", () => {
  const { gicd } = rig2();
  const words = Array.from({ length: 12 }, (_, i) => gicd.read(0xfd0 + i * 4));
  assertEquals(words, [4, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 0x05, 0xb1]);
});
