import { assertEquals } from "@std/assert";
import { cells, empty, node, strings } from "../../../core/fdt/node.ts";
import { dtsText, valueText } from "../../../core/fdt/text.ts";

Deno.test("valueText: values print as strings, cells or bytes", () => {
  assertEquals(valueText(strings("arm,pl011", "arm,primecell")), '"arm,pl011", "arm,primecell"');
  assertEquals(valueText(cells(0, 0x900_0000)), "<0x0 0x9000000>");
  assertEquals(valueText(new Uint8Array([1, 2, 0xff])), "[01 02 ff]");
  assertEquals(valueText(new Uint8Array([0])), "[00]");
  assertEquals(valueText(strings('say "hi"')), '"say \\"hi\\""');
});

Deno.test("dtsText: nodes are indented under their parents", () => {
  const root = node("", { compatible: strings("linux,dummy-virt") }, [
    node("pl011@9000000", { "dma-coherent": empty }),
  ]);
  assertEquals(
    dtsText({ root, reservations: [{ address: 0x1000, bytes: 0x20 }] }),
    '/dts-v1/;\n\n/memreserve/ 0x1000 0x20;\n/ {\n\tcompatible = "linux,dummy-virt";\n\n' +
      "\tpl011@9000000 {\n\t\tdma-coherent;\n\t};\n};\n",
  );
});
