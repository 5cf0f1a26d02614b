import { assert, assertEquals } from "@std/assert";
import { systemRegisterAccess } from "../../../devices/gic/system_registers.ts";
import { Fiq, Irq, rig3, running3, sgiFrame, Spurious } from "./rig.ts";

Deno.test("gicv3: a PPI interrupts its core through the system registers", () => {
  const { gic, gicr, get, set, told } = running3();
  gic.ppi(1, 27).set(true);
  assertEquals(told, ["1:1"]);
  assertEquals(gicr.read(sgiFrame(1) + 0x200), 1 << 27);
  assertEquals(get("ICC_HPPIR1_EL1", 1), 27);
  assertEquals(get("ICC_IAR1_EL1", 1), 27);
  assertEquals(get("ICC_RPR_EL1", 1), 0xa0);
  assertEquals(get("ICC_AP1R0_EL1", 1), 1 << 20);
  assertEquals(gicr.read(sgiFrame(1) + 0x300), 1 << 27);
  assertEquals(gic.outputs(1), 0);
  gic.ppi(1, 27).set(false);
  set("ICC_EOIR1_EL1", 27, 1);
  assertEquals(get("ICC_IAR1_EL1", 1), Spurious);
  assertEquals(get("ICC_RPR_EL1", 1), 0xff);
  assertEquals(gicr.read(sgiFrame(1) + 0x300), 0);
  assertEquals(told, ["1:1", "1:0"]);
});

Deno.test("gicv3: Group 1 is IRQ, Group 0 is FIQ, each with registers of its own", () => {
  const { gic, gicd, get, set } = running3();
  gicd.write(0x084, 0xffff_fffd); // INTID 33 in Group 0
  gic.spi(33).set(true);
  assertEquals(gic.outputs(0), 0, "Group 0 is not enabled at the interface");
  assertEquals(get("ICC_HPPIR0_EL1"), Spurious);
  set("ICC_IGRPEN0_EL1", 1);
  assertEquals(gic.outputs(0), Fiq);
  assertEquals(get("ICC_IAR1_EL1"), Spurious);
  assertEquals(get("ICC_IAR0_EL1"), 33);
  set("ICC_EOIR1_EL1", 33);
  assertEquals(gicd.read(0x304), 2, "EOIR1 does not end a Group 0 interrupt");
  set("ICC_EOIR0_EL1", 33);
  assertEquals(gicd.read(0x304), 0);
  gicd.write(0x000, 2);
  assertEquals(gic.outputs(0), 0, "Group 0 is not enabled at the distributor");
});

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
  gicd.write(0x6140, 2);
  assertEquals(outputs(), [0, 0, Irq, 0]);
});

Deno.test("gicv3: ICC_SGI1R_EL1 names cores by affinity, range and list, or all others", () => {
  const mpidr = (core: number) => [0x000, 0x001, 0x011, 0x100][core] ?? 0;
  const { gic, gicr, set } = running3({ cores: 4, mpidr });
  const sent = (value: bigint) => {
    set("ICC_SGI1R_EL1", value, 1);
    const pending = [0, 1, 2, 3].map((core) => gicr.read(sgiFrame(core) + 0x200));
    for (let core = 0; core < 4; core++) gicr.write(sgiFrame(core) + 0x280, 0xffff_ffff);
    return pending;
  };
  assertEquals(sent(0x0300_0003n), [8, 8, 0, 0]);
  assertEquals(sent(0x1000_0300_0002n), [0, 0, 8, 0], "range selector 1");
  assertEquals(sent(0x0301_0001n), [0, 0, 0, 8], "Aff1 is 1");
  assertEquals(sent(0x0100_0300_0000n), [8, 0, 8, 8], "IRM: all but oneself");
  assertEquals(sent(0x0001_0300_0001n), [0, 0, 0, 0], "Aff2 is 1");
  assertEquals(sent(0x0001_0000_0300_0001n), [0, 0, 0, 0], "Aff3 is 1");
  assertEquals([0, 1, 2, 3].map((core) => gic.outputs(core)), [0, 0, 0, 0]);
});

