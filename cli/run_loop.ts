/**
 * Runs guests: slice by slice, between which bytes go in and out and time is kept.
 *
 * Slices end at multiples of {@linkcode SliceNs} of virtual time, and what comes from outside goes in
 * there alone: the same input gives the same run.
 *
 * @module
 */

import type { RunResult } from "../core/machine/machine.ts";
import type { Console } from "./console_line.ts";
import type { Consoles } from "./consoles.ts";
import type { Input } from "./input.ts";
import type { Pacer } from "./pacer.ts";
import type { Script } from "./script.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { watchWaiting } from "./waiting.ts";

/** What ends a run before its guests do. */
export interface Limits {
  /** Virtual time. */
  readonly timeoutNs?: number | undefined;
  readonly wallTimeoutMs?: number | undefined;
  readonly instructions?: number | undefined;
}

/** What a run needs from outside. */
export interface RunHost {
  /** Powers the board on, at the start and after a reset; its time starts at `startNs`. */
  powerOn(startNs: number): Session;
  readonly consoles: Consoles;
  /** Commands for this run; they are done at the ends of slices. */
  readonly commands?: {
    /** One waits. */
    readonly waiting: boolean;
    /** Does them, and looks after what they are for. */
    serve(session: Session): void;
  };
  /** Nobody types any more when it is over. */
  readonly input: Pick<Input, "over" | "arrival">;
  readonly output: Pick<Terminal, "full" | "drained">;
  readonly script: Script;
  readonly limits: Limits;
  readonly pacer: Pacer;
  /** `wait-free` runs free, but not while guests only wait for input that may still come. */
  readonly pace: "real" | "free" | "wait-free";
  /** Milliseconds of the host's clock. */
  nowMs(): number;
  /** Lets the host do what else it has to do. */
  breathe(): Promise<void>;
  /** The exit code with which the user wants to end, once he does. */
  stopped(): number | undefined;
  /** Called before each slice that follows another turn of the host. */
  progress(session: Session): void;
}

/** How a run ended. */
export interface Ending {
  readonly code: number;
  /** Said to the user, where there is something to say. */
  readonly text?: string;
  /** The board as it was left. */
  readonly session: Session;
  /** Instructions of the whole run, resets included. */
  readonly instructions: number;
}

/** Virtual time between looks at the world outside. */
export const SliceNs = 100_000;
/** Longest that the host waits its turn. */
const TurnMs = 8;
/** How long a pipe's other end may take to write before time goes on without it. */
const GraceMs = 100;
/** While output is full, how soon a wish to end is seen. */
const StopMs = 50;
/** Longest sleep without a look around. */
const NapMs = 100;
/** Sleep between the polls of a guest; input ends it at once. */
const MinDozeMs = 5;
const MaxDozeMs = 200;
/** A polling guest may take this share of the host's time. */
const PollingShare = 0.02;

/** Runs to the end. */
export function runLoop(host: RunHost): Promise<Ending> {
  return new Run(host).toTheEnd();
}

class Run {
  readonly #host: RunHost;
  readonly #startMs: number;
  #session: Session;
  #guests = 1;
  #connected: readonly Console[] = [];
  /** Instructions before the last reset. */
  #earlier = 0;
  #waiting = watchWaiting();
  /** The last slice executed nothing. */
  #idle = false;
  /** The other end of a pipe has had its time to write since it last did. */
  #graced = false;
  #wasPaced = false;
  /** When the host last had its turn. */
  #turnMs: number;

  constructor(host: RunHost) {
    this.#host = host;
    this.#startMs = this.#turnMs = host.nowMs();
    this.#session = this.#powerOn(0);
    host.pacer.restart(0);
  }

  async toTheEnd(): Promise<Ending> {
    for (;;) {
      const ending = this.#slice();
      if (ending !== undefined) return ending;
      await this.#pause();
    }
  }

