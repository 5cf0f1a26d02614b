/** A line that is typed and changed at a terminal, with a history. @module */

/** What a key has done. */
export interface Edited {
  /** To be written to the terminal. */
  readonly shown: string;
  /** The line, once it is finished. */
  readonly line?: string;
  /** The user wants to leave. */
  readonly leaves?: true;
}

/** Takes what a terminal sends, byte by byte. */
export interface LineEditor {
  readonly prompt: string;
  take(byte: number): Edited;
}

/** Lines that are remembered. */
const MaxHistory = 100;
/** Longest line. */
const MaxLine = 1024;
const Bell = "\x07";
const ClearRight = "\x1b[K";

const key = (letter: string) => letter.charCodeAt(0) & 0x1f;

/** An empty line after `prompt`; `complete` says which whole words could come at a line's end. */
export function lineEditor(
  prompt: string,
  complete: (line: string) => readonly string[],
): LineEditor {
  const history: string[] = [];
  const decoder = new TextDecoder();
  let chars: string[] = [];
  let cursor = 0;
  /** Place in the history; its end is the new line. */
  let place = 0;
  /** The new line, while an older one is shown. */
  let draft = "";
  /** An escape sequence that has begun. */
  let sequence: string | undefined;

  const redrawn = (): Edited => {
    const back = chars.length - cursor;
    const left = back > 0 ? `\x1b[${back}D` : "";
    return { shown: `\r${prompt}${chars.join("")}${ClearRight}${left}` };
  };
  const replace = (line: string) => {
    chars = [...line];
    cursor = chars.length;
    return redrawn();
  };
  const remove = (from: number, to: number) => {
    if (from >= to) return { shown: "" };
    chars.splice(from, to - from);
    cursor = from;
    return redrawn();
  };
  const move = (to: number) => {
    cursor = Math.max(0, Math.min(chars.length, to));
    return redrawn();
  };
  const insert = (text: string): Edited => {
    if (chars.length + text.length > MaxLine) return { shown: Bell };
    const isAtEnd = cursor === chars.length;
    chars.splice(cursor, 0, ...text);
    cursor += [...text].length;
    return isAtEnd ? { shown: text } : redrawn();
  };
  const recall = (by: number) => {
    const to = place + by;
    if (to < 0 || to > history.length) return { shown: Bell };
    if (place === history.length) draft = chars.join("");
    place = to;
    return replace(history[to] ?? draft);
  };
  const clear = () => {
    chars = [];
    cursor = 0;
    place = history.length;
  };
  const finish = (): Edited => {
    const line = chars.join("");
    if (line.trim() !== "" && history.at(-1) !== line) history.push(line);
    if (history.length > MaxHistory) history.shift();
    clear();
    return { shown: "\r\n", line };
  };
  const completed = (): Edited => {
    const before = chars.slice(0, cursor).join("");
    const words = complete(before);
    const [first] = words;
    if (first === undefined) return { shown: Bell };
    const typed = /\S*$/.exec(before)?.[0] ?? "";
    if (words.length === 1) return insert(`${first.slice(typed.length)} `);
    let common = first;
    while (!words.every((word) => word.startsWith(common))) common = common.slice(0, -1);
    if (common.length > typed.length) return insert(common.slice(typed.length));
    return { shown: `\r\n${words.join("  ")}\r\n${redrawn().shown}` };
  };
  const wordStart = () => {
    let at = cursor;
    while (at > 0 && chars[at - 1] === " ") at--;
    while (at > 0 && chars[at - 1] !== " ") at--;
    return at;
  };

  const control: { readonly [code: number]: () => Edited } = {
    [key("A")]: () => move(0),
    [key("B")]: () => move(cursor - 1),
    [key("C")]: () => {
      clear();
      return { shown: `^C\r\n${prompt}` };
    },
    [key("D")]: () =>
      chars.length === 0
        ? { shown: "", leaves: true }
        : remove(cursor, Math.min(cursor + 1, chars.length)),
    [key("E")]: () => move(chars.length),
    [key("F")]: () => move(cursor + 1),
    [key("H")]: () => remove(Math.max(0, cursor - 1), cursor),
    [key("I")]: completed,
    [key("J")]: finish,
    [key("K")]: () => remove(cursor, chars.length),
    [key("L")]: () => ({ shown: `\x1b[2J\x1b[H${redrawn().shown}` }),
    [key("M")]: finish,
    [key("N")]: () => recall(1),
    [key("P")]: () => recall(-1),
    [key("U")]: () => remove(0, cursor),
    [key("W")]: () => remove(wordStart(), cursor),
    0x7f: () => remove(Math.max(0, cursor - 1), cursor),
  };
  /** By what follows ESC [ or ESC O. */
  const sequences: { readonly [letters: string]: () => Edited } = {
    A: () => recall(-1),
    B: () => recall(1),
    C: () => move(cursor + 1),
    D: () => move(cursor - 1),
    H: () => move(0),
    F: () => move(chars.length),
    "1~": () => move(0),
    "4~": () => move(chars.length),
    "3~": () => remove(cursor, Math.min(cursor + 1, chars.length)),
  };

  const takeSequence = (byte: number): Edited => {
    const letter = String.fromCharCode(byte);
    if (sequence === "" && (letter === "[" || letter === "O")) {
      sequence = letter;
      return { shown: "" };
    }
    const isOver = sequence === "" || /[@-~]/.test(letter) || (sequence?.length ?? 0) > 32;
    sequence = isOver ? sequence : `${sequence}${letter}`;
    if (!isOver) return { shown: "" };
    const letters = `${sequence?.slice(1) ?? ""}${letter}`;
    sequence = undefined;
    return sequences[letters]?.() ?? { shown: "" };
  };

  return {
    prompt,
    take(byte) {
      if (sequence !== undefined) return takeSequence(byte);
      if (byte === 0x1b) {
        sequence = "";
        return { shown: "" };
      }
      const act = control[byte];
      if (act) return act();
      if (byte < 0x20) return { shown: "" };
      const text = decoder.decode(new Uint8Array([byte]), { stream: true });
      return text === "" ? { shown: "" } : insert(text);
    },
  };
}
