import { assertEquals, assertThrows } from "@std/assert";
import { Stage2 } from "../../../core/hypervisor/stage2.ts";
import { createMemory, Ram } from "../../../core/machine/memory.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const Base = 0x4000_0000;
const Rwx = { read: true, write: true, execute: true, device: false };

function tables() {
  const ram = new Ram(createMemory(8 * MiB), [{ base: Base, size: 8 * MiB }]);
  let next = Base;
  let used = 0;
  const stage2 = new Stage2(ram, {
    pages: (count) => {
      const at = next;
      next += count * 4096;
      used += count;
      return at;
    },
    release: (_base, count) => void (used -= count),
  });
  const entry = (table: number, index: number) =>
    ram.view.getBigUint64(ram.hostOffset(table + index * 8), true);
  return { stage2, entry, used: () => used };
}

const address = (descriptor: bigint) => Number(descriptor & 0xffff_ffff_f000n);

Deno.test("stage 2: aligned memory is mapped by blocks of 1 GiB and 2 MiB", () => {
  const { stage2, entry, used } = tables();
  stage2.map(GiB, 2 * GiB, GiB + 4 * MiB, Rwx);
  assertEquals(entry(stage2.root, 1) & 3n, 1n);
  assertEquals(address(entry(stage2.root, 1)), 2 * GiB);
  const second = entry(stage2.root, 2);
  assertEquals(second & 3n, 3n);
  assertEquals(address(entry(address(second), 1)), 3 * GiB + 2 * MiB);
  assertEquals(entry(address(second), 2), 0n);
  assertEquals(used(), 3);
});

Deno.test("stage 2: what is not aligned alike is mapped by pages", () => {
  const { stage2, entry } = tables();
  stage2.map(0x900_0000, 0x904_0000, 4096, { ...Rwx, execute: false, device: true });
  const second = address(entry(stage2.root, 0));
  const third = address(entry(second, 72));
  const page = entry(third, 0);
  assertEquals(address(page), 0x904_0000);
  assertEquals(page & 3n, 3n);
  assertEquals((page >> 2n) & 15n, 1n); // Device-nGnRE
  assertEquals(page >> 54n & 1n, 1n);
  assertEquals(stage2.translate(0x900_0123), 0x904_0123);
  assertEquals(stage2.translate(0x901_0000), undefined);
});

Deno.test("stage 2: permissions are those of the region", () => {
  const { stage2, entry } = tables();
  stage2.map(0, 0x4000_0000, 2 * MiB, { ...Rwx, write: false });
  const block = entry(address(entry(stage2.root, 0)), 0);
  assertEquals((block >> 6n) & 3n, 1n);
  assertEquals(block >> 54n & 1n, 0n);
});

Deno.test("stage 2: addresses above 512 GiB use the second of the concatenated tables", () => {
  const { stage2, entry } = tables();
  stage2.map(512 * GiB, 0, GiB, Rwx);
  assertEquals(entry(stage2.root, 512) & 3n, 1n);
});

Deno.test("stage 2: an address is mapped once", () => {
  const { stage2 } = tables();
  stage2.map(0, 0x4000_0000, 4 * MiB, Rwx);
  assertThrows(() => stage2.map(2 * MiB, 0, 4096, Rwx), RangeError, "0x0020_0000");
});

Deno.test("stage 2: all tables are given back", () => {
  const { stage2, used } = tables();
  stage2.map(0, 0x4000_0000, 4096, Rwx);
  stage2.map(4 * GiB, 0x4000_0000, 4096, Rwx);
  assertEquals(used(), 2 + 2 + 2);
  stage2.release();
  assertEquals([used(), stage2.translate(0)], [0, undefined]);
});
