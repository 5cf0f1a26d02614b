/** Every board there is. @module */

import { espressobin } from "./espressobin.ts";
import { fvp } from "./fvp.ts";
import type { Platform } from "./platform.ts";
import { qemuVirt } from "./qemu_virt.ts";

/** The boards by name, the usual one first. */
export const platforms: readonly Platform[] = [qemuVirt, fvp, espressobin];

/** The board called `name`. */
export function findPlatform(name: string): Platform | undefined {
  return platforms.find((p) => p.name === name);
}
