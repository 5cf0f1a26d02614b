/**
 * Schemas for TOML: one description yields the type, the checks, the messages and the JSON Schema.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { nearest, type Place } from "./problem.ts";
import type { TomlTable, TomlValue } from "./toml.ts";

/** A JSON Schema, as much of it as is written here. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where rules put what they find. */
export interface Report {
  /** The value at `path` does not fit: there is no usable result. */
  wrong(path: string, place: Place, expected: string, found: string, hint?: string): void;
  /** The key at `path` is not one that is known; the rest may still be used. */
  unknown(path: string, place: Place, expected: string, hint?: string): void;
  /** The key at `path` is accepted without effect. */
  stale(path: string, place: Place, why: string): void;
  /** Notes where the value of `path` stands. */
  seen(path: string, place: Place): void;
}

/** One value's description. */
export interface Rule<T> {
  /** What fits, in words that follow "expected". */
  readonly expected: string;
  readonly json: JsonSchema;
  /** The value of an absent key; undefined when the key must be there. */
  readonly absent?: { readonly value: T };
  /** Reports what is wrong and returns something of the right type in any case. */
  check(value: TomlValue, path: string, report: Report): T;
}

/** The type a rule produces. */
export type Checked<R> = R extends Rule<infer T> ? T : never;

type Rules = Readonly<Record<string, Rule<unknown>>>;
type CheckedAll<T extends Rules> = { -readonly [K in keyof T]: Checked<T[K]> };

/** The rule with a description for editors. */
export function doc<T>(text: string, rule: Rule<T>): Rule<T> {
  const own = rule.json.description;
  const description = own === undefined ? text : `${text}: ${own}`;
  return { ...rule, json: { ...rule.json, description } };
}

/** A value as "found" says it: its source where that is short. */
export function shown(value: TomlValue | undefined): string {
  if (value === undefined) return "nothing";
  const brief = value.source !== "" && value.source.length <= 60 && !value.source.includes("\n");
  if (value.kind === "array") return brief ? value.source : `an array of ${value.items.length}`;
  if (value.kind === "table") return brief ? value.source : "a table";
  if (value.kind === "string") {
    const text = JSON.stringify(value.value);
    return text.length <= 60 ? text : `${text.slice(0, 57)}..."`;
  }
  return value.source.slice(0, 60);
}

/** An integer in `[min, max]`; `what` names it, e.g. "an address". */
export function int(min: number, max: number, what = "an integer"): Rule<number> {
  const bound = (n: number) => n > 0xffff ? hex(n) : String(n);
  const expected = `${what} in ${bound(min)}..${bound(max)}`;
  return {
    expected,
    json: { type: "integer", minimum: min, maximum: max },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind === "integer" && value.value >= min && value.value <= max) {
        return Number(value.value);
      }
      report.wrong(path, value.place, expected, shown(value), integerHint(value));
      return min;
    },
  };
}

function integerHint(value: TomlValue): string | undefined {
  if (value.kind !== "string") return undefined;
  const number = /^(0x[0-9a-f_]+|[0-9_]+)$/i.test(value.value.trim());
  return number ? `write it without quotes: ${value.value.trim()}` : undefined;
}

/** Any string of at least `minLength` characters. */
export function text(minLength = 0): Rule<string> {
  const expected = minLength > 0 ? "a string that is not empty" : "a string";
  return {
    expected,
    json: { type: "string", ...(minLength > 0 ? { minLength } : {}) },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind === "string" && value.value.length >= minLength) {
        if (!value.value.includes("\0")) return value.value;
        report.wrong(path, value.place, "a string without NUL", shown(value));
      } else report.wrong(path, value.place, expected, shown(value));
      return "";
    },
  };
}

/** `true` or `false`. */
export const bool: Rule<boolean> = {
  expected: "true or false",
  json: { type: "boolean" },
  check(value, path, report) {
    report.seen(path, value.place);
    if (value.kind === "boolean") return value.value;
    report.wrong(path, value.place, bool.expected, shown(value));
    return false;
  },
};

/** One of the integers that are keys of `choices`, translated to its word. */
export function numbered<const T extends Readonly<Record<number, string>>>(
  choices: T,
): Rule<T[keyof T]> {
  const numbers = Object.keys(choices).map(Number);
  const names = Object.entries(choices).map(([n, name]) => `${n} (${name})`).join(", ");
  return {
    expected: `one of ${names}`,
    json: { enum: numbers, description: names },
    check(value, path, report) {
      report.seen(path, value.place);
      const found = value.kind === "integer" ? choices[Number(value.value)] : undefined;
      if (found !== undefined) return found as T[keyof T];
      report.wrong(path, value.place, `one of ${names}`, shown(value));
      return choices[numbers[0] ?? 0] as T[keyof T];
    },
  };
}

/** One of the strings that are keys of `choices` (spellings), translated to its word. */
export function spelled<const T extends Readonly<Record<string, string>>>(
  choices: T,
): Rule<T[keyof T]> {
  const spellings = Object.keys(choices);
  const expected = `one of ${spellings.map((s) => `"${s}"`).join(", ")}`;
  return {
    expected,
    json: { enum: spellings },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind === "string" && Object.hasOwn(choices, value.value)) {
        return choices[value.value] as T[keyof T];
      }
      const near = value.kind === "string" ? nearest(value.value, spellings) : undefined;
      const hint = near === undefined ? undefined : `did you mean "${near}"?`;
      report.wrong(path, value.place, expected, shown(value), hint);
      return choices[spellings[0] ?? ""] as T[keyof T];
    },
  };
}

