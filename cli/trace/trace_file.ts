/** A file that grows while guests run, written in pieces. @module */

import { reason } from "../files.ts";
import { UsageError } from "../usage_error.ts";

/** Takes text; what it holds is bounded. */
export interface TextFile {
  write(text: string): void;
  /** Hands over what is left. */
  close(): void;
}

/** Characters that are held back at most, but for the last text. */
const PieceLength = 1 << 16;

/**
 * Opens the file of `--trace`, which must be possible before guests run; when writing fails later,
 * that is said, and the run goes on without.
 *
 * @throws {UsageError} When it cannot be written.
 */
export function openTextFile(path: string, log: (message: string) => void): TextFile {
  const failure = (error: unknown) => `Cannot write --trace "${path}": ${reason(error)}`;
  let file: Deno.FsFile | undefined;
  try {
    file = Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UsageError(failure(error));
  }
  const encoder = new TextEncoder();
  let held = "";
  const handOver = () => {
    const bytes = encoder.encode(held);
    held = "";
    try {
      for (let done = 0; file && done < bytes.length;) done += file.writeSync(bytes.subarray(done));
    } catch (error) {
      file = undefined;
      log(failure(error));
    }
  };
  return {
    write(text) {
      held += text;
      if (held.length >= PieceLength) handOver();
    },
    close() {
      handOver();
      file?.close();
      file = undefined;
    },
  };
}
