import { assertEquals, assertStringIncludes } from "@std/assert";
import { consoles } from "../../cli/consoles.ts";
import { fakeConsole } from "./fake_console.ts";

interface Options {
  readonly labelled?: boolean;
  readonly interactive?: boolean;
  readonly colours?: boolean;
  readonly names?: readonly string[];
}

function rig({ labelled = true, interactive = false, colours = false, names }: Options = {}) {
  const guests = (names ?? ["vm1", "vm2"]).map(fakeConsole);
  const [a, b] = [guests[0] ?? fakeConsole("none"), guests[1] ?? fakeConsole("none")];
  let shown = "";
  let heard = "";
  let said = "";
  const all = consoles({
    write: (bytes) => void (shown += new TextDecoder().decode(bytes)),
    say: (text) => void (said += text),
    listen: (bytes) => void (heard += new TextDecoder().decode(bytes)),
    interactive,
    colours,
  });
  all.connect(guests, labelled);
  let nowNs = 0;
  return {
    ...{ a, b, all },
    /** What was shown since the last time, a while later. */
    shown() {
      all.flush(nowNs);
      all.flush(nowNs += 1e9);
      const text = shown;
      shown = "";
      return text;
    },
    heard: () => (all.flush(nowNs), heard),
    said() {
      const text = said;
      said = "";
      return text;
    },
    type(text: string) {
      all.type(new TextEncoder().encode(text));
      return all.deliver();
    },
  };
}

Deno.test("consoles: one that speaks alone is shown as it is", () => {
  const { a, all, shown } = rig({ labelled: false });
  a.print("one\r\n\x1b[Htw");
  assertEquals([shown(), all.midLine, all.printed], ["one\r\n\x1b[Htw", true, 10]);
});

Deno.test("consoles: when several speak, whole lines say whose they are; scripts hear no names", () => {
  const { a, b, shown, heard } = rig();
  a.print("on");
  b.print("x\r\n\r\n");
  a.print("e\r\n> ");
  assertEquals(shown(), "[vm2] x\r\n[vm2]\r\n[vm1] one\r\n[vm1] > ");
  b.print("y\r\n");
  a.print("typed\r\n");
  assertEquals(shown(), "\r\n[vm2] y\r\n[vm1] typed\r\n");
  assertEquals(heard(), "onx\r\n\r\ne\r\n> y\r\ntyped\r\n");
});

Deno.test("consoles: labels come when a second serial port of a bare board speaks", () => {
  const { a, b, shown } = rig({ labelled: false });
  a.print("one\r\n");
  b.print("two\r\n");
  assertEquals(shown(), "one\r\n[vm2] two\r\n");
});

Deno.test("consoles: each label has its colour, and only on a terminal that wants colours", () => {
  const { a, b, shown } = rig({ colours: true });
  a.print("x\r\n");
  b.print("y\r\n");
  assertEquals(shown(), "\x1b[36m[vm1]\x1b[0m x\r\n\x1b[32m[vm2]\x1b[0m y\r\n");
});

Deno.test("consoles: without a terminal, the first one that lives gets what is typed", () => {
  const { a, b, type, shown } = rig();
  b.print("last\r\n");
  shown();
  type("1");
  a.hasEnded = true;
  type("2");
  assertEquals([a.typed, b.typed], ["1", "2"]);
});

Deno.test("consoles: on a terminal, a key brings the one that printed last to the front", () => {
  const { a, b, all, type, shown } = rig({ interactive: true });
  a.print("a> ");
  b.print("b> ");
  assertEquals(shown(), "[vm1] a> \r\n[vm2] b> ");
  assertEquals(type("ls"), 2);
  const hint = " (Ctrl-A n: the next one, Ctrl-A h: help)";
  assertEquals(shown(), `\r\n[vm2] is in front${hint}\r\nb> `);
  assertEquals([a.typed, b.typed, all.list()[1]?.front], ["", "ls", true]);
});

Deno.test("consoles: in the background nothing is shown, and all of it is when it comes to the front", () => {
  const { a, b, all, type, shown, said } = rig({ interactive: true });
  a.print("a> ");
  b.print("b> ");
  shown();
  type("x");
  shown();
  a.print("more\r\na> ");
  b.print("raw\x1b[2J");
  assertEquals(shown(), "raw\x1b[2J");
  assertEquals(all.list()[0]?.unseenBytes, "a> more\r\na> ".length);
  all.command("next-console");
  assertEquals(shown(), "\x1b[0m\x1b[?25h\r\n[vm1] is in front\r\na> more\r\na> ");
  all.command({ console: 2 });
  assertEquals(shown(), "\x1b[0m\x1b[?25h\r\n[vm2] is in front\r\nb> raw\x1b[2J");
  all.command("previous-console");
  assertEquals(all.list().map(({ front }) => front), [true, false]);
  all.command({ console: 7 });
  assertEquals(said(), "\nNo console has the number 7; there is vm1, vm2\n");
});

