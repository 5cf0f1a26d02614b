/**
 * The second tier: hot instructions get a translated region in place of their handler.
 *
 * A region is a handler like those of the interpreter, installed in the record of its entry, so it
 * is entered by ordinary dispatch and leaves to any record. Regions are compiled in batches, as each
 * module costs. The guest sees nothing of when that happens: counts and exits are exact.
 *
 * @module
 */

import { Records } from "../../memory_map.ts";
import type { Feature } from "../../isa/insn.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { discover, PageInstructions } from "./region.ts";
import { emitRegion } from "./region_emitter.ts";

/** What the translator needs of the interpreter. */
export interface TranslatorHost {
  /** Instruction word of a record. */
  wordAt(record: number): number;
  has(feature: Feature): boolean;
  /** Table slot in a record. */
  handlerAt(record: number): number;
  setHandler(record: number, slot: number): void;
  /** First record of the page that `record` is in. */
  pageOf(record: number): number;
  /** Table slot of the function for a floating-point operation; it is installed with the next. */
  fpRoutine(operation: string, info: number, lanes: number | undefined): number;
  /** Compiles functions into table slots. */
  install(functions: readonly (readonly [slot: number, body: FunctionBody])[]): void;
  /** The first table slot for regions, and how many there are. */
  readonly slots: readonly [first: number, count: number];
  /** Table slot of records that are not decoded. */
  readonly undecoded: number;
}

interface Installed {
  readonly entry: number;
  readonly handler: number;
  readonly members: ReadonlySet<number>;
}

/** Regions compiled together. */
const BatchSize = 16;

/** Runs for which a small batch waits for more. */
const Patience = 500;

/** Figures for --stats. */
export interface TranslatorStats {
  regions: number;
  instructions: number;
  invalidated: number;
  evictions: number;
}

/** See the module. */
export class Translator {
  readonly stats: TranslatorStats = { regions: 0, instructions: 0, invalidated: 0, evictions: 0 };
  readonly #host: TranslatorHost;
  readonly #queue = new Set<number>();
  /** Installed regions by the first record of their page. */
  readonly #pages = new Map<number, Installed[]>();
  #used = 0;
  #waited = 0;

  constructor(host: TranslatorHost) {
    this.#host = host;
  }

  /** Notes a hot record. */
  hot(record: number): void {
    if (this.#isRegion(this.#host.handlerAt(record))) return;
    this.#queue.add(record);
    if (this.#queue.size >= BatchSize) this.flush();
  }

  #isRegion(slot: number): boolean {
    return slot >= this.#host.slots[0];
  }

  /** Called between runs: what has waited long enough is translated, though the batch is small. */
  settle(): void {
    if (this.#queue.size > 0 && ++this.#waited >= Patience) this.flush();
  }

  /** Translates what is queued. */
  flush(): void {
    if (this.#queue.size === 0) return;
    this.#waited = 0;
    const batch: [slot: number, body: FunctionBody][] = [];
    const installed: (() => void)[] = [];
    for (const record of this.#queue) {
      const slot = this.#host.slots[0] + this.#used;
      if (this.#used === this.#host.slots[1]) break;
      const made = this.#translate(record, slot);
      if (!made) continue;
      this.#used++;
      batch.push([slot, made.body]);
      installed.push(made.install);
    }
    this.#queue.clear();
    if (batch.length === 0) return;
    this.#host.install(batch);
    for (const install of installed) install();
  }

  #translate(record: number, slot: number) {
    const host = this.#host;
    const handler = host.handlerAt(record);
    if (handler === host.undecoded || this.#isRegion(handler)) return undefined;
    const records = host.pageOf(record);
    const entry = (record - records) / Records.recordBytes;
    if (entry >= PageInstructions) return undefined;
    const word = (index: number) => host.wordAt(records + index * Records.recordBytes);
    const region = discover({ word, has: (feature) => host.has(feature) }, entry);
    if (!region) return undefined;
    const fpRoutine: TranslatorHost["fpRoutine"] = (...named) => host.fpRoutine(...named);
    const body = emitRegion(region, { records, handler, fpRoutine });
    const install = () => {
      host.setHandler(record, slot);
      const list = this.#pages.get(records) ?? [];
      list.push({ entry: record, handler, members: region.members });
      this.#pages.set(records, list);
      this.stats.regions++;
      this.stats.instructions += region.members.size;
    };
    return { body, install };
  }

  /** Whether there is room for more regions; without, all code has to be dropped. */
  get isFull(): boolean {
    return this.#used === this.#host.slots[1];
  }

  /** The instruction of `record` has changed: regions that hold it must not run again. */
  changed(record: number): void {
    const records = this.#host.pageOf(record);
    const list = this.#pages.get(records);
    if (!list) return;
    const index = (record - records) / Records.recordBytes;
    const kept = list.filter((region) => {
      if (!region.members.has(index)) return true;
      this.#host.setHandler(region.entry, region.handler);
      this.stats.invalidated++;
      return false;
    });
    if (kept.length < list.length) this.#pages.set(records, kept);
  }

  /** Forgets everything, as all records have been. */
  clear(): void {
    this.#queue.clear();
    this.#pages.clear();
    if (this.#used > 0) this.stats.evictions++;
    this.#used = 0;
  }
}
