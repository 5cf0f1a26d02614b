import { assertEquals, assertThrows } from "@std/assert";
import { MemoryPool } from "../../../core/hypervisor/memory_pool.ts";

const MiB = 2 ** 20;

function pool(): MemoryPool {
  return new MemoryPool([{ base: 0x4000_0000, bytes: 64 * MiB }]);
}

Deno.test("memory pool: takes the highest range that is aligned", () => {
  const memory = pool();
  assertEquals(memory.takeHighest(4096, 4096), { base: 0x43ff_f000, bytes: 4096 });
  assertEquals(memory.takeHighest(2 * MiB, 2 * MiB), { base: 0x43c0_0000, bytes: 2 * MiB });
  assertEquals(memory.freeBytes, 62 * MiB - 4096);
});

Deno.test("memory pool: what is claimed is no longer given away", () => {
  const memory = pool();
  memory.claim(0x4000_0000, 32 * MiB);
  assertEquals(memory.takeLowest(MiB, MiB), { base: 0x4200_0000, bytes: MiB });
  assertThrows(() => memory.claim(0x4100_0000, MiB), RangeError, "must be RAM that is free");
  assertThrows(() => memory.claim(0x3000_0000, MiB), RangeError, "0x3000_0000");
});

Deno.test("memory pool: hands out pieces when no single range is large enough", () => {
  const memory = pool();
  memory.claim(0x4100_0000, 16 * MiB);
  const pieces = memory.take(40 * MiB, [2 * MiB]);
  assertEquals(pieces, [
    { base: 0x4000_0000, bytes: 16 * MiB },
    { base: 0x4200_0000, bytes: 24 * MiB },
  ]);
  assertThrows(() => memory.take(16 * MiB, [2 * MiB]), RangeError, "16 MiB");
});

Deno.test("memory pool: ranges given back join their neighbours", () => {
  const memory = pool();
  const parts = [0, 1, 2, 3].map(() => memory.takeLowest(16 * MiB, 4096));
  assertEquals(memory.freeBytes, 0);
  for (const i of [0, 2, 1, 3]) memory.release(parts[i] as { base: number; bytes: number });
  assertEquals(memory.takeLowest(64 * MiB, 4096), { base: 0x4000_0000, bytes: 64 * MiB });
});

Deno.test("memory pool: what comes back counts as used until that is taken notice of", () => {
  const memory = pool();
  const range = memory.takeLowest(4 * MiB, MiB) as { base: number; bytes: number };
  assertEquals(memory.takeUsed(range), []);
  memory.release(range);
  const inner = { base: range.base + MiB, bytes: MiB };
  assertEquals(memory.takeUsed(inner), [inner]);
  assertEquals(memory.takeUsed({ base: range.base - MiB, bytes: 64 * MiB }), [
    { base: range.base, bytes: MiB },
    { base: range.base + 2 * MiB, bytes: 2 * MiB },
  ]);
  assertEquals(memory.takeUsed(range), []);
});
