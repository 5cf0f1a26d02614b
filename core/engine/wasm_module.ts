/** Builds the binary form of a WebAssembly module. @module */

import type { WasmType } from "../isa/wasm_ops.ts";
import { Code } from "./code.ts";

/** Binary codes of the value types. */
export const TypeCode: Readonly<Record<WasmType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** A function type. */
export interface FunctionType {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** A function of the module: its type, its locals beyond the parameters, its code without `end`. */
export interface FunctionBody {
  readonly type: number;
  readonly locals: readonly WasmType[];
  readonly code: Uint8Array;
  /** Offsets in `code` of branches that are seldom taken. */
  readonly unlikely?: readonly number[];
}

/** What the modules of one memory have in common. */
export interface ModuleSurroundings {
  readonly types: readonly FunctionType[];
  /** Imported functions from module "env": name and type. */
  readonly imports: readonly (readonly [name: string, type: number])[];
  /** Pages of the imported memory, which cannot grow: so its start need not be read again after calls. */
  readonly memoryPages: number;
  /** Entries of the imported table. */
  readonly tableSize: number;
}

/** What a module is made of. Functions are numbered after the imported ones. */
export interface ModuleSpec {
  readonly surroundings: ModuleSurroundings;
  readonly functions: readonly FunctionBody[];
  /** Exported functions: name and index among `functions`. */
  readonly exports: readonly (readonly [name: string, index: number])[];
  /** Table slots to fill when instantiated: slot and index among `functions`. */
  readonly elements: readonly (readonly [slot: number, index: number])[];
}

/** The first sections of modules, by what they say. */
const heads = new WeakMap<ModuleSurroundings, Uint8Array>();

function section(out: Code, id: number, count: number, write: (c: Code) => void): void {
  const body = new Code();
  body.uleb(count);
  write(body);
  out.byte(id);
  out.uleb(body.length);
  out.bytes(body.view());
}

/** Header, types and imports. */
function encodeHead(m: ModuleSurroundings): Uint8Array {
  const out = new Code();
  out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  section(out, 1, m.types.length, (c) => {
    for (const t of m.types) {
      c.byte(0x60);
      for (const list of [t.params, t.results]) {
        c.uleb(list.length);
        c.bytes(list.map((v) => TypeCode[v]));
      }
    }
  });
  section(out, 2, m.imports.length + 2, (c) => {
    for (const [name, type] of m.imports) {
      c.text("env");
      c.text(name);
      c.byte(0);
      c.uleb(type);
    }
    c.text("env");
    c.text("memory");
    c.bytes([2, 0x05]);
    c.uleb(m.memoryPages);
    c.uleb(m.memoryPages);
    c.text("env");
    c.text("table");
    c.bytes([1, 0x70, 0x01]);
    c.uleb(m.tableSize);
    c.uleb(m.tableSize);
  });
  return out.view().slice();
}

/** Encodes a module that imports `env.memory` (memory64) and `env.table`. */
export function encodeModule(m: ModuleSpec): Uint8Array<ArrayBuffer> {
  let head = heads.get(m.surroundings);
  if (!head) heads.set(m.surroundings, head = encodeHead(m.surroundings));
  const imported = m.surroundings.imports.length;
  const out = new Code();
  out.bytes(head);
  section(out, 3, m.functions.length, (c) => m.functions.forEach((f) => c.uleb(f.type)));
  section(out, 7, m.exports.length, (c) => {
    for (const [name, index] of m.exports) {
      c.text(name);
      c.byte(0);
      c.uleb(index + imported);
    }
  });
  section(out, 9, m.elements.length, (c) => {
    for (const [slot, index] of m.elements) {
      c.bytes([0, 0x41]);
      c.sleb32(slot);
      c.bytes([0x0b, 1]);
      c.uleb(index + imported);
    }
  });
  writeHints(out, m);
  section(out, 10, m.functions.length, (c) => m.functions.forEach((f) => writeBody(c, f)));
  return out.view().slice();
}

/** Which branches are seldom taken (WebAssembly branch hinting proposal). */
function writeHints(out: Code, m: ModuleSpec): void {
  const hinted = m.functions.flatMap((f, i) =>
    f.unlikely?.length ? [[i, f, f.unlikely] as const] : []
  );
  if (hinted.length === 0) return;
  const body = new Code();
  body.text("metadata.code.branch_hint");
  body.uleb(hinted.length);
  for (const [i, f, unlikely] of hinted) {
    const start = encodeLocals(f).length;
    body.uleb(i + m.surroundings.imports.length);
    body.uleb(unlikely.length);
    for (const offset of unlikely) {
      body.uleb(start + offset);
      body.bytes([1, 0]);
    }
  }
  out.byte(0);
  out.uleb(body.length);
  out.bytes(body.view());
}

function writeBody(c: Code, f: FunctionBody): void {
  const locals = encodeLocals(f);
  c.uleb(locals.length + f.code.length + 1);
  c.bytes(locals.view());
  c.bytes(f.code);
  c.byte(0x0b);
}

function encodeLocals(f: FunctionBody): Code {
  const locals = new Code();
  const runs: [WasmType, number][] = [];
  for (const type of f.locals) {
    const last = runs.at(-1);
    if (last && last[0] === type) last[1]++;
    else runs.push([type, 1]);
  }
  locals.uleb(runs.length);
  for (const [type, count] of runs) {
    locals.uleb(count);
    locals.byte(TypeCode[type]);
  }
  return locals;
}
