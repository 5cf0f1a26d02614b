/**
 * The interpreter: handlers made on demand, threaded by tail calls over pre-decoded records.
 *
 * A handler is one WebAssembly function for an encoding class and shape. New ones are compiled in
 * small modules as instructions are met; calls between modules are slower than inside one, so from
 * time to time all handlers are compiled again as one module.
 *
 * @module
 */

import { StateFields } from "../cpu/state.ts";
import { HeatBytes, MemoryMap, PageBytes, Records } from "../memory_map.ts";
import { CodeStores } from "./code_stores.ts";
import { CommonWords } from "./common_words.ts";
import { type AnyInsn, type Feature, inTypeScript } from "../isa/insn.ts";
import type { Decoded } from "../isa/decode.ts";
import {
  emitDecode,
  emitHandler,
  emitPageEnd,
  type HandlerVariant,
  HotCount,
} from "./handler_emitter.ts";
import { emitFpRoutine } from "./fp_routine.ts";
import type { ImportFunctions } from "./imports.ts";
import { type EngineMeter, ExitNames, measured, meteredImports } from "./meter.ts";
import { Helpers, moduleSurroundings } from "./module_surroundings.ts";
import { RecordWriter } from "./record_writer.ts";
import { Translator } from "./translate/translator.ts";
import { encodeModule, type FunctionBody, type ModuleSurroundings } from "./wasm_module.ts";

/** Slots for handlers (there are fewer: see its test), and after them for translated regions. */
export const HandlerSlots = 16384;
const RegionSlots = 32768;
/** Bytes of a page of linear memory. */
const WasmPage = 65536;
const RoutineSlots = 2048;
const FirstRoutine = HandlerSlots + RegionSlots;
const TableSize = FirstRoutine + RoutineSlots;
/** Fixed table slots. */
const Fixed = { decode: 0, pageEnd: 1, undefined: 2 } as const;
const FirstHandler = 3;
/** Longest run of instructions decoded at once. */
const RunLength = 32;

/** How code is run. */
export interface EngineOptions {
  /** Translate hot code. */
  readonly translate: boolean;
  /** Jumps to an instruction that make it hot; 1: it is translated before it is first jumped to. */
  readonly hotCount?: number;
  /** Most pages that have records at once. */
  readonly recordPages?: number;
  /** Most translated regions at once. */
  readonly regionSlots?: number;
  /** Stores to a page with code after which it is taken for data, until it is executed again. */
  readonly storesToData?: number;
  /** Whether the instruction of a record has accessed a device, as far as is known. */
  readonly accessesDevice?: (record: number) => boolean;
  /** Wants to know what happens and how long it takes. */
  readonly meter?: EngineMeter;
}

/** Decodes, compiles and runs instructions in one linear memory. */
export class Interpreter {
  readonly #memory: WebAssembly.Memory;
  readonly #view: DataView;
  readonly #pages: Uint32Array;
  readonly #table: WebAssembly.Table;
  readonly #imports: WebAssembly.ModuleImports;
  readonly #has: (feature: Feature) => boolean;
  readonly #handlers = new Map<string, number>();
  readonly #variants: HandlerVariant[] = [];
  readonly #writer: RecordWriter;
  readonly #hotCount: number;
  readonly #accessesDevice: (record: number) => boolean;
  readonly #helpers: readonly FunctionBody[];
  readonly #surroundings: ModuleSurroundings;
  readonly #stores: CodeStores;
  readonly #recordPages: number;
  /** Functions for floating-point operations: slots by name, and those not compiled yet. */
  readonly #routines = new Map<string, number>();
  readonly #newRoutines: (readonly [slot: number, body: FunctionBody])[] = [];
  #pending = 0;
  /** Instructions of the last run, about: a run that was shortened counts as whole. */
  #lastRun = 0;
  #foreign = 0;
  /** Host page of each record page. */
  readonly #hostPages: number[] = [];
  /** Record pages below them that are not in use any more. */
  readonly #freePages: number[] = [];
  #start: () => void;
  readonly #meter: EngineMeter | undefined;
  /** The second tier; undefined when everything is interpreted. */
  readonly translator: Translator | undefined;

