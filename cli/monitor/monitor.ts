/** The monitor: lines in, answers out. @module */

import { textTable } from "../text_table.ts";
import { UsageError } from "../usage_error.ts";
import { type Command, command, type MonitorHost, operandHelp, usage } from "./command.ts";
import { remoteCommands } from "./commands.ts";
import { completions, parseWords, splitLine } from "./grammar.ts";

/** What came of a command, as JSON has it. */
export type Answer =
  | { readonly ok: true; readonly virtualNs: number; readonly result: unknown }
  | { readonly ok: false; readonly virtualNs: number; readonly error: string };

interface HelpRow {
  readonly command: string;
  readonly does: string;
}

const help = command<readonly HelpRow[]>({
  operands: ["[COMMAND]"],
  help: "this list, or what a command takes",
  run(_host, { operands }) {
    const { COMMAND: wanted = "" } = operands;
    const rows = Object.entries(monitorCommands)
      .filter(([name]) => wanted === "" || name === wanted || name.startsWith(`${wanted} `))
      .map(([name, row]) => ({ command: usage(name, row), does: row.help }));
    if (rows.length > 0) return wanted === "" ? rows : [...rows, ...operandRows(rows)];
    throw new UsageError(`Cannot help with "${wanted}": there is no such command`);
  },
  text: (rows) =>
    textTable(
      [{ heading: "command", align: "left" }, { heading: "does", align: "left" }],
      rows.map(({ command, does }) => [command, does]),
    ) +
    "help COMMAND explains words in capitals. Each command takes --format json; Tab completes.\n",
});

/** What stands in the usage of `rows`, explained. */
function operandRows(rows: readonly HelpRow[]): readonly HelpRow[] {
  const used = rows.map(({ command }) => command).join(" ").split(/[\s[\]]+/);
  return Object.entries(operandHelp).filter(([name]) => used.includes(name))
    .map(([name, does]) => ({ command: name, does }));
}

/** Every command. */
export const monitorCommands: Readonly<Record<string, Command<unknown>>> = {
  ...remoteCommands,
  help,
};

/** Does what a line asks for; the answer in the form that it asks for. An empty line has none. */
export function answer(host: MonitorHost, line: string): string {
  const isJson = /--format[\s=]+json\b/.test(line);
  const done = execute(host, line);
  if (done === undefined) return "";
  if (isJson) return `${JSON.stringify(done.answer)}\n`;
  return done.answer.ok ? done.text : `${done.answer.error}\n`;
}

function execute(host: MonitorHost, line: string): { answer: Answer; text: string } | undefined {
  const virtualNs = Math.floor(host.session.nowNs);
  try {
    const words = splitLine(line);
    if (words.length === 0) return undefined;
    const parsed = parseWords(monitorCommands, words);
    const row = monitorCommands[parsed.name] as Command<unknown>;
    const result = row.run(host, parsed);
    const text = parsed.format === "json" ? "" : row.text(result);
    return { answer: { ok: true, virtualNs, result }, text };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { answer: { ok: false, virtualNs, error: error.message }, text: "" };
  }
}

/** What could come next in a line that is being typed. */
export function complete({ session }: MonitorHost, line: string): readonly string[] {
  const vms = session.vms?.hypervisor.vms ?? [];
  return completions(monitorCommands, line, (operand) => {
    switch (operand) {
      case "VM":
        return vms.map(({ label }) => label);
      case "WHERE":
        return [
          ...vms.map(({ label }) => label),
          ...session.simulator.machine.cores.map(({ index }) => `cpu${index}`),
          "board",
        ];
      case "COMMAND":
        return Object.keys(monitorCommands).map((name) => name.split(" ")[0] as string);
      default:
        return [];
    }
  });
}
