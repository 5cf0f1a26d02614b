import { assertEquals } from "@std/assert";
import { Irq, running2, Spurious, Vfiq, Virq } from "./rig.ts";

const HCR = 0x00;
const VMCR = 0x08;
const MISR = 0x10;
const EISR0 = 0x20;
const ELRSR0 = 0x30;
const APR = 0xf0;
const LR0 = 0x100;
const IAR = 0x0c;
const EOIR = 0x10;
const RPR = 0x14;
const DIR = 0x1000;

/** Group 0 enabled, priority mask open. */
const OpenVmcr = 0xf800_0001;
const Pending = 1 << 28;
const Active = 2 << 28;
const Hardware = 1 << 31;

function list(fields: { id: number; priority?: number; rest?: number }): number {
  return (fields.id | ((fields.priority ?? 0xa0) >> 3 << 23) | (fields.rest ?? 0)) >>> 0;
}

function guest() {
  const made = running2();
  made.gich.write(HCR, 1);
  made.gich.write(VMCR, OpenVmcr);
  return made;
}

Deno.test("gicv2 virtual: a pending list register interrupts the VM until it is ended", () => {
  const { gic, gich, gicv } = guest();
  gich.write(LR0, list({ id: 27, rest: Pending }));
  assertEquals(gic.outputs(0), Virq);
  assertEquals(gich.read(ELRSR0), 0xe);
  assertEquals(gicv.read(IAR), 27);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gich.read(LR0), list({ id: 27, rest: Active }));
  assertEquals(gicv.read(RPR), 0xa0);
  assertEquals(gich.read(APR), 1 << 20);
  gicv.write(EOIR, 27);
  assertEquals(gich.read(LR0), list({ id: 27 }));
  assertEquals(gich.read(ELRSR0), 0xf);
  assertEquals(gich.read(APR), 0);
  assertEquals(gicv.read(IAR), Spurious);
});

Deno.test("gicv2 virtual: pending and active becomes pending again at the end", () => {
  const { gic, gich, gicv } = guest();
  gich.write(LR0, list({ id: 27, rest: Pending }));
  gicv.read(IAR);
  gich.write(LR0, list({ id: 27, rest: Pending | Active }));
  assertEquals(gic.outputs(0), 0);
  gicv.write(EOIR, 27);
  assertEquals(gich.read(LR0), list({ id: 27, rest: Pending }));
  assertEquals(gic.outputs(0), Virq);
});

Deno.test("gicv2 virtual: nothing reaches the VM without En, or beyond its priority mask", () => {
  const { gic, gich, gicv } = guest();
  gich.write(LR0, list({ id: 27, rest: Pending }));
  gich.write(HCR, 0);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gicv.read(IAR), Spurious);
  gich.write(HCR, 1);
  gicv.write(0x04, 0xa0);
  assertEquals(gic.outputs(0), 0);
  assertEquals(gich.read(VMCR), 0xa04c_0001);
});

Deno.test("gicv2 virtual: VMCR and the VM's own registers are the same state", () => {
  const { gich, gicv } = guest();
  gicv.write(0x00, 0x21b);
  gicv.write(0x04, 0x77);
  gicv.write(0x08, 5);
  gicv.write(0x1c, 6);
  assertEquals(gich.read(VMCR), ((0x70 << 24) | (5 << 21) | (6 << 18) | 0x21b) >>> 0);
  gich.write(VMCR, 0xf800_0002);
  assertEquals([0x00, 0x04, 0x08, 0x1c].map((at) => gicv.read(at)), [2, 0xf8, 2, 3]);
});

Deno.test("gicv2 virtual: a tied interrupt deactivates the physical one", () => {
  const { gic, gicd, gicc, gich, gicv } = guest();
  gicc.write(0x00, 0x201);
  gic.ppi(0, 27).set(true);
  assertEquals(gicc.read(IAR), 27);
  gicc.write(EOIR, 27);
  assertEquals(gicd.read(0x300), 1 << 27);
  gich.write(LR0, list({ id: 40, rest: Hardware | Pending | (27 << 10) }));
  assertEquals(gicv.read(IAR), 40);
  gic.ppi(0, 27).set(false);
  gicv.write(EOIR, 40);
  assertEquals(gicd.read(0x300), 0);
  gic.ppi(0, 27).set(true);
  assertEquals(gic.outputs(0), Irq);
});

Deno.test("gicv2 virtual: an SGI carries its source, and must be ended with it", () => {
  const { gich, gicv } = guest();
  gich.write(LR0, list({ id: 5, rest: Pending | (3 << 10) }));
  assertEquals(gicv.read(IAR), 0xc05);
  gicv.write(EOIR, 0x005);
  assertEquals(gich.read(HCR) >>> 27, 1, "no register has SGI 5 of core 0");
  assertEquals(gich.read(LR0) >>> 28, 2);
});

