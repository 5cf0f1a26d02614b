/** Places of consoles other than the terminal: servers, pseudo-terminals, files. @module */

import type { ConsoleLine } from "./console_line.ts";
import type { Backend } from "./consoles.ts";
import { reason } from "./files.ts";
import { openPty, type Pty } from "./pty.ts";
import type { Serial } from "./serial.ts";
import {
  closeQuietly,
  type Endpoint,
  endpointText,
  follow,
  type Follower,
  MaxClients,
  sendAway,
  serve,
  writeAll,
} from "./sockets.ts";
import { UsageError } from "./usage_error.ts";

/** Backends that are open and wait for their consoles. */
export interface SerialPlaces {
  /** The backend of a console; none when it is on the terminal. */
  open(line: ConsoleLine): Backend | undefined;
  /** Those of consoles that there are not, as they were asked for. */
  missing(consoles: readonly { readonly name: string }[]): readonly string[];
  /** Ends those that nobody has asked for. */
  close(): void;
}

type Opened = (line: ConsoleLine) => Backend;

/**
 * Opens what `--serial` asks for, and tells by `say` where it is.
 *
 * @throws {UsageError} When it cannot be opened, or there is no such console among `names`.
 */
export async function openSerials(
  serials: readonly Serial[],
  names: readonly string[],
  say: (text: string) => void,
): Promise<SerialPlaces> {
  const places = new Map<string, Opened>();
  const undo: (() => void)[] = [];
  const given = new Set<string>();
  try {
    for (const each of serials) {
      const what = `--serial ${each.text}`;
      if (!names.includes(each.console)) {
        const found = names.join(", ") || "none";
        throw new UsageError(`Cannot use ${what}: it must name a console, found ${found}`);
      }
      if (given.has(each.console)) {
        throw new UsageError(`Cannot use ${what}: ${each.console} must be in one place, found two`);
      }
      given.add(each.console);
      const opened = await openPlace(what, each, say);
      if (opened === undefined) continue;
      places.set(each.console, opened.plug);
      undo.push(opened.close);
    }
  } catch (error) {
    for (const close of undo) close();
    throw error;
  }
  return {
    open: (line) => places.get(line.name)?.(line),
    missing: (consoles) =>
      serials.filter((each) => !consoles.some(({ name }) => name === each.console))
        .map(({ text }) => text),
    close: () => undo.forEach((close) => close()),
  };
}

interface OpenedPlace {
  readonly plug: Opened;
  readonly close: () => void;
}

async function openPlace(
  what: string,
  { console, place }: Serial,
  say: (text: string) => void,
): Promise<OpenedPlace | undefined> {
  switch (place.kind) {
    case "stdio":
      return undefined;
    case "null":
      return { plug: () => nowhere, close() {} };
    case "file":
      return openFile(what, place.path, say);
    case "pty": {
      const opened = openTerminal(what, place.link);
      say(`${console}: console on ${opened.about}\n`);
      return opened;
    }
    case "server": {
      const opened = await openServer(what, place.endpoint);
      say(`${console}: console on ${opened.about}\n`);
      return opened;
    }
  }
}

const nowhere: Backend = {
  about: "null",
  wake() {},
  listens: false,
  close: () => Promise.resolve(),
};

