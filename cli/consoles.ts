/** What guests print, on one standard output; what is typed, to one of them. @module */

/** A guest's end of a serial line, with a name for people. */
export interface Console {
  readonly name: string;
  canReceive(): boolean;
  receive(byte: number): boolean;
  /** Reads that found nothing, ever. */
  emptyReads(): number;
  onTransmit(take: (byte: number) => void): void;
}

/** All consoles of a run. */
export interface Consoles {
  /** Plugs them in, in place of earlier ones; `labelled` ones say from the start whose lines are whose. */
  connect(consoles: readonly Console[], labelled: boolean): void;
  readonly all: readonly Console[];
  /** The one that is typed to. */
  readonly focus: Console | undefined;
  /** Types to the next one from now on. */
  focusNext(): Console | undefined;
  /** Bytes that guests have printed, ever. */
  readonly printed: number;
  /** The last thing printed did not end its line. */
  readonly midLine: boolean;
  /** Hands over what was printed since the last time. */
  flush(): void;
}

const Newline = 0x0a;

/**
 * One console is shown as it is. When several speak, each line says whose it is.
 *
 * `write` gets what is to be shown, `listen` what the guests printed.
 */
export function consoles(
  write: (bytes: Uint8Array) => void,
  listen: (bytes: Uint8Array) => void,
): Consoles {
  let all: readonly Console[] = [];
  let focused = 0;
  let printed = 0;
  let raw: number[] = [];
  let shown: number[] = [];
  let speaker: Console | undefined;
  let midLine = false;
  const voices = new Set<string>();
  const encoder = new TextEncoder();

  const prefix = (console: Console) => {
    if (speaker !== console && midLine) shown.push(0x0d, Newline);
    if (speaker !== console || !midLine) shown.push(...encoder.encode(`${console.name}| `));
  };
  const take = (console: Console, byte: number) => {
    printed++;
    raw.push(byte);
    voices.add(console.name);
    if (voices.size > 1) prefix(console);
    shown.push(byte);
    speaker = console;
    // A carriage return alone goes back in the line, it does not end it.
    midLine = byte !== Newline && (midLine || byte !== 0x0d);
  };

  return {
    connect(next, labelled) {
      all = next;
      if (labelled) { for (const { name } of all) voices.add(name); }
      focused = 0;
      for (const console of all) console.onTransmit((byte) => take(console, byte));
    },
    get all() {
      return all;
    },
    get focus() {
      return all[focused];
    },
    focusNext() {
      focused = (focused + 1) % Math.max(1, all.length);
      return all[focused];
    },
    get printed() {
      return printed;
    },
    get midLine() {
      return midLine;
    },
    flush() {
      if (raw.length > 0) listen(new Uint8Array(raw));
      if (shown.length > 0) write(new Uint8Array(shown));
      raw = [];
      shown = [];
    },
  };
}
