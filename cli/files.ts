/** Files on disk, and behind them those inside hvsim. @module */

import { normalize } from "@std/path";
import type { ReadFile } from "../core/config/vm_images.ts";
import { embeddedFile } from "./embedded_guests.ts";
import { UsageError } from "./usage_error.ts";

/** Why a file cannot be read or written, in a few words. */
export function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "a directory";
  if (error instanceof Deno.errors.NotADirectory) return "a path through a file";
  if (error instanceof Error) return error.message;
  throw error;
}

/** Reads a file from disk, or the embedded one of that bare name when there is none. */
export function readFile(path: string): ReturnType<ReadFile> {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const embedded = error instanceof Deno.errors.NotFound
      ? embeddedFile(normalize(path))
      : undefined;
    return embedded ?? reason(error);
  }
}

/** Has `read` take only what has an end: a device or a pipe would hold up everything. */
export function ofFilesAlone(read: ReadFile): ReadFile {
  return (path) => {
    const info = statOf(path);
    return info && !info.isFile && !info.isDirectory ? "a device or a pipe" : read(path);
  };
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** Reads a file that an option names. @throws {UsageError} When it cannot be read. */
export function readFileOf(option: string, path: string): Uint8Array {
  const bytes = readFile(path);
  if (typeof bytes !== "string") return bytes;
  throw new UsageError(`Cannot use --${option} "${path}": it must be a file, found ${bytes}`);
}

/** Writes a file. @throws {UsageError} When it cannot be written. */
export function writeFile(path: string, bytes: Uint8Array): void {
  try {
    Deno.writeFileSync(path, bytes);
  } catch (error) {
    throw new UsageError(`Cannot write "${path}": ${reason(error)}`);
  }
}
