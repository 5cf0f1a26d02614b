import { assertEquals } from "@std/assert";
import { running3, sgiFrame } from "./rig.ts";

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

Deno.test("gicv3: an SGI finds its core by all four affinity levels", () => {
  const mpidr = (core: number) => [0, 0x0302_0100 % 2 ** 24 + 3 * 2 ** 32][core] ?? 0;
  const { gicr, set } = running3({ mpidr });
  set("ICC_SGI1R_EL1", 0x0003_0002_0301_0001n);
  assertEquals(gicr.read(sgiFrame(1) + 0x200), 8);
  assertEquals(gicr.read(0x2_000c), 0x0302_0100);
});
