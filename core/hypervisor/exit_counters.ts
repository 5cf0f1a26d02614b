/** How often a VM has left its guest, and what that took, by reason. @module */

/** Exits for one reason. */
export interface ExitCount {
  readonly reason: number;
  readonly count: number;
  /** Virtual time from the exits to the return to a guest, or to waiting. */
  readonly costNs: number;
}

const FirstCapacity = 32;

/** The counters of one VM. */
export class ExitCounters {
  /** Place of each reason in the columns. */
  readonly #places = new Map<number, number>();
  #counts = new Float64Array(FirstCapacity);
  #costs = new Float64Array(FirstCapacity);

  add(reason: number, costNs: number): void {
    const place = this.#places.get(reason) ?? this.#newPlace(reason);
    this.#counts[place] = (this.#counts[place] as number) + 1;
    this.#costs[place] = (this.#costs[place] as number) + costNs;
  }

  /** One row for each reason that has occurred, in the order of their first occurrence. */
  rows(): ExitCount[] {
    return [...this.#places].map(([reason, place]) => ({
      reason,
      count: this.#counts[place] as number,
      costNs: this.#costs[place] as number,
    }));
  }

  #newPlace(reason: number): number {
    const place = this.#places.size;
    this.#places.set(reason, place);
    if (place === this.#counts.length) {
      this.#counts = grown(this.#counts);
      this.#costs = grown(this.#costs);
    }
    return place;
  }
}

function grown(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(column.length * 2);
  longer.set(column);
  return longer;
}
