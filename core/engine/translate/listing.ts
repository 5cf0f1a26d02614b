/** Listings of translated regions: the guest's instructions and what they became. @module */

import { disassemble } from "../../isa/disassemble.ts";
import { Helpers, ImportTypes, Types } from "../module_surroundings.ts";
import { wasmText } from "../wasm_text.ts";
import type { Translation } from "./translator.ts";

/** The page of a region as the guest sees it. */
export interface ListedPage {
  /** Address of its first byte. */
  readonly address: bigint;
  /** Instruction word by index. */
  word(index: number): number;
}

/** What the functions of a module are called, by their numbers: imports, then helpers. */
const functions = [
  ...ImportTypes,
  ...Helpers.map(({ name, type }) => [name, type] as const),
];

/** A region's instructions, and its function as WebAssembly's text. */
export function listTranslation(translation: Translation, page: ListedPage): string {
  const { body, locals, starts, members } = translation;
  const addressOf = (index: number) => page.address + BigInt(index * 4);
  const text = (index: number) => disassemble(page.word(index), addressOf(index));
  const digits = (value: bigint | number, width: number) => value.toString(16).padStart(width, "0");
  const rows = [...members].sort((a, b) => a - b).map((index, i, all) => {
    const gap = i > 0 && all[i - 1] !== index - 1 ? "\n" : "";
    const entered = index === translation.entry ? "  <- entry" : "";
    const word = digits(page.word(index), 8);
    return `${gap}${digits(addressOf(index), 8)}  ${word}  ${text(index)}${entered}`;
  });
  const remarks = starts.map(([at, index]) =>
    [at, `${digits(addressOf(index), 8)}: ${text(index)}`] as const
  );
  const code = wasmText(body, { types: Types, functions, locals, remarks });
  return `${rows.join("\n")}\n\n${code}\n`;
}
