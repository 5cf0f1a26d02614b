/**
 * Stores to pages that have code: where code was, data may be now, and then each store would take the
 * slow path for ever.
 *
 * @module
 */

import { MemoryMap } from "../memory_map.ts";

/** Stores after which a page is taken for data, when nobody says otherwise. */
const StoresToData = 256;
/** How often that number doubles for a page that is executed again. */
const MostDoublings = 12;

/** Counts them. */
export class CodeStores {
  readonly #limit: number;
  /** Stores since a page got its records, by record page. */
  readonly #stores = new Uint32Array(MemoryMap.maxRecordPages);
  /** How often pages were taken for data. */
  readonly #times = new Map<number, number>();
  /** Pages that hold data. */
  readonly #data = new Set<number>();

  constructor(limit = StoresToData) {
    this.#limit = limit;
  }
  /** A record page is given to another page. */
  begin(index: number): void {
    this.#stores[index] = 0;
  }
  /** Notes a store to `hostPage`, whose record page that is. */
  note(hostPage: number, index: number): void {
    const stores = (this.#stores[index] as number) + 1;
    this.#stores[index] = stores;
    const doublings = Math.min(this.#times.get(hostPage) ?? 0, MostDoublings);
    if (stores === this.#limit << doublings) this.#data.add(hostPage);
  }
  /** Hands over the pages that are data now. */
  take(drop: (hostPage: number) => void): void {
    if (this.#data.size === 0) return;
    for (const page of this.#data) {
      this.#times.set(page, (this.#times.get(page) ?? 0) + 1);
      drop(page);
    }
    this.#data.clear();
  }
  /** No page has records any more. */
  forget(): void {
    this.#data.clear();
  }
}
