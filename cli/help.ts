/** What `hvsim --help` says, from the tables of commands and options. @module */

import { groups, optionNames, ownCommands, rowOf } from "./options.ts";
import { keyHelp } from "./keys.ts";
import { remoteCommands } from "./monitor/commands.ts";
import { usage } from "./monitor/command.ts";

const Width = 98;
const Column = 28;

/** Exit codes, as documented. */
export const exitCodes = {
  0: "the guests powered off, the script is done, or only input was missing",
  1: "a command for a running hvsim was not done",
  2: "wrong usage, or files that cannot be used",
  3: "a guest failed, or the script did",
  4: "the time is up",
  70: "a bug in hvsim",
} as const;

const examples = [
  ["hvsim --vm nimbos.toml", "a teaching OS in a VM"],
  ["hvsim --vm nimbos.toml --vm linux.toml", "two VMs"],
  ["hvsim --kernel Image --initrd initramfs.cpio.gz --el 2", "Linux on the bare board, at EL2"],
  ['hvsim --vm nimbos.toml --expect ">>" --send "usertests\\n" --expect passed', "a script"],
] as const;

/** The whole text. */
export function helpText(version: string): string {
  return [
    `hvsim ${version}: AArch64 boards, simulated, and a hypervisor on them`,
    "",
    "Usage: hvsim [--platform NAME] --vm FILE...",
    "       hvsim [--platform NAME] --kernel FILE",
    ...Object.entries(ownCommands).filter(([name]) => name !== "run").map(([name, { operands }]) =>
      `       ${["hvsim", name, ...operands].join(" ")}`
    ),
    "       hvsim vm|info|x|xp|quit ... --socket WHERE",
    ...groups.flatMap((group) => [
      "",
      `${group}:`,
      ...optionNames.filter((name) => rowOf(name).group === group).flatMap((name) => {
        const { argument, help, default: usual } = rowOf(name);
        const form = argument === undefined
          ? `--${name}`
          : argument.startsWith("[")
          ? `--${name}[=${argument.slice(1)}`
          : `--${name} ${argument}`;
        const more = usual === undefined ? "" : ` (default: ${usual})`;
        return entry(form, `${help}${more}`);
      }),
    ]),
    ...section("Commands", Object.entries(ownCommands).map(([name, { help }]) => [name, help])),
    ...section(
      "Commands at hvsim's own prompt (Ctrl-A c), and for a running hvsim",
      Object.entries(remoteCommands).map(([name, row]) => [usage(name, row), row.help]),
    ),
    ...section("Keys", keyHelp),
    ...section("Exit codes", Object.entries(exitCodes)),
    ...section("Examples", examples.map(([line, what]) => [line, `# ${what}`]), true),
    "",
  ].join("\n");
}

function section(
  title: string,
  rows: readonly (readonly [string, string])[],
  below = false,
): string[] {
  const visible = rows.filter(([name]) => name !== "run");
  const lines = below
    ? visible.flatMap(([left, right]) => [`  ${right}`, `  ${left}`])
    : visible.flatMap(([left, right]) => entry(left, right));
  return ["", `${title}:`, ...lines];
}

/** A row in two columns, the right one wrapped. */
function entry(left: string, right: string): string[] {
  const lines = wrap(right, Width - Column);
  const head = `  ${left}`;
  const first = head.length < Column - 1 ? head.padEnd(Column) + (lines.shift() ?? "") : head;
  return [first, ...lines.map((line) => " ".repeat(Column) + line)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
