/** Floating-point operations as generated code, callable one by one. @module */

import { CpuState, StateLayout } from "../../../core/cpu/state.ts";
import { Emitter, type SlotAddress, stateAddress } from "../../../core/engine/emitter.ts";
import { fpHelper } from "../../../core/engine/fp_helper.ts";
import { Imports } from "../../../core/engine/imports.ts";
import { encodeModule, type FunctionBody } from "../../../core/engine/wasm_module.ts";
import type { SlotRef, Val } from "../../../core/isa/ops.ts";
import { MemoryMap } from "../../../core/memory_map.ts";

class ProbeEmitter extends Emitter {
  protected slotAddress(slot: SlotRef): SlotAddress {
    return stateAddress(StateLayout.v + (slot as unknown as number) * 16);
  }
  protected emitRecord(): void {
    this.code.bytes([0x41, 0]);
  }
  protected beforeCall(): void {}
  protected afterCall(): void {}
  protected leave(): void {}
  protected classIndex(): number {
    return 0;
  }
  pc(): Val {
    return this.i64(0);
  }
  jump(): void {}
  jumpTo(): void {}
  finish(): FunctionBody {
    return { type: 1, locals: this.locals, code: this.code.view().slice() };
  }
}

/** An operation with its immediate; `lanes` makes it one on vectors. */
export interface Probed {
  readonly operation: string;
  readonly info: number;
  readonly arity: number;
  readonly lanes?: number;
}

/** Runs operations on V0, V1, V2; the result goes to V3. */
export interface Probe {
  readonly state: CpuState;
  readonly run: readonly (() => void)[];
  /** How often the exact way was taken. */
  readonly calls: () => number;
}

const slot = (n: number) => n as unknown as SlotRef;

function body({ operation, info, arity, lanes }: Probed): FunctionBody {
  const e = new ProbeEmitter(0);
  const slots = [0, 1, 2].slice(0, arity).map(slot);
  if (lanes === undefined) e.setD(slot(3), e.fp(operation, info, ...slots.map((s) => e.x(s))));
  else e.setV(slot(3), e.fpLanes(operation, info, lanes, ...slots.map((s) => e.v(s))));
  return e.finish();
}

/** Compiles the operations. */
export function probe(operations: readonly Probed[]): Probe {
  const pages = BigInt(Math.ceil((MemoryMap.window + MemoryMap.stateBytes) / 65536));
  const memory = new WebAssembly.Memory(
    // deno-lint-ignore no-explicit-any
    { initial: pages, maximum: pages, address: "i64" } as any,
  );
  const state = new CpuState(memory.buffer, MemoryMap.window);
  const helper = fpHelper(state, memory.buffer);
  let calls = 0;
  const names = Object.keys(Imports);
  const env: WebAssembly.ModuleImports = {
    memory,
    table: new WebAssembly.Table({ element: "anyfunc", initial: 1, maximum: 1 }),
    ...Object.fromEntries(names.map((name) => [name, () => 0])),
    fp: (record: number, argument: number) => {
      calls++;
      return helper(record, argument);
    },
  };
  const bytes = encodeModule({
    surroundings: {
      types: [{ params: ["i32", "i32"], results: ["i32"] }, { params: [], results: [] }],
      imports: names.map((name) => [name, 0] as const),
      memoryPages: Number(pages),
      tableSize: 1,
    },
    functions: operations.map(body),
    exports: operations.map((_, i) => [`f${i}`, i] as const),
    elements: [],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
  const run = operations.map((_, i) => exports[`f${i}`] as () => void);
  return { state, run, calls: () => calls };
}
