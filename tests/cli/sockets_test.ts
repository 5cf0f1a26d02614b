import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { ring } from "../../cli/ring.ts";
import { endpointText, follow, parseEndpoint, serve } from "../../cli/sockets.ts";
import { UsageError } from "../../cli/usage_error.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (from: string) => new TextEncoder().encode(from);
const ignore = Deno.build.os === "windows";

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("sockets: endpoints are read as they are written", () => {
  for (const good of ["unix:/tmp/a:b", "tcp:localhost:5000", "tcp:[::1]:0"]) {
    const endpoint = parseEndpoint(good);
    assertEquals(endpoint && endpointText(endpoint), good);
  }
  assertEquals(parseEndpoint("tcp::80"), { transport: "tcp", hostname: "127.0.0.1", port: 80 });
  for (const bad of ["unix:", "tcp:5000", "tcp:a:70000", "tcp:a:b:1", "udp:a:1", ""]) {
    assertEquals(parseEndpoint(bad), undefined);
  }
});

Deno.test({
  name: "sockets: a stale socket makes room, a live one and a file do not, and none is left behind",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const path = join(folder, "s");
      const endpoint = { transport: "unix", path } as const;
      const first = await serve("--serial x", endpoint, (client) => client.close());
      const busy = await assertRejects(() => serve("--serial x", endpoint, () => {}), UsageError);
      assertEquals(busy.message, "Cannot use --serial x: somebody listens there already");
      first.close();
      first.close();
      await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
      const taken = { ...endpoint, path: join(folder, "file") };
      await Deno.writeTextFile(taken.path, "a file");
      const file = await assertRejects(() => serve("--serial x", taken, () => {}), UsageError);
      assertEquals(file.message, "Cannot use --serial x: it must be a new name, found a file");
      const stale = { ...endpoint, path: join(folder, "stale") };
      await leaveSocket(stale.path);
      (await serve("--serial x", stale, () => {})).close();
    }),
});

Deno.test({
  name: "sockets: a server that has run out of files goes on when there are some again",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const code = `
        import { serve } from ${JSON.stringify(import.meta.resolve("../../cli/sockets.ts"))};
        const endpoint = { transport: "unix", path: ${JSON.stringify(join(folder, "s"))} };
        const clients = [], served = [];
        await serve("--serial x", endpoint, (client) => served.push(client));
        try {
          for (;;) clients.push(await Deno.connect(endpoint));
        } catch { /* no more files */ }
        const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
        await pause();
        for (const client of [...clients, ...served.splice(0)]) client.close();
        await pause();
        await Deno.connect(endpoint);
        await pause();
        console.log(served.length > 0 ? "served" : "not served");
        Deno.exit(0);
      `;
      const { stdout } = await new Deno.Command("sh", {
        args: [
          "-c",
          'ulimit -n 64; exec "$0" eval --no-check --ext=ts "$1"',
          Deno.execPath(),
          code,
        ],
        stderr: "inherit",
      }).output();
      assertEquals(text(stdout), "served\n");
    }),
});

/** Leaves a socket behind, as a process does that was killed. */
async function leaveSocket(path: string): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `Deno.listen({ transport: "unix", path: ${
        JSON.stringify(path)
      } }); Deno.kill(Deno.pid, "SIGKILL")`,
    ],
  }).output();
  assert(code !== 0);
  assertEquals((await Deno.lstat(path)).isSocket, true);
}

Deno.test("sockets: paths that the system would cut are refused", async () => {
  const path = `/tmp/${"x".repeat(120)}`;
  const { message } = await assertRejects(
    () => serve("it", { transport: "unix", path }, () => {}),
    UsageError,
  );
  assertEquals(message.endsWith("must have at most 103 bytes, found 125"), true);
});

Deno.test("sockets: a follower gets all that was kept, in order, however slow", async () => {
  const from = ring(1 << 16);
  let got = "";
  from.push(bytes("early "));
  const follower = follow(from, from.start, async (part) => {
    await new Promise((resolve) => void setTimeout(resolve, 1));
    got += text(part);
  });
  from.push(bytes("late"));
  follower.wake();
  await follower.drained(1000);
  assertEquals(got, "early late");
});

Deno.test("sockets: a follower that the ring overtakes is told what it has missed, and goes on", async () => {
  const from = ring(1024);
  let got = "";
  let go = () => {};
  const slow = new Promise<void>((resolve) => void (go = resolve));
  from.push(bytes("first "));
  const follower = follow(from, 0, async (part) => {
    await slow;
    got += text(part);
  });
  from.push(bytes("x".repeat(3000)));
  from.push(bytes(" end"));
  follower.wake();
  go();
  await follower.drained(1000);
  const lost = 3004 - 1024;
  assertEquals(
    got,
    `first \r\n[hvsim: ${lost} bytes were not kept]\r\n${"x".repeat(1020)} end`,
  );
});

Deno.test("sockets: a follower whose reader has gone stops", async () => {
  const from = ring();
  let writes = 0;
  const follower = follow(from, 0, () => {
    writes++;
    return Promise.reject(new Deno.errors.BrokenPipe());
  });
  from.push(bytes("a"));
  follower.wake();
  await follower.drained(100);
  from.push(bytes("b"));
  follower.wake();
  await follower.drained(100);
  assertEquals(writes, 1);
});

Deno.test("sockets: what followers of any pace get and what they are told they missed is all there was", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let state = seed;
    const random = (below: number) => (state = (state * 48271) % 0x7fff_ffff) % below;
    const from = ring(1 << 12);
    let got = "";
    const follower = follow(from, 0, async (part) => {
      for (let turns = random(4); turns > 0; turns--) await Promise.resolve();
      got += text(part);
    });
    let sent = "";
    for (let i = 0; i < 100; i++) {
      const piece = `${i} `.repeat(1 + random(120));
      sent += piece;
      from.push(bytes(piece));
      follower.wake();
      for (let turns = random(8); turns > 0; turns--) await Promise.resolve();
    }
    await follower.drained(1000);
    const parts = got.split(/\r\n\[hvsim: (\d+) bytes were not kept\]\r\n/);
    let position = 0;
    for (const [i, part] of parts.entries()) {
      if (i % 2 === 1) position += Number(part);
      else {
        assertEquals(sent.slice(position, position + part.length), part);
        position += part.length;
      }
    }
    assertEquals(position, sent.length);
  }
});
