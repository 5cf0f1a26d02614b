/**
 * Debian's kernel, busybox and hackbench for tests: fetched when they are not there, and where they cannot be,
 * the tests are skipped and say why in their names.
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { main as fetchGuests } from "../guests/fetch.ts";

const cache = fromFileUrl(new URL("../guests/cache/", import.meta.url));

/** What `deno task guests` makes. */
export type GuestFile =
  | "Image"
  | "initramfs.cpio.gz"
  | "rootfs.ext4"
  | "disk1.ext4"
  | "rt-tests.cpio.gz"
  | "fvp-base-revc.dtb"
  | "armada-3720-espressobin.dtb";

/** Path of a file that the script made; it need not exist. */
export function guestPath(file: GuestFile): string {
  return join(cache, file);
}

async function present(files: readonly GuestFile[]): Promise<boolean> {
  const found = await Promise.all(
    files.map((file) => Deno.stat(guestPath(file)).then((info) => info.isFile, () => false)),
  );
  return found.every(Boolean);
}

/**
 * Registers tests that need fetched files.
 *
 * `HVSIM_FETCH=0` keeps it from fetching.
 */
export async function realGuestTests(
  files: readonly GuestFile[],
  tests: Readonly<Record<string, () => void | Promise<void>>>,
): Promise<void> {
  const wanted = Deno.env.get("HVSIM_FETCH") !== "0";
  const there = await present(files) ||
    (wanted && await fetchGuests([]) === 0 && await present(files));
  for (const [name, fn] of Object.entries(tests)) {
    if (there) Deno.test(name, fn);
    else Deno.test.ignore(`${name} (skipped: guests/cache lacks ${files.join(", ")})`, fn);
  }
}
