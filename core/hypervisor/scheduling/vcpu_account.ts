/** What a vCPU has had: time by state, wake-ups, switches. @module */

import { Account, Latencies } from "./account.ts";

/**
 * Where a vCPU stands: turned off, ready to run and in a queue, running on a core, or waiting for an
 * interrupt.
 */
export const VcpuStates = ["off", "ready", "running", "blocked"] as const;

export type VcpuState = typeof VcpuStates[number];

/** What its time is counted as; in a pause of its VM, neither as ready nor as blocked. */
export const VcpuTimes = [...VcpuStates, "paused"] as const;

/** See the module. */
export class VcpuAccount {
  /** From being able to run to running. */
  readonly wakeups = new Latencies();
  /** How often it has got a core that another had, or that was idle. */
  switches = 0;
  /** How often it lost its core though it could have gone on. */
  preemptions = 0;
  /** How often it got another core than it had before. */
  migrations = 0;
  readonly #times: Account<typeof VcpuTimes[number]>;
  #state: VcpuState = "off";
  #isPaused = false;
  /** It became ready by a wake-up and has not run since. */
  #isWaking = false;
  #lastCore: number | undefined;

  constructor(nowNs: number) {
    this.#times = new Account(VcpuTimes, "off", nowNs);
  }

  get state(): VcpuState {
    return this.#state;
  }

  get startNs(): number {
    return this.#times.startNs;
  }

  /** The time that it has reached: when its state last changed. */
  get sinceNs(): number {
    return this.#times.sinceNs;
  }

  become(state: VcpuState, nowNs: number): void {
    const from = this.#state;
    const fromNs = this.sinceNs;
    this.#state = state;
    this.#count(nowNs);
    if (state === "ready") {
      this.#isWaking = from !== "running";
    } else if (state === "running" && this.#isWaking) {
      this.#isWaking = false;
      this.wakeups.add(this.sinceNs - fromNs);
    }
  }

  pause(isPaused: boolean, nowNs: number): void {
    this.#isPaused = isPaused;
    this.#count(nowNs);
  }

  /** Time in a state up to `nowNs`. */
  spent(time: typeof VcpuTimes[number], nowNs: number): number {
    return this.#times.spent(time, nowNs);
  }

  /** It has got `core`, which it did not have just before. */
  switchedTo(core: number): void {
    this.switches++;
    if (this.#lastCore !== undefined && this.#lastCore !== core) this.migrations++;
    this.#lastCore = core;
  }

  #count(nowNs: number): void {
    const state = this.#state;
    const waits = state === "ready" || state === "blocked";
    this.#times.become(this.#isPaused && waits ? "paused" : state, nowNs);
  }
}
