import { assert, assertEquals } from "@std/assert";
import { readToml, type TomlTable, type TomlValue } from "../../../core/config/toml.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function table(text: string): TomlTable {
  const root = readToml(bytes(text), "t.toml");
  if ("severity" in root) throw new Error(`${root.line}:${root.column} ${root.found}`);
  return root;
}

/** The value without its places. */
function plain(value: TomlValue): unknown {
  if (value.kind === "table") {
    return Object.fromEntries([...value.entries].map(([k, e]) => [k, plain(e.value)]));
  }
  if (value.kind === "array") return value.items.map(plain);
  return "value" in value ? value.value : value.kind;
}

function refusal(text: string | Uint8Array): string {
  const found = readToml(typeof text === "string" ? bytes(text) : text, "t.toml");
  if (!("severity" in found)) throw new Error("it is accepted");
  return `${found.line}:${found.column}: ${found.expected}, ${found.found}`;
}

Deno.test("readToml: arrays may be mixed and nested, with comments and trailing commas", () => {
  const text = 'a = [ # one\n ["pl011", 0x900_0000, 0b11], # two\n [2,],\n]';
  assertEquals(plain(table(text)), { a: [["pl011", 0x900_0000n, 3n], [2n]] });
});

Deno.test("readToml: tables, dotted keys and arrays of tables nest", () => {
  const text =
    'x.y = 1\n[a]\nb.c = true\n[a.d]\ne = 1.5\n[[r]]\nq = 1\n[r.s]\nt = "u"\n[[r]]\nq = 2\n' +
    "i = { j.k = 1979-05-27 }";
  assertEquals(plain(table(text)), {
    x: { y: 1n },
    a: { b: { c: true }, d: { e: "float" } },
    r: [{ q: 1n, s: { t: "u" } }, { q: 2n, i: { j: { k: "date" } } }],
  });
});

Deno.test("readToml: each key and value knows where it stands and how it is spelled", () => {
  const entry = table("[base]\r\n  id = 0x1_0 # sixteen\r\n").entries.get("base");
  const id = entry?.value.kind === "table" ? entry.value.entries.get("id") : undefined;
  assertEquals(entry?.place, { line: 1, column: 2 });
  assertEquals(id?.place, { line: 2, column: 3 });
  assertEquals(id?.value.place, { line: 2, column: 8 });
  assertEquals(id?.value.source, "0x1_0");
});

Deno.test("readToml: keys that objects have by birth are keys like others", () => {
  assertEquals([...table("__proto__ = 1\nconstructor = 2").entries.keys()], [
    "__proto__",
    "constructor",
  ]);
});

Deno.test("readToml: what is not TOML is refused with its place", () => {
  assertEquals(refusal("a = 1\nb 2"), "2:3: valid TOML, expected equal (=) token");
  assertEquals(refusal('a = "x'), "1:7: valid TOML, unterminated string constant");
  assertEquals(
    refusal("a = 1\n\n a = 2"),
    "3:2: valid TOML, defining a key multiple times is invalid",
  );
  assert(refusal("a = [1,\n2").includes("unterminated array"));
  assert(refusal("a = 012").includes("leading zeros"));
});

Deno.test("readToml: bytes that are no text, and what no description would hold, are refused", () => {
  assertEquals(
    refusal(new Uint8Array([0x61, 0x3d, 0x31, 0x0a, 0x23, 0xff])),
    "2:2: text in UTF-8, bytes that are not UTF-8",
  );
  assertEquals(refusal(`a = ${"[".repeat(50_000)}`), "1:105: brackets at most 100 deep, more");
  assert(refusal(new Uint8Array(2 ** 20 + 1)).includes("at most 1048576 bytes"));
});

Deno.test("readToml: broken text gives a problem, never an exception", () => {
  const text =
    '[base]\nid = 1\nname = "x"\nr = [[0x4000_0000, 1], { a = 1 }]\n[[v.w]]\nd = 1979-05-27\n';
  let random = 7;
  const next = (n: number) => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return (random >>> 8) % n;
  };
  for (let i = 0; i < 3000; i++) {
    const broken = bytes(text);
    for (let n = next(4); n >= 0; n--) broken[next(broken.length)] = next(128);
    readToml(broken.subarray(0, next(8) === 0 ? next(broken.length) : broken.length), "t.toml");
  }
  assert("severity" in readToml(bytes(`${"a.".repeat(100)}`), "t.toml"));
});
