import { assertEquals } from "@std/assert";
import {
  bool,
  int,
  list,
  numbered,
  oneOrMore,
  optional,
  type Report,
  row,
  type Rule,
  spelled,
  table,
  text,
} from "../../../core/config/schema.ts";
import { readToml } from "../../../core/config/toml.ts";

/** Checks the top table of `source`; problems as "path: expected | found | hint". */
function checked<T>(rule: Rule<T>, source: string): { value: T; problems: string[] } {
  const root = readToml(new TextEncoder().encode(source), "t.toml");
  if ("severity" in root) throw new Error(root.found);
  const problems: string[] = [];
  const report: Report = {
    wrong: (path, _, expected, found, hint) =>
      void problems.push([`${path}: ${expected}`, found, ...(hint ? [hint] : [])].join(" | ")),
    unknown: (path, _, __, hint) => void problems.push(`${path} unknown | ${hint}`),
    stale: (path, _, why) => void problems.push(`${path} stale | ${why}`),
    seen() {},
  };
  return { value: rule.check(root, "", report), problems };
}

const one = <T>(rule: Rule<T>) => table({ k: rule });

Deno.test("int: accepts its range in any notation", () => {
  assertEquals(checked(one(int(0, 0xffff_ffff)), "k = 0x4008_0000").value, { k: 0x4008_0000 });
  assertEquals(checked(one(int(1, 8)), "k = 8").problems, []);
  assertEquals(checked(one(int(1, 8)), "k = 9").problems, ["k: an integer in 1..8 | 9"]);
  assertEquals(checked(one(int(0, 8)), "k = -1").problems, ["k: an integer in 0..8 | -1"]);
  assertEquals(checked(one(int(0, 8)), "k = 1.0").problems, ["k: an integer in 0..8 | 1.0"]);
  assertEquals(checked(one(int(0, 2 ** 48 - 1, "an address")), "k = 0x1_0000_0000_0000").problems, [
    "k: an address in 0..0xffff_ffff_ffff | 0x1_0000_0000_0000",
  ]);
});

Deno.test("int: a number in quotes is refused with advice", () => {
  assertEquals(checked(one(int(0, 8)), 'k = "0x8"').problems, [
    'k: an integer in 0..8 | "0x8" | write it without quotes: 0x8',
  ]);
});

Deno.test("text and bool: refuse other types and empty names", () => {
  assertEquals(checked(one(text()), "k = 1").problems, ["k: a string | 1"]);
  assertEquals(checked(one(text(1)), 'k = ""').problems, ['k: a string that is not empty | ""']);
  assertEquals(checked(one(text()), 'k = "a\\u0000b"').problems.length, 1);
  assertEquals(checked(one(bool), "k = true").value, { k: true });
  assertEquals(checked(one(bool), "k = 1").problems, ["k: true or false | 1"]);
});

Deno.test("numbered and spelled: translate numbers and spellings to words", () => {
  const type = one(numbered({ 0: "host", 1: "rtos" }));
  assertEquals(checked(type, "k = 1").value, { k: "rtos" });
  assertEquals(checked(type, "k = 2").problems, ["k: one of 0 (host), 1 (rtos) | 2"]);
  assertEquals(checked(type, 'k = "1"').problems.length, 1);
  const mode = one(spelled({ passthrough: "direct", pt: "direct", emu: "emulated" }));
  assertEquals(checked(mode, 'k = "pt"').value, { k: "direct" });
  assertEquals(checked(mode, 'k = "pasthrough"').problems, [
    'k: one of "passthrough", "pt", "emu" | "pasthrough" | did you mean "passthrough"?',
  ]);
  assertEquals(checked(mode, 'k = "constructor"').problems.length, 1);
});

Deno.test("list: names the item that is wrong", () => {
  assertEquals(checked(one(list(int(0, 9))), "k = [1, 2]").value, { k: [1, 2] });
  assertEquals(checked(one(list(int(0, 9))), "k = [1, 22]").problems, [
    "k[1]: an integer in 0..9 | 22",
  ]);
  assertEquals(checked(one(list(int(0, 9), 1)), "k = []").problems, [
    "k: an array that is not empty | []",
  ]);
  assertEquals(checked(one(list(int(0, 9))), "k = 3").problems.length, 1);
});

