/**
 * Broken input: what is in the folder, how hvsim is called, what it must answer.
 *
 * A run has these files in its working directory, prints a text that `expect` matches, no stack
 * trace, and ends with exit code 2.
 *
 * @module
 */

import type { Files } from "../core/config/files.ts";

export interface BrokenCase {
  /** What is broken, as a sentence continues after "hvsim refuses". */
  readonly name: string;
  readonly files: Files;
  readonly args: readonly string[];
  readonly expect: RegExp;
  readonly code: 2;
}
