import { assert, assertEquals } from "@std/assert";
import { labelOf, lineLabels } from "../../cli/line_labels.ts";

function rig() {
  let shown = "";
  const labels = lineLabels(
    (bytes) => void (shown += new TextDecoder().decode(bytes)),
    (name) => labelOf(name, 0, false),
  );
  const print = (name: string, text: string, nowNs = 0) =>
    labels.print(name, new TextEncoder().encode(text), nowNs);
  return { labels, print, shown: () => shown };
}

Deno.test("line labels: however a guest ends its lines, each has one label and one end", () => {
  const { print, shown } = rig();
  print("a", "one\r\ntwo\n\rthree\r\r\nfour\n");
  assertEquals(shown(), "[a] one\r\n[a] two\r\n[a] three\r\n[a] four\r\n");
});

Deno.test("line labels: a prompt is shown once it has stood for a while", () => {
  const { labels, print, shown } = rig();
  print("a", "> ", 5);
  labels.settle(19e6);
  assertEquals([shown(), labels.midLine], ["", false]);
  labels.settle(21e6);
  assertEquals([shown(), labels.midLine], ["[a] > ", true]);
  print("a", "x\n", 30e6);
  assertEquals(shown(), "[a] > x\r\n");
});

Deno.test("line labels: control sequences other than colours are left out, also across pieces", () => {
  const { print, shown } = rig();
  print("a", "\x1b[2J\x1b[31mre");
  print("a", "d\x1b");
  print("a", "[6n\x1b]0;title\x07\x1b(B!\n");
  assertEquals(shown(), "[a] \x1b[31mred!\x1b[0m\r\n");
});

Deno.test("line labels: a line that is written anew stays behind its label", () => {
  const { print, shown } = rig();
  print("a", " 50%\r100%\n");
  assertEquals(shown(), "[a]  50%\r[a] 100%\r\n");
});

Deno.test("line labels: a line without end is shown in parts", () => {
  const { print, shown } = rig();
  print("a", "x".repeat(5000));
  assertEquals(shown().length, "[a] ".length + 4096);
});

Deno.test("line labels: so are colours without text and without end", () => {
  const { print, shown } = rig();
  for (let i = 0; i < 100_000; i++) print("a", "\x1b[31m");
  assert(shown().length >= 490_000, `${shown().length}`);
});
