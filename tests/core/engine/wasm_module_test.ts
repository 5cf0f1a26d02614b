import { assertEquals } from "@std/assert";
import { Code } from "../../../core/engine/code.ts";
import { encodeModule } from "../../../core/engine/wasm_module.ts";
import { createMemory } from "../../../core/machine/memory.ts";

Deno.test("wasm module: imports, locals, exports and table slots are where the code expects them", () => {
  const addOne = new Code();
  // The import of local 0, plus 1, kept in a local meanwhile.
  addOne.bytes([0x20, 0, 0x20, 0, 0x10, 0, 0x22, 1, 0x41, 1, 0x6a]);
  const memory = createMemory(65536);
  const bytes = encodeModule({
    surroundings: {
      types: [
        { params: ["i32", "i32"], results: ["i32"] },
        { params: ["i32"], results: ["i32"] },
      ],
      imports: [["sum", 0]],
      memoryPages: memory.buffer.byteLength / 65536,
      tableSize: 512,
    },
    functions: [{ type: 1, locals: ["i32", "i32", "i64", "v128"], code: addOne.view() }],
    exports: [["twicePlusOne", 0]],
    elements: [[300, 0]],
  });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 512, maximum: 512 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, table, sum: (a: number, b: number) => a + b },
  });
  assertEquals((exports.twicePlusOne as (n: number) => number)(20), 41);
  assertEquals(table.get(300)?.(3), 7);
  assertEquals(table.get(0), null);
});

Deno.test("wasm module: branches that are seldom taken are named in a section that engines accept", () => {
  const code = new Code();
  code.bytes([0x20, 0, 0x04, 0x40, 0x41, 7, 0x0f, 0x0b, 0x41, 5]);
  const bytes = encodeModule({
    surroundings: {
      types: [{ params: ["i32"], results: ["i32"] }],
      imports: [],
      memoryPages: 1,
      tableSize: 1,
    },
    functions: [{ type: 0, locals: ["i64"], code: code.view(), unlikely: [2] }],
    exports: [["pick", 0]],
    elements: [],
  });
  const module = new WebAssembly.Module(bytes);
  const [section] = WebAssembly.Module.customSections(module, "metadata.code.branch_hint");
  // One function, number 0, one hint: 2 bytes into its code, after 3 bytes of locals; not likely.
  assertEquals([...new Uint8Array(section as ArrayBuffer)], [1, 0, 1, 5, 1, 0]);
});
