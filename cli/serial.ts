/** `--serial`: where consoles are. @module */

import { type Endpoint, parseEndpoint } from "./sockets.ts";
import type { Value } from "./values.ts";

/** Where a console is. */
export type Place =
  | { readonly kind: "stdio" }
  | { readonly kind: "null" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "pty"; readonly link?: string }
  | { readonly kind: "server"; readonly endpoint: Endpoint };

/** A console's name and where it is. */
export interface Serial {
  readonly console: string;
  readonly place: Place;
  /** As it was written. */
  readonly text: string;
}

/** `vm1=unix:/tmp/vm1` and its like. */
export const serial: Value<Serial> = {
  expected: "CONSOLE=WHERE, for example vm1=unix:PATH, where WHERE is stdio, pty, pty:LINK, " +
    "unix:PATH, tcp:HOST:PORT, file:PATH or null",
  parse(text) {
    const [, console, where] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
    const place = where === undefined ? undefined : parsePlace(where);
    return console && place ? { console, place, text } : undefined;
  },
};

function parsePlace(text: string): Place | undefined {
  if (text === "stdio" || text === "null") return { kind: text };
  if (text === "pty") return { kind: "pty" };
  const [, kind, path] = /^(pty|file):(.+)$/s.exec(text) ?? [];
  if (path !== undefined) return kind === "pty" ? { kind, link: path } : { kind: "file", path };
  const endpoint = parseEndpoint(text);
  return endpoint && { kind: "server", endpoint };
}
