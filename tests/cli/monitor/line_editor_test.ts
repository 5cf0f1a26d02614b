import { assert, assertEquals } from "@std/assert";
import { lineEditor } from "../../../cli/monitor/line_editor.ts";

/** What lines come of what is typed. */
function type(keys: string): string[] {
  const editor = lineEditor("> ", (line) => line.endsWith("vm l") ? ["list"] : ["alpha", "alps"]);
  const lines: string[] = [];
  for (const byte of new TextEncoder().encode(keys)) {
    const { line } = editor.take(byte);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

const [up, down, right, left, home, del] = [
  "\x1b[A",
  "\x1b[B",
  "\x1b[C",
  "\x1b[D",
  "\x1bOH",
  "\x1b[3~",
];

Deno.test("line editor: keys change the line", () => {
  const cases: [keys: string, ...lines: string[]][] = [
    ["abc\r", "abc"],
    ["abd\x7fc\r", "abc"],
    ["\x7f\x08abc\n", "abc"],
    ["wrong\x15abc\r", "abc"],
    ["abc wrong \x17\r", "abc "],
    [`bc${home}a\r`, "abc"],
    [`ac${left}b\r`, "abc"],
    [`ab${left}${left}${left}${right}${right}${right}c\r`, "abc"],
    [`xabc${home}${del}\r`, "abc"],
    ["abxx\x02\x02\x0bc\r", "abc"],
    ["bc\x01a\x05d\r", "abcd"],
    ["lost\x03abc\r", "abc"],
    [`one\rtwo\r${up}${up}\r`, "one", "two", "one"],
    [`one\rdraft${up}${down}\r`, "one", "draft"],
    [`one\r\r${up}\r`, "one", "", "one"],
    ["vm l\t\r", "vm list "],
    ["al\tha\r", "alpha"],
    ["\x1b[200~a\x1b[99;99;99;99mbc\x1bZ\x00\x1f\r", "abc"],
    ["Zürich ☃\x7f!\r", "Zürich !"],
  ];
  for (const [keys, ...lines] of cases) assertEquals(type(keys), lines, JSON.stringify(keys));
});

Deno.test("line editor: Ctrl-D leaves an empty line, and lines have a longest length", () => {
  const editor = lineEditor("> ", () => []);
  assertEquals(editor.take(0x04), { shown: "", leaves: true });
  for (let i = 0; i < 10_000; i++) assert(!editor.take(0x61).line);
  const { line } = editor.take(0x0d);
  assertEquals(line?.length, 1024);
});
