import { assertEquals } from "@std/assert";
import { pacer } from "../../cli/pacer.ts";

Deno.test("pacer: virtual time is due when the wall clock has come as far", () => {
  let nowMs = 5000;
  const pace = pacer(() => nowMs);
  pace.restart(0);
  assertEquals([pace.dueNs(0), pace.msUntil(3e6)], [0, 3]);
  nowMs += 2;
  assertEquals([pace.dueNs(0), pace.msUntil(3e6), pace.msUntil(1e6)], [2e6, 1, 0]);
});

Deno.test("pacer: what lags more than a second does not catch up", () => {
  let nowMs = 0;
  const pace = pacer(() => nowMs);
  pace.restart(0);
  nowMs = 10_000;
  assertEquals(pace.dueNs(2e9), 3e9);
  assertEquals(pace.msUntil(4e9), 1000);
});

Deno.test("pacer: less than a second is caught up", () => {
  let nowMs = 0;
  const pace = pacer(() => nowMs);
  pace.restart(0);
  nowMs = 900;
  assertEquals([pace.dueNs(0), pace.dueNs(5e8)], [9e8, 9e8]);
});
