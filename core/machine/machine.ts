/**
 * A machine: cores taking turns over one memory, one bus and one clock of counted instructions.
 *
 * @module
 */

import type { Bus } from "../board/bus.ts";
import type { EventQueue } from "../board/clock.ts";
import type { IrqLine } from "../board/irq.ts";
import { CpuCore } from "../cpu/core.ts";
import type { CpuModel } from "../cpu/cpu_models.ts";
import { illegalState, takeInterrupt, takeTrap } from "../cpu/exceptions.ts";
import { pendingInterrupt, wakes } from "../cpu/interrupts.ts";
import { psciFirmware } from "../cpu/psci.ts";
import type { Core, GicSystemInterface } from "../cpu/types.ts";
import { Exit } from "../engine/handler_emitter.ts";
import type { EngineOptions } from "../engine/interpreter.ts";
import type { Feature } from "../isa/insn.ts";
import { hex } from "../hex.ts";
import { Mmu } from "../mmu/mmu.ts";
import { mmuHost } from "./mmu_host.ts";
import { hasFeature } from "./features.ts";
import { Power, type PowerRequest } from "./power.ts";
import type { Ram } from "./memory.ts";
import { Runner, type RunnerHost } from "./runner.ts";

/** Interrupt lines of the GIC that the machine itself drives. */
export interface MachineGic {
  ppi(core: number, intid: number): IrqLine;
  /** Present on GICv3. */
  readonly system?: GicSystemInterface;
}

/** What a machine is made of. */
export interface MachineParts {
  readonly memory: WebAssembly.Memory;
  readonly ram: Ram;
  readonly bus: Bus;
  readonly events: EventQueue;
  readonly gic: MachineGic;
  readonly cores: number;
  readonly mpidr: (index: number) => bigint;
  readonly model: CpuModel;
  /** EL2 exists: its own software or the built-in hypervisor runs there. */
  readonly hasEl2: boolean;
  readonly timerHz: number;
  /** INTIDs of the timers. */
  readonly timerPpis: { readonly [T in "cntp" | "cntv" | "cnthp" | "cnthv"]: number };
  /** What a core gets from an address where nothing is. */
  readonly unmapped: "abort" | "zero";
  readonly log: (message: string) => void;
  /** How code is run; translated when hot, by default. */
  readonly engine?: EngineOptions;
}

/** Why {@linkcode Machine.run} returned. */
export type RunResult =
  | "limit"
  /** Every core waits and nothing is due: only input can go on. */
  | "idle"
  | "off"
  | "reset"
  | "stopped";

/** Instructions of one core's turn when several run: turns end at multiples of it, at the latest. */
const TurnNs = 20_000;

type Waiting = "wfi" | "wfe" | undefined;

/** See the module. */
export class Machine {
  readonly parts: MachineParts;
  readonly mmu: Mmu;
  readonly cores: readonly CpuCore[];
  readonly power: Power;
  /** What runs instructions of the core whose turn it is. */
  readonly runner: Runner;
  /** Called when a core takes the same exception at its own vector again and again. */
  onLost: (core: CpuCore) => void = (core) => {
    const pc = core.state.u64("pc");
    core.report("exception loop", `Core ${core.index} repeats an exception at PC ${hex(pc)}`);
  };
  readonly #waiting: Waiting[];
  /** How far each core has come. One that was busy at EL2 may be beyond the end of its turn. */
  readonly #reachedNs: number[];
  /** When exclusive monitors are opened next. */
  #monitorsNs = TurnNs;
  #running: CpuCore;
  /** Virtual time at which the current turn began. */
  #turnStart = 0;
  /** Nanoseconds of the turn that finished runs of the running core have used. */
  #done = 0;
  /** Budget the run under way started with; 0 between runs. */
  #runBudget = 0;
  /** Budget taken away so that the run ends soon. */
  #deferred = 0;
  #request: PowerRequest | "stopped" | undefined;