Deno.test("consoles: what the ring has lost before it was seen is counted on the screen", () => {
  const { a, b, all, type, shown } = rig({ interactive: true });
  b.print("b> ");
  shown();
  type("x");
  a.print("y".repeat((1 << 18) + 1000));
  shown();
  all.command({ console: 1 });
  const text = shown();
  assertEquals(text.includes("[hvsim: 1000 bytes of vm1 were not kept]\r\ny"), true);
  assertEquals(text.match(/y{100,}/)?.[0].length, 1 << 18);
});

Deno.test("consoles: a program's own screen is left and shown again, without its questions", () => {
  const { a, b, all, type, shown } = rig({ interactive: true });
  b.print("b> ");
  a.print("a> ");
  shown();
  type("vi\r");
  a.print("vi\r\n\x1b[?1049h\x1b[6ntext");
  shown();
  all.command({ console: 2 });
  assertEquals(shown().startsWith("\x1b[?1049l\x1b[0m"), true);
  all.command({ console: 1 });
  assertEquals(shown().endsWith("[vm1] is in front\r\n\x1b[?1049htext"), true);
});

Deno.test("consoles: Ctrl-A a shows all of them again, unseen lines first", () => {
  const { a, b, all, type, shown } = rig({ interactive: true });
  b.print("b> ");
  shown();
  type("x");
  a.print("one\r\n");
  shown();
  all.command("all-consoles");
  assertEquals(
    shown(),
    "\x1b[0m\x1b[?25h\r\nAll consoles, line by line, until a key is pressed\r\n" +
      "[vm1] one\r\n[vm2] b> ",
  );
});

Deno.test("consoles: what hvsim says begins a line, and the prompt that it disturbed comes again", () => {
  const { a, all, type, shown, said } = rig({ interactive: true });
  a.print("one\r\n> ");
  shown();
  type("x");
  shown();
  all.say("first\n");
  all.say("second\n");
  assertEquals([said(), shown(), shown()], ["\nfirst\nsecond\n", "> ", ""]);
  all.say("third\n");
  a.print("y\r\n> ");
  assertEquals([said(), shown()], ["\nthird\n", "y\r\n> "]);
});

Deno.test("consoles: while all are shown, a line that was disturbed goes on behind a new label", () => {
  const { a, all, shown, said } = rig({ interactive: true });
  a.print("> ");
  shown();
  a.print("held");
  all.flush(1e9);
  all.say("first\n");
  assertEquals([said(), shown()], ["\nfirst\n", "[vm1] held"]);
});

Deno.test("consoles: when the one in front ends, the next one comes to the front", () => {
  const { a, b, all, type, shown, said } = rig({ interactive: true });
  a.print("> ");
  shown();
  type("off\r");
  a.hasEnded = true;
  assertEquals(shown().endsWith("[vm1] has ended\r\n\x1b[0m\x1b[?25h[vm2] is in front\r\n"), true);
  type("x");
  assertEquals([a.typed, b.typed], ["off\r", "x"]);
  all.command({ console: 1 });
  type("nobody");
  type("hears");
  assertEquals(
    said(),
    "\nvm1 has ended, nobody reads what is typed; Ctrl-A h helps\n",
  );
  assertEquals(shown().endsWith("[vm1] is in front; it has ended\r\n> > "), true);
  assertEquals([a.typed, b.typed], ["off\r", "x"]);
});

Deno.test("consoles: VMs come, go and restart; the line, its past and the focus stay", () => {
  const { a, b, all, type, shown } = rig({ interactive: true });
  b.print("old\r\n");
  shown();
  type("1");
  shown();
  const [again, third] = [fakeConsole("vm2"), fakeConsole("vm3")];
  all.connect([a, again, third], true);
  b.print("nobody hears this");
  again.print("new\r\n");
  assertEquals(shown(), "new\r\n");
  type("2");
  assertEquals([b.typed, again.typed], ["1", "2"]);
  third.print("hi\r\n");
  assertEquals(shown(), "");
  all.connect([a, third], true);
  assertEquals(all.lines.map(({ name }) => name), ["vm1", "vm3"]);
  assertEquals(shown().includes("[vm1] is in front"), true);
  all.connect([a, fakeConsole("vm2"), third], true);
  assertEquals(all.lines[1]?.printed.end, 0);
});

