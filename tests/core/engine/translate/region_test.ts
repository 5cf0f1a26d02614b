import { assert, assertEquals } from "@std/assert";
import { discover } from "../../../../core/engine/translate/region.ts";
import { emitRegion } from "../../../../core/engine/translate/emit_region.ts";
import { MemoryMap } from "../../../../core/memory_map.ts";

/** `b .` after `words`. */
function regionOf(words: readonly number[]) {
  const word = (index: number) => words[index] ?? 0x1400_0000;
  return discover({ word, has: () => true }, 0);
}

function sizeOf(words: readonly number[]): number {
  const region = regionOf(words);
  assert(region);
  const place = {
    records: MemoryMap.records,
    handler: 3,
    fpRoutine: () => 0,
    accessesDevice: () => false,
  };
  return emitRegion(region, place).code.length;
}

Deno.test("regions: branches to the next instruction do not multiply the code", () => {
  const cbzToNext = 0xb400_0020;
  const [ten, twenty] = [10, 20].map((n) => sizeOf(Array<number>(n).fill(cbzToNext)));
  assert((twenty as number) < 3 * (ten as number), `${ten} bytes for 10, ${twenty} for 20`);
});

Deno.test("regions: a branch to the next instruction reaches one block by two edges", () => {
  const region = regionOf([0xb400_0020]);
  assertEquals(region?.blocks.get(1)?.isMerge, true);
});
