import { assertEquals } from "@std/assert";
import { type ByteSink, openOutput } from "../../cli/output.ts";

/** A stream that takes `perWrite` bytes once it is let. */
function sink(perWrite = Infinity): ByteSink & { text: string; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => void (open = resolve));
  const it = {
    text: "",
    open: () => open(),
    async write(bytes: Uint8Array) {
      await opened;
      const part = bytes.subarray(0, perWrite);
      it.text += new TextDecoder().decode(part);
      return part.length;
    },
  };
  return it;
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("output: all of it arrives in its order, in however small pieces it is taken", async () => {
  const output = openOutput();
  const to = sink(3);
  to.open();
  for (let i = 0; i < 10; i++) output.write(to, bytes(`line ${i}\n`));
  assertEquals(await output.drained(), true);
  assertEquals(to.text, Array.from({ length: 10 }, (_, i) => `line ${i}\n`).join(""));
});

Deno.test("output: a reader who has stopped holds up nobody, and loses nothing", async () => {
  const output = openOutput();
  const to = sink();
  for (let i = 0; i < 100 && !output.full; i++) output.write(to, bytes("x".repeat(10_000)));
  assertEquals(output.full, true);
  assertEquals([await output.drained(10), output.idle], [false, false]);
  to.open();
  assertEquals(await output.drained(), true);
  assertEquals([to.text.length, output.full, output.idle], [140_000, false, true]);
});

Deno.test("output: a stream that refuses is asked again, one that has gone is not", async () => {
  const output = openOutput();
  let refusals = 2;
  const busy: ByteSink = {
    write(all) {
      return refusals-- > 0
        ? Promise.reject(new Deno.errors.WouldBlock())
        : Promise.resolve(all.length);
    },
  };
  const gone: ByteSink = { write: () => Promise.reject(new Deno.errors.BrokenPipe()) };
  output.write(busy, bytes("a"));
  output.write(gone, bytes("b"));
  assertEquals(await output.drained(), true);
  assertEquals([refusals, output.isGone(gone), output.isGone(busy)], [-1, true, false]);
});

Deno.test("output: once it is abandoned, nobody waits for a reader any more", async () => {
  const output = openOutput();
  const to = sink();
  output.write(to, bytes("a"));
  output.write(to, bytes("b"));
  output.abandon();
  output.write(to, bytes("c"));
  assertEquals(await output.drained(), false);
  to.open();
  await new Promise((resolve) => void setTimeout(resolve, 5));
  assertEquals([to.text, await output.drained()], ["a", true]);
});
