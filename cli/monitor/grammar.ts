/** Lines and words of the monitor → a command and what goes with it. @module */

import { nearest } from "../../core/config/problem.ts";
import { UsageError } from "../usage_error.ts";
import { listed } from "../values.ts";
import type { Args, FlagName, OperandName } from "./command.ts";

/** What the grammar needs of a command. */
interface Row {
  readonly operands: readonly string[];
  readonly flags?: readonly FlagName[];
}

type Table = Readonly<Record<string, Row>>;

/** What was asked for. */
export interface Parsed<Name extends string = string> extends Args {
  readonly name: Name;
  readonly format: "text" | "json";
}

/** Words of a line; "..." holds spaces together. @throws {UsageError} When a quote does not end. */
export function splitLine(line: string): string[] {
  if ((line.match(/"/g)?.length ?? 0) % 2 !== 0) {
    throw new UsageError('Cannot read the line: every " must have an end, found one without');
  }
  return [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ""));
}

/** Puts a word into a line. */
export function quoted(word: string): string {
  return /\s/.test(word) || word === "" ? `"${word}"` : word;
}

/** `x/8xw` is the same as `x /8xw`. */
export function splitFormat(words: readonly string[]): readonly string[] {
  const [, name, format] = /^(xp?)(\/.*)$/.exec(words[0] ?? "") ?? [];
  return name === undefined || format === undefined ? words : [name, format, ...words.slice(1)];
}

/** @throws {UsageError} When it is no command, or not what it takes. */
export function parseWords<T extends Table>(
  table: T,
  all: readonly string[],
): Parsed<keyof T & string> {
  const { words, format, flags } = takeOptions(all);
  const name = findName(table, words);
  const row = table[name] as Row;
  for (const flag of flags) {
    if (row.flags?.includes(flag as FlagName)) continue;
    throw new UsageError(`Cannot use --${flag}: ${name} has no such option`);
  }
  const operands = assign(name, row, splitFormat(words).slice(name.split(" ").length));
  return { name, operands, format, flags: new Set(flags as FlagName[]) };
}

function takeOptions(all: readonly string[]) {
  const words: string[] = [];
  const flags: string[] = [];
  let format: "text" | "json" = "text";
  for (let i = 0; i < all.length; i++) {
    const word = all[i] as string;
    const [, option, inline] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (option === "format") {
      const value = inline ?? all[++i];
      if (value !== "text" && value !== "json") {
        throw new UsageError(
          `Cannot use --format ${value ?? ""}: it must be text or json`.replace(/ :/, ":"),
        );
      }
      format = value;
    } else if (option !== undefined && inline === undefined) flags.push(option);
    else words.push(word);
  }
  return { words, format, flags };
}

function findName<T extends Table>(table: T, words: readonly string[]): keyof T & string {
  const [first, second] = splitFormat(words);
  if (first === undefined) {
    throw new UsageError("Cannot do nothing: a command must be there; help lists the commands");
  }
  const names = Object.keys(table);
  const name = names.find((each) => each === first || each === `${first} ${second}`);
  if (name !== undefined) return name;
  const seconds = names.filter((each) => each.startsWith(`${first} `)).map((each) =>
    each.slice(first.length + 1)
  );
  if (seconds.length === 0) {
    const close = nearest(first, new Set(names.map((each) => each.split(" ")[0] as string)));
    const hint = close === undefined ? "help lists the commands" : `did you mean ${close}?`;
    throw new UsageError(`Cannot do "${first}": there is no such command; ${hint}`);
  }
  if (second === undefined) {
    throw new UsageError(`Cannot do ${first}: ${listed(seconds)} must follow, found nothing`);
  }
  const close = nearest(second, seconds);
  const hint = close === undefined
    ? `it can be ${listed(seconds)}`
    : `did you mean ${first} ${close}?`;
  throw new UsageError(`Cannot do "${first} ${second}": there is no such command; ${hint}`);
}

function assign(name: string, row: Row, words: readonly string[]): Args["operands"] {
  const left = [...words];
  const operands: Record<string, string> = {};
  for (const wanted of row.operands) {
    const operand = wanted.replace(/^\[|\]$/g, "") as OperandName;
    if (operand === "/FMT" && !left[0]?.startsWith("/")) continue;
    const word = operand === "COMMAND" ? left.splice(0).join(" ") || undefined : left.shift();
    if (word !== undefined) operands[operand] = word;
    else if (!wanted.startsWith("[")) {
      throw new UsageError(
        `Cannot do ${name}: ${row.operands.join(" ")} must follow, found too little`,
      );
    }
  }
  if (left.length === 0) return operands;
  const expected = row.operands.length === 0 ? "nothing" : row.operands.join(" ");
  throw new UsageError(`Cannot do ${name}: ${expected} must follow, found "${left[0]}" as well`);
}

/** What could come next where the line ends: whole words. */
export function completions(
  table: Table,
  line: string,
  operandChoices: (operand: OperandName) => readonly string[],
): readonly string[] {
  const words = line.split(/\s+/).filter((word) => word !== "");
  const last = /\s$/.test(line) || line === "" ? "" : words.pop() ?? "";
  const names = Object.keys(table);
  const name = names.find((each) => each === words.slice(0, each.split(" ").length).join(" "));
  const row = name === undefined ? undefined : table[name];
  const choices = name === undefined || row === undefined
    ? names.map((each) => each.split(" "))
      .filter((parts) => words.every((word, i) => parts[i] === word))
      .map((parts) => parts[words.length])
    : [
      ...operandChoices(
        (row.operands[words.length - name.split(" ").length] ?? "")
          .replace(/^\[|\]$/g, "") as OperandName,
      ),
      ...(row.flags ?? []).map((flag) => `--${flag}`),
    ];
  return [...new Set(choices)].filter((word) => word !== undefined)
    .filter((word) => word.startsWith(last) && (last !== "" || !word.startsWith("--")));
}
