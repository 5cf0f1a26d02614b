import { assertEquals } from "@std/assert";
import { screenState, withoutQuestions } from "../../cli/screen_state.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("screen state: it knows where the unfinished line begins", () => {
  const it = screenState();
  it.note(bytes("one\r\ntw"));
  it.note(bytes("o"));
  assertEquals(it.lineStart, 5);
  it.note(bytes("\n"));
  assertEquals(it.lineStart, 9);
});

Deno.test("screen state: a program's own screen begins where it switches, however cut, and ends", () => {
  const text = "$ vi\r\n\x1b[?1049htext";
  for (let cut = 0; cut <= text.length; cut++) {
    const it = screenState();
    it.note(bytes(text.slice(0, cut)));
    it.note(bytes(text.slice(cut)));
    assertEquals(it.ownScreen, text.indexOf("\x1b"));
    it.note(bytes("\x1b[31m\x1b[?25h more"));
    assertEquals(it.ownScreen, text.indexOf("\x1b"));
    it.note(bytes("\x1b[?1049l$ "));
    assertEquals(it.ownScreen, undefined);
  }
});

Deno.test("screen state: other sequences, and what only looks like one, switch nothing", () => {
  const it = screenState();
  it.note(bytes(`\x1b[?25h\x1b[1049h\x1bx[?1049h\x1b[${"9".repeat(99)}h[?47h`));
  assertEquals(it.ownScreen, undefined);
});

Deno.test("withoutQuestions() leaves out what a terminal would answer, and nothing else", () => {
  const text = "a\x1b[6nb\x1b[cd\x1b[>0ce\x1b]11;?\x07f\x1b[31mg\x1b[?25hh\xffi\x1b]0;title\x07";
  const kept = "abdef\x1b[31mg\x1b[?25hh\xffi\x1b]0;title\x07";
  const latin = (from: string) => Uint8Array.from(from, (char) => char.charCodeAt(0));
  assertEquals(withoutQuestions(latin(text)), latin(kept));
});
