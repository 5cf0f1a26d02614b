import { assertEquals } from "@std/assert";
import { engineJson, engineText } from "../../cli/engine_text.ts";
import { createMeter, type EngineMeter } from "../../core/engine/meter.ts";

function someMeter(): EngineMeter {
  const meter = createMeter(() => 0);
  Object.assign(meter.runs, { count: 9, ms: 700 });
  Object.assign(meter.settling, { count: 9, ms: 50 });
  Object.assign(meter.calls.decode, { count: 20, ms: 30 });
  Object.assign(meter.calls.hot, { count: 2, ms: 10 });
  Object.assign(meter.calls.slow, { count: 100, ms: 60 });
  Object.assign(meter.exits, { budget: 6, lookup: 2, left: 1 });
  Object.assign(meter.translator, { regions: 3, instructions: 40, modules: 1, invalidated: 1 });
  Object.assign(meter.tlb, { fills: 5, invalidations: 4 });
  Object.assign(meter.samples, { count: 2, instructions: 400, translated: 300 });
  return meter;
}

Deno.test("--stats: the engine's times add up to the wall time, its calls come by time", () => {
  assertEquals(engineText(someMeter(), 1000).split("\n"), [
    "time                s     %",
    "generated code  0.600  60.0",
    "decoding        0.030   3.0",
    "translating     0.060   6.0",
    "other calls     0.060   6.0",
    "all else        0.250  25.0",
    "",
    "calls of generated code            count      s",
    "memory: device, fault or TLB miss    100  0.060",
    "decoding, new handlers                20  0.030",
    "hot code, translating                  2  0.010",
    "",
    "instructions in translated regions: 75.0 %, by 2 samples",
    "regions: 3 of 40 instructions in 1 modules; 1 written to, 0 evicted, all dropped 0 times",
    "TLB: 5 fills, 4 TLBI",
    "runs of generated code: 9; ended by the budget 6, a new page 2, TypeScript 1",
    "",
  ]);
});

Deno.test("--stats json: the engine's figures have names without spaces", () => {
  const json = engineJson(someMeter(), 1000) as Record<string, unknown>;
  assertEquals(json.ms, {
    ...{ generatedCode: 600, decoding: 30, translating: 60, otherCalls: 60, allElse: 250 },
  });
  assertEquals([json.translatedShare, json.runs], [0.75, 9]);
  assertEquals(json.tlb, { fills: 5, invalidations: 4 });
});
