/**
 * TOML text to values that know where they stand.
 *
 * @module
 */

import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { Place, Problem } from "./problem.ts";

/** A key of a table: where its name stands and what it holds. */
export interface TomlEntry {
  readonly place: Place;
  readonly value: TomlValue;
}

/** A TOML value with its place and its source text. */
export type TomlValue =
  & { readonly place: Place; readonly source: string }
  & (
    | { readonly kind: "table"; readonly entries: Map<string, TomlEntry> }
    | { readonly kind: "array"; readonly items: TomlValue[] }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "integer"; readonly value: bigint }
    | { readonly kind: "boolean"; readonly value: boolean }
    | { readonly kind: "float" | "date" }
  );

export type TomlTable = Extract<TomlValue, { kind: "table" }>;

/** Larger files are no VM descriptions, and would take the parser long. */
const MaxBytes = 1 << 20;

/** Deeper than any description needs, well below what the parser's recursion can bear. */
const MaxDepth = 100;

/** The file's top table, or the problem that kept it from being read. */
export function readToml(bytes: Uint8Array, file: string): TomlTable | Problem {
  const wrong = (place: Place, expected: string, found: string): Problem => ({
    severity: "error",
    file,
    ...place,
    key: "",
    expected,
    found,
  });
  if (bytes.length > MaxBytes) {
    return wrong(start, `a TOML file of at most ${MaxBytes} bytes`, `${bytes.length} bytes`);
  }
  const text = new TextDecoder().decode(bytes);
  const broken = invalidUtf8(bytes, text);
  if (broken !== undefined) return wrong(broken, "text in UTF-8", "bytes that are not UTF-8");
  const deep = tooDeep(text);
  if (deep !== undefined) return wrong(deep, `brackets at most ${MaxDepth} deep`, "more");
  try {
    return fromProgram(parseTOML(text, { tomlVersion: "1.1" }), text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const place = { line: error.lineNumber, column: error.column + 1 };
    return wrong(place, "valid TOML", lowerFirst(error.message));
  }
}

const start: Place = { line: 1, column: 1 };

function placeAt(text: string, index: number): Place {
  const before = text.slice(0, index);
  return { line: before.split("\n").length, column: index - before.lastIndexOf("\n") };
}

function invalidUtf8(bytes: Uint8Array, text: string): Place | undefined {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    return placeAt(text, Math.max(0, text.indexOf("\ufffd")));
  }
}

function tooDeep(text: string): Place | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "[" || c === "{") depth++;
    else if (c === "]" || c === "}") depth = Math.max(0, depth - 1);
    if (depth > MaxDepth) return placeAt(text, i);
  }
  return undefined;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}

function placeOf(node: { loc: AST.SourceLocation }): Place {
  return { line: node.loc.start.line, column: node.loc.start.column + 1 };
}

function newTable(place: Place, source: string): TomlTable {
  return { kind: "table", place, source, entries: new Map() };
}

function fromProgram(program: AST.TOMLProgram, text: string): TomlTable {
  const root = newTable(start, "");
  for (const item of program.body[0].body) {
    if (item.type === "TOMLKeyValue") {
      put(root, item, text);
      continue;
    }
    const place = placeOf(item.key);
    let at: TomlValue = root as TomlValue;
    item.resolvedKey.forEach((part, i) => {
      at = step(at, part, typeof item.resolvedKey[i + 1] === "number", place);
    });
    for (const pair of item.body) if (at.kind === "table") put(at, pair, text);
  }
  return root;
}

/** One part of a table header: a key (string) or a position in an array of tables (number). */
function step(
  at: TomlValue,
  part: string | number,
  holdsTables: boolean,
  place: Place,
): TomlValue {
  if (at.kind === "array" && typeof part === "number") {
    let item = at.items[part];
    if (item === undefined) at.items.push(item = newTable(place, ""));
    return item;
  }
  if (at.kind !== "table") return at;
  const existing = at.entries.get(String(part));
  if (existing !== undefined) return existing.value;
  const value: TomlValue = holdsTables
    ? { kind: "array", place, source: "", items: [] }
    : newTable(place, "");
  at.entries.set(String(part), { place, value });
  return value;
}

/** Puts `a.b.c = value` into the table, making the tables between. */
function put(table: TomlTable, pair: AST.TOMLKeyValue, text: string): void {
  let at = table;
  const keys = pair.key.keys;
  for (const key of keys.slice(0, -1)) {
    const name = keyName(key);
    let entry = at.entries.get(name);
    if (entry === undefined) {
      entry = { place: placeOf(key), value: newTable(placeOf(key), "") };
      at.entries.set(name, entry);
    }
    if (entry.value.kind !== "table") return;
    at = entry.value;
  }
  const last = keys.at(-1);
  if (last === undefined) return;
  at.entries.set(keyName(last), { place: placeOf(last), value: fromNode(pair.value, text) });
}

function keyName(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}

function fromNode(node: AST.TOMLContentNode, text: string): TomlValue {
  const base = { place: placeOf(node), source: text.slice(...node.range) };
  if (node.type === "TOMLArray") {
    return { ...base, kind: "array", items: node.elements.map((e) => fromNode(e, text)) };
  }
  if (node.type === "TOMLInlineTable") {
    const table = newTable(base.place, base.source);
    for (const pair of node.body) put(table, pair, text);
    return table;
  }
  switch (node.kind) {
    case "string":
      return { ...base, kind: "string", value: node.value };
    case "integer":
      return { ...base, kind: "integer", value: node.bigint };
    case "boolean":
      return { ...base, kind: "boolean", value: node.value };
    case "float":
      return { ...base, kind: "float" };
    default:
      return { ...base, kind: "date" };
  }
}
