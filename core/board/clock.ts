/** Virtual time, and what is due when. @module */

/** Time as devices see it. */
export interface Clock {
  /** Nanoseconds of virtual time since power-on. */
  now(): number;
  /** An alarm, not set, that calls `ring` when its deadline has come. */
  alarm(ring: () => void): Alarm;
}

/**
 * One deadline that may be pending.
 *
 * A device keeps its deadline in its state and sets the alarm from it in `settle`, so that restoring
 * the state restores the alarm. An alarm is off when it rings: the event that `ring` applies has to
 * change the deadline, or the alarm will ring again at once.
 */
export interface Alarm {
  /** Moves the deadline, in nanoseconds of virtual time; `undefined` turns the alarm off. */
  set(deadlineNs: number | undefined): void;
}

interface Entry {
  /** Order of creation: what decides between equal deadlines. */
  readonly rank: number;
  readonly ring: () => void;
  /** Infinity while the alarm is off. */
  deadlineNs: number;
}

/**
 * A clock that is moved from outside and rings what has become due.
 *
 * Of alarms with the same deadline, the one created first rings first. Creation follows the board's
 * assembly, so the order is the same in every run, and in one that was restored from a snapshot.
 */
export class EventQueue implements Clock {
  readonly #set: Entry[] = []; // the alarms that are set, soonest first
  #created = 0;
  #nowNs = 0;

  /** Nanoseconds by which the running core is ahead of this queue; the run loop supplies it. */
  elapsedNs: () => number = () => 0;
  /** Told of a deadline that was set; the run loop shortens the run under way by it. */
  onDeadline: (deadlineNs: number) => void = () => {};

  /** See {@linkcode Clock.now}. */
  now(): number {
    return this.#nowNs + this.elapsedNs();
  }

  /** See {@linkcode Clock.alarm}. */
  alarm(ring: () => void): Alarm {
    const entry: Entry = { rank: this.#created++, ring, deadlineNs: Infinity };
    return { set: (deadlineNs) => this.#move(entry, deadlineNs ?? Infinity) };
  }

  /** How many alarms are set. */
  get pending(): number {
    return this.#set.length;
  }

  /** The soonest deadline, which may have passed already; `undefined` when no alarm is set. */
  nextDeadline(): number | undefined {
    return this.#set[0]?.deadlineNs;
  }

  /**
   * Moves time on to `ns` and rings every alarm due by then, each at its own time; time that is
   * already past `ns` stays.
   */
  advanceTo(ns: number): void {
    for (let first = this.#set[0]; first && first.deadlineNs <= ns; first = this.#set[0]) {
      this.#nowNs = Math.max(this.#nowNs, first.deadlineNs);
      this.#move(first, Infinity);
      first.ring();
    }
    this.#nowNs = Math.max(this.#nowNs, ns);
  }

  /**
   * Sets the time to that of the core which runs next: cores take turns, so time goes back to the
   * start of the turn for each of them. No alarm rings.
   */
  turnTo(ns: number): void {
    this.#nowNs = ns;
  }

  /** Takes over the time of a snapshot, all alarms off: the devices' own restoring sets them. */
  restore(ns: number): void {
    for (const entry of this.#set) entry.deadlineNs = Infinity;
    this.#set.length = 0;
    this.#nowNs = ns;
  }

  #move(entry: Entry, deadlineNs: number): void {
    if (entry.deadlineNs === deadlineNs) return;
    if (entry.deadlineNs !== Infinity) this.#set.splice(this.#set.indexOf(entry), 1);
    entry.deadlineNs = deadlineNs;
    if (deadlineNs === Infinity) return;
    const at = this.#set.findIndex((other) =>
      deadlineNs < other.deadlineNs ||
      (deadlineNs === other.deadlineNs && entry.rank < other.rank)
    );
    this.#set.splice(at < 0 ? this.#set.length : at, 0, entry);
    this.onDeadline(deadlineNs);
  }
}
