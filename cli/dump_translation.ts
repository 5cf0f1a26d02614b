/** `--dump-translation`: the translated code of an instruction's region. @module */

import { hex } from "../core/hex.ts";
import type { CommandLine } from "./command_line.ts";
import { prepare } from "./run.ts";
import { SliceNs } from "./run_loop.ts";
import type { Terminal } from "./terminal.ts";

/** Virtual time after which guests are given up without `--timeout`. */
const PatienceNs = 60e9;

/** Runs the guests silently until the code at `pc` has been translated; the exit code. */
export function dumpTranslation(
  line: CommandLine,
  pc: bigint,
  terminal: Terminal,
): number {
  const { timeout = PatienceNs, "max-insns": most = Infinity } = line.options;
  const session = prepare(line, terminal, { log: () => {} }).powerOn(0);
  for (;;) {
    const left = Math.max(1, Math.floor((most - session.instructions) / session.cores));
    const result = session.run(Math.min(session.nowNs + Math.min(SliceNs, left), timeout));
    const listing = session.translation(pc);
    if (listing !== undefined) {
      terminal.show(new TextEncoder().encode(listing));
      return 0;
    }
    const ended = result === "limit" ? undefined : `the guests ended (${result})`;
    const late = session.nowNs >= timeout ? "the virtual time was up (--timeout)" : undefined;
    const used = session.instructions >= most
      ? "the instructions were used up (--max-insns)"
      : undefined;
    const why = ended ?? late ?? used;
    if (why === undefined) continue;
    const { instructions } = session;
    terminal.say(
      `hvsim: Code at ${hex(pc)} was not translated in ${instructions} instructions: it did not ` +
        `run often enough before ${why}\n`,
    );
    return 4;
  }
}
