/**
 * A device tree as source text, for people and for `dtc`.
 *
 * @module
 */

import { type Fdt, type FdtNode, readCells, readStrings } from "./node.ts";

/** DTS source of the tree; compiling it gives the same tree. */
export function dtsText({ root, reservations }: Pick<Fdt, "root" | "reservations">): string {
  const lines = ["/dts-v1/;", ""];
  for (const { address, bytes } of reservations) {
    lines.push(`/memreserve/ 0x${address.toString(16)} 0x${bytes.toString(16)};`);
  }
  nodeText(root, "/", 0, lines);
  return `${lines.join("\n")}\n`;
}

function nodeText(at: FdtNode, name: string, depth: number, lines: string[]): void {
  const indent = "\t".repeat(depth);
  lines.push(`${indent}${name} {`);
  for (const [key, value] of at.properties) {
    lines.push(`${indent}\t${key}${value.length === 0 ? "" : ` = ${valueText(value)}`};`);
  }
  for (const next of at.children) {
    lines.push("");
    nodeText(next, next.name, depth + 1, lines);
  }
  lines.push(`${indent}};`);
}

/** A property value as text: strings, cells or bytes, whichever the bytes look like. */
export function valueText(value: Uint8Array): string {
  if (isStrings(value)) return readStrings(value).map(quote).join(", ");
  if (value.length % 4 === 0) {
    return `<${readCells(value).map((c) => `0x${c.toString(16)}`).join(" ")}>`;
  }
  return `[${Array.from(value, (b) => b.toString(16).padStart(2, "0")).join(" ")}]`;
}

function isStrings(value: Uint8Array): boolean {
  if (value.at(-1) !== 0) return false;
  let length = 0;
  for (const byte of value) {
    if (byte === 0 ? length === 0 : byte < 0x20 || byte > 0x7e) return false;
    length = byte === 0 ? 0 : length + 1;
  }
  return true;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (c) => `\\${c}`)}"`;
}