Deno.test("row: columns have names, those at the end may have defaults", () => {
  const window = one(row({ name: text(), base: int(0, 99), length: optional(int(0, 99), 0) }));
  assertEquals(checked(window, 'k = ["a", 1, 2]').value, { k: { name: "a", base: 1, length: 2 } });
  assertEquals(checked(window, 'k = ["a", 1]').value, { k: { name: "a", base: 1, length: 0 } });
  assertEquals(checked(window, 'k = { name = "a", base = 1 }').value, {
    k: { name: "a", base: 1, length: 0 },
  });
  assertEquals(checked(window, 'k = ["a"]').problems, ['k: [name, base, length?] | ["a"]']);
  assertEquals(checked(window, 'k = ["a", 1, 2, 3]').problems.length, 1);
  assertEquals(checked(window, 'k = ["a", "b"]').problems, ['k.base: an integer in 0..99 | "b"']);
});

Deno.test("table: unknown keys are named with the nearest, missing ones with what they need", () => {
  const rule = table({ entry: int(0, 9), path: optional(text(), "none") });
  assertEquals(checked(rule, "entry = 1").value, { entry: 1, path: "none" });
  assertEquals(checked(rule, "entri = 1").problems, [
    'entri unknown | did you mean "entry"?',
    "entry: an integer in 0..9 | nothing",
  ]);
  assertEquals(checked(rule, "entry = 1\nwindow = 2").problems, [
    "window unknown | known here: entry, path",
  ]);
});

Deno.test("table: keys of older versions are stale, keys of elsewhere get their hint", () => {
  const rule = table({ a: int(0, 9) }, {
    stale: (key) => key === "old" ? "a says it" : undefined,
    hint: (key) => key === "b" ? "it belongs in [x]" : undefined,
  });
  assertEquals(checked(rule, "a = 1\nold = 1\nb = 1").problems, [
    "old stale | a says it",
    "b unknown | it belongs in [x]",
  ]);
});

Deno.test("table: everything wrong is reported at once", () => {
  const rule = table({ a: int(0, 9), b: text(), c: list(int(0, 9)) });
  assertEquals(checked(rule, "a = 10\nb = 2\nc = [1, 10, 11]").problems.length, 4);
});

Deno.test("json: every rule says the same as JSON Schema", () => {
  const rule = table({
    id: int(0, 9),
    path: optional(text(1), undefined),
    map: list(row({ gpa: int(0, 9), type: numbered({ 0: "alloc" }) }), 1),
  });
  assertEquals(rule.json, {
    type: "object",
    properties: {
      id: { type: "integer", minimum: 0, maximum: 9 },
      path: { type: "string", minLength: 1 },
      map: {
        type: "array",
        minItems: 1,
        items: {
          type: ["array", "object"],
          items: [
            { title: "gpa", type: "integer", minimum: 0, maximum: 9 },
            { title: "type", enum: [0], description: "0 (alloc)" },
          ],
          minItems: 2,
          additionalItems: false,
          properties: {
            gpa: { type: "integer", minimum: 0, maximum: 9 },
            type: { enum: [0], description: "0 (alloc)" },
          },
          required: ["gpa", "type"],
          additionalProperties: false,
        },
      },
    },
    required: ["id", "map"],
    additionalProperties: false,
  });
});

Deno.test("oneOrMore: a value or an array of them, and says both when it is neither", () => {
  const rule = one(oneOrMore(int(0, 7, "a level")));
  assertEquals(checked(rule, "k = 3").value, { k: 3 });
  assertEquals(checked(rule, "k = [3, 0]").value, { k: [3, 0] });
  assertEquals(checked(rule, 'k = "x"').problems, [
    'k: a level in 0..7, or an array of them | "x"',
  ]);
  assertEquals(checked(rule, "k = [3, 8]").problems, ["k[1]: a level in 0..7 | 8"]);
  assertEquals(checked(rule, "k = []").problems, ["k: an array that is not empty | []"]);
});
