/**
 * The queues of the cores: who waits where, in the order of a policy.
 *
 * A vCPU gets a core when it wakes: the one that it had if that is idle, else an idle one, else one
 * whose vCPU it outranks, else the one with the fewest. It stays there, but that an idle core takes
 * one from the longest queue; both within its affinity.
 *
 * @module
 */

import type { Policy, Schedulable } from "./policy.ts";

/** Why a vCPU that could go on has lost its core. */
export type Loss = "preempted" | "expired" | "yielded";

/** See the module. */
export class RunQueues<V extends Schedulable> {
  readonly #policy: Policy;
  readonly #queues: readonly V[][];
  readonly #running: (core: number) => V | undefined;

  /** `running` says who has a core. */
  constructor(policy: Policy, cores: number, running: (core: number) => V | undefined) {
    this.#policy = policy;
    this.#queues = Array.from({ length: cores }, () => []);
    this.#running = running;
  }

  /** How many wait for `core`. */
  waiting(core: number): number {
    return this.#queue(core).length;
  }

  /** `vcpu` can run from now on. */
  wake(vcpu: V, nowNs: number): void {
    const core = vcpu.heldBy ?? this.#place(vcpu);
    vcpu.notes.sliceFromNs = vcpu.ranNs(nowNs);
    this.#move(vcpu, core, nowNs, true);
    this.#insert(vcpu, false);
  }

  /** `vcpu` has lost its core and could go on. */
  requeue(vcpu: V, loss: Loss, nowNs: number): void {
    this.#advance(vcpu.core, vcpu, nowNs);
    if (loss === "yielded") this.#policy.yield?.(vcpu, this.#queue(vcpu.core));
    if (loss !== "preempted") vcpu.notes.sliceFromNs = vcpu.ranNs(nowNs);
    this.#insert(vcpu, loss === "preempted");
  }

  /** `vcpu`, which had its core, waits or is off from now on. */
  leave(vcpu: V, nowNs: number): void {
    this.#advance(vcpu.core, vcpu, nowNs);
  }

  /** The next for `core`, taken out of its queue or, when that is empty, out of another's. */
  pick(core: number, nowNs: number): V | undefined {
    return this.#queue(core).shift() ?? this.#pull(core, nowNs);
  }

  /** Takes a vCPU out of whatever queue it is in. */
  remove(vcpu: V): void {
    for (const queue of this.#queues) {
      const at = queue.indexOf(vcpu);
      if (at >= 0) queue.splice(at, 1);
    }
  }

  /** Whether `vcpu`, which runs, has to give up its core, and why. */
  loss(vcpu: V, nowNs: number): Loss | undefined {
    const first = this.#queue(vcpu.core)[0];
    if (!first) return undefined;
    if (this.#policy.preempts(first, vcpu, nowNs)) return "preempted";
    return (this.sliceEndNs(vcpu, nowNs) ?? Infinity) <= nowNs ? "expired" : undefined;
  }

  /** When `vcpu`, which runs, must give up its core; undefined: need not. */
  sliceEndNs(vcpu: V, nowNs: number): number | undefined {
    const waiting = this.#queue(vcpu.core);
    if (waiting.length === 0) return undefined;
    const slice = this.#policy.sliceNs(vcpu, waiting);
    return slice === undefined
      ? undefined
      : nowNs + slice - (vcpu.ranNs(nowNs) - vcpu.notes.sliceFromNs);
  }

  /** An idle core that may have one of those who wait for `core`. */
  taker(core: number): number | undefined {
    const waiting = this.#queue(core);
    if (waiting.length === 0) return undefined;
    const found = this.#queues.findIndex((queue, other) =>
      queue.length === 0 && this.#running(other) === undefined &&
      waiting.some((vcpu) => mayMove(vcpu, other))
    );
    return found < 0 ? undefined : found;
  }

  #place(vcpu: V): number {
    const allowed = [...this.#queues.keys()].filter((core) => vcpu.mayRunOn(core));
    const best = (score: (core: number) => number): number | undefined => {
      const scores = allowed.map(score);
      const least = Math.min(...scores);
      if (least === Infinity) return undefined;
      const found = allowed.filter((_, i) => scores[i] === least);
      return found.includes(vcpu.core) ? vcpu.core : found[0];
    };
    const load = (core: number) => this.waiting(core) + (this.#running(core) ? 1 : 0);
    return best((core) => load(core) === 0 ? 0 : Infinity) ??
      best((core) => {
        const running = this.#running(core);
        const first = this.#queue(core)[0];
        if (!running || !this.#policy.outranks(vcpu, running)) return Infinity;
        return first && !this.#policy.outranks(vcpu, first) ? Infinity : -running.priority;
      }) ?? best(load) ?? vcpu.core;
  }

  /** The first of the longest queue that may come to `core`. */
  #pull(core: number, nowNs: number): V | undefined {
    let found: V | undefined;
    let longest = 0;
    for (const queue of this.#queues) {
      if (queue.length <= longest) continue;
      const vcpu = queue.find((v) => mayMove(v, core));
      if (!vcpu) continue;
      found = vcpu;
      longest = queue.length;
    }
    if (!found) return undefined;
    this.remove(found);
    this.#move(found, core, nowNs, false);
    return found;
  }

  #move(vcpu: V, core: number, nowNs: number, woken: boolean): void {
    if (core !== vcpu.core) this.#advance(vcpu.core, this.#running(vcpu.core), nowNs);
    this.#advance(core, this.#running(core), nowNs);
    this.#policy.move?.(vcpu, core, woken);
    vcpu.core = core;
  }

  #advance(core: number, running: V | undefined, nowNs: number): void {
    this.#policy.advance?.({ core, running, waiting: this.#queue(core) }, nowNs);
  }

  /** Behind those that precede it; before or behind its equals. */
  #insert(vcpu: V, beforeEquals: boolean): void {
    const queue = this.#queue(vcpu.core);
    const { precedes } = this.#policy;
    const at = queue.findIndex((other) =>
      beforeEquals ? !precedes(other, vcpu) : precedes(vcpu, other)
    );
    queue.splice(at < 0 ? queue.length : at, 0, vcpu);
  }

  #queue(core: number): V[] {
    return this.#queues[core] as V[];
  }
}

function mayMove(vcpu: Schedulable, core: number): boolean {
  return vcpu.heldBy === undefined && vcpu.mayRunOn(core);
}
