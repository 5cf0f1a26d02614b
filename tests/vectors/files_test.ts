/**
 * Finding the vectors.
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { vectorFiles } from "./files.ts";

function withVariable<T>(value: string, use: () => T): T {
  const before = Deno.env.get("HVSIM_VECTORS");
  Deno.env.set("HVSIM_VECTORS", value);
  try {
    return use();
  } finally {
    if (before === undefined) Deno.env.delete("HVSIM_VECTORS");
    else Deno.env.set("HVSIM_VECTORS", before);
  }
}

Deno.test("vector files: HVSIM_VECTORS names a file or a folder of them", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const files = ["b.jsonl.gz", "a.jsonl.gz", "FORMAT.md"].map((name) => join(dir, name));
    for (const file of files) Deno.writeTextFileSync(file, "");
    assertEquals(withVariable(dir, vectorFiles), [files[1], files[0]]);
    assertEquals(withVariable(files[0] as string, vectorFiles), [files[0]]);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("vector files: HVSIM_VECTORS must name what exists", () => {
  assertThrows(() => withVariable("/no/such/place", vectorFiles), Deno.errors.NotFound);
});
