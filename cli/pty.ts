/** Pseudo-terminals, by the C library. @module */

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

const symbols = {
  posix_openpt: { parameters: ["i32"], result: "i32" },
  grantpt: { parameters: ["i32"], result: "i32" },
  unlockpt: { parameters: ["i32"], result: "i32" },
  ptsname: { parameters: ["i32"], result: "pointer" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  tcgetattr: { parameters: ["i32", "buffer"], result: "i32" },
  tcsetattr: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  cfmakeraw: { parameters: ["buffer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The C library and the flags of open(2): O_RDWR, O_NOCTTY, O_NONBLOCK. */
const Systems: Partial<
  Record<typeof Deno.build.os, { libraries: string[]; flags: [number, number, number] }>
> = {
  linux: { libraries: ["libc.so.6", "libc.so"], flags: [2, 0o400, 0o4000] },
  darwin: { libraries: ["libSystem.dylib"], flags: [2, 0x20000, 0x4] },
};

/** At least a struct termios. */
const TermiosBytes = 256;
const PollIn = 1;
/** So long is waited for input at a time. */
const PollMs = 60_000;

/**
 * Opens a new one. Its slave is raw and stays open, so programs may come and go.
 *
 * @throws {Error} When the system has none, or does not let us.
 */
export function openPty(): Pty {
  const system = Systems[Deno.build.os];
  if (system === undefined) throw new Error(`${Deno.build.os} has no pseudo-terminals`);
  const libc = load(system.libraries).symbols;
  const [readWrite, noControl, nonBlocking] = system.flags;
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
  libc.tcsetattr(slave, 0, termios);

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

let loaded: Deno.DynamicLibrary<typeof symbols> | undefined;

function load(names: readonly string[]): Deno.DynamicLibrary<typeof symbols> {
  let problem: unknown;
  for (const name of names) {
    try {
      return loaded ??= Deno.dlopen(name, symbols);
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}
