import { assertEquals } from "@std/assert";
import { levelFilter, passes } from "../../cli/log_levels.ts";
import { count, date, duration, escaped, instructions, size } from "../../cli/values.ts";

Deno.test("values: sizes are bytes, with units of 1024", () => {
  const sizes = ["4096", "512M", "2g", "1GiB", "0.5K", "0", "-1", "2X", "", "1e9"];
  const none = undefined;
  const expected = [4096, 2 ** 29, 2 ** 31, 2 ** 30, 512, none, none, none, none, none];
  assertEquals(sizes.map((text) => size.parse(text)), expected);
});

Deno.test("values: durations are nanoseconds, a bare number is seconds", () => {
  const times = ["10", "2.5s", "500ms", "3m", "7us", "soon", "0", "1 s"];
  const expected = [10e9, 2.5e9, 5e8, 180e9, 7000, undefined, undefined, undefined];
  assertEquals(times.map((text) => duration.parse(text)), expected);
});

Deno.test("values: counts are positive, instructions may have decimal units", () => {
  assertEquals(["1", "0", "1.5", "two"].map((text) => count.parse(text)), [
    1,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(["200M", "1_000", "3G", "x"].map((text) => instructions.parse(text)), [
    200e6,
    1000,
    3e9,
    undefined,
  ]);
});

Deno.test("values: escapes are those of C, and no others", () => {
  assertEquals(escaped.parse("a\\n\\r\\t\\x03\\\\n"), "a\n\r\t\x03\\n");
  for (const text of ["\\q", "\\x3", "\\", ""]) assertEquals(escaped.parse(text), undefined);
});

Deno.test("values: dates are in UTC", () => {
  assertEquals(date.parse("1970-01-02"), 86_400);
  assertEquals(date.parse("2026-01-01T00:00:01Z"), date.parse("2026-01-01T00:00:01"));
  assertEquals([date.parse("now"), date.parse("tomorrow"), date.parse("2026-13-01")], [
    "now",
    undefined,
    undefined,
  ]);
});

Deno.test("log levels: a target's level holds for its parts, the others have the general one", () => {
  const filter = levelFilter.parse("warn,gic=debug,gic.v3=off");
  if (filter === undefined) throw new Error("the filter was refused");
  assertEquals(passes(filter, "info", "cpu"), false);
  assertEquals(passes(filter, "error", "cpu"), true);
  assertEquals(passes(filter, "debug", "gic"), true);
  assertEquals(passes(filter, "debug", "gic.distributor"), true);
  assertEquals(passes(filter, "error", "gic.v3"), false);
  assertEquals(passes(filter, "info", "gicx"), false);
  for (const text of ["loud", "info,debug", "gic=", ""]) {
    assertEquals(levelFilter.parse(text), undefined);
  }
});
