/**
 * A local stand-in for the part of `@std/toml` that hvsim uses, over smol-toml.
 * @module
 */

import * as toml from "smol-toml";

/**
 * Parses a TOML document.
 * @throws {SyntaxError} when the text is not TOML, with line and column
 */
export function parse(text: string): Record<string, unknown> {
  try {
    return toml.parse(text);
  } catch (error) {
    if (!(error instanceof toml.TomlError)) throw error;
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    throw new SyntaxError(
      `Parse error on line ${error.line}, column ${error.column}: ${reason}`,
      { cause: error },
    );
  }
}

/** Writes a value as a TOML document. */
export function stringify(value: Record<string, unknown>): string {
  return toml.stringify(value);
}
