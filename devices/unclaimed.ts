/** Address ranges that belong to a device nobody has modelled. @module */

import type { Device } from "../core/board/device.ts";
import { hex } from "../core/hex.ts";

/**
 * A window that reads as `fill`, ignores writes, and says so at its first access. Ones are what a
 * bus without devices reads as, PCI's configuration space above all.
 */
export function unclaimed(
  size: number,
  log: (message: string) => void,
  fill: "zero" | "ones" = "zero",
): Device {
  let said = false;
  const say = (verb: string, offset: number) => {
    if (!said) log(`${verb} at ${hex(offset)}: not modelled, reads ${fill} and ignores writes`);
    said = true;
  };
  return {
    kind: "unclaimed",
    size,
    read(offset, width) {
      say(`read${width * 8}`, offset);
      return fill === "ones" ? 2 ** (width * 8) - 1 : 0;
    },
    write: (offset, width) => say(`write${width * 8}`, offset),
    reset: () => {},
    snapshot: () => ({}),
    restore: () => {},
  };
}
