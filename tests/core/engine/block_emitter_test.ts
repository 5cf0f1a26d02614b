import { assertEquals } from "@std/assert";
import { CpuState } from "../../../core/cpu/state.ts";
import { emitBlock } from "../../../core/engine/block_emitter.ts";
import { type ImportFunctions, Imports } from "../../../core/engine/imports.ts";
import { Interpreter } from "../../../core/engine/interpreter.ts";
import { encodeModule } from "../../../core/engine/wasm_module.ts";
import { decode, type Decoded } from "../../../core/isa/decode.ts";
import { createMemory } from "../../../core/machine/memory.ts";
import { MemoryMap, Tlb } from "../../../core/memory_map.ts";

const refuse = () => {
  throw new Error("integer code calls nothing");
};
const imports: ImportFunctions = {
  decode: refuse,
  slow: refuse,
  commit: refuse,
  execute: refuse,
  fp: refuse,
  spFault: refuse,
  fpTrap: refuse,
  attend: refuse,
  fill: refuse,
  hot: refuse,
};

function rig() {
  const memory = createMemory(65536);
  const state = new CpuState(memory.buffer, MemoryMap.window);
  const view = new DataView(memory.buffer);
  const engine = new Interpreter(memory, imports, () => true);
  state.setU64("tlb", BigInt(MemoryMap.tlb));
  // VA 0x1000 is the first page of RAM.
  view.setBigInt64(MemoryMap.tlb + Tlb.entryBytes + Tlb.executeTag, 0x1000n, true);
  view.setBigInt64(
    MemoryMap.tlb + Tlb.entryBytes + Tlb.addend,
    BigInt(MemoryMap.ram - 0x1000),
    true,
  );
  engine.addCodePage(MemoryMap.ram);
  return { memory, state, view, engine };
}

/** A repeatable sequence of 32-bit words. */
function* random(seed: number): Generator<number, never> {
  for (;;) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const high = seed & 0xffff0000;
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    yield (high | (seed >>> 16)) >>> 0;
  }
}

/** Words of data processing that both engines take: immediate and register classes. */
const groups = [0x1100_0000, 0x1200_0000, 0x1280_0000, 0x1300_0000, 0x0a00_0000, 0x0b00_0000];
const more = [0x1a40_0000, 0x1a80_0000, 0x1ac0_0000, 0x1b00_0000, 0x5ac0_0000, 0x1000_0000];

function program(words: Generator<number, never>, length: number): number[] {
  const out: number[] = [];
  const all = [...groups, ...more];
  while (out.length < length) {
    const base = all[words.next().value % all.length] as number;
    const word = (base | (words.next().value & 0xe0ff_ffff)) >>> 0;
    const d = decode(word, () => true);
    if (d && !d.insn.ends && !d.insn.execute && !d.insn.branch && d.insn.fp !== true) {
      out.push(word);
    }
  }
  return out;
}

function snapshot(state: CpuState): string {
  const registers = [...state.x.slice(0, 33)].map((v) => v.toString(16)).join(" ");
  return `${registers} ${state.nzcv().toString(16)} ${state.u64("pc").toString(16)}`;
}

Deno.test("block emitter: agrees with the interpreter on runs of data processing", () => {
  const words = random(1);
  const { memory, state, view, engine } = rig();
  for (let round = 0; round < 200; round++) {
    const code = program(words, 1 + words.next().value % 12);
    code.forEach((w, i) => view.setUint32(MemoryMap.ram + i * 4, w, true));
    engine.codeWritten(MemoryMap.ram, code.length * 4);
    const initial = Array.from({ length: 33 }, () => {
      const [a, b] = [words.next().value, words.next().value];
      return words.next().value % 3 === 0 ? BigInt(a & 3) - 1n : (BigInt(a) << 32n) | BigInt(b);
    });
    const start = () => {
      initial.forEach((v, i) => state.x[i] = i === 31 ? 0n : BigInt.asUintN(64, v));
      state.setNzcv(round % 16 * 0x1000_0000);
      state.setU64("pc", 0x1000n);
      state.setU64("budget", BigInt(code.length));
    };
    start();
    engine.run();
    const interpreted = snapshot(state);
    start();
    runBlock(memory, code);
    assertEquals(snapshot(state), interpreted, code.map((w) => w.toString(16)).join(" "));
  }
});

function runBlock(memory: WebAssembly.Memory, code: readonly number[]): void {
  const entries = code.map((word, i) => ({
    decoded: decode(word, () => true) as Decoded,
    record: MemoryMap.records + i * 16,
    pc: BigInt(0x1000 + i * 4),
  }));
  const bytes = encodeModule({
    types: [{ params: [], results: [] }, { params: ["i32", "i32"], results: ["i32"] }],
    imports: Object.keys(Imports).map((name) => [name, 1] as const),
    functions: [emitBlock(entries, 0)],
    exports: [["block", 0]],
    elements: [],
    memoryPages: [1, 2 ** 18],
    tableSize: 1,
  });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1, maximum: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory, table, ...imports },
  });
  (instance.exports.block as () => void)();
}
