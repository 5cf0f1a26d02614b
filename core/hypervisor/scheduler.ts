/**
 * Which vCPU gets a core: the interface of scheduling policies, and round robin.
 *
 * A policy knows nothing of registers or interrupts. It is told what becomes of vCPUs and asked who
 * is next; the run loop does the switching.
 *
 * @module
 */

/** What a policy sees of a vCPU. */
export interface Schedulable {
  /** The core it ran on last, or waits in the queue of. */
  core: number;
  mayRunOn(core: number): boolean;
}

/** A scheduling policy. */
export interface Scheduler<V extends Schedulable> {
  /** `vcpu` can run from now on: chooses its core and puts it into that core's queue. */
  wake(vcpu: V, isIdle: (core: number) => boolean): void;
  /** `vcpu` has to leave its core but could go on. */
  yield(vcpu: V): void;
  /** The next for `core`, taken out of its queue. */
  pick(core: number): V | undefined;
  /** Takes a vCPU out of whatever queue it is in. */
  remove(vcpu: V): void;
  /** When a vCPU that has had its core since `sinceNs` must give it up; undefined: need not. */
  sliceEndNs(vcpu: V, sinceNs: number): number | undefined;
}

/** How long a vCPU may keep a core that others want. */
const SliceNs = 10_000_000;

/** Each core has a queue; its vCPUs take turns of one time slice. */
export class RoundRobin<V extends Schedulable> implements Scheduler<V> {
  readonly #queues: readonly V[][];

  constructor(cores: number) {
    this.#queues = Array.from({ length: cores }, () => []);
  }

  /** The core it had if that is idle, else an idle one, else the one with the shortest queue. */
  wake(vcpu: V, isIdle: (core: number) => boolean): void {
    const allowed = this.#queues.map((_, core) => core).filter((core) => vcpu.mayRunOn(core));
    const load = (core: number) => this.#queue(core).length + (isIdle(core) ? 0 : 1);
    const least = Math.min(...allowed.map(load));
    const best = allowed.filter((core) => load(core) === least);
    vcpu.core = best.includes(vcpu.core) ? vcpu.core : best[0] ?? vcpu.core;
    this.#queue(vcpu.core).push(vcpu);
  }

  yield(vcpu: V): void {
    this.#queue(vcpu.core).push(vcpu);
  }

  pick(core: number): V | undefined {
    return this.#queue(core).shift();
  }

  remove(vcpu: V): void {
    for (const queue of this.#queues) {
      const at = queue.indexOf(vcpu);
      if (at >= 0) queue.splice(at, 1);
    }
  }

  sliceEndNs(vcpu: V, sinceNs: number): number | undefined {
    return this.#queue(vcpu.core).length > 0 ? sinceNs + SliceNs : undefined;
  }

  #queue(core: number): V[] {
    return this.#queues[core] as V[];
  }
}