Deno.test("consoles: what a guest has no room for waits, and goes with the guest", () => {
  const { a, all, type } = rig({ labelled: false, names: ["vm1"] });
  a.room = 2;
  assertEquals([type("abc"), a.typed, all.waiting], [2, "ab", true]);
  a.room = 5;
  assertEquals([all.deliver(), a.typed, all.waiting], [1, "abc", false]);
  a.room = 0;
  type("d");
  a.hasEnded = true;
  all.deliver();
  assertEquals(all.waiting, false);
});

Deno.test("consoles: a prompt of hvsim's own is shown when it is asked for, and only then", () => {
  const { a, all, type, shown } = rig({ labelled: false, interactive: true, names: ["vm1"] });
  const monitor = fakeConsole("monitor");
  all.addMonitor(monitor);
  monitor.print("(hvsim) ");
  a.print("a> ");
  assertEquals(shown(), "a> ");
  all.command("monitor");
  assertEquals(shown().endsWith("\r\n(hvsim) "), true);
  type("vm list\r");
  assertEquals([monitor.typed, a.typed], ["vm list\r", ""]);
  a.print("unseen");
  assertEquals(shown(), "");
  all.command("next-console");
  assertEquals(shown().endsWith("[vm1] is in front\r\na> unseen"), true);
});

Deno.test("consoles: a console that is elsewhere is neither shown nor typed to", () => {
  const [a, b] = [fakeConsole("vm1"), fakeConsole("vm2")];
  let shown = "";
  let said = "";
  let woken = 0;
  const backend = {
    about: "unix:x",
    listens: true,
    wake: () => void woken++,
    close: () => Promise.resolve(),
  };
  const all = consoles({
    write: (bytes) => void (shown += new TextDecoder().decode(bytes)),
    say: (text) => void (said += text),
    listen: () => {},
    interactive: false,
    colours: false,
    open: (line) => line.name === "vm1" ? backend : undefined,
  });
  all.connect([a, b], true);
  a.print("a");
  b.print("b\r\n");
  all.flush(0);
  assertEquals([shown, woken, all.focus?.name], ["b\r\n", 1, "vm2"]);
  const [info] = all.list();
  assertEquals([info?.where, info?.front, info?.ended, info?.unseenBytes], [
    "unix:x",
    false,
    false,
    0,
  ]);
  all.command({ console: 1 });
  assertEquals(said, "The console of vm1 is unix:x\n");
  assertEquals(all.listens, true);
});

Deno.test("consoles: Ctrl-A c brings the monitor to the front, and back what was there before", () => {
  const { a, all, shown, said } = rig({ interactive: true });
  const monitor = fakeConsole("monitor");
  all.addMonitor(monitor);
  monitor.print("hvsim> ");
  a.print("$ ");
  all.bring("vm1");
  shown();
  all.command("monitor");
  assertEquals(shown(), "\x1b[0m\x1b[?25h\r\n[monitor] is in front\r\nhvsim> ");
  all.command("monitor");
  assertEquals(shown(), "\x1b[0m\x1b[?25h\r\n[vm1] is in front\r\n$ ");
  all.command("all-consoles");
  all.command("monitor");
  shown();
  all.command("monitor");
  assertStringIncludes(shown(), "All consoles, line by line, until a key is pressed\r\n");
  assertEquals(said(), "");
});

Deno.test("consoles: a remark that comes to the prompt is followed by the prompt once more", () => {
  const { b, all, shown } = rig({ interactive: true, labelled: false });
  const monitor = fakeConsole("monitor");
  all.addMonitor(monitor);
  monitor.print("hvsim> ");
  all.command("monitor");
  monitor.print("vm li");
  shown();
  b.print("hello\r\n");
  const remark = "\r\n[vm2] has begun to print, in the background\r\n";
  assertEquals(shown(), `${remark}hvsim> vm li`);
});

Deno.test("consoles: where nobody sees a prompt, Ctrl-A c says so", () => {
  const { all, said } = rig();
  all.addMonitor(fakeConsole("monitor"));
  all.command("monitor");
  assertEquals(said(), "hvsim's own prompt needs a terminal for input and output\n");
});

Deno.test("consoles: a line of which only the beginning was seen is shown whole", () => {
  const { a, b, all, shown } = rig({ interactive: true });
  all.bring("vm1");
  a.print("one\r\n$ ");
  shown();
  all.bring("vm2");
  a.print("ls\r\nfile\r\n$ ");
  b.print("x\r\n");
  shown();
  all.bring("vm1");
  assertEquals(shown(), "\x1b[0m\x1b[?25h[vm1] is in front\r\n$ ls\r\nfile\r\n$ ");
});
