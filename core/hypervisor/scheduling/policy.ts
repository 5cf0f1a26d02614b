/**
 * What a scheduling policy decides, and what it sees of a vCPU.
 *
 * A policy knows nothing of registers, interrupts or cores' queues: it orders those who wait and says
 * how long one of them may keep a core. {@linkcode RunQueues} has the queues, and the run loop switches.
 *
 * @module
 */

/** What a policy sees of a vCPU. */
export interface Schedulable {
  /** The core that it runs on, waits for or ran on last. */
  core: number;
  /** The core that has its registers, so that it can go on nowhere else. */
  readonly heldBy: number | undefined;
  mayRunOn(core: number): boolean;
  /** 0 is the most urgent. */
  readonly priority: number;
  /** Its share against those of others. */
  readonly weight: number;
  /** Virtual time for which it has had a core, up to `nowNs`. */
  ranNs(nowNs: number): number;
  /** The scheduler's notes. */
  readonly notes: Notes;
}

/** What the scheduler remembers of a vCPU. */
export interface Notes {
  /** What `ranNs` was when its time slice began. */
  sliceFromNs: number;
  /** What `ranNs` was when `tagNs` was brought up to date. */
  chargedNs: number;
  /** Run time divided by the weight, by the clock of its core: who has least is next. */
  tagNs: number;
}

/** Those of a vCPU that has run for `ranNs` already, in an earlier life of its VM. */
export function newNotes(ranNs = 0): Notes {
  return { sliceFromNs: ranNs, chargedNs: ranNs, tagNs: 0 };
}

/** A core as {@linkcode FairShare} sees it. */
export interface CoreLoad {
  readonly core: number;
  readonly running: Schedulable | undefined;
  /** Those who wait for it, next first. */
  readonly waiting: readonly Schedulable[];
}

/** A scheduling policy. */
export interface Policy {
  /** Whether `a` is served before `b` on a core; otherwise, who came first is. */
  precedes(a: Schedulable, b: Schedulable): boolean;
  /** Whether `a` is to have the core of `b` whatever either has had, on any core. */
  outranks(a: Schedulable, b: Schedulable): boolean;
  /** Whether `first`, the next in the queue, takes the core from `running` at once. */
  preempts(first: Schedulable, running: Schedulable, nowNs: number): boolean;
  /** How long `vcpu` may have the core while others wait for it; undefined: as long as it likes. */
  sliceNs(vcpu: Schedulable, waiting: readonly Schedulable[]): number | undefined;
  /** Time has passed on a core; called before its queue changes. */
  advance?(load: CoreLoad, nowNs: number): void;
  /** `vcpu` is about to enter the queue of `core`, from what was its own. */
  move?(vcpu: Schedulable, core: number, woken: boolean): void;
  /** `vcpu` gives its turn to the first that waits. */
  yield?(vcpu: Schedulable, waiting: readonly Schedulable[]): void;
}
