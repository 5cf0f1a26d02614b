/**
 * Memory as devices reach it without a core: of the board, or of a VM.
 *
 * @module
 */

import type { Ram } from "../core/machine/memory.ts";
import type { GuestMemory } from "../devices/virtio/chain.ts";

/** Memory that is at `guest` for those who ask, and at `physical` on the board. */
export interface MemoryPart {
  readonly guest: number;
  readonly physical: number;
  readonly bytes: number;
}

/** Who keeps decoded instructions of pages, by offset in the linear memory. */
export interface DecodedCode {
  isCodePage(hostPage: number): boolean;
  codeWritten(host: number, bytes: number): void;
}

const PageBytes = 4096;

/** The whole RAM of a board, at its own addresses. */
export function boardParts({ banks }: Ram): readonly MemoryPart[] {
  return banks.map(({ base, size }) => ({ guest: base, physical: base, bytes: size }));
}

/**
 * Memory made of `parts`, as far as they are RAM. Instructions that were decoded from what is written
 * are forgotten. `parts` and `code` may become available later than the first device is made.
 */
export function directMemory(
  ram: Ram,
  parts: () => readonly MemoryPart[],
  code: () => DecodedCode | undefined,
): GuestMemory {
  /** Visits the pieces of a range; false, and none is visited, when not all of it is memory. */
  function each(
    address: number,
    bytes: number,
    visit: (host: number, done: number, count: number) => void,
  ): boolean {
    const pieces: [host: number, done: number, count: number][] = [];
    for (let done = 0; done < bytes;) {
      const at = address + done;
      const part = parts().find(({ guest, bytes }) => at >= guest && at < guest + bytes);
      if (!part) return false;
      const count = Math.min(bytes - done, part.guest + part.bytes - at);
      const physical = part.physical + at - part.guest;
      const host = ram.hostOffset(physical);
      if (host < 0 || ram.hostOffset(physical + count - 1) !== host + count - 1) return false;
      pieces.push([host, done, count]);
      done += count;
    }
    for (const [host, done, count] of pieces) visit(host, done, count);
    return true;
  }

  return {
    covers: (address, bytes) => each(address, bytes, () => {}),
    read: (address, into) =>
      each(address, into.length, (host, done, count) => {
        into.set(ram.bytes.subarray(host, host + count), done);
      }),
    write: (address, bytes) =>
      each(address, bytes.length, (host, done, count) => {
        forget(code(), host, count);
        ram.bytes.set(bytes.subarray(done, done + count), host);
      }),
  };
}

/** Cores decode anew what changes behind their backs. */
function forget(code: DecodedCode | undefined, host: number, bytes: number): void {
  if (!code) return;
  for (let page = host - host % PageBytes; page < host + bytes; page += PageBytes) {
    if (!code.isCodePage(page)) continue;
    const from = Math.max(host, page);
    code.codeWritten(from, Math.min(host + bytes, page + PageBytes) - from);
  }
}
