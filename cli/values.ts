/** The values that options take: what is said of them, and how they are read. @module */

/** A kind of value. */
export interface Value<T> {
  /** Completes "it must be". */
  readonly expected: string;
  /** `undefined` when `text` is no such value. */
  readonly parse: (text: string) => T | undefined;
  /** All there are, where they can be listed. */
  readonly choices?: readonly string[];
}

/** Any text, which may be empty. */
export const anyText: Value<string> = { expected: "a text", parse: (text) => text };

/** A name of a file or a directory. */
export function path(what: string): Value<string> {
  return { expected: what, parse: (text) => text === "" ? undefined : text };
}

/** One of a few words. */
export function choice<const T extends string>(choices: readonly T[]): Value<T> {
  return {
    expected: listed(choices),
    parse: (text) => choices.find((word) => word === text),
    choices,
  };
}

/** One of a few numbers. */
export function numberChoice<const T extends number>(choices: readonly T[]): Value<T> {
  const { expected, parse } = choice(choices.map(String));
  return {
    expected,
    parse: (text) => choices.find((n) => String(n) === parse(text)),
    choices: choices.map(String),
  };
}

/** `a, b or c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}

/** A whole number of at least 1. */
export const count: Value<number> = {
  expected: "a whole number of at least 1",
  parse: (text) => scaled(text, /^(\d+)()$/, {}),
};

/** A number of instructions. */
export const instructions: Value<number> = {
  expected: "a whole number of at least 1, which K, M or G may follow for 10^3, 10^6 or 10^9",
  parse: (text) => scaled(text, /^([\d_]+)([KMG]?)$/i, { k: 1e3, m: 1e6, g: 1e9 }),
};

/** An address. */
export const address: Value<bigint> = {
  expected: "a hexadecimal address of an instruction, such as 0x4020_1000",
  parse(text) {
    const digits = /^(?:0x)?([0-9a-f][0-9a-f_]*)$/i.exec(text)?.[1]?.replaceAll("_", "");
    if (digits === undefined || digits.length > 16) return undefined;
    const value = BigInt(`0x${digits}`);
    return value % 4n === 0n ? value : undefined;
  },
};

/** Bytes. */
export const size: Value<number> = {
  expected: "a size such as 512M or 2G",
  parse: (text) =>
    scaled(text, /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i, {
      k: 2 ** 10,
      m: 2 ** 20,
      g: 2 ** 30,
      t: 2 ** 40,
    }),
};

/** A time, in nanoseconds; a bare number is seconds. */
export const duration: Value<number> = {
  expected: "a time such as 10, 2.5s, 500ms or 3m",
  parse: (text) => scaled(text, /^(\d+(?:\.\d+)?)(ms|us|s|m|h|)$/, Seconds, 1e9),
};

const Seconds = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** A positive whole number of `base` times what the unit says. */
function scaled(
  text: string,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
  base = 1,
): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = units[(unit ?? "").toLowerCase()] ?? 1;
  const value = Math.round(Number(digits.replaceAll("_", "")) * factor * base);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** A date, or the host's time now, as seconds since 1970. */
export const date: Value<number | "now"> = {
  expected: "now or a date such as 2026-01-31 or 2026-01-31T12:00:00Z",
  parse(text) {
    if (text === "now") return "now";
    if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z?)?$/.test(text)) return undefined;
    const ms = Date.parse(/[TZ]/.test(text) ? text.replace(/Z?$/, "Z") : text);
    const seconds = Math.floor(ms / 1000);
    return seconds >= 0 && seconds < 2 ** 32 ? seconds : undefined;
  },
};

const Escapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  n: "\n",
  r: "\r",
  t: "\t",
  e: "\x1b",
  0: "\0",
};

/** Text in which `\n \r \t \e \0 \\ \xNN` stand for what they do in C. */
export const escaped: Value<string> = {
  expected: "a text in which \\n, \\r, \\t, \\e, \\0, \\xNN and \\\\ are all that follows a \\",
  parse(text) {
    let bad = text === "";
    const value = text.replace(/\\(x[\da-f]{2}|.|$)/gis, (_all, code: string) => {
      if (/^x../is.test(code)) return String.fromCharCode(parseInt(code.slice(1), 16));
      bad ||= !Object.hasOwn(Escapes, code);
      return Escapes[code] ?? "";
    });
    return bad ? undefined : value;
  },
};
