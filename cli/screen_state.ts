/** What a guest's output has left on a screen, for whoever shows it again. @module */

/** Positions count bytes of the output from its beginning. */
export interface ScreenState {
  note(bytes: Uint8Array): void;
  /** Where the last, unfinished line begins. */
  readonly lineStart: number;
  /** Where a program has switched to a screen of its own, an editor for example, while it has it. */
  readonly ownScreen: number | undefined;
}

const Escape = 0x1b;
/** Modes that switch to the alternate screen (xterm control sequences, DECSET). */
const AlternateScreen = /^\?(?:47|1047|1049)$/;
/** Longer parameters are of no interest. */
const MaxParameters = 16;

/** A screen on which nothing has been shown. */
export function screenState(): ScreenState {
  let position = 0;
  let lineStart = 0;
  let ownScreen: number | undefined;
  let parameters: string | undefined; // of a control sequence that has begun
  let escapeAt: number | undefined;

  const control = (byte: number) => {
    const char = String.fromCharCode(byte);
    if (char < "@") {
      parameters = `${parameters}${char}`.slice(0, MaxParameters);
      return;
    }
    if (AlternateScreen.test(parameters ?? "")) {
      if (char === "h") ownScreen ??= escapeAt;
      if (char === "l") ownScreen = undefined;
    }
    parameters = escapeAt = undefined;
  };

  return {
    note(bytes) {
      for (const byte of bytes) {
        position++;
        if (byte === Escape) {
          escapeAt = position - 1;
          parameters = undefined;
        } else if (parameters !== undefined) control(byte);
        else if (escapeAt !== undefined) {
          if (byte === 0x5b && escapeAt === position - 2) parameters = "";
          else escapeAt = undefined;
        } else if (byte === 0x0a) lineStart = position;
      }
    },
    get lineStart() {
      return lineStart;
    },
    get ownScreen() {
      return ownScreen;
    },
  };
}

/** Questions to the terminal: its state, its kind, its colours (ECMA-48 DSR and DA, xterm OSC). */
// deno-lint-ignore no-control-regex
const Questions = /\x1b\[[?>=]?[\d;]*[cn]|\x1b\][\d;]+;\?(?:\x07|\x1b\\)/g;

/** Output to be shown again: without questions, whose answers nobody would expect. */
export function withoutQuestions(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(Escape)) return bytes;
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return Uint8Array.from(text.replaceAll(Questions, ""), (char) => char.charCodeAt(0));
}
