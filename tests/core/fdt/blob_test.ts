import { assert, assertEquals, assertThrows } from "@std/assert";
import { FdtError, looksLikeFdt, parseFdt, writeFdt } from "../../../core/fdt/blob.ts";
import { dtsText } from "../../../core/fdt/text.ts";
import { cells, cells64, empty, type FdtNode, node, strings } from "../../../core/fdt/node.ts";

function tree(): FdtNode {
  return node("", { "#address-cells": cells(2), "#size-cells": cells(2), model: strings('a"b') }, [
    node("cpus", { "#address-cells": cells(1), "#size-cells": cells(0) }, [
      node("cpu@0", { device_type: strings("cpu"), reg: cells(0) }),
    ]),
    node("memory@40000000", { reg: cells64(0x4000_0000, 0x800_0000) }),
    node("rtc@9010000", { "dma-coherent": empty, mac: new Uint8Array([1, 2, 3, 4, 5, 6]) }),
  ]);
}

const reservations = [{ address: 0x4000_0000, bytes: 0x1_0000 }];
const blob = () => writeFdt(tree(), reservations, 3);

function withWord(at: number, value: number): Uint8Array {
  const bytes = blob();
  new DataView(bytes.buffer).setUint32(at, value);
  return bytes;
}

/** Where the structure block starts. */
const structureAt = new DataView(blob().buffer).getUint32(8);

function rejects(bytes: Uint8Array, text: string): FdtError {
  return assertThrows(() => parseFdt(bytes), FdtError, text);
}

Deno.test("parseFdt: what writeFdt wrote reads back the same", () => {
  const back = parseFdt(blob());
  assertEquals(back, { root: tree(), reservations, bootCpu: 3 });
  assertEquals(writeFdt(back.root, back.reservations, back.bootCpu), blob());
  assert(looksLikeFdt(blob()));
  assert(!looksLikeFdt(new Uint8Array([1, 2])));
});

Deno.test("parseFdt: the blob may sit anywhere in a larger buffer", () => {
  const bytes = blob();
  const around = new Uint8Array(bytes.length + 24);
  around.set(bytes, 13);
  assertEquals(parseFdt(around.subarray(13)).root, tree());
});

Deno.test("parseFdt: header fields that cannot be true are named with their offset", () => {
  assertEquals(
    rejects(new Uint8Array(10), "the header must have 40 bytes, the blob has 10").offset,
    10,
  );
  assertEquals(rejects(withWord(0, 0xedfe0dd0), "the magic must be 0xd00d_feed").offset, 0);
  assertEquals(rejects(withWord(4, 0x10_0000), "the total size must be").offset, 4);
  assertEquals(rejects(withWord(8, 0xffff_fff0), "the structure block must start").offset, 8);
  assertEquals(rejects(withWord(8, structureAt + 2), "4-byte aligned").offset, 8);
  assertEquals(rejects(withWord(12, 8), "the strings block must start").offset, 12);
  assertEquals(rejects(withWord(16, 44), "the reservation block must start").offset, 16);
  assertEquals(rejects(withWord(24, 18), "the version must be compatible with 17").offset, 20);
  assertEquals(rejects(withWord(32, 0xffff_ffff), "the strings block must end").offset, 32);
  assertEquals(rejects(withWord(36, 0xffff_ffff), "the structure block must end").offset, 36);
});

Deno.test("parseFdt: structure that cannot be a tree is named with its offset", () => {
  assertEquals(rejects(withWord(structureAt, 7), "a token must be").offset, structureAt);
  rejects(withWord(structureAt, 2), "found endNode before the root node");
  rejects(withWord(structureAt, 4), "a token must be 1, 2, 3, 4 or 9"); // NOP, then a name as token
  rejects(withWord(structureAt + 12, 0xffff_ff00), "must end inside the structure block");
  rejects(withWord(structureAt + 16, 0xffff_ff00), "must lie inside the strings block");
  rejects(withWord(structureAt + 4, 0x0102_0304), "a node name must be printable ASCII");
  rejects(withWord(36, 12), "a property must end inside the structure block");
});

Deno.test("parseFdt: two properties or roots of one name, and nameless children, are refused", () => {
  const twice = writeFdt(node("", { ab: empty, cd: empty }));
  const at = new DataView(twice.buffer).getUint32(12);
  twice.set([97, 98], at + 3);
  rejects(twice, 'must have a name of its own, found "ab"');
  rejects(writeFdt(node("", {}, [node("")])), 'must be text without "/"');
  rejects(writeFdt(node("", {}, [node("a/b")])), 'must be text without "/"');
});

Deno.test("parseFdt: nesting without end is refused", () => {
  const root = node("");
  let at = root;
  for (let i = 0; i < 100; i++) at.children.push(at = node("x"));
  rejects(writeFdt(root), "less than 64 deep");
});

Deno.test("parseFdt: a reservation list without end is refused", () => {
  const bytes = writeFdt(node(""), [{ address: 1, bytes: 1 }, { address: 2, bytes: 1 }]);
  const view = new DataView(bytes.buffer);
  for (let at = 40; at + 8 <= bytes.length; at += 8) view.setBigUint64(at, 1n);
  view.setUint32(8, 40);
  view.setUint32(36, 4);
  assertThrows(() => parseFdt(bytes), FdtError, "must end with a pair of zeros");
});

Deno.test("parseFdt: blobs cut or changed anywhere give a tree or an FdtError, nothing else", () => {
  const good = blob();
  const attempt = (bytes: Uint8Array) => {
    try {
      dtsText(parseFdt(bytes));
      return true;
    } catch (error) {
      if (error instanceof FdtError && error.offset >= 0) return false;
      throw error;
    }
  };
  for (let length = 0; length < good.length - 8; length++) {
    assert(!attempt(good.subarray(0, length)), `${length} bytes pass for a tree`);
  }
  let random = 1;
  for (let i = 0; i < 5000; i++) {
    const bytes = good.slice();
    for (let n = 0; n < 3; n++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      bytes[(random >>> 8) % bytes.length] = random >>> 24;
    }
    attempt(bytes);
  }
});

/** Device tree compiler on `input`, or undefined where it is not installed. */
async function dtc(input: Uint8Array, from: string, to: string): Promise<Uint8Array | undefined> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeFile(file, input);
    const { code, stdout, stderr } = await new Deno.Command("dtc", {
      args: ["-q", "-I", from, "-O", to, file],
    }).output();
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return stdout;
  } finally {
    await Deno.remove(file);
  }
}

const hasDtc = await new Deno.Command("dtc", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
})
  .output().then((o) => o.success, () => false);

Deno.test({
  name: "writeFdt: dtc reads the blob and says the same as dtsText",
  ignore: !hasDtc,
  fn: async () => {
    const fromBlob = await dtc(blob(), "dtb", "dtb");
    assertEquals(parseFdt(fromBlob ?? empty).root, tree());
    const text = new TextEncoder().encode(dtsText({ root: tree(), reservations }));
    const fromText = parseFdt(await dtc(text, "dts", "dtb") ?? empty);
    assertEquals(fromText.root, tree());
    assertEquals(fromText.reservations, reservations);
  },
});