function openFile(what: string, path: string, say: (text: string) => void): OpenedPlace {
  let file: Deno.FsFile | undefined;
  try {
    const found = Deno.statSync(path);
    if (!found.isFile) {
      const other = found.isDirectory ? "a directory" : "a device or a pipe";
      throw new UsageError(`Cannot use ${what}: it must be a file, found ${other}`);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
  }
  try {
    // Two consoles may be in the same file.
    file = Deno.openSync(path, { append: true, create: true });
    file.truncateSync();
  } catch (error) {
    throw new UsageError(`Cannot use ${what}: ${reason(error)}`);
  }
  const plug = (line: ConsoleLine): Backend => {
    let position = 0;
    const wake = () => {
      const { bytes } = line.printed.read(position);
      position = line.printed.end;
      try {
        for (let at = 0; file && at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      } catch (error) {
        file = undefined; // the run goes on without
        say(`Cannot write ${what}: ${reason(error)}\n`);
      }
    };
    return { about: `file:${path}`, wake, listens: false, close: () => Promise.resolve() };
  };
  return { plug, close() {} };
}

/** Pause before trying again to write to a pseudo-terminal that nobody reads. */
const RetryMs = 20;

/** How long a pseudo-terminal's reader has for the last that was printed. */
const LastReadMs = 100;

function openTerminal(what: string, link: string | undefined): OpenedPlace & { about: string } {
  let pty: Pty;
  try {
    pty = openPty();
  } catch (error) {
    const why = error instanceof Deno.errors.NotCapable
      ? "it needs the permission --allow-ffi"
      : reason(error);
    throw new UsageError(`Cannot use ${what}: ${why}`);
  }
  if (link !== undefined) makeLink(what, pty, link);
  const close = () => {
    pty.close();
    if (link !== undefined && linkTarget(link) === pty.path) Deno.removeSync(link);
  };
  const about = link === undefined ? pty.path : `${pty.path}, also ${link}`;
  const plug = (line: ConsoleLine): Backend => {
    let closed = false;
    const follower = follow(line.printed, line.printed.start, async (bytes) => {
      for (let at = 0; at < bytes.length && !closed;) {
        at += pty.write(bytes.subarray(at));
        if (at < bytes.length) await new Promise((resolve) => void setTimeout(resolve, RetryMs));
      }
    });
    void (async () => {
      for (let typed = await pty.read(); typed !== null; typed = await pty.read()) {
        line.type(typed);
        await line.room();
      }
    })();
    return {
      about,
      wake: follower.wake,
      listens: true,
      async close(graceMs) {
        const lateMs = Math.min(graceMs, LastReadMs);
        await follower.drained(lateMs);
        // The system drops what it has for a reader when we close.
        await new Promise((resolve) => void setTimeout(resolve, lateMs));
        closed = true;
        follower.stop();
        close();
      },
    };
  };
  return { plug, close, about };
}

function makeLink(what: string, pty: Pty, link: string): void {
  try {
    // A link that another run has left behind.
    if (linkTarget(link)?.startsWith("/dev/")) Deno.removeSync(link);
    Deno.symlinkSync(pty.path, link);
  } catch (error) {
    pty.close();
    const why = error instanceof Deno.errors.AlreadyExists
      ? `"${link}" must be a new name, found a file`
      : reason(error);
    throw new UsageError(`Cannot use ${what}: ${why}`);
  }
}

function linkTarget(link: string): string | undefined {
  try {
    return Deno.readLinkSync(link);
  } catch {
    return undefined;
  }
}

async function openServer(
  what: string,
  endpoint: Endpoint,
): Promise<OpenedPlace & { about: string }> {
  const early: Deno.Conn[] = [];
  let welcome = (client: Deno.Conn): void => void early.push(client);
  const server = await serve(what, endpoint, (client) => welcome(client));
  const about = endpointText(server.endpoint);
  const plug = (line: ConsoleLine): Backend => {
    const clients = new Map<Deno.Conn, Follower>();
    /** Clients that send no more; whether they still read shows when something is printed. */
    const silent = new Set<Deno.Conn>();
    const end = (client: Deno.Conn) => {
      clients.get(client)?.stop();
      clients.delete(client);
      silent.delete(client);
      closeQuietly(client);
    };
    welcome = (client) => {
      if (clients.size >= MaxClients) {
        const [oldest] = silent;
        if (oldest === undefined) return sendAway(client, `use ${about}`);
        end(oldest);
      }
      if (isTcp(client)) client.setNoDelay();
      const send = (bytes: Uint8Array) =>
        writeAll(client, bytes).catch((error) => {
          end(client);
          throw error;
        });
      clients.set(client, follow(line.printed, line.printed.start, send));
      void receive(client, line).then(() => {
        if (clients.has(client)) silent.add(client);
      });
    };
    early.splice(0).forEach(welcome);
    return {
      about,
      listens: true,
      wake() {
        for (const follower of clients.values()) follower.wake();
      },
      async close(graceMs) {
        server.close();
        await Promise.all([...clients.values()].map((follower) => follower.drained(graceMs)));
        for (const client of clients.keys()) closeQuietly(client);
      },
    };
  };
  return { plug, close: () => server.close(), about };
}

function isTcp(client: Deno.Conn): client is Deno.TcpConn {
  return client.localAddr.transport === "tcp";
}

/** Types what a client sends, until it sends no more. */
async function receive(client: Deno.Conn, line: ConsoleLine): Promise<void> {
  for (;;) {
    const buffer = new Uint8Array(4096);
    const count = await client.read(buffer).catch(() => null);
    if (count === null) return;
    line.type(buffer.subarray(0, count));
    await line.room();
  }
}
