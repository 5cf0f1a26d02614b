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
import { noTranslations, type TranslatorStats } from "../meter.ts";
import type { FunctionBody } from "../wasm_module.ts";
import { discover, PageInstructions, type PageSource, type Region } from "./region.ts";
import { emitRegion, explainRegion } from "./emit_region.ts";
import type { ExplainedRegion } from "./region_emitter.ts";

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
  /** Whether the instruction of a record has accessed a device, as far as is known. */
  accessesDevice(record: number): boolean;
  /** Compiles functions into table slots. */
  install(functions: readonly (readonly [slot: number, body: FunctionBody])[]): void;
  /** The first table slot for regions, and how many there are. */
  readonly slots: readonly [first: number, count: number];
  /** Table slot of records that are not decoded. */
  readonly undecoded: number;
  /** Jumps to the instruction of a record so far, about. */
  heatAt(record: number): number;
  /** Jumps that make it hot; 1: it is translated before it is executed. */
  readonly hotCount: number;
}

interface Installed {
  readonly entry: number;
  readonly slot: number;
  readonly handler: number;
  readonly members: ReadonlySet<number>;
}

/** Regions compiled together. */
const BatchSize = 16;

/** Instructions for which a small batch waits for more. */
const Patience = 5_000_000;

/**
 * Instructions of a page's regions from which on regions do not overlap: up to that, calls and inner
 * loops are better off inside.
 */
const Crowd = 200;

/** Of all slots, the part that loses its regions when there are none left. */
const EvictedShare = 4;

/** A region that can be translated: with its page's first record and its entry's own handler. */
interface Found {
  readonly records: number;
  readonly handler: number;
  readonly fpRoutine: TranslatorHost["fpRoutine"];
  readonly accessesDevice: TranslatorHost["accessesDevice"];
  readonly region: Region;
}

/** A region's code, for listings. */
export interface Translation extends ExplainedRegion {
  /** First record of its page. */
  readonly records: number;
  /** Indices of its instructions in the page. */
  readonly members: ReadonlySet<number>;
  /** Index of the one where it is entered. */
  readonly entry: number;
}

/** See the module. */
export class Translator {
  readonly stats: TranslatorStats;
  readonly #host: TranslatorHost;
  readonly #queue = new Set<number>();
  /** Installed regions by the first record of their page; the page translated first comes first. */
  readonly #pages = new Map<number, Installed[]>();
  /** Slots that were used and are so no more. A region under way stays itself when its slot is reused. */
  readonly #free: number[] = [];
  /** Slots that have been used since all were free. */
  #used = 0;
  /** Where the regions of the batch under way begin. */
  readonly #entries = new Set<number>();
  #waited = 0;

