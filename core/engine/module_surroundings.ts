/** What every module of an engine has besides its own functions: types, imports and helpers. @module */

import { FpRoutineTypes } from "./fp_routine.ts";
import { emitGo, emitStart, HandlerType } from "./handler_emitter.ts";
import { Imports } from "./imports.ts";
import { emitFind } from "./translate/find_page.ts";
import { emitSettleFlags, emitStoreFlags } from "./translate/lazy_flags.ts";
import type { FunctionBody, FunctionType, ModuleSurroundings } from "./wasm_module.ts";

/** The function types, by their numbers. */
export const Types: readonly FunctionType[] = [
  { params: ["i64", "i32"], results: [] },
  { params: ["i32", "i32"], results: ["i32"] },
  { params: [], results: [] },
  { params: ["i32", "i64", "i64"], results: [] },
  ...FpRoutineTypes,
  { params: ["i32", "i32", "i32", "i32", "i32"], results: ["i32"] },
  { params: ["i64", "i64", "i64", "i32", "i32", "i32"], results: ["i64"] },
];
/** Type of the imported functions. */
const ImportType = 1;
/** Type of `fill`. */
const FillType = 6;
/** Type of the functions that find pages. */
const FindType = 7;

/** The imported functions in their order, with their types. */
export const ImportTypes: readonly (readonly [name: string, type: number])[] = Object.keys(Imports)
  .map((name) => [name, name === "fill" ? FillType : ImportType]);

/** A function that each module carries, since calls between modules are slow. */
interface Helper {
  readonly name: string;
  readonly type: number;
  emit(hotCount: number): FunctionBody;
}

/** The helpers in their order after the imports: goFunction (handler_emitter.ts) is the first. */
export const Helpers: readonly Helper[] = [
  { name: "go", type: HandlerType, emit: (hotCount) => emitGo(hotCount) },
  { name: "start", type: 2, emit: () => emitStart(2) },
  { name: "storeFlags", type: 3, emit: () => emitStoreFlags(3) },
  { name: "settleFlags", type: 2, emit: () => emitSettleFlags(2) },
  { name: "findRead", type: FindType, emit: () => emitFind(FindType, "read") },
  { name: "findWrite", type: FindType, emit: () => emitFind(FindType, "write") },
];

/** Types, imports and memory of an engine's modules. */
export function moduleSurroundings(memoryPages: number, tableSize: number): ModuleSurroundings {
  return { types: Types, imports: ImportTypes, memoryPages, tableSize };
}
