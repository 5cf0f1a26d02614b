/** The terminal: raw while guests run, and back in order however hvsim ends. @module */

/** The process's standard streams. */
export interface Terminal {
  /** A person can type. */
  readonly typed: boolean;
  /** Standard error is looked at by a person. */
  readonly watched: boolean;
  readonly colours: boolean;
  /** Hands every key on; does nothing without a terminal. */
  raw(): void;
  /** Undoes {@linkcode raw}. */
  restore(): void;
  /** Shows bytes on standard output; false when nobody reads it any more. */
  show(bytes: Uint8Array): boolean;
  /** Says a line on standard error. */
  say(text: string): void;
  /** Shows a line that the next one takes the place of; an empty one goes. */
  progress(text: string): void;
}

/** The terminal that hvsim was started on. */
export function openTerminal(): Terminal {
  const typed = Deno.stdin.isTerminal();
  const watched = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  let isRaw = false;
  let inProgress = false;
  const progress = (text: string) => {
    if (!watched || (text === "" && !inProgress)) return;
    writeAll(Deno.stderr, encoder.encode(`\r\x1b[K${text}`));
    inProgress = text !== "";
  };
  return {
    typed,
    watched,
    colours: watched && !Deno.noColor,
    raw() {
      if (!typed) return;
      Deno.stdin.setRaw(true);
      isRaw = true;
    },
    restore() {
      if (!isRaw) return;
      isRaw = false;
      Deno.stdin.setRaw(false);
    },
    show: (bytes) => writeAll(Deno.stdout, bytes),
    say(text) {
      progress("");
      writeAll(Deno.stderr, encoder.encode(isRaw ? text.replaceAll("\n", "\r\n") : text));
    },
    progress,
  };
}

/** Writes until all is written, however small the pieces that the other end takes. */
function writeAll(to: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    try {
      at += to.writeSync(bytes.subarray(at));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) return false;
      // A terminal or pipe that is full and does not block.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }
  return true;
}

/** Exit codes of processes that a signal ended, as shells report them. */
const Signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Calls `end` with an exit code when the process is asked to end. */
export function onSignals(end: (code: number) => void): void {
  for (const [signal, code] of Object.entries(Signals)) {
    try {
      Deno.addSignalListener(signal as keyof typeof Signals, () => end(code));
    } catch {
      // Windows has no SIGTERM.
    }
  }
}
