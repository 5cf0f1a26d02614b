/** What a command of the monitor is, and what it sees of the run. @module */

import type { ConsoleInfo } from "../consoles.ts";
import type { BoardSession } from "../session.ts";

/** The run that commands are given to. */
export interface MonitorHost {
  /** The board as it is now; commands come between two of its runs. */
  readonly session: BoardSession;
  consoles(): readonly ConsoleInfo[];
  /** Brings a console to the front of the terminal; why not, when it cannot be. */
  bring(console: string): string | undefined;
  /** Ends the run. */
  quit(): void;
}

/** What follows a command's name. */
export interface Args {
  /** Operands by name, without their brackets: `VM`, `/FMT`. */
  readonly operands: { readonly [name: string]: string };
  readonly flags: ReadonlySet<FlagName>;
}

/** Flags of commands. */
export const flagHelp = {
  force: "at once, without asking the guest",
} as const;

export type FlagName = keyof typeof flagHelp;

/** Names of operands and what may stand for them; in brackets they may be missing. */
export const operandHelp = {
  VM: "the id of a VM: 2 or vm2",
  WHERE: "a VM (vm2), one of its vCPUs (vm2.1), a core (cpu0), or the board: board",
  FILE: "a VM description",
  ADDRESS: "a hexadecimal address: 0x4008_0000",
  "/FMT": "how many of what, as in /8xw: x, d, u, c, s or i (instructions) of b, h, w or g",
  COMMAND: "a command, or the first word of several",
} as const;

export type OperandName = keyof typeof operandHelp;

/** One command. What it has found out is plain data, of which its text is made. */
export interface Command<T> {
  readonly operands: readonly (OperandName | `[${OperandName}]`)[];
  readonly flags?: readonly FlagName[];
  readonly help: string;
  /** @throws {UsageError} When it cannot be done. */
  run(host: MonitorHost, args: Args): T;
  /** For people, in lines. */
  text(result: T): string;
}

/** Lets the compiler see that text and result belong together. */
export function command<T>(row: Command<T>): Command<T> {
  return row;
}

/** How a command is written. */
export function usage(
  name: string,
  { operands, flags }: Pick<Command<unknown>, "operands" | "flags">,
): string {
  return [name, ...operands, ...(flags ?? []).map((flag) => `[--${flag}]`)].join(" ");
}
