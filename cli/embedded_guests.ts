/** Guests that are inside hvsim, so that the executable alone can run something. @module */

import nimbosKernel from "../guests/nimbos-aarch64.bin" with { type: "bytes" };
import nimbosToml from "../guests/nimbos.toml" with { type: "text" };

/** A guest's files by name, its description first. */
export interface EmbeddedGuest {
  readonly name: string;
  readonly help: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** All of them. */
export const embeddedGuests: readonly EmbeddedGuest[] = [
  {
    name: "nimbos",
    help: "a small teaching OS with a shell; try hello_world and usertests",
    files: new Map([
      ["nimbos.toml", new TextEncoder().encode(nimbosToml)],
      ["nimbos-aarch64.bin", nimbosKernel],
    ]),
  },
];

/** The embedded file called `name`. */
export function embeddedFile(name: string): Uint8Array | undefined {
  return embeddedGuests.map(({ files }) => files.get(name)).find((file) => file !== undefined);
}
