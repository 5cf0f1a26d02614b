/** Pseudo-terminals, by the C library. @module */

import { openLibc, SetNow, TermiosBytes } from "./libc.ts";

/** The master's end of a pseudo-terminal. */
export interface Pty {
  /** What other programs open: `/dev/pts/7`. */
  readonly path: string;
  /** Writes what fits now: how many bytes. */
  write(bytes: Uint8Array): number;
  /** What was typed; resolves when something was, `null` when it is closed. */
  read(): Promise<Uint8Array | null>;
  close(): void;
}

const PollIn = 1;
/** So long is waited for input at a time. */
const PollMs = 60_000;

/**
 * Opens a new one. Its slave is raw and stays open, so programs may come and go.
 *
 * @throws {Error} When the system has none, or does not let us.
 */
export function openPty(): Pty {
  const { call: libc, flags } = openLibc();
  const { readWrite, noControl, nonBlocking } = flags;
  const master = libc.posix_openpt(readWrite | noControl | nonBlocking);
  if (master < 0 || libc.grantpt(master) !== 0 || libc.unlockpt(master) !== 0) {
    throw new Error("the system gives no pseudo-terminal");
  }
  const name = libc.ptsname(master);
  const path = name === null ? "" : new Deno.UnsafePointerView(name).getCString();
  const slave = libc.open(new TextEncoder().encode(`${path}\0`), readWrite | noControl);
  const termios = new Uint8Array(TermiosBytes);
  // An echo of what the guest prints would be typed to it.
  if (slave < 0 || libc.tcgetattr(slave, termios) !== 0) throw new Error(`${path} does not open`);
  libc.cfmakeraw(termios);
  libc.tcsetattr(slave, SetNow, termios);

  const fds = new Uint8Array(8); // struct pollfd: fd, events, revents
  const pollfd = new DataView(fds.buffer);
  pollfd.setInt32(0, master, true);
  pollfd.setInt16(4, PollIn, true);
  let closed = false;
  let polling = false;
  const release = () => {
    libc.close(slave);
    libc.close(master);
  };
  return {
    path,
    write: (bytes) =>
      closed ? 0 : Math.max(0, Number(libc.write(master, bytes.slice(), BigInt(bytes.length)))),
    async read() {
      const buffer = new Uint8Array(4096);
      for (;;) {
        if (closed) return null;
        const count = Number(libc.read(master, buffer, BigInt(buffer.length)));
        if (count > 0) return buffer.subarray(0, count);
        polling = true;
        await libc.poll(fds, 1n, PollMs);
        polling = false;
        if (closed) release();
      }
    },
    close() {
      if (closed) return;
      closed = true;
      // Whoever waits in poll wakes up, and then closes.
      if (polling) libc.write(slave, new Uint8Array(1), 1n);
      else release();
    },
  };
}
