/** Typed bytes on their way to the guest. @module */

/** Where bytes come from: `Deno.stdin`, or a stand-in for tests. */
export interface ByteSource {
  read(into: Uint8Array): Promise<number | null>;
}

/** A queue that a source fills in the background. */
export interface Input {
  /** The source has ended and everything was taken. */
  readonly over: boolean;
  /** Whether there is something to take. */
  readonly waiting: boolean;
  /** Takes everything that has come. */
  take(): Uint8Array;
  /** Resolves when something has come or the source has ended, or after `ms`. */
  arrival(ms: number): Promise<void>;
}

/** While this much waits for the guest, nothing more is read. */
const MaxWaiting = 1 << 16;

/** No input at all. */
export const noInput: Input = {
  over: true,
  waiting: false,
  take: () => new Uint8Array(0),
  arrival: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

/** Reads `source` until it ends. */
export function readInput(source: ByteSource): Input {
  let queue: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  let resume: (() => void) | undefined;

  const pump = async () => {
    for (;;) {
      if (bytes >= MaxWaiting) await new Promise<void>((resolve) => void (resume = resolve));
      const chunk = new Uint8Array(4096);
      // A terminal that has gone away is an end like any other.
      const length = await source.read(chunk).catch(() => null);
      if (length === null) break;
      queue.push(chunk.subarray(0, length));
      bytes += length;
      wake?.();
    }
    ended = true;
    wake?.();
  };
  void pump();

  return {
    get over() {
      return ended && bytes === 0;
    },
    get waiting() {
      return bytes > 0;
    },
    take() {
      const taken = new Uint8Array(bytes);
      let at = 0;
      for (const chunk of queue) {
        taken.set(chunk, at);
        at += chunk.length;
      }
      queue = [];
      bytes = 0;
      resume?.();
      return taken;
    },
    arrival(ms) {
      if (bytes > 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(finish, ms);
        function finish() {
          clearTimeout(timer);
          wake = undefined;
          resolve();
        }
        if (!ended) wake = finish;
      });
    },
  };
}
