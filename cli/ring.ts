/** The last bytes of an endless stream, for readers that come late or are slow. @module */

/** What a reader gets. */
export interface RingPart {
  readonly bytes: Uint8Array;
  /** Bytes before these that the ring no longer has. */
  readonly lost: number;
}

/** Positions count bytes from the stream's beginning. */
export interface Ring {
  /** Position after the last byte. */
  readonly end: number;
  /** Position of the oldest byte that is kept. */
  readonly start: number;
  push(bytes: Uint8Array): void;
  /** A copy of what follows `from`, of at most `most` bytes. */
  read(from: number, most?: number): RingPart;
}

/** What is kept of a console. */
export const RingBytes = 1 << 18;

/** An empty ring of `capacity` bytes, a power of two, whose memory grows as it fills. */
export function ring(capacity = RingBytes): Ring {
  let store = new Uint8Array(Math.min(capacity, 4096));
  let end = 0;
  const start = () => Math.max(0, end - capacity);
  const grow = (size: number) => {
    // Until it has its full size nothing has come round, so positions are offsets.
    const larger = new Uint8Array(size);
    larger.set(store);
    store = larger;
  };
  return {
    get end() {
      return end;
    },
    get start() {
      return start();
    },
    push(bytes) {
      while (store.length < capacity && end + bytes.length > store.length) {
        grow(Math.min(capacity, store.length * 2));
      }
      const kept = bytes.subarray(Math.max(0, bytes.length - capacity));
      const at = (end + bytes.length - kept.length) % store.length;
      const first = Math.min(kept.length, store.length - at);
      store.set(kept.subarray(0, first), at);
      store.set(kept.subarray(first), 0);
      end += bytes.length;
    },
    read(from, most = Infinity) {
      const begin = Math.max(from, start());
      const length = Math.min(end - begin, most);
      const bytes = new Uint8Array(length);
      const at = begin % store.length;
      const first = Math.min(length, store.length - at);
      bytes.set(store.subarray(at, at + first));
      bytes.set(store.subarray(0, length - first), first);
      return { bytes, lost: begin - from };
    },
  };
}

/** Says how much of a console's output is missing. */
export function lostText(bytes: number, name?: string): string {
  const of = name === undefined ? "" : ` of ${name}`;
  return `[hvsim: ${bytes} bytes${of} were not kept]`;
}