  constructor(host: TranslatorHost, stats = noTranslations()) {
    this.#host = host;
    this.stats = stats;
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

  /**
   * Called between runs, with the length of the last one: what has waited long enough is translated,
   * though the batch is small.
   */
  settle(instructions: number): void {
    if (this.#queue.size === 0) return;
    this.#waited += instructions;
    if (this.#waited >= Patience) this.flush();
  }

  /** Translates what is queued. */
  flush(): void {
    if (this.#queue.size === 0) return;
    this.#waited = 0;
    const batch: [slot: number, body: FunctionBody][] = [];
    const installed: (() => void)[] = [];
    this.#entries.clear();
    for (const record of this.#queue) {
      const found = this.#discover(record);
      if (!found) continue;
      this.#entries.add(record);
      const slot = this.#takeSlot();
      if (slot === undefined) break;
      batch.push([slot, emitRegion(found.region, found)]);
      installed.push(() => this.#install(record, slot, found));
    }
    this.#queue.clear();
    if (batch.length === 0) return;
    this.#host.install(batch);
    this.stats.modules++;
    for (const install of installed) install();
  }

  /** A free slot; undefined when the batch under way has them all. */
  #takeSlot(): number | undefined {
    const [first, count] = this.#host.slots;
    if (this.#free.length === 0 && this.#used === count) this.#evict();
    return this.#free.pop() ?? (this.#used < count ? first + this.#used++ : undefined);
  }

  /** Makes room: the pages that were translated first lose their regions. */
  #evict(): void {
    const enough = Math.ceil(this.#host.slots[1] / EvictedShare);
    for (const [records, list] of this.#pages) {
      if (this.#free.length >= enough) break;
      for (const region of list) this.#remove(region);
      this.#pages.delete(records);
      this.stats.evicted += list.length;
    }
  }

  #remove({ entry, slot, handler }: Installed): void {
    this.#host.setHandler(entry, handler);
    this.#free.push(slot);
  }

  #install(record: number, slot: number, { records, handler, region }: Found): void {
    const { members } = region;
    this.#host.setHandler(record, slot);
    const list = this.#pages.get(records) ?? [];
    list.push({ entry: record, slot, handler, members });
    this.#pages.set(records, list);
    this.stats.regions++;
    this.stats.instructions += members.size;
  }

  #discover(record: number): Found | undefined {
    const host = this.#host;
    const handler = host.handlerAt(record);
    if (handler === host.undecoded || this.#isRegion(handler)) return undefined;
    const records = host.pageOf(record);
    const at = (index: number) => records + index * Records.recordBytes;
    const isEntry = (other: number) =>
      this.#entries.has(other) || this.#isRegion(host.handlerAt(other));
    const { hotCount } = host;
    const inPage = this.#pages.get(records) ?? [];
    const isCrowded = inPage.reduce((sum, { members }) => sum + members.size, 0) > Crowd;
    // Nothing is known of code that is translated before it is executed.
    const known = hotCount === 1 ? {} : {
      excludes: (index: number) =>
        (isCrowded && isEntry(at(index))) || host.handlerAt(at(index)) === host.undecoded,
      heat: (index: number) => host.heatAt(at(index)),
      hotCount,
    };
    return this.#found(record, handler, known);
  }

  #found(record: number, handler: number, known: Partial<PageSource>): Found | undefined {
    const host = this.#host;
    const records = host.pageOf(record);
    const entry = (record - records) / Records.recordBytes;
    if (entry >= PageInstructions) return undefined;
    const word = (index: number) => host.wordAt(records + index * Records.recordBytes);
    const region = discover({ word, has: (feature) => host.has(feature), ...known }, entry);
    const fpRoutine: TranslatorHost["fpRoutine"] = (...named) => host.fpRoutine(...named);
    const accessesDevice = (other: number) => host.accessesDevice(other);
    return region && { records, handler, fpRoutine, accessesDevice, region };
  }

  #regionAt(record: number): Installed | undefined {
    const records = this.#host.pageOf(record);
    const index = (record - records) / Records.recordBytes;
    const list = this.#pages.get(records)?.filter(({ members }) => members.has(index));
    return list?.find(({ entry }) => entry === record) ?? list?.[0];
  }

  /** Whether the instruction of `record` is part of a region. */
  isTranslated(record: number): boolean {
    return this.#regionAt(record) !== undefined;
  }

  /** The region that `record` is in, the one entered there if there is one, with its code. */
  explain(record: number): Translation | undefined {
    const installed = this.#regionAt(record);
    const excludes = (index: number) => installed?.members.has(index) === false;
    const found = installed && this.#found(installed.entry, installed.handler, { excludes });
    if (!found) return undefined;
    const { region, records } = found;
    const { members, entry } = region;
    return { ...explainRegion(region, found), records, members, entry };
  }

  /** The instruction of `record` has changed: regions that hold it must not run again. */
  changed(record: number): void {
    const records = this.#host.pageOf(record);
    const list = this.#pages.get(records);
    if (!list) return;
    const index = (record - records) / Records.recordBytes;
    const kept = list.filter((region) => {
      if (!region.members.has(index)) return true;
      this.#remove(region);
      this.stats.invalidated++;
      return false;
    });
    if (kept.length === 0) this.#pages.delete(records);
    else if (kept.length < list.length) this.#pages.set(records, kept);
  }

  /** Forgets everything, as all records have been. */
  clear(): void {
    this.#queue.clear();
    this.#pages.clear();
    if (this.#used > 0) this.stats.dropped++;
    this.#used = 0;
    this.#free.length = 0;
  }
}
