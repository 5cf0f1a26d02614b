import { assertEquals, assertThrows } from "@std/assert";
import { Code } from "../../../core/engine/code.ts";
import { type WasmNames, wasmText } from "../../../core/engine/wasm_text.ts";
import { LaneOps, LoadOps, StoreOps, WasmOps } from "../../../core/isa/wasm_ops.ts";

const names: WasmNames = {
  types: [
    { params: ["i64", "i32"], results: [] },
    { params: ["i32", "i32"], results: ["i32"] },
  ],
  functions: [["fill", 1], ["go", 0]],
  locals: new Map([[0, "record"], [1, "budget"], [2, "x1"]]),
  remarks: [],
};

/** Lines of a function with two parameters and the locals `x1` and `t3`. */
function lines(code: readonly number[], more: Partial<WasmNames> = {}): string[] {
  const body = { type: 0, locals: ["i64", "i32"] as const, code: new Uint8Array(code) };
  return wasmText(body, { ...names, ...more }).split("\n");
}

const Head = [
  "(func (param $record i64) (param $budget i32)",
  "  (local i64 $x1)",
  "  (local i32 $t3)",
];

Deno.test("wasm text: expressions are folded, locals have names, blocks are indented", () => {
  const code = [
    ...[0x02, 0x40, 0x20, 1, 0x41, 5, 0x4d, 0x04, 0x40], // block; budget <= 5; if
    ...[0x42, 0x80, 0x80, 0x04, 0x21, 2, 0x0c, 1, 0x05], // x1 = 65536; br 1; else
    ...[0x20, 2, 0x20, 0, 0x7c, 0x42, 0x7f, 0x37, 3, 16, 0x0b, 0x0b], // store; end; end
    ...[0x20, 2, 0x20, 1, 0x12, 1], // return_call go
  ];
  assertEquals(lines(code, { remarks: [[9, "0: mov x1, #0x10000"]] }), [
    ...Head,
    "  (block $block0",
    "    (if $if1 (i32.le_u $budget 5)",
    "      ;; 0: mov x1, #0x10000",
    "      (local.set $x1 0x10000)",
    "      (br $block0)",
    "    else",
    "      (i64.store offset=16 (i64.add $x1 $record) -1)",
    "    )",
    "  )",
    "  (return_call $go $x1 $budget))",
  ]);
});

Deno.test("wasm text: calls take and give what their types say", () => {
  const code = [0x41, 1, 0x41, 2, 0x10, 0, 0x1a, 0x20, 0, 0x20, 1, 0x41, 7, 0x13, 0, 0];
  assertEquals(lines(code).slice(Head.length), [
    "  (drop (call $fill 1 2))",
    "  (return_call_indirect $record $budget 7))",
  ]);
});

Deno.test("wasm text: what is below a statement on the stack is an operand of a later one", () => {
  const swap = [0x20, 0, 0x20, 2, 0x21, 3, 0x21, 2]; // record; t3 = x1; x1 = record
  assertEquals(lines(swap).slice(Head.length), [
    "  (local.set $t3 $x1)",
    "  (local.set $x1 $record))",
  ]);
});

Deno.test("wasm text: what does not fit in a line has its operands below", () => {
  const code: number[] = [];
  for (let i = 0; i < 12; i++) code.push(0x20, 0);
  for (let i = 0; i < 11; i++) code.push(0x7c);
  const [first = "", ...rest] = lines([...code, 0x21, 2]).slice(Head.length);
  assertEquals(first, "  (local.set $x1");
  assertEquals([first, ...rest].every((line) => line.length <= 100), true);
  assertEquals(rest.join("").replaceAll(/[^()]/g, ""), `${"(".repeat(11)}${")".repeat(13)}`);
});

Deno.test("wasm text: every instruction of the tables is known by its name", () => {
  const rows = [
    ...Object.entries(WasmOps).map(([name, [code, params]]) => [name, code, params.length, []]),
    ...Object.entries(LaneOps).map(([name, [code, params]]) => [name, code, params.length, [1]]),
    ...Object.entries(LoadOps).map(([name, [code]]) => [name, code, 1, [0, 8]]),
    ...Object.entries(StoreOps).map(([name, [code]]) => [name, code, 2, [0, 8]]),
  ] as [string, readonly number[], number, number[]][];
  for (const [name, opcode, operands, immediate] of rows) {
    const code = new Code();
    for (let i = 0; i < operands; i++) code.bytes([0x20, 0]);
    code.bytes(opcode);
    code.bytes(immediate);
    const said = { 0: "", 1: " 1", 2: " offset=8" }[immediate.length];
    const text = lines([...code.view()]).at(-1);
    assertEquals(text, `  (${name}${said}${" $record".repeat(operands)}))`);
  }
});

Deno.test("wasm text: an unknown opcode is an error", () => {
  assertThrows(() => lines([0xff]), Error, "Cannot list code: opcode 0xff");
});
