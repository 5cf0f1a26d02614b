/**
 * Where the recorded instruction vectors and words are, which are no part of this repository.
 * @module
 */

import { fromFileUrl, join } from "@std/path";

const beside = fromFileUrl(new URL("../../../shared/vectors", import.meta.url));

/**
 * The vector files: those that `HVSIM_VECTORS` names (a file, or a folder of `*.jsonl.gz`), else those
 * of ../shared/vectors beside this repository; none when there are none.
 *
 * @throws {Deno.errors.NotFound} when `HVSIM_VECTORS` names what does not exist
 */
export function vectorFiles(): string[] {
  return filesThatEnd(".jsonl.gz", true);
}

/** `*.bin.xz` in the same place: instruction words that guests executed, little endian. */
export function wordFiles(): string[] {
  return filesThatEnd(".bin.xz", false);
}

function filesThatEnd(ending: string, any: boolean): string[] {
  const named = Deno.env.get("HVSIM_VECTORS");
  const place = named ?? beside;
  try {
    if (Deno.statSync(place).isFile) return any || place.endsWith(ending) ? [place] : [];
    return [...Deno.readDirSync(place)]
      .filter((entry) => entry.isFile && entry.name.endsWith(ending))
      .map((entry) => join(place, entry.name)).sort();
  } catch (error) {
    if (named === undefined && error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
