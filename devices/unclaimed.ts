/** Address ranges that belong to a device nobody has modelled. @module */

import type { Device } from "../core/board/device.ts";
import { hex } from "../core/hex.ts";

/** A window that reads zero, ignores writes, and says so at its first access. */
export function unclaimed(size: number, log: (message: string) => void): Device {
  let said = false;
  const say = (verb: string, offset: number) => {
    if (!said) log(`${verb} at ${hex(offset)}: not modelled, reads zero and ignores writes`);
    said = true;
  };
  return {
    kind: "unclaimed",
    size,
    read: (offset, width) => (say(`read${width * 8}`, offset), 0),
    write: (offset, width) => say(`write${width * 8}`, offset),
    reset: () => {},
    snapshot: () => ({}),
    restore: () => {},
  };
}
