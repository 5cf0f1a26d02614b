/**
 * What makes a file no image that can be booted.
 *
 * @module
 */

import { hex } from "../hex.ts";

/** A file that is no usable image; `offset` is the byte that says so. */
export class ImageError extends SyntaxError {
  override readonly name = "ImageError";
  readonly offset: number;
  readonly expected: string;
  readonly found: string;
  constructor(file: string, offset: number, expected: string, found: string) {
    super(
      `Cannot use image "${file}": expected ${expected}, found ${found} at offset ${hex(offset)}`,
    );
    this.offset = offset;
    this.expected = expected;
    this.found = found;
  }
}