Deno.test("gicv2 virtual: EOI asks for maintenance when an untied interrupt ends", () => {
  const { gic, gicd, gich, gicv } = guest();
  gich.write(LR0 + 4, list({ id: 40, rest: Pending | (1 << 19) }));
  gicv.read(IAR);
  assertEquals(gich.read(EISR0), 0);
  gicv.write(EOIR, 40);
  assertEquals(gich.read(EISR0), 2);
  assertEquals(gich.read(ELRSR0), 0xd);
  assertEquals(gich.read(MISR), 1);
  assertEquals(gicd.read(0x200), 1 << 25, "the maintenance PPI");
  assertEquals(gic.outputs(0), Irq);
  gich.write(LR0 + 4, 0);
  assertEquals(gich.read(MISR), 0);
  assertEquals(gic.outputs(0), 0);
});

Deno.test("gicv2 virtual: maintenance tells of underflow and of nothing pending", () => {
  const { gich } = guest();
  gich.write(HCR, 0b1011);
  assertEquals(gich.read(MISR), 0b1010);
  gich.write(LR0, list({ id: 40, rest: Pending }));
  assertEquals(gich.read(MISR), 0b0010);
  gich.write(LR0 + 4, list({ id: 41, rest: Active }));
  assertEquals(gich.read(MISR), 0);
});

Deno.test("gicv2 virtual: maintenance tells of groups the VM enabled or disabled", () => {
  const { gich, gicv } = guest();
  gich.write(HCR, 0xf1);
  assertEquals(gich.read(MISR), 0x90, "Group 0 enabled, Group 1 disabled");
  gicv.write(0x00, 2);
  assertEquals(gich.read(MISR), 0x60);
});

Deno.test("gicv2 virtual: ends that find no list register are counted", () => {
  const { gic, gich, gicv } = guest();
  gich.write(APR, 1 << 20);
  gich.write(HCR, 0b101);
  gicv.write(EOIR, 99);
  assertEquals(gich.read(HCR), 0x0800_0005);
  assertEquals(gich.read(MISR), 4);
  assertEquals(gic.outputs(0), Irq);
  gicv.write(EOIR, 99);
  assertEquals(gich.read(HCR) >>> 27, 1, "nothing was active any more");
});

Deno.test("gicv2 virtual: with EOImode DIR deactivates, and counts what it cannot find", () => {
  const { gich, gicv } = guest();
  gicv.write(0x00, 0x201);
  gich.write(LR0, list({ id: 40, rest: Pending }));
  gicv.read(IAR);
  gicv.write(EOIR, 40);
  assertEquals(gich.read(LR0) >>> 28, 2);
  assertEquals(gicv.read(RPR), 0xff);
  gicv.write(DIR, 40);
  assertEquals(gich.read(LR0) >>> 28, 0);
  gicv.write(DIR, 41);
  assertEquals(gich.read(HCR) >>> 27, 1);
});

Deno.test("gicv2 virtual: Group 0 is VFIQ with VFIQEn, Group 1 needs its own enable", () => {
  const { gic, gich, gicv } = guest();
  gicv.write(0x00, 0x0b);
  gich.write(LR0, list({ id: 40, rest: Pending }));
  assertEquals(gic.outputs(0), Vfiq);
  gich.write(LR0, list({ id: 40, rest: Pending | (1 << 30) }));
  assertEquals(gic.outputs(0), Virq);
  assertEquals(gicv.read(IAR), 1022);
  assertEquals(gicv.read(0x20), 40);
  gicv.write(0x24, 40);
  assertEquals(gich.read(ELRSR0), 0xf);
});

Deno.test("gicv2 virtual: list registers are each core's own, four of them", () => {
  const { gic, gich } = guest();
  gich.write(LR0, list({ id: 40, rest: Pending }), 1);
  assertEquals(gich.read(LR0, 0), 0);
  assertEquals(gic.outputs(1), 0, "core 1 has not set En");
  assertEquals(gich.read(0x04), 0x9000_0003);
  assertEquals(gich.read(0x110), 0);
});

Deno.test("gicv2 virtual: a list register reads as it was written", () => {
  const { gich } = guest();
  for (const value of [0x9abc_def1, 0x7fff_ffff, 0x1008_1c05, 0x3a05_5555]) {
    gich.write(LR0 + 12, value);
    const reserved = value >>> 31 ? 0x0070_0000 : 0x0077_e000;
    assertEquals(gich.read(LR0 + 12), (value & ~reserved) >>> 0);
  }
});

Deno.test("gicv2 virtual: GICH_APR has the active priorities of both groups", () => {
  const { gich, gicv } = guest();
  gicv.write(0x00, 3);
  gich.write(LR0, list({ id: 40, rest: Pending | (1 << 30) }));
  assertEquals(gicv.read(0x20), 40);
  assertEquals([gich.read(APR), gicv.read(0xd0)], [1 << 20, 1 << 20]);
  gich.write(APR, 0);
  assertEquals(gicv.read(RPR), 0xff);
});

Deno.test("gicv2 virtual: special INTIDs end nothing", () => {
  const { gich, gicv } = guest();
  gich.write(APR, 1 << 20);
  for (let id = 1020; id < 1024; id++) {
    gicv.write(EOIR, id);
    gicv.write(DIR, id);
  }
  assertEquals([gich.read(APR), gich.read(HCR)], [1 << 20, 1]);
});
