/** Servers on Unix and TCP sockets, and writers to their clients that nobody waits for. @module */

import { reason } from "./files.ts";
import { lostText, type Ring } from "./ring.ts";
import { UsageError } from "./usage_error.ts";

/** Where a server listens. */
export type Endpoint =
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number };

/** `unix:PATH` or `tcp:HOST:PORT`; `undefined` when `text` is neither. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, path] = /^unix:(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return { transport: "unix", path };
  const [, bracketed, plain, digits] =
    /^tcp:(?:\[([\da-f:.%]+)\]|([^:]*)):(\d{1,5})$/i.exec(text) ??
      [];
  const port = Number(digits ?? -1);
  if (port < 0 || port > 65535) return undefined;
  return { transport: "tcp", hostname: bracketed ?? (plain || "127.0.0.1"), port };
}

/** As {@linkcode parseEndpoint} reads it. */
export function endpointText(endpoint: Endpoint): string {
  if (endpoint.transport === "unix") return `unix:${endpoint.path}`;
  const { hostname, port } = endpoint;
  return `tcp:${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** A server that listens. */
export interface Server {
  /** Where, with the port that was found for port 0. */
  readonly endpoint: Endpoint;
  /** Accepts nobody any more, and removes the socket's file. */
  close(): void;
}

/** More clients of a server at once are sent away. */
export const MaxClients = 32;
/** Pause before accepting goes on that has failed. */
const RetryMs = 100;

/** Longest Unix socket path that works everywhere (sun_path of sockaddr_un, its zero not counted). */
const MaxPath = 103;

/**
 * Listens, and gives each client to `connected`, which closes it.
 *
 * @throws {UsageError} When it cannot; `what` says for whom.
 */
export async function serve(
  what: string,
  endpoint: Endpoint,
  connected: (client: Deno.Conn) => void,
): Promise<Server> {
  if (endpoint.transport === "unix") await clearPath(what, endpoint.path);
  let listener: Deno.Listener;
  try {
    listener = endpoint.transport === "unix" ? Deno.listen(endpoint) : Deno.listen(endpoint);
  } catch (error) {
    throw new UsageError(`Cannot use ${what}: ${listenReason(error)}`);
  }
  const { addr } = listener;
  let closed = false;
  void (async () => {
    while (!closed) {
      try {
        for await (const client of listener) connected(client);
      } catch {
        // Too many files are open, or a client has gone before its turn: others may come.
        await new Promise((resolve) => void setTimeout(resolve, RetryMs));
      }
    }
  })();
  return {
    endpoint: addr.transport === "tcp" && endpoint.transport === "tcp"
      ? { ...endpoint, port: addr.port }
      : endpoint,
    close() {
      if (closed) return;
      closed = true;
      listener.close();
      if (endpoint.transport === "unix") removeSocket(endpoint.path);
    },
  };
}

/** Closing removes it as well, but later, when the process may have ended. */
function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It has gone already.
  }
}

function listenReason(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "it needs the permission --allow-net";
  if (error instanceof Deno.errors.AddrInUse) return "somebody listens there already";
  if (error instanceof Deno.errors.NotFound) return "there is no such directory";
  return reason(error).replace(/ \(os error \d+\)$/, "");
}

/** Removes a socket that a server has left behind that did not end well. */
async function clearPath(what: string, path: string): Promise<void> {
  if (new TextEncoder().encode(path).length > MaxPath) {
    throw new UsageError(
      `Cannot use ${what}: the path of a socket must have at most ${MaxPath} bytes, ` +
        `found ${path.length}`,
    );
  }
  const found = await Deno.lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket) {
    throw new UsageError(`Cannot use ${what}: it must be a new name, found a file`);
  }
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return; // listening says so, too
    if (error instanceof Deno.errors.ConnectionRefused) await Deno.remove(path).catch(() => {});
    return;
  }
  throw new UsageError(`Cannot use ${what}: somebody listens there already`);
}

/** Writes what a ring gets, as fast as its reader reads. */
export interface Follower {
  /** The ring has got more. */
  wake(): void;
  /** Resolves when the reader has had everything, or after `ms`. */
  drained(ms: number): Promise<void>;
  stop(): void;
}

/** Largest piece for a reader. */
const PieceBytes = 1 << 14;

/**
 * Sends what follows `from` in `ring` to a reader. A reader that is too slow for the ring misses
 * what was not kept, is told how much, and goes on; nobody waits for him.
 *
 * `write` may take its time, and throws when the reader has gone.
 */
export function follow(
  ring: Ring,
  from: number,
  write: (bytes: Uint8Array) => Promise<void>,
): Follower {
  let position = from;
  let running: Promise<void> | undefined;
  let stopped = false;
  const run = async () => {
    while (!stopped && position < ring.end) {
      const { bytes, lost } = ring.read(position, PieceBytes);
      position += lost + bytes.length;
      if (lost > 0) await write(new TextEncoder().encode(`\r\n${lostText(lost)}\r\n`));
      await write(bytes);
    }
  };
  const wake = () => {
    if (stopped || position >= ring.end) return;
    running ??= run().catch(() => void (stopped = true)).finally(() => {
      running = undefined;
      wake();
    });
  };
  wake();
  return {
    wake,
    async drained(ms) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<"late">((resolve) => {
        timer = setTimeout(() => resolve("late"), ms);
      });
      while (running !== undefined && await Promise.race([running, late]) !== "late");
      clearTimeout(timer);
    },
    stop: () => void (stopped = true),
  };
}

/** Writes all of `bytes` to a connection. */
export async function writeAll(client: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await client.write(bytes.subarray(at));
}

/** Closes a connection, which may have gone by itself. */
export function closeQuietly(client: Deno.Conn): void {
  try {
    client.close();
  } catch {
    // It has.
  }
}

/** Tells a client that it is one too many for `what`, and closes. */
export function sendAway(client: Deno.Conn, what: string): void {
  const text = `Cannot ${what}: at most ${MaxClients} may connect, found more\n`;
  void writeAll(client, new TextEncoder().encode(text)).catch(() => {})
    .finally(() => closeQuietly(client));
}
