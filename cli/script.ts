/** Scripts of `--expect` and `--send`, and texts that mean failure. @module */

/** One step; a script is a list of them. */
export interface ScriptStep {
  readonly kind: "expect" | "send";
  readonly text: string;
}

/** What a script has come to. */
export type ScriptState = "going" | "done" | "failed";

/** Plays a script against the console. */
export interface Script {
  readonly state: ScriptState;
  /** What it waits for, or the text that means failure, for people. */
  readonly waitsFor: string | undefined;
  readonly failure: string | undefined;
  /** Takes what a console printed. */
  printed(bytes: Uint8Array, console?: string): void;
  /** What to type now, in its order. */
  typed(): readonly ScriptInput[];
}

/** Something to type. */
export interface ScriptInput {
  /** The console that has met the last expectation; none before the first one. */
  readonly to: string | undefined;
  readonly bytes: Uint8Array;
}

/** What a console has printed. */
interface Heard {
  readonly decode: (bytes: Uint8Array) => string;
  /** Printed since an expectation was met. */
  seen: string;
  /** The last that it printed, for failures. */
  tail: string;
}

/** Text before what was found last is not searched again, nor kept beyond this. */
const MaxKept = 1 << 16;

/**
 * A script at its start; `failures` are the texts that mean failure. An expectation is met by any
 * console, and what is sent then goes to that one.
 */
export function playScript(
  steps: readonly ScriptStep[],
  failures: readonly string[] = [],
): Script {
  const wanted = failures.map(comparable);
  const longestFailure = Math.max(0, ...wanted.map((each) => each.length - 1));
  const heard = new Map<string, Heard>();
  let next = 0;
  let failure: string | undefined;
  let partner: string | undefined;
  let toType: ScriptInput[] = [];

  const hear = (console: string): Heard => {
    let found = heard.get(console);
    if (found === undefined) {
      const decoder = new TextDecoder();
      const plain = plainText();
      const decode = (bytes: Uint8Array) => plain(decoder.decode(bytes, { stream: true }));
      heard.set(console, found = { decode, seen: "", tail: "" });
    }
    return found;
  };
  const advance = () => {
    for (let step = steps[next]; step !== undefined; step = steps[next]) {
      if (step.kind === "send") {
        toType.push({ to: partner, bytes: new TextEncoder().encode(step.text) });
      } else {
        const text = comparable(step.text);
        const met = [...heard].find(([, { seen }]) => seen.includes(text));
        if (met === undefined) break;
        const [console, its] = met;
        partner = console;
        const rest = its.seen.slice(its.seen.indexOf(text) + text.length);
        // What comes next is what is printed from here on, by whomever.
        for (const each of heard.values()) each.seen = "";
        its.seen = rest;
      }
      next++;
    }
    const most = MaxKept + comparable(steps[next]?.text ?? "").length;
    for (const its of heard.values()) {
      if (its.seen.length > most) its.seen = its.seen.slice(-most);
    }
  };
  advance();

  return {
    get state() {
      if (failure !== undefined) return "failed";
      // After a last --send the guest has yet to do what it was told.
      const over = next >= steps.length && steps.at(-1)?.kind === "expect";
      return over ? "done" : "going";
    },
    get waitsFor() {
      return steps[next]?.text;
    },
    get failure() {
      return failure;
    },
    printed(bytes, console = "") {
      const its = hear(console);
      const text = its.decode(bytes);
      if (text === "") return;
      its.seen += text;
      its.tail += text;
      failure ??= failures.find((_, i) => its.tail.includes(wanted[i] as string));
      its.tail = longestFailure === 0 ? "" : its.tail.slice(-longestFailure);
      if (failure === undefined) advance();
    },
    typed() {
      const all = toType;
      toType = [];
      return all;
    },
  };
}

/** Consoles print CR LF, or LF CR, where scripts say \n. */
function comparable(text: string): string {
  return text.replaceAll("\r", "");
}

/** Takes terminal control sequences (ECMA-48) and carriage returns out, across chunks. */
export function plainText(): (text: string) => string {
  let state: "text" | "escape" | "control" | "string" | "charset" = "text";
  return (text) => {
    let plain = "";
    for (const char of text) {
      switch (state) {
        case "text":
          if (char === "\x1b") state = "escape";
          else if (char !== "\r") plain += char;
          break;
        case "escape":
          if (char === "[") state = "control";
          else if ("]PX^_".includes(char)) state = "string";
          else if ("()*+-./#%".includes(char)) state = "charset";
          else state = "text";
          break;
        case "control": // parameters until a final byte
          if (char >= "@" && char <= "~") state = "text";
          break;
        case "string": // until BEL or ESC \
          if (char === "\x07") state = "text";
          else if (char === "\x1b") state = "escape";
          break;
        case "charset":
          state = "text";
          break;
      }
    }
    return plain;
  };
}
