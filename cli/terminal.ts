/** The terminal: raw while guests run, and back in order however hvsim ends. @module */

import { openOutput } from "./output.ts";

/** The process's standard streams. */
export interface Terminal {
  /** A person can type. */
  readonly typed: boolean;
  /** Standard output is a terminal. */
  readonly shown: boolean;
  /** Standard error is looked at by a person. */
  readonly watched: boolean;
  /** Colours are welcome on standard error. */
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
  /** Readers are so slow that whoever makes more should pause. */
  readonly full: boolean;
  /** Resolves when all is written, or after `ms`. */
  drained(ms?: number): Promise<boolean>;
  /** Waits for no reader any more. */
  abandon(): void;
}

/** The terminal that hvsim was started on. */
export function openTerminal(): Terminal {
  const typed = Deno.stdin.isTerminal();
  const watched = Deno.stderr.isTerminal();
  const encoder = new TextEncoder();
  const output = openOutput();
  let isRaw = false;
  let inProgress = false;
  const progress = (text: string) => {
    if (!watched || (text === "" && !inProgress)) return;
    output.write(Deno.stderr, encoder.encode(`\r\x1b[K${text}`));
    inProgress = text !== "";
  };
  return {
    typed,
    shown: Deno.stdout.isTerminal(),
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
      // This waits until all output is read, which may be never; Deno does the same at its end,
      // without waiting.
      if (output.idle) Deno.stdin.setRaw(false);
    },
    show(bytes) {
      output.write(Deno.stdout, bytes);
      return !output.isGone(Deno.stdout);
    },
    say(text) {
      progress("");
      output.write(
        Deno.stderr,
        encoder.encode(isRaw ? text.replaceAll("\n", "\r\n") : text),
      );
    },
    progress,
    get full() {
      return output.full;
    },
    drained: output.drained,
    abandon: output.abandon,
  };
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
