/** An exit and what its handlers may use. @module */

import { stored } from "../cpu/controls.ts";
import type { Core } from "../cpu/types.ts";
import type { Channels } from "./channels.ts";
import type { ExitLedger } from "./ledger.ts";
import type { Vcpu } from "./vm.ts";

/** How serious a message is. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** Takes messages; `target` names who says it: "vm1", "hypervisor". */
export type Log = (level: LogLevel, target: string, message: string) => void;

/** What the run loop does for handlers. */
export interface Services {
  readonly log: Log;
  readonly channels: Channels;
  /** Is told what exits are for. */
  readonly ledger: ExitLedger;
  /** Lets a vCPU that is off run from `entry`. */
  turnOn(vcpu: Vcpu, entry: bigint, x0: bigint): void;
  /** The guest has written to its distributor. */
  distributorChanged(core: Core, vcpu: Vcpu): void;
  /** The instruction at the guest's PC; undefined when it cannot be read. */
  instructionWord(core: Core, vcpu: Vcpu): number | undefined;
  /** The instruction at the guest's PC in words, for messages. */
  instruction(core: Core, vcpu: Vcpu): string;
}

/** A synchronous exit of `vcpu`, whose registers `core` has. */
export interface Exit {
  readonly core: Core;
  readonly vcpu: Vcpu;
  readonly services: Services;
  /** Exception class and syndrome from ESR_EL2. */
  readonly ec: number;
  readonly iss: number;
}

/** The exit that brought `core` to EL2. */
export function readExit(core: Core, vcpu: Vcpu, services: Services): Exit {
  const esr = stored(core, "ESR_EL2");
  return { core, vcpu, services, ec: Number(esr >> 26n), iss: Number(esr & 0x1ff_ffffn) };
}

/** The guest's Xn; 31 is zero. */
export function readGeneral({ core }: Exit, n: number): bigint {
  return n === 31 ? 0n : core.state.x[n] as bigint;
}

/** Writes the guest's Xn; 31 goes nowhere. */
export function writeGeneral({ core }: Exit, n: number, value: bigint): void {
  if (n !== 31) core.state.x[n] = BigInt.asUintN(64, value);
}
