import { assertEquals } from "@std/assert";
import { Code } from "../../../core/engine/code.ts";
import { encodeModule } from "../../../core/engine/wasm_module.ts";
import { createMemory } from "../../../core/machine/memory.ts";

Deno.test("wasm module: imports, locals, exports and table slots are where the code expects them", () => {
  const addOne = new Code();
  // The import of local 0, plus 1, kept in a local meanwhile.
  addOne.bytes([0x20, 0, 0x20, 0, 0x10, 0, 0x22, 1, 0x41, 1, 0x6a]);
  const bytes = encodeModule({
    types: [
      { params: ["i32", "i32"], results: ["i32"] },
      { params: ["i32"], results: ["i32"] },
    ],
    imports: [["sum", 0]],
    functions: [{ type: 1, locals: ["i32", "i32", "i64", "v128"], code: addOne.view() }],
    exports: [["twicePlusOne", 0]],
    elements: [[300, 0]],
    memoryPages: [1, 2 ** 18],
    tableSize: 512,
  });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 512, maximum: 512 });
  const memory = createMemory(65536);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, table, sum: (a: number, b: number) => a + b },
  });
  assertEquals((exports.twicePlusOne as (n: number) => number)(20), 41);
  assertEquals(table.get(300)?.(3), 7);
  assertEquals(table.get(0), null);
});
