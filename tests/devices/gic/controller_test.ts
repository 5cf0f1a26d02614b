import { assertEquals, assertThrows } from "@std/assert";
import { gicv2 } from "../../../devices/gic/gicv2.ts";
import { rig2, rig3, running2, running3 } from "./rig.ts";

const IAR = 0x0c;
const EOIR = 0x10;

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
