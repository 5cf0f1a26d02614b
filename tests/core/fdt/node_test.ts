import { assertEquals } from "@std/assert";
import {
  cells,
  cells64,
  clone,
  concat,
  empty,
  ensure,
  ensurePhandle,
  find,
  findByPhandle,
  node,
  readCells,
  readReg,
  readString,
  readStrings,
  remove,
  strings,
  walk,
} from "../../../core/fdt/node.ts";

function tree() {
  return node("", { "#address-cells": cells(2), "#size-cells": cells(2) }, [
    node("aliases", { serial0: strings("/soc/serial@9000000") }),
    node("soc", { "#address-cells": cells(1), "#size-cells": cells(1) }, [
      node("serial@9000000", { reg: cells(0x900_0000, 0x1000), phandle: cells(7) }),
      node("serial@9040000", { reg: cells(0x904_0000, 0x1000) }),
    ]),
    node("memory@40000000", { reg: cells64(0x4000_0000, 0x1_0000_0000) }),
  ]);
}

Deno.test("cells: values are big-endian", () => {
  assertEquals([...cells(1, 0xffff_fffe)], [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe]);
  assertEquals([...cells64(0x1_0000_0002)], [0, 0, 0, 1, 0, 0, 0, 2]);
  assertEquals(readCells(concat(cells(5), cells64(6))), [5, 0, 6]);
});

Deno.test("strings: each ends with a NUL and reads back", () => {
  assertEquals([...strings("a", "b")], [97, 0, 98, 0]);
  assertEquals(readStrings(strings("arm,pl011", "arm,primecell")), ["arm,pl011", "arm,primecell"]);
  assertEquals(readStrings(empty), []);
});

Deno.test("node: undefined properties are left out", () => {
  assertEquals([...node("x", { a: undefined, b: empty }).properties.keys()], ["b"]);
});

Deno.test("find: exact names, base names and aliases lead to nodes", () => {
  const root = tree();
  assertEquals(find(root, "/"), root);
  assertEquals(find(root, "/soc/serial@9040000")?.name, "serial@9040000");
  assertEquals(find(root, "/soc/serial")?.name, "serial@9000000");
  assertEquals(find(root, "serial0")?.name, "serial@9000000");
  assertEquals(find(root, "/soc/rtc"), undefined);
  assertEquals(find(root, "rtc0"), undefined);
});

Deno.test("readReg: cell counts come from the parent", () => {
  const root = tree();
  const memory = find(root, "/memory");
  assertEquals(readReg(memory?.properties.get("reg"), root), [
    { base: 0x4000_0000, bytes: 0x1_0000_0000 },
  ]);
  const soc = find(root, "/soc") ?? root;
  assertEquals(readReg(find(root, "serial0")?.properties.get("reg"), soc), [
    { base: 0x900_0000, bytes: 0x1000 },
  ]);
});

Deno.test("ensure: missing nodes are made, existing ones are kept", () => {
  const root = tree();
  assertEquals(ensure(root, "/soc/serial"), find(root, "serial0"));
  ensure(root, "/a/b").properties.set("x", empty);
  assertEquals(find(root, "/a/b")?.properties.has("x"), true);
});

Deno.test("remove: takes a node with what is under it, never the root", () => {
  const root = tree();
  assertEquals(remove(root, "/soc"), true);
  assertEquals(find(root, "/soc/serial"), undefined);
  assertEquals(remove(root, "/soc"), false);
  assertEquals(remove(root, "/"), false);
});

Deno.test("walk: parents come before children, with their paths", () => {
  assertEquals([...walk(tree())].map((n) => n.path), [
    "/",
    "/aliases",
    "/soc",
    "/soc/serial@9000000",
    "/soc/serial@9040000",
    "/memory@40000000",
  ]);
});

Deno.test("ensurePhandle: an existing one is kept, a new one is not used elsewhere", () => {
  const root = tree();
  const [first, second] = [find(root, "/soc/serial@9000000"), find(root, "/soc/serial@9040000")];
  if (first === undefined || second === undefined) throw new Error("the tree has both");
  assertEquals(ensurePhandle(root, first), 7);
  assertEquals(ensurePhandle(root, second), 8);
  assertEquals(findByPhandle(root, 8), second);
  assertEquals(findByPhandle(root, 99), undefined);
});

Deno.test("clone: changes to the copy leave the original alone", () => {
  const root = tree();
  const copy = clone(root);
  ensure(copy, "/chosen").properties.set("bootargs", strings("x"));
  find(copy, "serial0")?.properties.get("reg")?.fill(0);
  assertEquals(root, tree());
  assertEquals(readString(find(copy, "/chosen")?.properties.get("bootargs")), "x");
});
