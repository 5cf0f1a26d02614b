import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { commandQueue } from "../../../cli/monitor/queue.ts";
import { MaxLineBytes, openMonitor } from "../../../cli/monitor/server.ts";
import { MaxClients } from "../../../cli/sockets.ts";
import { writeAll } from "../../../cli/sockets.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A server whose commands are answered when the test says so. */
async function served(
  act: (path: string, serve: () => void, waiting: () => boolean) => Promise<void>,
  answer: (line: string) => string = (line) => `<${line}>\n`,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "monitor");
  const queue = commandQueue(() => {});
  const server = await openMonitor({ transport: "unix", path }, queue.submit);
  try {
    await act(path, () => queue.serve(answer), () => queue.waiting);
  } finally {
    await server.close(100);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Serves until `done`. */
async function serveUntil<T>(serve: () => void, done: Promise<T>): Promise<T> {
  let isOver = false;
  void done.finally(() => void (isOver = true)).catch(() => {});
  while (!isOver) {
    serve();
    await new Promise((resolve) => void setTimeout(resolve, 1));
  }
  return await done;
}

/** Sends `text`, and reads until `length` characters have come, or all. */
async function ask(path: string, text: string, length: number): Promise<string> {
  const client = await Deno.connect({ transport: "unix", path });
  await writeAll(client, bytes(text));
  let got = "";
  const buffer = new Uint8Array(65536);
  while (got.length < length) {
    const count = await client.read(buffer);
    if (count === null) break;
    got += new TextDecoder().decode(buffer.subarray(0, count));
  }
  client.close();
  return got;
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "monitor server: lines of several clients are answered, each client's in its order",
  ignore,
  fn: () =>
    served(async (path, serve) => {
      const asks = ["a\nb\n", "c\r\nd\n"].map((text) => ask(path, text, 8));
      assertEquals(await serveUntil(serve, Promise.all(asks)), ["<a>\n<b>\n", "<c\r>\n<d>\n"]);
      const mode = (await Deno.stat(path)).mode ?? 0;
      assertEquals(mode & 0o777, 0o600);
    }),
});

Deno.test({
  name: "monitor server: lines that are too long are refused, and the next one is read",
  ignore,
  fn: () =>
    served(async (path, serve) => {
      const refusal = `Cannot read a command: it must have at most ${MaxLineBytes} bytes\n`;
      const long = "x".repeat(3_000_000);
      const text = await serveUntil(serve, ask(path, `${long}\nok\n`, refusal.length + 5));
      assertEquals(text, `${refusal}<ok>\n`);
    }),
});

Deno.test({
  name: "monitor server: a client that never reads holds up nobody, and gets no more lines served",
  ignore,
  fn: () => {
    let served1 = 0;
    return served(
      async (path, serve) => {
        const silent = await Deno.connect({ transport: "unix", path });
        const flood = writeAll(silent, bytes("big\n".repeat(200_000))).catch(() => {});
        for (let i = 0; i < 20; i++) {
          assertEquals(await serveUntil(serve, ask(path, "small\n", 8)), "<small>\n");
        }
        for (let i = 0; i < 50; i++) {
          serve();
          await new Promise((resolve) => void setTimeout(resolve, 1));
        }
        // The socket holds a few answers; then the next line waits.
        assert(served1 > 0 && served1 < 10, `${served1} answers`);
        silent.close();
        await flood;
      },
      (line) => {
        if (line !== "big") return `<${line}>\n`;
        served1++;
        return `${"y".repeat(1_000_000)}\n`;
      },
    );
  },
});

Deno.test({
  name: "monitor server: clients that leave early, or send garbage, harm nobody",
  ignore,
  fn: () =>
    served(async (path, serve, waiting) => {
      for (let i = 0; i < 40; i++) {
        const client = await Deno.connect({ transport: "unix", path });
        const garbage = Uint8Array.from({ length: 5000 }, (_, n) => (n * 31 + i * 7) & 0xff);
        await writeAll(client, garbage);
        client.close();
      }
      assertEquals(await serveUntil(serve, ask(path, "fine\n", 7)), "<fine>\n");
      serve();
      assert(!waiting());
    }),
});

Deno.test({
  name: "monitor server: more clients than there may be are told so",
  ignore,
  fn: () =>
    served(async (path, serve) => {
      const clients = await Promise.all(
        Array.from({ length: MaxClients }, () => Deno.connect({ transport: "unix", path })),
      );
      const refusal = `Cannot take commands: at most ${MaxClients} may connect, found more\n`;
      assertEquals(await ask(path, "", 1000), refusal);
      for (const client of clients) client.close();
      // It takes a moment until they are seen to have gone.
      let answer = "";
      for (let tries = 0; tries < 500 && answer !== "<now>\n"; tries++) {
        answer = await serveUntil(serve, ask(path, "now\n", 6).catch(String));
      }
      assertEquals(answer, "<now>\n");
    }),
});

Deno.test({
  name: "monitor server: it ends with an answer that is on its way, and leaves no socket behind",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const path = join(folder, "monitor");
    const queue = commandQueue(() => {});
    const server = await openMonitor({ transport: "unix", path }, queue.submit);
    const answer = ask(path, "quit\n", 4);
    while (!queue.waiting) await new Promise((resolve) => void setTimeout(resolve, 1));
    queue.serve(() => "end\n");
    await server.close(1000);
    assertEquals(await answer, "end\n");
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
    await Deno.remove(folder, { recursive: true });
  },
});
