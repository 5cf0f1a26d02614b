/**
 * The lint rules of this repository find what they are for.
 * @module
 */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import plugin from "./lint_plugin.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

function messages(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, join(root, file), source).map((found) =>
    found.message.split(" ")[0] ?? ""
  );
}

Deno.test("lint: the simulated machine may not read the host's clock, randomness or environment", () => {
  const source = [
    "Date.now();",
    "performance.now();",
    "Math.random();",
    "crypto.getRandomValues(bytes);",
    "globalThis.crypto.randomUUID();",
    'Deno.env.get("HOME");',
    "setTimeout(ring, 1);",
    "new Date();",
  ].join("\n");
  for (const folder of ["core/cpu", "devices", "platforms"]) {
    assertEquals(messages(`${folder}/x.ts`, source).length, 8, folder);
  }
});

Deno.test("lint: the command line and the tests may", () => {
  for (const file of ["cli/x.ts", "main.ts", "guests/core/x.ts", "tests/core/x_test.ts"]) {
    assertEquals(messages(file, "Date.now(); Deno.cwd();"), []);
  }
});

Deno.test("lint: what only looks alike passes", () => {
  const source = "const date = new Date(0); clock.now(); Math.max(1, 2); board.Date.now;";
  assertEquals(messages("core/x.ts", source), []);
});
