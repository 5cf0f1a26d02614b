import { assertEquals } from "@std/assert";
import { plainText, playScript, type ScriptStep } from "../../cli/script.ts";

const expect = (text: string): ScriptStep => ({ kind: "expect", text });
const send = (text: string): ScriptStep => ({ kind: "send", text });
const bytes = (text: string) => new TextEncoder().encode(text);
const typed = (script: ReturnType<typeof playScript>) =>
  script.typed().map((input) => new TextDecoder().decode(input.bytes)).join("");

Deno.test("script: what is expected may come in pieces, coloured, after anything", () => {
  const script = playScript([expect("$ "), send("ls\n"), expect("done")]);
  script.printed(bytes("booting\r\n\x1b[1;3"));
  script.printed(bytes("2m$\x1b[0"));
  assertEquals([typed(script), script.state], ["", "going"]);
  script.printed(bytes("m \x1b]0;title\x07"));
  assertEquals(typed(script), "ls\n");
  assertEquals([typed(script), script.waitsFor], ["", "done"]);
  script.printed(bytes("done"));
  assertEquals([script.state, script.waitsFor], ["done", undefined]);
});

Deno.test("script: text is used up by the expectation that it meets", () => {
  const script = playScript([expect("a"), expect("a")]);
  script.printed(bytes("ba"));
  assertEquals(script.state, "going");
  script.printed(bytes("ca"));
  assertEquals(script.state, "done");
});

Deno.test("script: line ends match however the guest ends its lines", () => {
  const script = playScript([expect("one\ntwo")]);
  script.printed(bytes("one\r\ntwo"));
  assertEquals(script.state, "done");
});

Deno.test("script: characters of several bytes may be cut", () => {
  const script = playScript([expect("é")]);
  const [first, second] = bytes("é");
  script.printed(new Uint8Array([first as number]));
  assertEquals(script.state, "going");
  script.printed(new Uint8Array([second as number]));
  assertEquals(script.state, "done");
});

Deno.test("script: it sends at once when nothing is expected first, and then goes on", () => {
  const script = playScript([send("x"), send("y")]);
  assertEquals([typed(script), script.state, script.waitsFor], ["xy", "going", undefined]);
});

Deno.test("script: text that means failure is found across pieces, also without a script", () => {
  const script = playScript([], ["panic"]);
  script.printed(bytes("no pa"));
  assertEquals([script.state, script.failure], ["going", undefined]);
  script.printed(bytes("nic here"));
  assertEquals([script.state, script.failure], ["failed", "panic"]);
});

Deno.test("script: failure of an earlier piece is not found twice over in kept text", () => {
  const script = playScript([expect("end")], ["aa"]);
  script.printed(bytes("a"));
  script.printed(bytes("ba"));
  assertEquals(script.state, "going");
});

Deno.test("plainText() takes control sequences and carriage returns out", () => {
  const plain = plainText();
  assertEquals(plain("a\x1b[31mb\x1b(Bc\r\n\x1b7d\x1b[6"), "abc\nd");
  assertEquals(plain("ne"), "e");
});

Deno.test("script: each console's text stands for itself, and what is sent goes where it was met", () => {
  const script = playScript([expect("login: "), send("root\n"), expect("$ ")], ["panic"]);
  script.printed(bytes("log"), "vm1");
  script.printed(bytes("log"), "vm2");
  script.printed(bytes("in: "), "vm2");
  assertEquals(script.typed().map(({ to }) => to), ["vm2"]);
  script.printed(bytes("pa"), "vm1");
  script.printed(bytes("nic"), "vm2");
  assertEquals(script.state, "going");
  script.printed(bytes("$ "), "vm1");
  assertEquals(script.state, "done");
});
