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
  /** Takes what the console printed. */
  printed(bytes: Uint8Array): void;
  /** Bytes to type now. */
  typed(): Uint8Array;
}

/** Text before what was found last is not searched again, nor kept beyond this. */
const MaxKept = 1 << 16;

/** A script at its start; `failures` are the texts that mean failure. */
export function playScript(
  steps: readonly ScriptStep[],
  failures: readonly string[] = [],
): Script {
  const decoder = new TextDecoder();
  const plain = plainText();
  const wanted = failures.map(comparable);
  let next = 0;
  let seen = ""; // printed since the last expectation was met
  let tail = ""; // the last that was printed, for failures
  let failure: string | undefined;
  let toType = "";

  const advance = () => {
    for (let step = steps[next]; step !== undefined; step = steps[next]) {
      if (step.kind === "send") toType += step.text;
      else {
        const text = comparable(step.text);
        const at = seen.indexOf(text);
        if (at < 0) break;
        seen = seen.slice(at + text.length);
      }
      next++;
    }
    const longest = comparable(steps[next]?.text ?? "").length;
    if (seen.length > MaxKept + longest) seen = seen.slice(-MaxKept - longest);
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
    printed(bytes) {
      const text = plain(decoder.decode(bytes, { stream: true }));
      if (text === "") return;
      seen += text;
      tail += text;
      failure ??= failures.find((_, i) => tail.includes(wanted[i] as string));
      tail = tail.slice(-Math.max(0, ...wanted.map((each) => each.length - 1)) || tail.length);
      if (failure === undefined) advance();
    },
    typed() {
      const bytes = new TextEncoder().encode(toType);
      toType = "";
      return bytes;
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
