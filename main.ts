/**
 * hvsim's command line: arguments in, exit code out.
 *
 * @module
 */

import { readCommandLine } from "./cli/command_line.ts";
import { execute, isUserError } from "./cli/commands.ts";
import { openTerminal, type Terminal } from "./cli/terminal.ts";
import project from "./deno.json" with { type: "json" };

/** Exit code for input that cannot be used. */
const BadInput = 2;
/** Exit code for mistakes of hvsim's own. */
const Bug = 70;

/** Runs hvsim; the exit code. */
export async function main(
  args: readonly string[],
  terminal: Terminal = openTerminal(),
): Promise<number> {
  try {
    return await execute(readCommandLine(args), terminal, project.version);
  } catch (error) {
    terminal.restore();
    if (isUserError(error)) {
      terminal.say(`${error.message}\n`);
      return BadInput;
    }
    const tracing = args.some((arg) => /^(--log=)?trace$/.test(arg));
    const text = error instanceof Error ? (tracing && error.stack) || `${error}` : String(error);
    terminal.say(
      `hvsim ${project.version} has a bug: ${text}\n` +
        "Please report it with the command line and the files" +
        `${tracing ? "" : "; --log trace shows where it was"}:\n  hvsim ${args.join(" ")}\n`,
    );
    return Bug;
  }
}

if (import.meta.main) {
  const terminal = openTerminal();
  const code = await main(Deno.args, terminal);
  await terminal.drained();
  Deno.exit(code);
}
