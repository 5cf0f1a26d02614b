import { assertEquals, assertThrows } from "@std/assert";
import { createMemory, Ram } from "../../../core/machine/memory.ts";
import { MemoryMap } from "../../../core/memory_map.ts";
import { machineRig, Start } from "./rig.ts";

const GiB = 2 ** 30;

Deno.test("memory: banks lie one after another", () => {
  const ram = new Ram(createMemory(0x3000), [
    { base: 0x1000, size: 0x1000 },
    { base: 0x8_0000_0000, size: 0x2000 },
  ]);
  assertEquals(ram.size, 0x3000);
  assertEquals([0xfff, 0x1000, 0x1fff, 0x2000].map((pa) => ram.hostOffset(pa)), [
    -1,
    MemoryMap.ram,
    MemoryMap.ram + 0xfff,
    -1,
  ]);
  assertEquals(ram.hostOffset(0x8_0000_1fff), MemoryMap.ram + 0x2fff);
  assertEquals(ram.slice(0x8_0000_0000, 0x2000).length, 0x2000);
  assertThrows(() => ram.slice(0x1000, 0x1001), RangeError, "must lie in one bank");
  assertThrows(() => ram.slice(0x3000, 1), RangeError, "must lie in one bank");
});

Deno.test("machine: code and data work in all of 8 GiB", () => {
  for (const offset of [GiB, 2 * GiB, 4 * GiB - 0x1000, 8 * GiB - 0x2000]) {
    const rig = machineRig([0xd61f_0020], { memoryBytes: 8 * GiB }); // br x1
    const code = Start + offset;
    const again = 64;
    rig.load(code, [
      0xf900_0442, // again: str x2, [x2, #8]
      0xf940_0443, //        ldr x3, [x2, #8]
      0xb900_1424, //        str w4, [x1, #20]  (over the nop)
      0x9100_0400, //        add x0, x0, #1
      0xf100_04a5, //        subs x5, x5, #1
      0xd503_201f, //        nop
      0x54ff_ff41, //        b.ne again
      0x1400_0000, //        b .
    ]);
    const { x } = rig.core.state;
    [x[1], x[2], x[4], x[5]] = [
      BigInt(code),
      BigInt(code + 0x1000),
      0x9100_40c6n, // add x6, x6, #16
      BigInt(again),
    ];
    rig.run(again * 7 + 10);
    const after = rig.core.state.x;
    assertEquals([after[0], after[3], after[6]], [
      BigInt(again),
      BigInt(code + 0x1000),
      BigInt(again * 16),
    ]);
    assertEquals(
      rig.ram.view.getUint32(rig.ram.hostOffset(code + 0x1008), true),
      code % 2 ** 32 + 0x1000,
    );
  }
});