  #powerOn(startNs: number): Session {
    const session = this.#host.powerOn(startNs);
    this.#connect(session);
    this.#waiting = watchWaiting();
    this.#idle = false;
    return session;
  }

  /** Plugs the consoles in; there is a new list when VMs have come, gone or started anew. */
  #connect(session: Session): void {
    this.#connected = session.consoles;
    this.#host.consoles.connect(session.consoles, session.labelled);
    this.#guests = Math.max(1, session.guests().length);
  }

  #slice(): Ending | undefined {
    const { consoles } = this.#host;
    const session = this.#session;
    if (session.consoles !== this.#connected) this.#connect(session);
    const fromNs = session.nowNs;
    const fromInstructions = session.instructions;
    const { printed } = consoles;
    const dueNs = session.nextDeadline() ?? Infinity;
    const result = session.run(this.#sliceEnd());
    const instructions = session.instructions - fromInstructions;
    consoles.flush(session.nowNs);
    const delivered = this.#deliver();
    this.#host.commands?.serve(session);
    consoles.hand(session.nowNs);
    const talked = delivered || consoles.printed !== printed;
    // What rang at the very end of a slice has its effect in the next one.
    this.#idle = instructions === 0 && !delivered && dueNs > session.nowNs;
    this.#waiting.note({
      nowNs: session.nowNs,
      lengthNs: session.nowNs - fromNs,
      instructions,
      talked,
      consoles: session.consoles,
      guests: this.#guests,
    });
    const ending = this.#ending(result);
    if (ending === undefined && result === "reset") {
      this.#earlier += session.instructions;
      this.#session = this.#powerOn(session.nowNs);
    }
    return ending;
  }

  /** Why this is the end, if it is. */
  #ending(result: RunResult): Ending | undefined {
    const { script, limits, input, consoles } = this.#host;
    const session = this.#session;
    if (script.failure !== undefined) {
      return this.#end(3, `"${visible(script.failure)}" was printed`);
    }
    if (script.state === "done") return this.#end(0);
    if (result === "off" || result === "stopped") {
      return this.#endOfGuests();
    }
    const stopped = this.#host.stopped();
    if (stopped !== undefined) return this.#end(stopped);
    if (session.nowNs >= (limits.timeoutNs ?? Infinity)) {
      return this.#end(4, "The virtual time is up (--timeout)");
    }
    if (this.#instructions >= (limits.instructions ?? Infinity)) {
      return this.#end(4, "The instructions are used up (--max-insns)");
    }
    const { wallTimeoutMs } = limits;
    if (wallTimeoutMs !== undefined && this.#host.nowMs() - this.#startMs >= wallTimeoutMs) {
      return this.#end(4, "The time is up (--wall-timeout)");
    }
    // Where nothing more is due, what the guests have not taken they will not take.
    if (input.over && (this.#stuck || (this.#waiting.forGood && !consoles.waiting))) {
      const listens = session.consoles.some((console) => console.canReceive());
      return this.#endOfGuests(
        listens
          ? "Only input could go on from here, and there is no more"
          : "Nothing more can happen: every core waits, and nothing is due",
      );
    }
    return undefined;
  }

  #end(code: number, text?: string): Ending {
    return {
      code,
      session: this.#session,
      instructions: this.#instructions,
      ...(text === undefined ? {} : { text }),
    };
  }

  /** The guests have nothing more to do; a script may have expected more of them. */
  #endOfGuests(text?: string): Ending {
    const { waitsFor } = this.#host.script;
    const failed = this.#session.guests().some((guest) => guest.failed);
    if (waitsFor === undefined) return this.#end(failed ? 3 : 0, text);
    const why = text ?? "No guest runs any more";
    return this.#end(3, `${why}; "${visible(waitsFor)}" was not printed`);
  }

  get #instructions(): number {
    return this.#earlier + this.#session.instructions;
  }

  /** Only input can make anything happen. */
  get #stuck(): boolean {
    return this.#idle && this.#session.nextDeadline() === undefined;
  }

  /** Virtual time keeps to the wall clock now. */
  get #paced(): boolean {
    const { pace, input } = this.#host;
    if (pace !== "wait-free") return pace === "real";
    return !input.over && (this.#waiting.forInput || this.#stuck);
  }

  /** When the next slice ends. */
  #sliceEnd(): number {
    const { limits, pacer } = this.#host;
    const session = this.#session;
    const now = session.nowNs;
    let until = (Math.floor(now / SliceNs) + 1) * SliceNs;
    if (this.#idle) {
      const due = Math.ceil((session.nextDeadline() ?? limits.timeoutNs ?? now) / SliceNs) *
        SliceNs;
      const allowed = this.#paced ? Math.floor(pacer.dueNs(now) / SliceNs) * SliceNs : due;
      until = Math.max(until, Math.min(due, allowed));
    }
    const left = ((limits.instructions ?? Infinity) - this.#instructions) / session.cores;
    return Math.min(until, limits.timeoutNs ?? Infinity, now + Math.max(1, Math.floor(left)));
  }

  /** Types what the guests take; whether they took something. */
  #deliver(): boolean {
    const { script, consoles } = this.#host;
    for (const { to, bytes } of script.typed()) consoles.typeTo(to, bytes);
    const before = consoles.focus?.waiting ?? 0;
    const delivered = consoles.deliver() > 0;
    if (delivered && before > 0) this.#graced = false;
    return delivered;
  }

  /** Between slices: the host's turn, waiting for a pipe, and sleep. */
  async #pause(): Promise<void> {
    const { input, consoles, pace, pacer } = this.#host;
    if (this.#host.nowMs() - this.#turnMs >= TurnMs) {
      this.#host.progress(this.#session);
      await this.#host.breathe();
      this.#turnMs = this.#host.nowMs();
    }
    await this.#letOutputCatchUp();
    const dry = !consoles.waiting && !input.over;
    if (pace !== "real" && dry && !this.#graced && consoles.focus?.guest?.canReceive()) {
      this.#graced = true;
      await this.#nap(GraceMs);
    }
    const paced = this.#paced;
    if (paced && !this.#wasPaced && pace !== "real") pacer.restart(this.#session.nowNs);
    this.#wasPaced = paced;
    if (!paced) {
      if (this.#stuck && pace === "free" && !input.over) await this.#nap(NapMs);
    } else if (this.#waiting.polling && !consoles.waiting) {
      await this.#doze();
    } else {
      const now = this.#session.nowNs;
      const due = this.#idle ? this.#session.nextDeadline() ?? Infinity : now;
      const ms = Math.min(NapMs, pacer.msUntil(Math.max(due, now)));
      if (ms >= 1) await this.#nap(ms);
    }
  }

  /** Polling is sleeping with one eye open: what a poll costs the host, a nap makes up for. */
  async #doze(): Promise<void> {
    const { pacer, consoles } = this.#host;
    const costMs = this.#host.nowMs() - this.#turnMs;
    await this.#nap(Math.min(MaxDozeMs, Math.max(costMs / PollingShare, MinDozeMs)));
    const due = Math.floor(pacer.dueNs(this.#session.nowNs) / SliceNs) * SliceNs;
    if (!consoles.arrived) this.#session.skipTo(due);
  }

  /** Guests that print faster than somebody reads wait; who wants to end does not. */
  async #letOutputCatchUp(): Promise<void> {
    const { output, stopped, limits, nowMs } = this.#host;
    const wallEndMs = this.#startMs + (limits.wallTimeoutMs ?? Infinity);
    while (output.full && stopped() === undefined && nowMs() < wallEndMs) {
      await output.drained(StopMs);
      this.#host.commands?.serve(this.#session);
      this.#turnMs = nowMs();
    }
  }

  async #nap(ms: number): Promise<void> {
    const { consoles, commands, input } = this.#host;
    if (!consoles.arrived && !commands?.waiting) await input.arrival(ms);
    this.#turnMs = this.#host.nowMs();
  }
}

/** Text with control characters as escapes. */
function visible(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
