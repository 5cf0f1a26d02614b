/** One power-on of a board with its guests, as the run loop sees it. @module */

import type { Hypervisor } from "../core/hypervisor/hypervisor.ts";
import type { Result } from "../core/hypervisor/lifecycle.ts";
import type { SchedulerReport } from "../core/hypervisor/scheduling/report.ts";
import type { EngineOptions } from "../core/engine/interpreter.ts";
import type { EngineMeter } from "../core/engine/meter.ts";
import { isTranslated, translationAt } from "../core/machine/code_at.ts";
import type { RunResult } from "../core/machine/machine.ts";
import type { Simulator } from "../platforms/simulator.ts";
import type { Console } from "./console_line.ts";

/** Exits by reason: how many, and the virtual time that they took. */
export type ExitCounts = Readonly<
  Record<string, { readonly count: number; readonly costNs: number }>
>;

/** A guest at its end or before it. */
export interface GuestState {
  /** `vm1`, by its id. */
  readonly name: string;
  /** The name in its description. */
  readonly title: string;
  readonly failed: boolean;
  /** Exits to the hypervisor by reason; none on a bare board. */
  readonly exits: ExitCounts;
}

/** What can be done with VMs while the board is under power. */
export interface VmControl {
  /** Has the VMs, and every operation on them but these. */
  readonly hypervisor: Hypervisor;
  /** Makes the VM that a file describes, to be started; `warnings` are lines. */
  create(file: string): Result & { readonly warnings?: string };
  /** Forgets a VM that does not run, and closes its disks. */
  delete(id: number): Result;
}

/** A board under power. */
export interface Session {
  /** Runs until virtual time reaches `untilNs`, or something else ends it. */
  run(untilNs: number): RunResult;
  /** Lets time pass without instructions, as far as `ns`. */
  skipTo(ns: number): void;
  readonly nowNs: number;
  /** Instructions that all cores have retired. */
  readonly instructions: number;
  readonly cores: number;
  /** When the next timer or device is due. */
  nextDeadline(): number | undefined;
  /** The core whose turn it is. */
  core(): number;
  /** Another list once they are others. */
  readonly consoles: readonly Console[];
  /** Several guests print; their lines need names. */
  readonly labelled: boolean;
  guests(): readonly GuestState[];
  /** The VMs, where there are any; to be used between two runs alone. */
  readonly vms?: VmControl;
  /** A listing of the translated region that holds the instruction at `pc`, if there is one. */
  translation(pc: bigint): string | undefined;
  /** How many exits there have been, and a hash over all of them; none on a bare board. */
  readonly ledger?: { readonly count: number; readonly hash: string };
  /** What the hypervisor's scheduler has done; nothing on a bare board. */
  scheduling?(): SchedulerReport;
}

/** A session on a real board. */
export interface BoardSession extends Session {
  readonly simulator: Simulator;
}

/** Only some runs end with a look at the next instruction, which takes time. */
const RunsPerSample = 8;

/** How code is run: translated when hot, and measured when somebody wants to know. */
export function engineOptions(meter: EngineMeter | undefined): EngineOptions {
  return meter ? { translate: true, meter } : { translate: true };
}

/** The part of a session that is the same whoever runs on the board; time starts at `startNs`. */
export function boardSession(
  simulator: Simulator,
  startNs: number,
): Omit<BoardSession, "core" | "consoles" | "labelled" | "guests" | "scheduling"> {
  const { machine, board } = simulator;
  board.events.advanceTo(startNs);
  let runs = 0;
  return {
    simulator,
    run(untilNs) {
      const samples = machine.parts.engine?.meter?.samples;
      if (!samples || ++runs % RunsPerSample !== 0) return machine.run(untilNs);
      const before = machine.instructions;
      const result = machine.run(untilNs);
      const executed = machine.instructions - before;
      samples.count++;
      samples.instructions += executed;
      const { state } = machine.running;
      if (executed > 0 && isTranslated(machine, state.u64("pc"))) samples.translated += executed;
      return result;
    },
    skipTo: (ns) => board.events.advanceTo(ns),
    get nowNs() {
      return machine.nowNs;
    },
    get instructions() {
      return machine.instructions;
    },
    cores: machine.cores.length,
    nextDeadline: () => board.events.nextDeadline(),
    translation: (pc) => translationAt(machine, pc),
  };
}
