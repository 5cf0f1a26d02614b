/** Arguments → a command, its operands and its options, all checked. @module */

import { parseArgs } from "@std/cli";
import { nearest } from "../core/config/problem.ts";
import { flagHelp } from "./monitor/command.ts";
import { remoteCommands } from "./monitor/commands.ts";
import { splitFormat } from "./monitor/grammar.ts";
import {
  type CommandName,
  commands,
  isRemote,
  type OptionName,
  optionNames,
  type Options,
  rowOf,
} from "./options.ts";
import type { ScriptStep } from "./script.ts";
import { UsageError } from "./usage_error.ts";
import { listed } from "./values.ts";

/** What the user asked for. */
export interface CommandLine {
  readonly command: CommandName;
  readonly operands: readonly string[];
  readonly options: Options;
  /** Options as they were written, the last of each. */
  readonly given: ReadonlyMap<OptionName, string>;
  /** `--expect` and `--send` in their order. */
  readonly script: readonly ScriptStep[];
}

/** @throws {UsageError} When it cannot be understood. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { options: written, words: all } = scan(args);
  const words = splitFormat(all);
  const { command, operands } = findCommand(words, written.some(({ name }) => name === "help"));
  for (const { name } of written) checkPlace(name, command);
  const flags = optionNames.filter((name) => rowOf(name).value === undefined);
  const parsed = parseArgs(
    written.map(({ name, text }) => text === "" ? `--${name}` : `--${name}=${text}`),
    {
      boolean: flags,
      string: optionNames.filter((name) => !flags.includes(name)),
      collect: optionNames.filter((name) => rowOf(name).repeatable),
    },
  );
  const options = Object.fromEntries(
    written.map(({ name }) => {
      const text: string | string[] = parsed[name];
      const value = Array.isArray(text)
        ? text.map((each) => readValue(name, each))
        : readValue(name, text);
      return [name, value];
    }),
  ) as Options;
  for (const { name } of written) {
    const needed = rowOf(name).needs;
    if (needed && options[needed] === undefined) {
      throw new UsageError(`Cannot use --${name}: it goes with --${needed}, which is not there`);
    }
  }
  if (options.vm && options.kernel !== undefined) {
    throw new UsageError("Cannot run: it must be either --vm or --kernel, found both");
  }
  return {
    command,
    operands,
    options,
    given: new Map(written.map(({ name, text }) => [name, text])),
    script: written.flatMap(({ name, text }) =>
      name === "expect" || name === "send"
        ? [{ kind: name, text: readValue(name, text) as string }]
        : []
    ),
  };
}

interface Written {
  readonly name: OptionName;
  readonly text: string;
}

/** Pairs options with their values; what is left are words. */
function scan(args: readonly string[]): { options: Written[]; words: string[] } {
  const options: Written[] = [];
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!/^-./.test(arg)) {
      words.push(arg);
      continue;
    }
    const [, written = arg, inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = arg === "-h" ? "help" : arg === "-V" ? "version" : known(written, arg);
    const { argument } = rowOf(name);
    if (argument === undefined) {
      if (inline !== undefined) {
        throw new UsageError(`Cannot use ${arg}: --${name} takes no value`);
      }
      options.push({ name, text: "" });
    } else if (inline !== undefined) {
      options.push({ name, text: inline });
    } else if (argument.startsWith("[")) {
      options.push({ name, text: "text" });
    } else {
      const next = args[++i];
      if (next === undefined || isOption(next)) {
        const found = next === undefined ? "nothing" : next;
        throw new UsageError(`Cannot use --${name}: ${argument} must follow it, found ${found}`);
      }
      options.push({ name, text: next });
    }
  }
  return { options, words };
}

function isOption(arg: string): boolean {
  return optionNames.some((name) => arg === `--${name}` || arg.startsWith(`--${name}=`));
}

function known(name: string, arg: string): OptionName {
  const found = arg.startsWith("--") ? optionNames.find((option) => option === name) : undefined;
  if (found !== undefined) return found;
  const close = nearest(name, optionNames);
  const hint = close === undefined ? "hvsim --help lists them all" : `did you mean --${close}?`;
  throw new UsageError(`Cannot use ${arg.split("=")[0]}: there is no such option; ${hint}`);
}

function checkPlace(name: OptionName, command: CommandName): void {
  const { remote, also } = rowOf(name);
  if (also?.includes(command)) return;
  if (remote) {
    if (!isRemote(command)) {
      throw new UsageError(`Cannot use --${name}: it goes with commands for a running hvsim`);
    }
    const flags: readonly string[] = remoteCommands[command].flags ?? [];
    if (!(name in flagHelp) || flags.includes(name)) return;
  } else if (command === "run") return;
  throw new UsageError(`Cannot use --${name}: hvsim ${command} has no such option`);
}

function readValue(name: OptionName, text: string): unknown {
  const { value } = rowOf(name);
  if (value === undefined) return true;
  const result = value.parse(text);
  if (result !== undefined) return result;
  throw new UsageError(`Cannot use --${name} "${text}": it must be ${value.expected}`);
}

function findCommand(
  words: readonly string[],
  helpOnly: boolean,
): { command: CommandName; operands: readonly string[] } {
  const [first, second] = words;
  if (first === undefined) return { command: "run", operands: [] };
  const names = (Object.keys(commands) as CommandName[]).filter((name) => name !== "run");
  const found = names.find((name) => name === first || name === `${first} ${second}`);
  if (found !== undefined) {
    const operands = words.slice(found.split(" ").length);
    if (!helpOnly) checkOperands(found, operands);
    return { command: found, operands };
  }
  if (helpOnly) return { command: "run", operands: [] };
  const seconds = names.filter((name) => name.startsWith(`${first} `)).map((n) =>
    n.split(" ")[1] as string
  );
  if (seconds.length > 0) {
    const what = second === undefined ? "nothing" : `"${second}"`;
    throw new UsageError(
      `Cannot run hvsim ${first}: ${listed(seconds)} must follow, found ${what}`,
    );
  }
  const close = nearest(first, names.map((name) => name.split(" ")[0] as string));
  const hint = /\.toml$/.test(first)
    ? `a VM is given as --vm ${first}`
    : close === undefined
    ? "hvsim --help lists the commands"
    : `did you mean ${close}?`;
  throw new UsageError(`Cannot run "${first}": it must be a command or an option; ${hint}`);
}

function checkOperands(command: CommandName, operands: readonly string[]): void {
  const wanted: readonly string[] = commands[command].operands;
  const least = wanted.filter((word) => !word.startsWith("[")).length;
  const most = wanted.some((word) => word.endsWith("...")) ? Infinity : wanted.length;
  if (operands.length >= least && operands.length <= most) return;
  const found = operands.length < least ? "too little" : `"${operands[most]}" as well`;
  const expected = most === 0 ? "nothing must follow" : `${wanted.join(" ")} must follow`;
  throw new UsageError(`Cannot run hvsim ${command}: ${expected}, found ${found}`);
}
