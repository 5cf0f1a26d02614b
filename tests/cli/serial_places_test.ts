import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { type Consoles, consoles } from "../../cli/consoles.ts";
import { type Serial, serial } from "../../cli/serial.ts";
import { MaxClients } from "../../cli/sockets.ts";
import { openSerials } from "../../cli/serial_places.ts";
import { RingBytes } from "../../cli/ring.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { type FakeConsole, fakeConsole } from "./fake_console.ts";

const ignore = Deno.build.os === "windows";
const names = ["vm1", "vm2"];

interface Rig {
  readonly a: FakeConsole;
  readonly b: FakeConsole;
  readonly all: Consoles;
  readonly folder: string;
  readonly said: () => string;
}

/** Two consoles in these places; `DIR` is a directory of the test's own. */
async function withPlaces(
  places: readonly string[],
  act: (rig: Rig) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  let said = "";
  const say = (text: string) => void (said += text);
  const serials = places.map((place) => parsed(place.replace("DIR", folder)));
  const opened = await openSerials(serials, names, say);
  const [a, b] = [fakeConsole("vm1"), fakeConsole("vm2")];
  const all = consoles({
    write: () => {},
    say,
    listen: () => {},
    interactive: false,
    colours: false,
    open: (line) => opened.open(line),
  });
  all.connect([a, b], true);
  try {
    await act({ a, b, all, folder, said: () => said });
  } finally {
    await all.close(100);
    opened.close();
    await Deno.remove(folder, { recursive: true });
  }
}

function parsed(text: string): Serial {
  const value = serial.parse(text);
  assert(value, text);
  return value;
}

/** Prints and hands over. */
function print({ all }: Rig, console: FakeConsole, text: string): void {
  console.print(text);
  all.flush(0);
}

