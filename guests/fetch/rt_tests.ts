/**
 * hackbench of Debian's rt-tests with its loader and C library, for the Linux guest.
 * @module
 */

import { type Entry, Mode, packed } from "./initramfs.ts";
import type { Member } from "./package.ts";
import { FetchError } from "./run.ts";

const program = "hackbench";
const libraries = ["ld-linux-aarch64.so.1", "libc.so.6", "libpthread.so.0"];

/** Whether a file of rt-tests or libc6 is needed. */
export function isNeeded(path: string): boolean {
  const name = baseName(path);
  return path.endsWith(`bin/${program}`) || (/(^|\/)lib\//.test(path) && libraries.includes(name));
}

/** Builds the archive, an addition to the initramfs. */
export function buildRtTests(members: Iterable<Member>): Uint8Array<ArrayBuffer> {
  const files = new Map([...members].map(({ path, bytes }) => [baseName(path), bytes]));
  const entry = (directory: string, name: string): Entry => {
    const bytes = files.get(name);
    if (bytes === undefined) throw new FetchError(`Cannot find ${name} in rt-tests and libc6`);
    return { path: `${directory}/${name}`, mode: Mode.program, bytes };
  };
  return packed([entry("bin", program), ...libraries.map((name) => entry("lib", name))]);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
