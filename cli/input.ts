/** What comes in from outside while guests run. @module */

/** Where bytes come from: `Deno.stdin`, or a stand-in for tests. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** Input from a source, and word of any other that has come. */
export interface Input {
  /** The source has ended, and everything was handed over. */
  readonly over: boolean;
  /** Wakes who waits: something has come. */
  notify(): void;
  /** Resolves when something comes or the source ends, or after `ms`. */
  arrival(ms: number): Promise<void>;
}

/** Takes what was read; while it waits, nothing more is read. */
export type TakeInput = (bytes: Uint8Array) => Promise<void> | void;

/** Reads `source` to its end, which without one is now. */
export function readInput(source: ByteSource | undefined, take: TakeInput): Input {
  let ended = source === undefined;
  let wake: (() => void) | undefined;

  const pump = async (from: ByteSource) => {
    for (;;) {
      const chunk = new Uint8Array(4096);
      // A terminal that has gone away is an end like any other.
      const length = await from.read(chunk).catch(() => null);
      if (length === null) break;
      await take(chunk.subarray(0, length));
    }
    ended = true;
    wake?.();
  };
  if (source !== undefined) void pump(source);

  return {
    get over() {
      return ended;
    },
    notify: () => wake?.(),
    arrival: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(finish, ms);
        wake = finish;
        function finish() {
          clearTimeout(timer);
          wake = undefined;
          resolve();
        }
      }),
  };
}
