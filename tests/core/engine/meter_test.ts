import { assertEquals } from "@std/assert";
import { createMeter, measured, translatedShare } from "../../../core/engine/meter.ts";
import { EngineRig } from "./rig.ts";

/** A clock that goes on by a millisecond whenever it is looked at. */
function counting(): () => number {
  let ms = 0;
  return () => ++ms;
}

Deno.test("meter: what is called is counted and timed", () => {
  const meter = createMeter(counting());
  assertEquals(measured(meter, meter.runs, () => "result"), "result");
  assertEquals(meter.runs, { count: 1, ms: 1 });
});

Deno.test("meter: an engine's runs, calls, exits and regions are counted", () => {
  const meter = createMeter(counting());
  const rig = new EngineRig({ translate: true, hotCount: 1, meter });
  rig.map(0x1_0000, 0, "code");
  rig.load(0x1_0000, [0x9100_0400, 0x17ff_ffff]); // add x0, x0, #1; b back
  rig.state.setU64("pc", 0x1_0000n);
  rig.run(1000);
  assertEquals(rig.state.x[0], 500n);
  assertEquals(meter.exits, { budget: 1, lookup: 1, left: 0 });
  assertEquals([meter.runs.count, meter.settling.count], [2, 2]);
  assertEquals([meter.translator.regions, meter.translator.instructions], [1, 2]);
  assertEquals([meter.calls.hot.count > 0, meter.calls.slow.count], [true, 0]);
});

Deno.test("meter: the share of translated instructions is known by samples alone", () => {
  const meter = createMeter(counting());
  assertEquals(translatedShare(meter), 0);
  Object.assign(meter.samples, { count: 2, instructions: 400, translated: 300 });
  assertEquals(translatedShare(meter), 0.75);
});