/** Reads until `text` has come. */
async function readUntil(client: Deno.Conn, text: string): Promise<string> {
  let got = "";
  const buffer = new Uint8Array(65536);
  while (!got.endsWith(text)) {
    const count = await client.read(buffer);
    assert(count !== null, `it ended after "${got.slice(-200)}"`);
    got += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return got;
}

/** Waits until the guest was typed `text`. */
async function untilTyped({ all }: Rig, console: FakeConsole, text: string): Promise<void> {
  for (let i = 0; i < 500 && console.typed !== text; i++) {
    all.deliver();
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  assertEquals(console.typed, text);
}

Deno.test("serial: what it takes is checked", () => {
  assertEquals(parsed("uart0=tcp:localhost:5000").place, {
    kind: "server",
    endpoint: { transport: "tcp", hostname: "localhost", port: 5000 },
  });
  assertEquals(parsed("vm1=pty:/tmp/link").place, { kind: "pty", link: "/tmp/link" });
  for (const bad of ["vm1", "vm1=", "=pty", "vm1=tty", "vm1=tcp:5000", "vm1=file:", "vm1=null:x"]) {
    assertEquals(serial.parse(bad), undefined, bad);
  }
});

Deno.test("serial: consoles must exist, and be in one place", async () => {
  const open = (...texts: string[]) => openSerials(texts.map(parsed), names, () => {});
  const unknown = await assertRejects(() => open("vm3=null"), UsageError);
  assertEquals(
    unknown.message,
    "Cannot use --serial vm3=null: it must name a console, found vm1, vm2",
  );
  const twice = await assertRejects(() => open("vm1=null", "vm1=stdio"), UsageError);
  assertEquals(
    twice.message,
    "Cannot use --serial vm1=stdio: vm1 must be in one place, found two",
  );
});

Deno.test({
  name: "serial: clients of a socket share the console; one that comes late gets the past first",
  ignore,
  fn: () =>
    withPlaces(["vm1=unix:DIR/one", "vm2=tcp::0"], async (rig) => {
      const { a, b, folder, said } = rig;
      const connect = () => Deno.connect({ transport: "unix", path: join(folder, "one") });
      const early = await connect();
      print(rig, a, "login: ");
      assertEquals(await readUntil(early, ": "), "login: ");
      await early.write(new TextEncoder().encode("root\r"));
      await untilTyped(rig, a, "root\r");
      print(rig, a, "root\r\n# ");
      const late = await connect();
      assertEquals(await readUntil(late, "# "), "login: root\r\n# ");
      assertEquals(await readUntil(early, "# "), "root\r\n# ");
      await late.write(new TextEncoder().encode("ls"));
      await untilTyped(rig, a, "root\rls");
      early.close();
      print(rig, a, "ls");
      assertEquals(await readUntil(late, "ls"), "ls");
      late.close();

      const port = Number(/vm2: console on tcp:127\.0\.0\.1:(\d+)\n/.exec(said())?.[1]);
      const other = await Deno.connect({ hostname: "127.0.0.1", port });
      await other.write(new TextEncoder().encode("x"));
      await untilTyped(rig, b, "x");
      print(rig, b, "y");
      assertEquals([await readUntil(other, "y"), a.typed], ["y", "root\rls"]);
      other.close();
    }),
});

Deno.test({
  name: "serial: a client that does not read holds nobody up, and learns how much it has missed",
  ignore,
  fn: () =>
    withPlaces(["vm1=unix:DIR/one"], async (rig) => {
      const client = await Deno.connect({ transport: "unix", path: join(rig.folder, "one") });
      let sent = 0;
      for (let i = 0; sent < 8 * RingBytes; i++) {
        const line = `line ${i}\n`;
        sent += line.length;
        print(rig, rig.a, line);
        if (i % 5000 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      }
      print(rig, rig.a, "the end");
      sent += "the end".length;
      const got = await readUntil(client, "the end");
      const marks = [...got.matchAll(/\r\n\[hvsim: (\d+) bytes were not kept\]\r\n/g)];
      const lost = marks.reduce((sum, [, count]) => sum + Number(count), 0);
      const marked = marks.reduce((sum, [mark]) => sum + mark.length, 0);
      assert(marks.length > 0);
      assertEquals(got.length - marked + lost, sent);
      client.close();
    }),
});

Deno.test({
  name: "serial: one client too many is sent away, unless another sends no more",
  ignore,
  fn: () =>
    withPlaces(["vm1=unix:DIR/one"], async (rig) => {
      const path = join(rig.folder, "one");
      const connect = () => Deno.connect({ transport: "unix", path });
      print(rig, rig.a, "# ");
      const clients = [];
      for (let i = 0; i < MaxClients; i++) {
        const client = await connect();
        assertEquals(await readUntil(client, "# "), "# ");
        clients.push(client);
      }
      const refused = await connect();
      const text = `Cannot use unix:${path}: at most ${MaxClients} may connect, found more\n`;
      assertEquals(await readUntil(refused, "\n"), text);
      assertEquals(await refused.read(new Uint8Array(1)), null);
      refused.close();
      // A client that has gone is as one that sends no more, while nothing is printed.
      clients.pop()?.close();
      const [half] = clients;
      await half?.closeWrite();
      await new Promise((resolve) => void setTimeout(resolve, 50));
      for (let i = 0; i < 2; i++) {
        const next = await connect();
        assertEquals(await readUntil(next, "# "), "# ");
        clients.push(next);
      }
      for (const client of clients) client.close();
    }),
});

Deno.test({
  name: "serial: what guests print at their end still reaches the clients, and sockets go",
  ignore,
  fn: () =>
    withPlaces(["vm1=unix:DIR/one"], async (rig) => {
      const path = join(rig.folder, "one");
      const client = await Deno.connect({ transport: "unix", path });
      await client.write(new TextEncoder().encode("x"));
      await untilTyped(rig, rig.a, "x");
      rig.a.print("Power down\n");
      await rig.all.close(1000);
      assertEquals(await readUntil(client, "down\n"), "Power down\n");
      assertEquals(await client.read(new Uint8Array(1)), null);
      await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
      client.close();
    }),
});

Deno.test("serial: a file also gets more than a ring keeps when it is printed at once", () =>
  withPlaces(["vm1=file:DIR/log"], async (rig) => {
    const lines = "0123456789abcde\n".repeat(2 * RingBytes / 16);
    print(rig, rig.a, lines);
    assertEquals(await Deno.readTextFile(join(rig.folder, "log")), lines);
  }));

Deno.test("serial: two consoles in one file take nothing from each other", () =>
  withPlaces(["vm1=file:DIR/log", "vm2=file:DIR/log"], async (rig) => {
    print(rig, rig.a, "one\n");
    print(rig, rig.b, "two\n");
    print(rig, rig.a, "three\n");
    assertEquals(await Deno.readTextFile(join(rig.folder, "log")), "one\ntwo\nthree\n");
  }));

Deno.test("serial: a file gets all of it, nowhere none", () =>
  withPlaces(["vm1=file:DIR/log", "vm2=null"], async (rig) => {
    print(rig, rig.a, "one\n");
    print(rig, rig.b, "two\n");
    print(rig, rig.a, "three\n");
    assertEquals(await Deno.readTextFile(join(rig.folder, "log")), "one\nthree\n");
    assertEquals([rig.all.listens, rig.all.focus], [false, undefined]);
  }));

const hasTerminals = Deno.build.os === "linux" || Deno.build.os === "darwin";

Deno.test({
  name: "serial: programs talk through a pseudo-terminal, come, go and come again",
  ignore: !hasTerminals,
  // The C library stays loaded, its thread waits for the terminal.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withPlaces(["vm1=pty:DIR/link"], async (rig) => {
      const path = await Deno.readLink(join(rig.folder, "link"));
      assertEquals(rig.said(), `vm1: console on ${path}, also ${join(rig.folder, "link")}\n`);
      print(rig, rig.a, "login: ");
      await new Promise((resolve) => void setTimeout(resolve, 50));
      // Without echo nothing of what was printed comes back.
      assertEquals([rig.all.deliver(), rig.a.typed], [0, ""]);
      for (const [typed, reply] of [["root\r", "login: "], ["ls\x03\n", "again"]] as const) {
        const file = await Deno.open(path, { read: true, write: true });
        if (reply === "again") print(rig, rig.a, "again");
        const buffer = new Uint8Array(100);
        const count = await file.read(buffer) ?? 0;
        assertEquals(new TextDecoder().decode(buffer.subarray(0, count)), reply);
        await file.write(new TextEncoder().encode(typed));
        file.close();
        await untilTyped(rig, rig.a, typed === "root\r" ? typed : `root\r${typed}`);
      }
      await rig.all.close(0);
      await assertRejects(() => Deno.lstat(join(rig.folder, "link")), Deno.errors.NotFound);
    }),
});
