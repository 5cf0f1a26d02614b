/**
 * `--monitor`: a server that takes commands, a line each, and answers them.
 *
 * A client's next line is read when it has taken the answer to the one before, so that nothing piles
 * up for one that never reads; others do not notice.
 *
 * @module
 */

import {
  closeQuietly,
  type Endpoint,
  endpointText,
  MaxClients,
  sendAway,
  serve,
  writeAll,
} from "../sockets.ts";

/** A server under way. */
export interface MonitorServer {
  /** Where it is: `unix:/tmp/hvsim`. */
  readonly about: string;
  /** Ends it, once clients have had the answers that are on their way, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Longest line of a client's. */
export const MaxLineBytes = 4096;

/**
 * Listens, and has every line answered by `submit`.
 *
 * @throws {UsageError} When it cannot listen.
 */
export async function openMonitor(
  endpoint: Endpoint,
  submit: (line: string) => Promise<string>,
): Promise<MonitorServer> {
  const about = endpointText(endpoint);
  const clients = new Set<Deno.Conn>();
  const answering = new Set<Promise<void>>();
  const server = await serve(`--monitor ${about}`, endpoint, (client) => {
    if (clients.size >= MaxClients) {
      sendAway(client, "take commands");
      return;
    }
    clients.add(client);
    void talk(client, submit, answering).finally(() => {
      clients.delete(client);
      closeQuietly(client);
    });
  });
  if (endpoint.transport === "unix") await protect(endpoint.path);
  return {
    about: endpointText(server.endpoint),
    async close(graceMs) {
      server.close();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, graceMs)));
      await Promise.race([Promise.all(answering), late]);
      clearTimeout(timer);
      for (const client of clients) closeQuietly(client);
    },
  };
}

/** Whoever can connect can do everything; that is for the user alone. */
async function protect(path: string): Promise<void> {
  if (Deno.build.os !== "windows") await Deno.chmod(path, 0o600).catch(() => {});
}

/** Answers a client's lines until it has gone. */
async function talk(
  client: Deno.Conn,
  submit: (line: string) => Promise<string>,
  answering: Set<Promise<void>>,
): Promise<void> {
  for await (const line of lines(client)) {
    const answer = line === undefined
      ? Promise.resolve(`Cannot read a command: it must have at most ${MaxLineBytes} bytes\n`)
      : submit(line);
    let gone = false;
    const written = answer.then((text) => writeAll(client, new TextEncoder().encode(text)))
      .catch(() => void (gone = true));
    answering.add(written);
    await written;
    answering.delete(written);
    if (gone) return;
  }
}

const Newline = 0x0a;

/** Lines that a client sends; nothing stands for one that is too long. */
async function* lines(client: Deno.Conn): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(MaxLineBytes);
  let kept: number[] = [];
  let isTooLong = false;
  for (;;) {
    const count = await client.read(buffer).catch(() => null);
    if (count === null) break;
    for (const byte of buffer.slice(0, count)) {
      if (byte !== Newline) {
        isTooLong ||= kept.length >= MaxLineBytes;
        if (!isTooLong) kept.push(byte);
        continue;
      }
      yield isTooLong ? undefined : decoder.decode(new Uint8Array(kept));
      kept = [];
      isTooLong = false;
    }
  }
  // The last line may lack its end: `printf 'vm list' | nc -U PATH`.
  if (kept.length > 0 && !isTooLong) yield decoder.decode(new Uint8Array(kept));
}
