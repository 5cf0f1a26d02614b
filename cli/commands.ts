/** Every command but running: what it prints and does. @module */

import { join } from "@std/path";
import { ConfigError } from "../core/config/problem.ts";
import { configCheck, configSchema } from "../core/config/report.ts";
import { FdtError } from "../core/fdt/blob.ts";
import { ImageError } from "../core/images/image.ts";
import { platformFacts } from "../platforms/facts.ts";
import { chooseBoard } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import { completions, type Shell, shells } from "./completions.ts";
import { dumpTranslation } from "./dump_translation.ts";
import { dumpTrees } from "./dump_tree.ts";
import { embeddedGuests } from "./embedded_guests.ts";
import { readFile, writeFile } from "./files.ts";
import { helpText } from "./help.ts";
import { askMonitor } from "./monitor/client.ts";
import { isRemote } from "./options.ts";
import { run } from "./run.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";
import { listed } from "./values.ts";
import { needsOf } from "./vm_session.ts";

/** Does what the command line says; the exit code. */
export async function execute(
  line: CommandLine,
  terminal: Terminal,
  version: string,
): Promise<number> {
  const { command, operands, options } = line;
  const print = (text: string) => {
    terminal.show(new TextEncoder().encode(text));
    return 0;
  };
  if (options.help) return print(helpText(version));
  if (options.version) return print(`hvsim ${version}\n`);
  if (isRemote(command)) return await askMonitor(line, terminal);
  switch (command) {
    case "config check": {
      const access = { read: readFile, rootfs: options.rootfs };
      const choice = chooseBoard(line, needsOf(operands, access));
      const answer = configCheck(operands, access, platformFacts(choice.platform, choice));
      if (answer.code === 0) return print(answer.text);
      terminal.say(answer.text);
      return answer.code;
    }
    case "config schema":
      return print(configSchema().text);
    case "guests list":
      return print(guestList());
    case "guests extract":
      return print(extract(operands[0] ?? "", operands[1] ?? "."));
    case "completions": {
      const shell = shells.find((name) => name === operands[0]) as Shell | undefined;
      if (shell) return print(completions(shell));
      throw new UsageError(
        `Cannot complete for "${operands[0]}": the shell must be ${listed(shells)}`,
      );
    }
    case "run":
      if (options["dump-dtb"] !== undefined) {
        return print(dumpTrees(line, options["dump-dtb"], terminal));
      }
      if (options.vm || options.kernel !== undefined) {
        const pc = options["dump-translation"];
        return pc === undefined ? await run(line, terminal) : dumpTranslation(line, pc, terminal);
      }
      throw new UsageError(
        "Cannot run: --vm FILE or --kernel FILE must say what; hvsim --help tells more",
      );
  }
}

function guestList(): string {
  return embeddedGuests.map(({ name, help, files }) => {
    const sizes = [...files].map(([file, bytes]) => `${file} (${bytes.length} bytes)`);
    return `${name}: ${help}\n  ${sizes.join(", ")}\n  hvsim --vm ${[...files.keys()][0]}\n`;
  }).join("");
}

function extract(name: string, directory: string): string {
  const guest = embeddedGuests.find((each) => each.name === name);
  if (guest === undefined) {
    const names = embeddedGuests.map((each) => each.name);
    throw new UsageError(`Cannot extract "${name}": the guest must be ${listed(names)}`);
  }
  makeDirectory(directory);
  return [...guest.files].map(([file, bytes]) => {
    const path = join(directory, file);
    writeFile(path, bytes);
    return `${path}\n`;
  }).join("");
}

function makeDirectory(path: string): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot make the directory "${path}": ${reason}`);
  }
}

/** What can be wrong with what the user gave; anything else is a bug. */
export function isUserError(error: unknown): error is Error {
  return [UsageError, ConfigError, ImageError, FdtError, RangeErrorOfInput].some((kind) =>
    error instanceof kind
  );
}

/** Limits of a board that input exceeds are told by range errors whose message says so. */
class RangeErrorOfInput {
  static [Symbol.hasInstance](error: unknown): boolean {
    return error instanceof RangeError && error.message.startsWith("Cannot ");
  }
}
