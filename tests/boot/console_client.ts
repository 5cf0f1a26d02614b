/** Consoles of a run of hvsim, at the other end of sockets. @module */

import { assert } from "@std/assert";

/** A console at the other end of a socket. */
export class Client {
  readonly #connection: Deno.Conn;
  readonly #decoder = new TextDecoder();
  #text = "";

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Reads until `text` has come; what came before it and it. */
  async until(text: string): Promise<string> {
    const buffer = new Uint8Array(65536);
    while (!this.#text.includes(text)) {
      const count = await this.#connection.read(buffer);
      assert(count !== null, `it ended after "${this.#text.slice(-200)}"`);
      this.#text += this.#decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    const end = this.#text.indexOf(text) + text.length;
    const found = this.#text.slice(0, end);
    this.#text = this.#text.slice(end);
    return found;
  }

  async type(text: string): Promise<void> {
    await this.#connection.write(new TextEncoder().encode(text));
  }

  close(): void {
    this.#connection.close();
  }
}

/** Connects as soon as somebody listens. */
export async function connect(path: string): Promise<Client> {
  for (let tries = 0;; tries++) {
    try {
      return new Client(await Deno.connect({ transport: "unix", path }));
    } catch (error) {
      if (tries === 300) throw error;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  }
}
