/**
 * What hvsim relies on from `@std/toml`; holds for the real package and for the stand-in.
 * @module
 */

import { parse, stringify } from "@std/toml";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

/** Objects as they would be written, whatever their prototype. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("std toml: hexadecimal numbers with underscores are numbers", () => {
  assertEquals(plain(parse("a = 0x4000_0000\nb = 0b101\nc = 1_000")), {
    a: 0x4000_0000,
    b: 5,
    c: 1000,
  });
});

Deno.test("std toml: arrays mix types, span lines, hold comments and end with a comma", () => {
  const text = 'a = [\n  ["pl011", 0x900_0000, [2]], # the first\n  # nothing\n  1,\n]';
  assertEquals(plain(parse(text)), { a: [["pl011", 0x900_0000, [2]], 1] });
});

Deno.test("std toml: tables, dotted keys, arrays of tables and inline tables nest", () => {
  const text = '[a]\nb.c = "x"\n[[d]]\ne = { f = true }\n[[d]]\ne = { f = false }\n';
  assertEquals(plain(parse(text)), {
    a: { b: { c: "x" } },
    d: [{ e: { f: true } }, { e: { f: false } }],
  });
});

Deno.test("std toml: a mistake is a SyntaxError with a line and a column", () => {
  const error = assertThrows(() => parse("a = 1\nb = \n"), SyntaxError);
  assertMatch(error.message, /^Parse error on line \d+, column \d+: /);
});

Deno.test("std toml: what stringify writes, parse reads", () => {
  const value = { name: "x", list: [1, 2], table: { flag: true } };
  assertEquals(plain(parse(stringify(value))), value);
});
