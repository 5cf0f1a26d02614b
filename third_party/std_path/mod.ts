/**
 * A local stand-in for the part of `@std/path` that hvsim uses, over `node:path`.
 * @module
 */

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const SEPARATOR: "/" | "\\" = path.sep;
export const DELIMITER: ":" | ";" = path.delimiter;

export interface ParsedPath {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

export function basename(file: string, suffix = ""): string {
  return path.basename(file, suffix);
}

export function dirname(file: string): string {
  return path.dirname(file);
}

export function extname(file: string): string {
  return path.extname(file);
}

export function isAbsolute(file: string): boolean {
  return path.isAbsolute(file);
}

export function join(first?: string | URL, ...rest: string[]): string {
  if (first === undefined) return ".";
  return path.join(first instanceof URL ? fromFileUrl(first) : first, ...rest);
}

export function normalize(file: string | URL): string {
  return path.normalize(file instanceof URL ? fromFileUrl(file) : file);
}

export function parse(file: string): ParsedPath {
  return path.parse(file);
}

export function format(parts: Partial<ParsedPath>): string {
  return path.format(parts);
}

export function relative(from: string, to: string): string {
  return path.relative(from, to);
}

export function resolve(...segments: string[]): string {
  return path.resolve(...segments);
}

export function fromFileUrl(url: string | URL): string {
  const parsed = url instanceof URL ? url : new URL(url);
  if (parsed.protocol !== "file:") {
    throw new TypeError(`URL must be a file URL: received "${parsed.protocol}"`);
  }
  return fileURLToPath(parsed);
}

export function toFileUrl(file: string): URL {
  if (!path.isAbsolute(file)) throw new TypeError(`Path must be absolute: received "${file}"`);
  return pathToFileURL(file);
}
