import { assertEquals } from "@std/assert";
import { rig3 } from "./rig.ts";

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