Deno.test("gicv3: an SGI reaches only targets that have it in the register's group", () => {
  const { gicr, set } = running3();
  gicr.write(sgiFrame(1) + 0x080, 0xffff_fff7); // SGI 3 of core 1 in Group 0
  const pending = () => [0, 1].map((core) => gicr.read(sgiFrame(core) + 0x200));
  set("ICC_SGI1R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 0]);
  set("ICC_SGI0R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 8]);
  gicr.write(sgiFrame(1) + 0x280, 8);
  set("ICC_ASGI1R_EL1", 0x0300_0003n);
  assertEquals(pending(), [8, 8]);
});

Deno.test("gicv3: SGIs are one latch each, enabled and pended like any interrupt", () => {
  const { gic, gicr, get, set } = running3();
  set("ICC_SGI1R_EL1", 0x0500_0001n, 0);
  set("ICC_SGI1R_EL1", 0x0500_0001n, 1);
  assertEquals(get("ICC_IAR1_EL1"), 5);
  set("ICC_EOIR1_EL1", 5);
  assertEquals(get("ICC_IAR1_EL1"), Spurious);
  gicr.write(sgiFrame(0) + 0x200, 1 << 5);
  assertEquals(gic.outputs(0), Irq);
  gicr.write(sgiFrame(0) + 0x180, 1 << 5);
  assertEquals(gic.outputs(0), 0);
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

Deno.test("gicv3: SPIs are configured in the distributor, private ones in the redistributor", () => {
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

Deno.test("gicv3: each redistributor says which core it is of, and which is the last", () => {
  const { gicr } = rig3({ cores: 3, mpidr: (core) => 0x8000_0000 + 0x100 * core });
  assertEquals([0, 1, 2].map((n) => gicr.read(n * 0x2_0000 + 8)), [0x000, 0x100, 0x210]);
  assertEquals([0, 1, 2].map((n) => gicr.read(n * 0x2_0000 + 12)), [0x000, 0x100, 0x200]);
  assertEquals(gicr.read(0x2_ffe8), 0x3b, "GICR_PIDR2");
  for (const at of [0x00, 0x70, 0x74, 0x78, 0x7c]) {
    gicr.write(at, 0xffff_ffff);
    assertEquals(gicr.read(at), 0, "no LPIs");
  }
});

Deno.test("gicv3: GICR_WAKER's children follow the processor", () => {
  const { gicr } = rig3();
  assertEquals(gicr.read(0x14), 6);
  gicr.write(0x14, 0);
  assertEquals([gicr.read(0x14), gicr.read(0x2_0014)], [0, 6]);
  gicr.write(0x14, 2);
  assertEquals(gicr.read(0x14), 6);
});

Deno.test("gicv3: system registers are always enabled, and others do not exist", () => {
  const { gic, get, set } = rig3();
  assertEquals([get("ICC_SRE_EL1"), get("ICC_SRE_EL2")], [7, 0xf]);
  assert(set("ICC_SRE_EL1", 0));
  assertEquals(get("ICC_SRE_EL1"), 7);
  assertEquals(gic.readSystem(0, "ICC_AP1R1_EL1", false), undefined);
  assertEquals(gic.readSystem(0, "ICH_LR4_EL2", false), undefined);
  assertEquals(gic.readSystem(0, "ICC_EOIR1_EL1", false), undefined, "write-only");
  assert(!set("ICC_IAR1_EL1", 0), "read-only");
  assert(!set("ICC_IGRPEN1_EL3", 0));
});

Deno.test("gicv3: access rules say what EL2 can make of an access", () => {
  assertEquals(systemRegisterAccess("ICC_IAR1_EL1")?.virtual, "IMO");
  assertEquals(systemRegisterAccess("ICC_IAR0_EL1")?.virtual, "FMO");
  assertEquals(systemRegisterAccess("ICC_PMR_EL1")?.virtual, "IMO or FMO");
  assertEquals(systemRegisterAccess("ICC_IGRPEN1_EL1")?.trap, 1 << 12);
  assertEquals(systemRegisterAccess("ICC_BPR0_EL1")?.trap, 1 << 11);
  assertEquals(systemRegisterAccess("ICC_DIR_EL1")?.trap, (1 << 10) | (1 << 14));
  assertEquals(systemRegisterAccess("ICC_SGI1R_EL1")?.trapsWithInterrupts, true);
  assertEquals(systemRegisterAccess("ICC_SRE_EL1")?.virtual, undefined);
  assertEquals(systemRegisterAccess("TTBR0_EL1"), undefined);
});

Deno.test("gicv3: everything survives a snapshot", () => {
  const a = running3({ cores: 4 });
  a.gicd.write(0x6140, 3);
  a.gicr.write(0x14, 2);
  a.gic.spi(40).set(true);
  a.gic.ppi(0, 27).set(true);
  a.get("ICC_IAR1_EL1");
  a.set("ICH_LR3_EL2", 0x5000_0000_0000_0022n, 2);
  const saved = a.gic.snapshot();
  const b = rig3({ cores: 4 });
  b.gic.restore(structuredClone(saved));
  assertEquals(b.gic.snapshot(), saved);
  assertEquals(b.told, ["0:0", "1:0", "2:0", "3:1"]);
  assertEquals(b.get("ICC_IAR1_EL1", 3), 40);
  assertEquals(b.get("ICC_RPR_EL1", 0), 0xa0);
  b.gic.reset();
  b.gic.spi(40).set(false);
  b.gic.ppi(0, 27).set(false);
  assertEquals(b.gic.snapshot(), rig3({ cores: 4 }).gic.snapshot());
});

Deno.test("gicv3: an SGI finds its core by all four affinity levels", () => {
  const mpidr = (core: number) => [0, 0x0302_0100 % 2 ** 24 + 3 * 2 ** 32][core] ?? 0;
  const { gicr, set } = running3({ mpidr });
  set("ICC_SGI1R_EL1", 0x0003_0002_0301_0001n);
  assertEquals(gicr.read(sgiFrame(1) + 0x200), 8);
  assertEquals(gicr.read(0x2_000c), 0x0302_0100);
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
