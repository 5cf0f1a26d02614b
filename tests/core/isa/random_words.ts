/** Repeatable random words. @module */

/** An endless repeatable sequence of 32-bit words. */
export function* randomWords(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    // A Weyl sequence, mixed as MurmurHash3 finishes: no word repeats within 2^32.
    state = (state + 0x9e37_79b9) | 0;
    let z = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35);
    yield (z ^ (z >>> 16)) >>> 0;
  }
}