  constructor(
    memory: WebAssembly.Memory,
    host: Omit<ImportFunctions, "decode" | "hot">,
    has: (feature: Feature) => boolean,
    options: EngineOptions = { translate: false },
  ) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer);
    this.#pages = new Uint32Array(
      memory.buffer,
      MemoryMap.pageRecords,
      Math.ceil(memory.buffer.byteLength / PageBytes),
    );
    this.#has = has;
    this.#hotCount = options.hotCount ?? HotCount;
    this.#accessesDevice = options.accessesDevice ?? (() => false);
    this.#surroundings = moduleSurroundings(memory.buffer.byteLength / WasmPage, TableSize);
    this.#helpers = Helpers.map((helper) => helper.emit(this.#hotCount));
    this.#stores = new CodeStores(options.storesToData);
    this.#recordPages = options.recordPages ?? MemoryMap.maxRecordPages;
    this.#table = new WebAssembly.Table({
      element: "anyfunc",
      initial: TableSize,
      maximum: TableSize,
    });
    const functions: ImportFunctions = {
      ...host,
      decode: (record) => this.#decodeRun(record),
      hot: (record) => {
        this.#heatUp(record);
        return 0;
      },
    };
    this.#meter = options.meter;
    const called = options.meter ? meteredImports(functions, options.meter) : functions;
    this.#imports = { memory, table: this.#table, ...called };
    this.#writer = new RecordWriter({
      memory: memory.buffer,
      has,
      handlerOf: (decoded, near) => this.#handlerOf(decoded, near),
      undefinedSlot: Fixed.undefined,
    });
    for (const word of CommonWords) this.#writer.prepare(word);
    this.#pending = 0;
    this.#start = this.#compileAll();
    this.translator = options.translate
      ? this.#makeTranslator(Math.min(options.regionSlots ?? RegionSlots, RegionSlots))
      : undefined;
  }

  #makeTranslator(slots: number): Translator {
    const pageOf = (record: number) => record - (record - MemoryMap.records) % Records.pageStride;
    return new Translator({
      wordAt: (record) => this.wordAt(record),
      has: this.#has,
      handlerAt: (record) => this.#view.getUint16(record, true),
      setHandler: (record, slot) => this.#view.setUint16(record, slot, true),
      pageOf,
      fpRoutine: (...named) => this.#fpRoutine(...named),
      accessesDevice: this.#accessesDevice,
      install: (functions) => this.#instantiate([...this.#newRoutines.splice(0), ...functions]),
      slots: [HandlerSlots, slots],
      undecoded: Fixed.decode,
      heatAt: (record) =>
        this.#view.getUint32(MemoryMap.heat + ((record >>> 2) & (HeatBytes - 4)), true),
      hotCount: this.#hotCount,
    }, this.#meter?.translator);
  }

  #fpRoutine(operation: string, info: number, lanes: number | undefined): number {
    const key = `${operation} ${info} ${lanes}`;
    const known = this.#routines.get(key);
    if (known !== undefined) return known;
    const scalar = lanes === undefined ? undefined : this.#fpRoutine(operation, info, undefined);
    const slot = FirstRoutine + this.#routines.size;
    if (slot === TableSize) {
      throw new Error(`Cannot add a floating-point routine: the table holds ${RoutineSlots}`);
    }
    this.#routines.set(key, slot);
    this.#newRoutines.push([slot, emitFpRoutine(operation, info, lanes, scalar)]);
    return slot;
  }

  #heatUp(record: number): void {
    const at = MemoryMap.heat + ((record >>> 2) & (HeatBytes - 4));
    this.#view.setUint32(at, 0, true);
    if (this.#hotCount > 1) return this.translator?.hot(record);
    if (this.#view.getUint16(record, true) === Fixed.decode) this.#decodeRun(record);
    this.translator?.hot(record);
    this.translator?.flush();
  }

  /** Runs from the state's PC until the budget is used up, a record is missing or TypeScript leaves. */
  run(): void {
    this.#stores.take((page) => this.dropCodePage(page));
    const at = MemoryMap.window + StateFields.budget[0];
    const budget = this.#view.getUint32(at, true);
    if (this.#meter) this.#measuredRun(this.#meter);
    else {
      this.translator?.settle(this.#lastRun);
      this.#start();
    }
    this.#lastRun = budget - this.#view.getUint32(at, true);
  }

  #measuredRun(meter: EngineMeter): void {
    measured(meter, meter.settling, () => this.translator?.settle(this.#lastRun));
    measured(meter, meter.runs, () => this.#start());
    const exit = this.#view.getUint32(MemoryMap.window + StateFields.exit[0], true);
    meter.exits[ExitNames[exit] as "left"]++;
  }

  /** Instruction word of a record. */
  wordAt(record: number): number {
    return this.#view.getUint32(this.hostAddress(record), true);
  }

  /** Address in the linear memory of a record's instruction. */
  hostAddress(record: number): number {
    const index = Math.floor((record - MemoryMap.records) / Records.pageStride);
    const inPage = (record - MemoryMap.records - index * Records.pageStride) >> 2;
    return (this.#hostPages[index] as number) + inPage;
  }

  /** Record of the instruction at an address in the linear memory, if its page has records. */
  recordAt(host: number): number | undefined {
    const index = this.#pages[Math.floor(host / PageBytes)] as number;
    if (index === 0) return undefined;
    return MemoryMap.records + (index - 1) * Records.pageStride + (host % PageBytes) * 4;
  }

  /** Whether a page of memory has records. */
  isCodePage(hostPage: number): boolean {
    return this.#pages[hostPage / PageBytes] !== 0;
  }

  /**
   * Gives the page at `hostPage` records. When all record pages are in use, every page loses its
   * records; call only between runs.
   *
   * @returns Whether the other pages kept theirs.
   */
  addCodePage(hostPage: number): boolean {
    const kept = this.codePages < this.#recordPages;
    if (!kept) this.dropAllCode();
    const index = this.#freePages.pop() ?? this.#hostPages.length;
    this.#hostPages[index] = hostPage;
    this.#pages[hostPage / PageBytes] = index + 1;
    this.#stores.begin(index);
    const base = MemoryMap.records + index * Records.pageStride;
    new Uint8Array(this.#memory.buffer, base, Records.pageStride).fill(0);
    this.#view.setUint16(base + 1024 * Records.recordBytes, Fixed.pageEnd, true);
    return kept;
  }

  /** Pages that have records. */
  get codePages(): number {
    return this.#hostPages.length - this.#freePages.length;
  }

  /**
   * Forgets the records of the page at `hostPage`, so that stores to it take the fast path again;
   * call only between runs, and before the TLBs are flushed.
   */
  dropCodePage(hostPage: number): void {
    const index = this.#pages[hostPage / PageBytes] as number;
    if (index === 0) return;
    this.codeWritten(hostPage, PageBytes);
    this.#pages[hostPage / PageBytes] = 0;
    this.#freePages.push(index - 1);
  }

  /** Forgets all records. */
  dropAllCode(): void {
    for (const page of this.#hostPages) this.#pages[page / PageBytes] = 0;
    this.#hostPages.length = 0;
    this.#freePages.length = 0;
    this.#stores.forget();
    this.translator?.clear();
  }

  /** Forgets the records of instructions in `bytes` bytes from `host`, which lie in one page. */
  codeWritten(host: number, bytes: number): void {
    const index = this.#pages[Math.floor(host / PageBytes)] as number;
    if (index !== 0) this.#stores.note(host - host % PageBytes, index - 1);
    for (let at = host - host % 4; at < host + bytes; at += 4) {
      const record = this.recordAt(at);
      if (record === undefined) continue;
      this.translator?.changed(record);
      this.#view.setUint16(record, Fixed.decode, true);
    }
  }

  /** Decodes instructions from `record` up to the end of the straight run. */
  #decodeRun(record: number): number {
    const host = this.hostAddress(record);
    let count = Math.min(RunLength, (PageBytes - host % PageBytes) / 4);
    for (let i = 0; i < count; i++) {
      const at = record + i * Records.recordBytes;
      if (i > 0 && this.#view.getUint16(at, true) !== Fixed.decode) break;
      const word = this.#view.getUint32(host + i * 4, true);
      if (this.#writer.write(at, word, (host + i * 4) % PageBytes)) count = 0;
    }
    if (this.#pending) this.#compilePending();
    return 0;
  }

  #handlerOf(d: Decoded, near: boolean): number {
    let key = near ? `${d.classIndex}n` : `${d.classIndex}`;
    const fields: Record<string, number> = {};
    for (const name of d.insn.shape as string[]) {
      const value = d.fields[name] as number;
      fields[name] = value;
      key += `,${value}`;
    }
    const rare = d.insn.rare?.(fields) === true;
    if (rare) key = `${d.classIndex}x`;
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const slot = FirstHandler + this.#variants.length;
    if (slot === HandlerSlots) {
      throw new Error(`Cannot add a handler: the table holds ${HandlerSlots}`);
    }
    const { classIndex, operands } = d;
    const insn = rare ? { ...d.insn, run: inTypeScript } : d.insn;
    this.#handlers.set(key, slot);
    this.#variants.push({ insn, classIndex, fields, operands, near });
    this.#pending++;
    return slot;
  }

  #compilePending(): void {
    const all = this.#variants.length;
    const from = all - this.#pending;
    this.#foreign += this.#pending;
    this.#pending = 0;
    if (this.#foreign * 2 > all && this.#foreign > 64) this.#start = this.#compileAll();
    else this.#instantiate(this.#handlersFrom(from));
  }

  /** Compiles every handler, and those of records that hold no instruction, as one module. */
  #compileAll(): () => void {
    this.#foreign = 0;
    return this.#instantiate([
      [Fixed.decode, emitDecode()],
      [Fixed.pageEnd, emitPageEnd()],
      [Fixed.undefined, emitUndefined()],
      ...this.#handlersFrom(0),
    ]);
  }

  #handlersFrom(first: number): (readonly [slot: number, body: FunctionBody])[] {
    return this.#variants.slice(first).map((
      v,
      i,
    ) => [FirstHandler + first + i, emitHandler(v, this.#hotCount)]);
  }

  /** Compiles functions as one module, with the helpers each module carries; returns its start. */
  #instantiate(functions: readonly (readonly [slot: number, body: FunctionBody])[]): () => void {
    const helpers = this.#helpers;
    const bytes = encodeModule({
      surroundings: this.#surroundings,
      functions: [...helpers, ...functions.map(([, body]) => body)],
      exports: [["start", 1]],
      elements: functions.map(([slot], i) => [slot, helpers.length + i] as const),
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: this.#imports,
    });
    return instance.exports.start as () => void;
  }
}

/** Handler of words that are no instruction: class −1 in `execute` is UNDEFINED. */
function emitUndefined(): FunctionBody {
  return emitHandler({
    insn: { run: inTypeScript } as unknown as AnyInsn,
    classIndex: -1,
    fields: {},
    operands: {},
    near: false,
  });
}
