/** Keeps virtual time from running ahead of the wall clock. @module */

/** Longest that virtual time may lag and still catch up. */
const MaxDebtMs = 1000;

/** Virtual time as the wall clock would have it. */
export interface Pacer {
  /** Nanoseconds that virtual time should have reached, given that it has reached `virtualNs`. */
  dueNs(virtualNs: number): number;
  /** Milliseconds until `virtualNs` is due; 0 when it is. */
  msUntil(virtualNs: number): number;
  /** Starts anew: `virtualNs` is due now. */
  restart(virtualNs: number): void;
}

/** A pacer over a clock of milliseconds. */
export function pacer(nowMs: () => number): Pacer {
  // Virtual time 0 would have been at this time.
  let originMs = nowMs();
  return {
    dueNs(virtualNs) {
      const debtMs = nowMs() - originMs - virtualNs / 1e6;
      if (debtMs > MaxDebtMs) originMs += debtMs - MaxDebtMs;
      return (nowMs() - originMs) * 1e6;
    },
    msUntil: (virtualNs) => Math.max(0, originMs + virtualNs / 1e6 - nowMs()),
    restart: (virtualNs) => void (originMs = nowMs() - virtualNs / 1e6),
  };
}
