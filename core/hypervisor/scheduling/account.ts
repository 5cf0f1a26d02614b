/**
 * Exact accounts of virtual time: in which state for how long, and how long it took to get a core.
 *
 * Cores take turns over one clock, so a vCPU that moves may come to a core that is not yet as far as the
 * one it left. An account's own time never goes back: such a change counts as of the time that it
 * has reached. Therefore the times of all states add up to what has passed.
 *
 * @module
 */

/** Time by state. */
export class Account<State extends string> {
  readonly #totals: Record<State, number>;
  #state: State;
  readonly startNs: number;
  /** When the present state began. */
  sinceNs: number;

  constructor(states: readonly State[], state: State, nowNs: number) {
    this.#totals = Object.fromEntries(states.map((s) => [s, 0])) as Record<State, number>;
    this.#state = state;
    this.startNs = nowNs;
    this.sinceNs = nowNs;
  }

  get state(): State {
    return this.#state;
  }

  become(state: State, nowNs: number): void {
    const at = Math.max(nowNs, this.sinceNs);
    this.#totals[this.#state] += at - this.sinceNs;
    this.sinceNs = at;
    this.#state = state;
  }

  /** Time in `state` up to `nowNs`. */
  spent(state: State, nowNs: number): number {
    const open = state === this.#state ? Math.max(0, nowNs - this.sinceNs) : 0;
    return this.#totals[state] + open;
  }
}

/** Buckets of a histogram: the first for 0, bucket n for 2^(n-1) to 2^n - 1, the last for the rest. */
const Buckets = 33;

/** Durations as counts by powers of two. */
export class Latencies {
  count = 0;
  sumNs = 0;
  minNs = Infinity;
  maxNs = 0;
  readonly buckets = new Float64Array(Buckets);

  add(ns: number): void {
    this.count++;
    this.sumNs += ns;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
    const bucket = 32 - Math.clz32(Math.min(ns, 0xffff_ffff));
    this.buckets[bucket] = this.buckets[bucket] as number + 1;
  }
}
