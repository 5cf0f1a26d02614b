/** The C library: what Deno has no functions for. @module */

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

/** The C library, and numbers that systems disagree about. */
export interface Libc {
  readonly call: Deno.DynamicLibrary<typeof symbols>["symbols"];
  /** Flags of open(2). */
  readonly flags: {
    readonly readWrite: number;
    readonly noControl: number;
    readonly nonBlocking: number;
  };
}

/** tcsetattr at once, whether output waits or not. */
export const SetNow = 0;
/** At least a struct termios. */
export const TermiosBytes = 256;

const Systems: Partial<
  Record<typeof Deno.build.os, { libraries: string[]; flags: Libc["flags"] }>
> = {
  linux: {
    libraries: ["libc.so.6", "libc.so"],
    flags: { readWrite: 2, noControl: 0o400, nonBlocking: 0o4000 },
  },
  darwin: {
    libraries: ["libSystem.dylib"],
    flags: { readWrite: 2, noControl: 0x20000, nonBlocking: 4 },
  },
};

let loaded: Libc | undefined;

/** Loads it. @throws {Error} When there is none, or the permission for it is lacking. */
export function openLibc(): Libc {
  if (loaded !== undefined) return loaded;
  const system = Systems[Deno.build.os];
  let problem: unknown = new Error(`${Deno.build.os} has no C library that is known`);
  for (const name of system?.libraries ?? []) {
    try {
      const call = Deno.dlopen(name, symbols).symbols;
      return loaded = { call, flags: (system as { flags: Libc["flags"] }).flags };
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}
