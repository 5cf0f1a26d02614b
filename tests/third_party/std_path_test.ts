/**
 * What hvsim relies on from `@std/path`; holds for the real package and for the stand-in.
 * @module
 */

import * as path from "@std/path";
import { assertEquals, assertThrows } from "@std/assert";

const posix = path.SEPARATOR === "/";

Deno.test("std path: names are taken apart and put together", () => {
  assertEquals(path.basename("a/b.toml"), "b.toml");
  assertEquals(path.basename("a/b.toml", ".toml"), "b");
  assertEquals(path.extname("a/b.tar.gz"), ".gz");
  assertEquals(path.dirname("a/b/c"), "a/b");
  assertEquals(path.join("a", "..", "b"), "b");
  assertEquals(path.normalize("a//b/../c").replaceAll("\\", "/"), "a/c");
  assertEquals(path.parse("x.ts").name, "x");
  assertEquals(path.format({ name: "x", ext: ".ts" }), "x.ts");
});

Deno.test({
  name: "std path: absolute paths, relative paths and URLs agree",
  ignore: !posix,
  fn() {
    assertEquals(path.isAbsolute("/a"), true);
    assertEquals(path.isAbsolute("a"), false);
    assertEquals(path.resolve("/a", "b", "../c"), "/a/c");
    assertEquals(path.relative("/a/b", "/a/c/d"), "../c/d");
    assertEquals(path.fromFileUrl("file:///a%20b"), "/a b");
    assertEquals(path.toFileUrl("/a b").href, "file:///a%20b");
    assertThrows(() => path.fromFileUrl("http://a/b"), TypeError);
    assertThrows(() => path.toFileUrl("a"), TypeError);
  },
});
