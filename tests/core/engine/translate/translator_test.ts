import { assertEquals } from "@std/assert";
import { Translator } from "../../../../core/engine/translate/translator.ts";
import { MemoryMap, Records } from "../../../../core/memory_map.ts";

const Handler = 7;
const FirstSlot = 100;

/** A translator over pages of `add x0, x0, #1; b .`, of which nothing is run. */
function rig(slots: number) {
  const handlers = new Map<number, number>();
  const installed: number[] = [];
  const pageOf = (record: number) => record - (record - MemoryMap.records) % Records.pageStride;
  const translator = new Translator({
    wordAt: (record) => (record - pageOf(record)) / 16 % 2 === 0 ? 0x9100_0400 : 0x1400_0000,
    has: () => true,
    handlerAt: (record) => handlers.get(record) ?? Handler,
    setHandler: (record, slot) => void handlers.set(record, slot),
    pageOf,
    fpRoutine: () => 0,
    accessesDevice: () => false,
    install: (functions) => void installed.push(...functions.map(([slot]) => slot)),
    slots: [FirstSlot, slots],
    undecoded: 0,
    heatAt: () => 0,
    hotCount: 1,
  });
  const record = (page: number, index: number) =>
    MemoryMap.records + page * Records.pageStride + index * Records.recordBytes;
  const translate = (page: number, index: number) => {
    translator.hot(record(page, index));
    translator.flush();
    return handlers.get(record(page, index));
  };
  const handlerAt = (page: number, index: number) => handlers.get(record(page, index)) ?? Handler;
  return { translator, record, translate, handlerAt, installed };
}

Deno.test("translator: the slot of a region whose code was written is used again", () => {
  const { translator, record, translate, handlerAt } = rig(8);
  assertEquals([translate(0, 0), translate(0, 2)], [FirstSlot, FirstSlot + 1]);
  translator.changed(record(0, 1));
  assertEquals([handlerAt(0, 0), handlerAt(0, 2)], [Handler, FirstSlot + 1]);
  assertEquals(translator.isTranslated(record(0, 1)), false);
  assertEquals([translate(0, 4), translate(0, 6)], [FirstSlot, FirstSlot + 2]);
  assertEquals(translator.stats.invalidated, 1);
});

Deno.test("translator: without free slots, the pages translated first lose their regions", () => {
  const { translator, record, translate, handlerAt } = rig(4);
  for (const [page, index] of [[0, 0], [0, 2], [1, 0], [2, 0]] as const) translate(page, index);
  assertEquals(translator.stats.evicted, 0);
  assertEquals(translate(3, 0), FirstSlot + 1);
  assertEquals([handlerAt(0, 0), handlerAt(0, 2)], [Handler, Handler]);
  assertEquals([handlerAt(1, 0), handlerAt(2, 0)], [FirstSlot + 2, FirstSlot + 3]);
  assertEquals(translator.stats.evicted, 2);
  // What was evicted can become hot again.
  assertEquals(translate(0, 0), FirstSlot);
  assertEquals([0, 1, 2, 3].map((page) => translator.isTranslated(record(page, 1))), [
    ...[true, true, true, true],
  ]);
});

Deno.test("translator: a batch larger than the cache is translated as far as that goes", () => {
  const { translator, record, handlerAt } = rig(2);
  for (const index of [0, 2, 4]) translator.hot(record(0, index));
  translator.flush();
  assertEquals([0, 2, 4].map((index) => handlerAt(0, index)), [FirstSlot, FirstSlot + 1, Handler]);
  assertEquals(translator.stats.regions, 2);
});

Deno.test("translator: dropping all records frees all slots", () => {
  const { translator, translate } = rig(2);
  translate(0, 0);
  translator.clear();
  assertEquals(translate(1, 0), FirstSlot);
  assertEquals([translator.stats.dropped, translator.stats.evicted], [1, 0]);
});
