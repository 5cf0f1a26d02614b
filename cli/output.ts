/** Output on its way to standard streams: written in the background, in order, none of it lost. @module */

/** A stream to write to: `Deno.stdout`, or a stand-in for tests. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Output that nobody waits for, unless too much of it does. */
export interface Output {
  /** Hands `bytes` on; they go out after everything earlier, to whichever stream that was. */
  write(to: ByteSink, bytes: Uint8Array): void;
  /** So much waits that whoever makes more should pause. */
  readonly full: boolean;
  /** Waits for nobody any more: what was not written is lost, and what comes is, too. */
  abandon(): void;
  /** Nothing is being written. */
  readonly idle: boolean;
  /** Nobody reads this stream any more; what is for it goes nowhere. */
  isGone(sink: ByteSink): boolean;
  /** Resolves when all is written, or after `ms`; whether all is. */
  drained(ms?: number): Promise<boolean>;
}

/** Beyond this much, output is full. */
const FullBytes = 1 << 17;
/** Largest single write. */
const WriteBytes = 1 << 16;
/** Pause before trying again what a stream that does not block has refused. */
const RetryMs = 5;

interface Waiting {
  readonly to: ByteSink;
  bytes: Uint8Array;
}

/** One queue for all streams, since they may be the same terminal. */
export function openOutput(): Output {
  const queue: Waiting[] = [];
  const gone = new Set<ByteSink>();
  let waiting = 0;
  let pumping: Promise<void> | undefined;
  let abandoned = false;

  const pump = async () => {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const part = next.bytes.subarray(0, WriteBytes);
      const count = gone.has(next.to) ? part.length : await attempt(next.to, part);
      waiting -= count;
      next.bytes = next.bytes.subarray(count);
      if (next.bytes.length === 0) queue.shift();
    }
    pumping = undefined;
  };
  const attempt = async (to: ByteSink, bytes: Uint8Array): Promise<number> => {
    try {
      return await to.write(bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) {
        // A terminal that has gone away is nobody that reads, too.
        gone.add(to);
        return bytes.length;
      }
      await new Promise((resolve) => void setTimeout(resolve, RetryMs));
      return 0;
    }
  };

  return {
    write(to, bytes) {
      if (bytes.length === 0 || abandoned) return;
      const last = queue.at(-1);
      // What is being written stays as it is.
      if (queue.length > 1 && last?.to === to && last.bytes.length < WriteBytes) {
        last.bytes = joined(last.bytes, bytes);
      } else queue.push({ to, bytes });
      waiting += bytes.length;
      pumping ??= pump();
    },
    get full() {
      return waiting > FullBytes;
    },
    get idle() {
      return pumping === undefined;
    },
    isGone: (sink) => gone.has(sink),
    abandon() {
      abandoned = true;
      queue.splice(1);
    },
    async drained(ms) {
      if (pumping === undefined) return true;
      if (abandoned) return false;
      const timer = ms === undefined ? undefined : delay(ms);
      await Promise.race([pumping, ...(timer === undefined ? [] : [timer.over])]);
      timer?.cancel();
      return waiting === 0;
    },
  };
}

function delay(ms: number): { over: Promise<void>; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => void (timer = setTimeout(resolve, ms)));
  return { over, cancel: () => clearTimeout(timer) };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
