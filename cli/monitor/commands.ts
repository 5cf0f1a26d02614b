/** Every command of the monitor by name. Parsing, help and completion come from this table. @module */

import { command } from "./command.ts";
import { infoCommands } from "./info_commands.ts";
import { memoryCommands } from "./memory_commands.ts";
import { vmCommands } from "./vm_commands.ts";

/** What can be asked from another shell, too. */
export const remoteCommands = {
  ...vmCommands,
  ...infoCommands,
  ...memoryCommands,
  quit: command<Record<string, never>>({
    operands: [],
    help: "end hvsim",
    run(host) {
      host.quit();
      return {};
    },
    text: () => "hvsim ends\n",
  }),
} as const;

export type RemoteCommandName = keyof typeof remoteCommands;