/** `rule`, or `fallback` when the key is absent. */
export function optional<T, const F>(rule: Rule<T>, fallback: F): Rule<T | F> {
  return { ...rule, absent: { value: fallback } };
}

/** An array of `item`. */
export function list<T>(item: Rule<T>, minLength = 0): Rule<T[]> {
  const expected = minLength > 0 ? "an array that is not empty" : "an array";
  return {
    expected,
    json: { type: "array", items: item.json, ...(minLength > 0 ? { minItems: minLength } : {}) },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind !== "array") {
        report.wrong(path, value.place, `an array, each ${item.expected}`, shown(value));
        return [];
      }
      if (value.items.length < minLength) {
        report.wrong(path, value.place, expected, shown(value));
      }
      return value.items.map((v, i) => item.check(v, `${path}[${i}]`, report));
    },
  };
}

/** One `item` for all, or an array of them. */
export function oneOrMore<T>(item: Rule<T>): Rule<T | readonly T[]> {
  const many = list(item, 1);
  const expected = `${item.expected}, or an array of them`;
  return {
    expected,
    json: { anyOf: [item.json, many.json] },
    check(value, path, report) {
      if (value.kind === "array") return many.check(value, path, report);
      const wrong: Report["wrong"] = (at, place, _, ...rest) =>
        report.wrong(at, place, expected, ...rest);
      return item.check(value, path, { ...report, wrong });
    },
  };
}

/**
 * An array whose positions have names; columns with a value for absence may be left out at the
 * end. A table with the columns as keys serves as well.
 */
export function row<const T extends Rules>(columns: T): Rule<CheckedAll<T>> {
  const names = Object.keys(columns);
  const required = names.filter((n) => columns[n]?.absent === undefined).length;
  const shape = names.map((n, i) => i < required ? n : `${n}?`).join(", ");
  const expected = `[${shape}]`;
  const asTable = table(columns);
  const { type: _type, ...rest } = asTable.json;
  return {
    expected,
    json: {
      type: ["array", "object"],
      items: names.map((n) => ({ title: n, ...columns[n]?.json })),
      minItems: required,
      additionalItems: false,
      ...rest,
    },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind === "table") return asTable.check(value, path, report);
      const items = value.kind === "array" ? value.items : [];
      const fits = items.length >= required && items.length <= names.length;
      if (!fits) report.wrong(path, value.place, expected, shown(value));
      return Object.fromEntries(names.map((name, i) => {
        const rule = columns[name] as Rule<unknown>;
        const item = items[i];
        if (item !== undefined) return [name, rule.check(item, `${path}.${name}`, report)];
        return [name, rule.absent?.value ?? fallback(rule)];
      })) as CheckedAll<T>;
    },
  };
}

/** What a rule returns for a value that cannot be used; the problem has been reported. */
function fallback(rule: Rule<unknown>): unknown {
  const silent: Report = { wrong() {}, unknown() {}, stale() {}, seen() {} };
  const nothing: TomlValue = { kind: "date", place: { line: 1, column: 1 }, source: "" };
  return rule.check(nothing, "", silent);
}

/** What a table does with keys that it does not know. */
export interface UnknownKeys {
  /** Why a key that once had a meaning has none. */
  stale?(key: string): string | undefined;
  /** What to do instead, where that can be said better than with the nearest name. */
  hint?(key: string): string | undefined;
}

/** A table with these keys and no others. */
export function table<const T extends Rules>(
  keys: T,
  others: UnknownKeys = {},
): Rule<CheckedAll<T>> {
  const names = Object.keys(keys);
  return {
    expected: "a table",
    json: {
      type: "object",
      properties: Object.fromEntries(names.map((n) => [n, keys[n]?.json])),
      required: names.filter((n) => keys[n]?.absent === undefined),
      additionalProperties: false,
    },
    check(value, path, report) {
      report.seen(path, value.place);
      if (value.kind !== "table") {
        report.wrong(path, value.place, `a table with ${names.join(", ")}`, shown(value));
      }
      const given: TomlTable["entries"] = value.kind === "table" ? value.entries : new Map();
      reportUnknown(given, names, others, path, report);
      return Object.fromEntries(names.map((name) => {
        const rule = keys[name] as Rule<unknown>;
        const entry = given.get(name);
        const at = under(path, name);
        if (entry !== undefined) return [name, rule.check(entry.value, at, report)];
        if (rule.absent !== undefined) return [name, rule.absent.value];
        if (value.kind === "table") report.wrong(at, value.place, rule.expected, "nothing");
        return [name, fallback(rule)];
      })) as CheckedAll<T>;
    },
  };
}

/** The path of `key` in the table at `path`. */
export function under(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function reportUnknown(
  given: TomlTable["entries"],
  names: readonly string[],
  others: UnknownKeys,
  path: string,
  report: Report,
): void {
  for (const [key, { place }] of given) {
    if (names.includes(key)) continue;
    const stale = others.stale?.(key);
    if (stale !== undefined) {
      report.stale(under(path, key), place, stale);
      continue;
    }
    const near = nearest(key, names.filter((n) => !given.has(n)));
    const hint = others.hint?.(key) ??
      (near === undefined ? `known here: ${names.join(", ")}` : `did you mean "${near}"?`);
    report.unknown(under(path, key), place, "a key that is known", hint);
  }
}