  constructor(parts: MachineParts) {
    this.parts = parts;
    this.mmu = new Mmu(
      mmuHost(parts, { cores: () => this.cores, code: () => this.runner.engine }),
      parts.engine?.meter?.tlb,
    );
    this.power = new Power(this, (request) => {
      this.#request = request;
      this.leaveSoon();
    });
    this.cores = Array.from({ length: parts.cores }, (_, index) => this.#makeCore(index));
    this.#waiting = this.cores.map(() => undefined);
    this.#reachedNs = this.cores.map(() => 0);
    this.#running = this.cores[0] as CpuCore;
    const has = (feature: Feature) => hasFeature(parts.model, feature);
    const options = parts.engine ?? { translate: true };
    this.runner = new Runner(parts.memory, this.#runnerHost(), has, options);
    parts.events.elapsedNs = () => this.#elapsed();
    parts.events.onDeadline = (deadline) => this.#shortenTo(deadline);
  }

  /** Virtual time: instructions since power-on, idle time included. */
  get nowNs(): number {
    return this.parts.events.now();
  }

  /** The core whose turn it is. */
  get running(): CpuCore {
    return this.#running;
  }

  /** Instructions that all cores have retired. */
  get instructions(): number {
    return this.cores.reduce((sum, core) => sum + Number(core.state.u64("retired")), 0);
  }

  /** A core has something to execute. */
  isRunnable(core: CpuCore): boolean {
    if (this.power.stateOf(core.index) !== "on") return false;
    const waiting = this.#waiting[core.index];
    if (!waiting) return true;
    if (!wakes(core) && !(waiting === "wfe" && core.state.u32("eventRegister"))) return false;
    if (waiting === "wfe") core.state.setU32("eventRegister", 0);
    this.#waiting[core.index] = undefined;
    return true;
  }

  /** What the core has executed that lets it wait, unless that has ended. */
  waitsBy(core: Core): "wfi" | "wfe" | undefined {
    return this.#waiting[core.index];
  }

  /** Ends a wait, as a change of what runs on the core does. */
  resume(core: Core): void {
    this.#waiting[core.index] = undefined;
  }

  /** Begins turns anew, as when the clock has been set back. */
  restartTurns(): void {
    this.#reachedNs.fill(0);
    this.#monitorsNs = TurnNs;
  }

  /** Has the core wait until an interrupt (or with "wfe" an event) comes. */
  wait(core: Core, kind: "wfi" | "wfe"): void {
    this.#waiting[core.index] = kind;
    if (core === this.#running) this.leaveSoon();
  }

  /** Lets `ns` pass on the running core: what software took that is played rather than executed. */
  spend(ns: number): void {
    this.#done += ns;
  }

  /** Makes `run`, or the next one, return "stopped" after the current instruction. */
  stop(): void {
    this.#request ??= "stopped";
    this.leaveSoon();
  }

  /** Runs until virtual time reaches `untilNs` or something else ends it. */
  run(untilNs: number): RunResult {
    const { events } = this.parts;
    while (!this.#request) {
      events.advanceTo(events.now());
      const now = events.now();
      if (now >= untilNs) return "limit";
      if (now >= this.#monitorsNs) this.#openMonitors(now);
      const runnable = this.cores.filter((core) => this.isRunnable(core));
      const next = this.#nextEvent();
      if (runnable.length === 0) {
        if (this.#request) break;
        const to = Math.min(next, untilNs);
        if (to === Infinity) return "idle";
        events.advanceTo(to);
        continue;
      }
      const turn = this.cores.length > 1 ? this.#monitorsNs - now : MaxTurnNs;
      this.#turn(runnable, Math.min(turn, next - now, untilNs - now));
    }
    const request = this.#request;
    this.#request = undefined;
    return request;
  }

  /** When something may happen to cores that wait. */
  #nextEvent(): number {
    const next = this.parts.events.nextDeadline() ?? Infinity;
    const waits = (core: CpuCore) =>
      this.#waiting[core.index] === "wfe" && core.state.u32("exclusiveBytes") !== 0;
    return this.cores.length > 1 && this.cores.some(waits)
      ? Math.min(next, this.#monitorsNs)
      : next;
  }

  /**
   * One turn for each core that can run.
   *
   * What a core does in its turn, and how long it takes, is not to depend on what others do that
   * have nothing to do with it. So all begin at the same time, none begins early because another
   * one has taken longer, and alarms set in a turn ring in it for those who set them.
   */
  #turn(runnable: readonly CpuCore[], length: number): void {
    const { events } = this.parts;
    const start = events.now();
    let used = 0;
    for (const core of runnable) {
      events.turnTo(start);
      this.#turnStart = start;
      this.#activate(core);
      const done = this.#runCore(core, length);
      this.#reachedNs[core.index] = start + done;
      used = Math.max(used, Math.min(done, length));
      if (this.#request) break;
    }
    this.#done = 0;
    events.turnTo(start);
    events.advanceTo(start + used);
  }

  /** Another core may store what this one monitors; the loss of the monitor is an event. */
  #openMonitors(now: number): void {
    this.#monitorsNs = (Math.floor(now / TurnNs) + 1) * TurnNs;
    if (this.cores.length === 1) return;
    for (const { state } of this.cores) {
      if (state.u32("exclusiveBytes") === 0) continue;
      state.setU32("exclusiveBytes", 0);
      state.setU32("eventRegister", 1);
    }
  }

  #activate(core: CpuCore): void {
    if (this.#running !== core) this.#running.leaveWindow();
    this.#running = core;
    core.enterWindow();
  }

  /**
   * Runs `core` for `length` nanoseconds, or until it waits for what does not come before then;
   * returns how far it has come.
   */
  #runCore(core: CpuCore, length: number): number {
    const { events } = this.parts;
    const state = core.state;
    const end = this.#turnStart + length;
    this.#done = Math.max(0, (this.#reachedNs[core.index] as number) - this.#turnStart);
    while (!this.#request) {
      this.#ring(end);
      if (this.#done >= length) break;
      if (core.handlerDue) {
        core.handlerDue = false;
        core.el2Handler?.(core);
        continue;
      }
      if (!this.isRunnable(core)) {
        const due = events.nextDeadline() ?? Infinity;
        if (due >= end) break;
        this.#done = Math.max(this.#done, due - this.#turnStart);
        continue;
      }
      if (state.u32("attention") !== 0) {
        const interrupt = pendingInterrupt(core);
        if (interrupt) {
          takeInterrupt(core, interrupt);
          continue;
        }
      }
      if (state.u32("il") !== 0) {
        takeTrap(core, illegalState(core));
        continue;
      }
      // A deadline may have been set since the turn began, in a run that ended before it.
      const due = (events.nextDeadline() ?? Infinity) - (this.#turnStart + this.#done);
      this.#runOnce(core, Math.max(1, Math.min(length - this.#done, due)));
    }
    return this.#done;
  }

  /** Rings what has become due for the running core, but nothing that is due when the turn ends. */
  #ring(end: number): void {
    const { events } = this.parts;
    const done = this.#done;
    for (;;) {
      const due = events.nextDeadline() ?? Infinity;
      if (due > this.#turnStart + done || due >= end) return;
      this.#done = 0;
      events.advanceTo(due);
      events.turnTo(this.#turnStart);
      this.#done = done;
    }
  }

  #runOnce(core: CpuCore, budget: number): void {
    const state = core.state;
    this.#runBudget = budget;
    this.#deferred = 0;
    state.setU64("budget", BigInt(budget));
    this.runner.run();
    const executed = budget - state.u32("budget") - this.#deferred;
    this.#runBudget = 0;
    this.#deferred = 0;
    this.#done += executed;
    state.setU64("retired", state.u64("retired") + BigInt(executed));
    // A fetch that faults takes time, or a vector that cannot be fetched would stop it.
    if (state.u32("exit") === Exit.lookup && !this.runner.lookUp()) this.#done++;
  }

  /** How far the running core is beyond the start of its turn. */
  #elapsed(): number {
    if (this.#runBudget === 0) return this.#done;
    const left = this.#running.state.u32("budget");
    return this.#done + this.#runBudget - left - this.#deferred;
  }

  /** Makes the run under way end after the current instruction. */
  leaveSoon(): void {
    this.#limitBudget(1);
  }

  #limitBudget(budget: number): void {
    if (this.#runBudget === 0) return;
    const state = this.#running.state;
    const left = state.u32("budget");
    if (left <= budget) return;
    this.#deferred += left - budget;
    state.setU64("budget", BigInt(budget));
  }

  #shortenTo(deadlineNs: number): void {
    if (this.#runBudget === 0) return;
    this.#limitBudget(Math.max(1, deadlineNs - this.parts.events.now()));
  }

  #makeCore(index: number): CpuCore {
    const { gic, timerPpis } = this.parts;
    const line = (name: keyof typeof timerPpis) => gic.ppi(index, timerPpis[name]);
    const timers = {
      cntp: line("cntp"),
      cntv: line("cntv"),
      cnthp: line("cnthp"),
      cnthv: line("cnthv"),
    };
    return new CpuCore({
      index,
      mpidr: this.parts.mpidr(index),
      model: this.parts.model,
      hasEl2: this.parts.hasEl2,
      timerHz: this.parts.timerHz,
      memory: this.parts.memory.buffer,
      wires: {
        clock: this.parts.events,
        timers,
        mmu: {
          registersChanged: () => this.mmu.invalidateRegime(index),
          contextChanged: () => this.mmu.select(index),
        },
        ...(gic.system ? { gic: gic.system } : {}),
        firmware: psciFirmware(this.power),
        log: this.parts.log,
      },
    });
  }

  #runnerHost(): RunnerHost {
    const running = () => this.#running;
    return {
      mmu: this.mmu,
      get running() {
        return running();
      },
      leaveSoon: () => this.leaveSoon(),
      wait: (kind) => this.wait(this.#running, kind),
      sendEvent: () => {
        for (const core of this.cores) core.state.setU32("eventRegister", 1);
      },
      lost: () => this.onLost(this.#running),
    };
  }
}

/** Longest turn of a machine with one core: how long input can go unseen. */
const MaxTurnNs = 1_000_000;
