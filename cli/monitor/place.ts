/** Where a monitor is: of `--monitor`, `--socket` and HVSIM_MONITOR. @module */

import { type Endpoint, parseEndpoint } from "../sockets.ts";
import type { Value } from "../values.ts";

/** `unix:PATH`, `tcp:HOST:PORT`, or a path alone. */
export const monitorPlace: Value<Endpoint> = {
  expected: "unix:PATH, tcp:HOST:PORT or a path",
  parse(text) {
    const endpoint = parseEndpoint(text);
    if (endpoint !== undefined || text === "" || /^(unix|tcp|file|pty):/.test(text)) {
      return endpoint;
    }
    return { transport: "unix", path: text };
  },
};
