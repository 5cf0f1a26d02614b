/** Output of several consoles on one screen: whole lines, each of which says whose it is. @module */

/** Consoles by name. */
export interface LineLabels {
  /** Takes what `name` has printed at `nowNs`; lines that end are shown. */
  print(name: string, bytes: Uint8Array, nowNs: number): void;
  /** Shows unfinished lines, prompts for example, that have not grown for a while. */
  settle(nowNs: number): void;
  /** Something else was shown: what goes on does so in a new line. */
  interrupt(): void;
  /** Forgets unfinished lines: somebody else shows them. */
  forget(): void;
  /** The last thing shown did not end its line. */
  readonly midLine: boolean;
}

/** An unfinished line that has not grown for this long is shown. */
const SettleNs = 20e6;
/** So is one that is this long. */
const MaxHeld = 2048;

const Newline = 0x0a;
const Return = 0x0d;
const Escape = 0x1b;
const Reset = "\x1b[0m";
/** SGR foreground colours, easily told apart: cyan, green, yellow, magenta, blue, red. */
const Colours = [36, 32, 33, 35, 34, 31];

interface Speaker {
  readonly prefix: Uint8Array;
  readonly held: number[];
  lastNs: number;
  returned: boolean; // a CR is held back, which LF may follow
  escape: number[] | undefined;
  coloured: boolean; // the line has set colours
}

/** The prefix of a console's lines; consoles get their colours by `index`. */
export function labelOf(name: string, index: number, colours: boolean): string {
  const colour = Colours[index % Colours.length];
  return colours ? `\x1b[${colour}m[${name}]${Reset}` : `[${name}]`;
}

/**
 * Shows by `write`. Control sequences other than colours are left out: they are meant for a screen
 * that a guest has for itself.
 */
export function lineLabels(
  write: (bytes: Uint8Array) => void,
  label: (name: string) => string,
): LineLabels {
  const speakers = new Map<string, Speaker>();
  const encoder = new TextEncoder();
  let open: Speaker | undefined; // whose line is not finished on the screen

  const speaker = (name: string): Speaker => {
    let found = speakers.get(name);
    if (found === undefined) {
      const prefix = encoder.encode(label(name));
      const fresh = { lastNs: 0, returned: false, escape: undefined, coloured: false };
      speakers.set(name, found = { prefix, held: [], ...fresh });
    }
    return found;
  };
  const show = (who: Speaker, end: boolean) => {
    const out: number[] = [];
    if (open !== who) {
      if (open !== undefined) out.push(Return, Newline);
      out.push(...who.prefix);
      if (who.held.length > 0) out.push(0x20);
    }
    out.push(...who.held);
    if (who.coloured) out.push(...encoder.encode(Reset));
    if (end) out.push(Return, Newline);
    who.held.length = 0;
    who.coloured = false;
    open = end ? undefined : who;
    write(new Uint8Array(out));
  };
  const take = (who: Speaker, byte: number) => {
    if (who.escape) {
      who.escape.push(byte);
      const state = escapeState(who.escape);
      if (state === "more") return;
      if (state === "colour") {
        who.held.push(...who.escape);
        who.coloured = true;
      }
      who.escape = undefined;
      if (who.held.length >= MaxHeld) show(who, false);
      return;
    }
    if (byte === Newline) {
      who.returned = false;
      show(who, true);
      return;
    }
    if (byte === Return) {
      who.returned = true;
      return;
    }
    if (who.returned && (who.held.length > 0 || open === who)) {
      // The line is written anew, behind its label.
      who.held.push(Return, ...who.prefix, 0x20);
    }
    who.returned = false;
    if (byte === Escape) who.escape = [byte];
    else if (byte !== 0) who.held.push(byte);
    if (who.held.length >= MaxHeld) show(who, false);
  };

  return {
    print(name, bytes, nowNs) {
      const who = speaker(name);
      who.lastNs = nowNs;
      for (const byte of bytes) take(who, byte);
    },
    settle(nowNs) {
      for (const who of speakers.values()) {
        if (who.held.length > 0 && nowNs - who.lastNs >= SettleNs) show(who, false);
      }
    },
    interrupt: () => void (open = undefined),
    forget() {
      speakers.clear();
      open = undefined;
    },
    get midLine() {
      return open !== undefined;
    },
  };
}

/** Longer sequences are no sequences. */
const MaxEscape = 256;

/** What has come of a control sequence (ECMA-48). */
function escapeState(bytes: readonly number[]): "more" | "colour" | "other" {
  const [, kind] = bytes;
  const last = bytes.at(-1) as number;
  if (bytes.length > MaxEscape) return "other";
  if (kind === 0x5b) { // CSI: parameters until a final byte
    if (bytes.length < 3 || last < 0x40 || last > 0x7e) return "more";
    return last === 0x6d ? "colour" : "other";
  }
  if ([0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(kind as number)) { // strings until BEL or ESC \
    const over = bytes.length > 2 && (last === 7 || (last === 0x5c && bytes.at(-2) === Escape));
    return over ? "other" : "more";
  }
  // Intermediate bytes, as in ESC ( B, until a final one.
  return last >= 0x20 && last <= 0x2f ? "more" : "other";
}
