import { assertEquals } from "@std/assert";
import { Irq, rig3, running3, sgiFrame } from "./rig.ts";

Deno.test("gicv3: GICD_IROUTER sends an SPI to the core with that affinity", () => {
  const mpidr = (core: number) => 2 ** 31 + 2 ** 32 * (core >> 1) + 0x100 * (core & 1);
  const { gic, gicd } = running3({ cores: 4, mpidr });
  gic.spi(40).set(true);
  const outputs = () => [0, 1, 2, 3].map((core) => gic.outputs(core));
  assertEquals(outputs(), [Irq, 0, 0, 0]);
  gicd.write(0x6140, 0x0000_0100);
  assertEquals(outputs(), [0, Irq, 0, 0]);
  gicd.write(0x6144, 1);
  assertEquals(outputs(), [0, 0, 0, Irq]);
  gicd.write(0x6140, 0);
  assertEquals(outputs(), [0, 0, Irq, 0]);
  gicd.write(0x6140, 0x0000_0001);
  assertEquals(outputs(), [0, 0, 0, 0], "no core has that affinity");
  assertEquals([gicd.read(0x6140), gicd.read(0x6144)], [1, 1]);
});

Deno.test("gicv3: a 1-of-N SPI goes to one core that takes interrupts", () => {
  const { gic, gicd, set } = running3({ cores: 4 });
  gicd.write(0x6140, 0x8000_0000);
  gic.spi(40).set(true);
  const outputs = () => [0, 1, 2, 3].map((core) => gic.outputs(core));
  assertEquals(outputs(), [Irq, 0, 0, 0]);
  set("ICC_IGRPEN1_EL1", 0, 0);
  assertEquals(outputs(), [0, Irq, 0, 0]);
  for (let core = 1; core < 4; core++) set("ICC_IGRPEN1_EL1", 0, core);
  assertEquals(outputs(), [0, 0, 0, 0]);
  set("ICC_IGRPEN1_EL1", 1, 3);
  assertEquals(outputs(), [0, 0, 0, Irq]);
  gicd.write(0x6140, 3);
  set("ICC_IGRPEN1_EL1", 1, 2);
  assertEquals(outputs(), [0, 0, 0, Irq]);
});

Deno.test("gicv3: the distributor reads as one Security state with affinity routing", () => {
  const { gicd, log } = rig3();
  assertEquals(gicd.read(0x000), 0x50);
  gicd.write(0x000, 0xffff_ffff);
  assertEquals(gicd.read(0x000), 0x53);
  assertEquals(gicd.read(0x004), 0x0148_0008, "288 INTIDs, ten bits, A3V");
  assertEquals(gicd.read(0x008), 0x43b);
  assertEquals(gicd.read(0xffe8), 0x3b, "GICD_PIDR2");
  for (const at of [0x00c, 0x010, 0x080, 0x100, 0x200, 0x300, 0x400, 0x800, 0xc00, 0xd00, 0xe00]) {
    gicd.write(at, 0xffff_ffff);
    assertEquals(gicd.read(at), 0, `offset ${at.toString(16)}`);
  }
  assertEquals(log, []);
});

Deno.test("gicv3: SPIs are configured in the distributor, others in the redistributor", () => {
  const { gicd, gicr } = rig3();
  assertEquals(gicr.read(sgiFrame(0) + 0xc00), 0xaaaa_aaaa);
  gicr.write(sgiFrame(0) + 0xc00, 0);
  gicr.write(sgiFrame(0) + 0xc04, 0xffff_ffff);
  assertEquals(gicr.read(sgiFrame(0) + 0xc00), 0xaaaa_aaaa);
  assertEquals(gicr.read(sgiFrame(0) + 0xc04), 0xaaaa_aaaa);
  assertEquals(gicr.read(sgiFrame(1) + 0xc04), 0);
  gicd.write(0xc08, 0x0000_0020);
  assertEquals(gicd.read(0xc08), 0x20);
  gicd.write(0x084, 0xf0f0_f0f0);
  gicd.write(0x085, 0xff, 0, 1);
  assertEquals(gicd.read(0x084), 0xf0f0_fff0);
});

Deno.test("gicv3: reserved bits of GICD_IROUTER stay zero", () => {
  const { gicd } = rig3();
  gicd.write(0x6100, 0xffff_ffff);
  gicd.write(0x6104, 0xffff_ffff);
  assertEquals([gicd.read(0x6100), gicd.read(0x6104)], [0x80ff_ffff, 0xff]);
  gicd.write(0x6900, 0xffff_ffff);
  assertEquals(gicd.read(0x6900), 0, "INTID 288 is not there");
});

Deno.test("gicv3: what drivers write in vain is not remarked on", () => {
  const { gicd, gicr, log } = rig3();
  for (const at of [0x10, 0x40, 0x48, 0x50, 0x58, 0xd7c, 0xefc, 0xf00, 0xf1c, 0xf2c]) {
    gicd.write(at, 1);
    assertEquals(gicd.read(at), 0);
  }
  const control = [0x00, 0x10, 0x40, 0x44, 0x48, 0x4c, 0x70, 0x74, 0x78, 0x7c, 0xa0, 0xb0, 0xc0];
  for (const at of [...control, 0x1_0d00, 0x1_0e00]) {
    gicr.write(0x2_0000 + at, 1);
    assertEquals(gicr.read(0x2_0000 + at), 0);
  }
  assertEquals(log, []);
});

Deno.test("gicv3: the identification registers are Arm's", () => {
  const { gicd, gicr } = rig3();
  const words = (read: (at: number) => number) =>
    Array.from({ length: 12 }, (_, i) => read(0xffd0 + i * 4));
  const rest = [0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1];
  assertEquals(words(gicd.read), [0x44, 0, 0, 0, 0x92, ...rest]);
  assertEquals(words(gicr.read), [0x44, 0, 0, 0, 0x93, ...rest]);
  assertEquals(gicr.read(0x2_0004), 0x43b);
});
