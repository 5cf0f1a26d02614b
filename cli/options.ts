/**
 * Every command and option. Parsing, help, completions and messages come from these tables.
 *
 * @module
 */

import { CpuModels, type CpuName } from "../core/cpu/cpu_models.ts";
import { DefaultPolicy, policyNames } from "../core/hypervisor/scheduling/policies.ts";
import { platforms } from "../platforms/mod.ts";
import { drive } from "./drive.ts";
import { flagHelp } from "./monitor/command.ts";
import { type RemoteCommandName, remoteCommands } from "./monitor/commands.ts";
import { monitorPlace } from "./monitor/place.ts";
import { treeDump } from "./tree_dump.ts";
import { levelFilter } from "./log_levels.ts";
import { serial } from "./serial.ts";
import { tracePath } from "./trace/open_trace.ts";
import {
  address,
  anyText,
  choice,
  count,
  date,
  duration,
  escaped,
  instructions,
  numberChoice,
  path,
  size,
  type Value,
} from "./values.ts";

/** What hvsim can be told to do; without a command it runs guests. */
export const ownCommands = {
  run: { operands: [], help: "run VMs or a bare kernel" },
  "config check": { operands: ["FILE..."], help: "say what is wrong with VM descriptions" },
  "config schema": { operands: [], help: "print a JSON Schema of VM descriptions, for editors" },
  "guests list": { operands: [], help: "list the guests inside hvsim" },
  "guests extract": {
    operands: ["NAME", "[DIR]"],
    help: "write a guest's files into DIR (default: here)",
  },
  completions: { operands: ["SHELL"], help: "print completions for bash, zsh or fish" },
} as const satisfies Record<string, CommandRow>;

/** All commands, with those for an hvsim that runs elsewhere. */
export const commands = { ...ownCommands, ...remoteCommands } satisfies Record<string, CommandRow>;

export interface CommandRow {
  /** What follows the command; `[...]` may be missing, `...` may come more than once. */
  readonly operands: readonly string[];
  readonly help: string;
}

export type CommandName = keyof typeof commands;

/** Whether a command is for an hvsim that runs elsewhere. */
export function isRemote(name: CommandName): name is RemoteCommandName {
  return name in remoteCommands;
}

/** Headings of the help, in its order. */
export const groups = [
  "What runs",
  "The board",
  "Time and input",
  "Scripts and limits",
  "What is said",
  "Commands for a running hvsim",
] as const;

/** One option. */
export interface OptionRow<T = unknown> {
  readonly group: typeof groups[number];
  /** What stands for the value in the help; in brackets when it may be left out; absent for flags. */
  readonly argument?: string;
  readonly value?: Value<T>;
  readonly repeatable?: true;
  /** What holds when it is not given, for the help. */
  readonly default?: string;
  /** Where it may be given besides running. */
  readonly also?: readonly CommandName[];
  /** It is for commands to a running hvsim alone. */
  readonly remote?: true;
  /** It needs this option. */
  readonly needs?: "kernel" | "vm";
  readonly help: string;
}

const onBoards = ["config check"] as const;

/** The options by name; their order is the help's. */
export const optionTable = {
  vm: {
    group: "What runs",
    argument: "FILE",
    value: path("a VM description"),
    repeatable: true,
    help: "a VM, described in TOML as ArceOS does; may be given again for more VMs",
  },
  kernel: {
    group: "What runs",
    argument: "FILE",
    value: path("a kernel"),
    help: "instead of VMs, a kernel on the bare board: Image (also gzip), ELF or raw binary",
  },
  initrd: {
    group: "What runs",
    argument: "FILE",
    value: path("a RAM disk"),
    needs: "kernel",
    help: "initial RAM disk of --kernel",
  },
  append: {
    group: "What runs",
    argument: "TEXT",
    value: anyText,
    needs: "kernel",
    help: "command line of --kernel",
  },
  dtb: {
    group: "What runs",
    argument: "FILE",
    value: path("a device tree"),
    needs: "kernel",
    default: "made for the board",
    help: "device tree for --kernel; its memory, cores and /chosen are made to fit",
  },
  el: {
    group: "What runs",
    argument: "1|2",
    value: numberChoice([1, 2]),
    needs: "kernel",
    default: "1",
    help: "exception level at which --kernel starts",
  },
  rootfs: {
    group: "What runs",
    argument: "DIR",
    value: path("a directory"),
    also: onBoards,
    default: "the description's",
    help: 'directory of the files of a VM with image_location = "fs"',
  },
  scheduler: {
    group: "What runs",
    argument: policyNames.join("|"),
    value: choice(policyNames),
    needs: "vm",
    default: DefaultPolicy,
    help:
      "how vCPUs share cores: turns of 10 ms; by cpu_priority, in turns of 100 ms at the same " +
      "one; or in proportion to cpu_weight",
  },
  platform: {
    group: "The board",
    argument: "NAME",
    value: choice(platforms.map(({ name }) => name)),
    default: platforms[0]?.name ?? "",
    also: onBoards,
    help: `the board: ${platforms.map(({ name }) => name).join(", ")}`,
  },
  cpu: {
    group: "The board",
    argument: "NAME",
    value: choice(Object.keys(CpuModels) as CpuName[]),
    default: "cortex-a72",
    help: "its cores: cortex-a53, cortex-a57, cortex-a72, or max with newer extensions",
  },
  cpus: {
    group: "The board",
    argument: "N",
    value: count,
    default: "1, or what the VMs name",
    also: onBoards,
    help: "how many cores",
  },
  memory: {
    group: "The board",
    argument: "SIZE",
    value: size,
    default: "the board's, or what the VMs need",
    also: onBoards,
    help: "RAM, for example 512M or 2G",
  },
  gic: {
    group: "The board",
    argument: "2|3",
    value: numberChoice([2, 3]),
    default: "the board's",
    also: onBoards,
    help: "version of the interrupt controller",
  },
  rtc: {
    group: "The board",
    argument: "DATE",
    value: date,
    default: "2026-01-01",
    help: "what the real-time clock shows at power-on; now makes runs differ from each other",
  },
  drive: {
    group: "The board",
    argument: "file=FILE[,readonly=on][,snapshot=on][,vm=ID]",
    value: drive,
    repeatable: true,
    help:
      "a virtio disk, a raw image; with snapshot=on the file stays as it is; vm=1 is for VM 1; " +
      "as in QEMU, of several disks Linux finds the last one first",
  },
  net: { group: "The board", help: "a virtio network interface" },
  pcap: {
    group: "The board",
    argument: "FILE",
    value: path("a file to write"),
    help: "record what goes over the virtual network, for Wireshark or tcpdump",
  },
  "dump-dtb": {
    group: "The board",
    argument: "FILE|vm1=FILE",
    value: treeDump,
    repeatable: true,
    help:
      "write the device tree that VM 1 gets, or without --vm the board's, and end; may be given " +
      "again for other VMs",
  },
  pace: {
    group: "Time and input",
    argument: "real|free",
    value: choice(["real", "free"]),
    default: "real at a terminal",
    help: "whether virtual time keeps to the wall clock or runs as fast as it can",
  },
  serial: {
    group: "Time and input",
    argument: "CONSOLE=WHERE",
    value: serial,
    repeatable: true,
    default: "stdio for all",
    help: "where a console is, for example vm1=pty: stdio, pty, pty:LINK, unix:PATH, " +
      "tcp:HOST:PORT (a server), file:PATH or null; may be given for each",
  },
  monitor: {
    group: "Time and input",
    argument: "WHERE",
    value: monitorPlace,
    help: "take commands at unix:PATH or tcp:HOST:PORT: hvsim vm list from another shell, and " +
      "such; hvsim then goes on when all VMs have ended",
  },
  expect: {
    group: "Scripts and limits",
    argument: "TEXT",
    value: escaped,
    repeatable: true,
    help: "wait until the console has printed TEXT; any number of these and --send make a script",
  },
  send: {
    group: "Scripts and limits",
    argument: "TEXT",
    value: escaped,
    repeatable: true,
    help: "then type TEXT (\\n \\r \\t \\e \\xNN as in C)",
  },
  fail: {
    group: "Scripts and limits",
    argument: "TEXT",
    value: escaped,
    repeatable: true,
    help: "end with exit code 3 when the console prints TEXT; may be given again",
  },
  timeout: {
    group: "Scripts and limits",
    argument: "TIME",
    value: duration,
    help: "end with exit code 4 after this much virtual time (10, 2.5s, 500ms, 3m)",
  },
  "wall-timeout": {
    group: "Scripts and limits",
    argument: "TIME",
    value: duration,
    help: "the same in real time",
  },
  "max-insns": {
    group: "Scripts and limits",
    argument: "N",
    value: instructions,
    help: "end with exit code 4 after N instructions (200M is 200 million)",
  },
  log: {
    group: "What is said",
    argument: "LEVEL[,TARGET=LEVEL]",
    value: levelFilter,
    default: "warn",
    help: "what hvsim says on stderr: off, error, warn, info, debug or trace",
  },
  stats: {
    group: "What is said",
    argument: "[json]",
    value: choice(["text", "json"]),
    help:
      "at the end, on stderr: instructions, times, exits, and what was interpreted and translated; " +
      "as tables or as JSON",
  },
  trace: {
    group: "What is said",
    argument: "FILE",
    value: tracePath,
    needs: "vm",
    help:
      "write down every exit to the hypervisor: FILE.jsonl has a JSON object for each, FILE.json " +
      "is a timeline for Perfetto (ui.perfetto.dev)",
  },
  "dump-translation": {
    group: "What is said",
    argument: "PC",
    value: address,
    help:
      "run silently until the code at this virtual or physical address has been translated, and " +
      "print its instructions and what they became as WebAssembly",
  },
  socket: {
    group: "Commands for a running hvsim",
    argument: "WHERE",
    value: monitorPlace,
    default: "the variable HVSIM_MONITOR",
    remote: true,
    help: "where its --monitor is",
  },
  format: {
    group: "Commands for a running hvsim",
    argument: "text|json",
    value: choice(["text", "json"]),
    default: "text",
    remote: true,
    help: "how the answer is printed",
  },
  force: { group: "Commands for a running hvsim", remote: true, help: flagHelp.force },
  help: { group: "What is said", also: Object.keys(commands) as CommandName[], help: "this text" },
  version: { group: "What is said", help: "the version" },
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof optionTable;

type ValueOf<Row> = Row extends { value: Value<infer T> }
  ? Row extends { repeatable: true } ? readonly T[] : T
  : true;

/** The options that were given. */
export type Options = { readonly [Name in OptionName]?: ValueOf<typeof optionTable[Name]> };

/** The row of an option. */
export function rowOf(name: OptionName): OptionRow {
  return optionTable[name];
}

export const optionNames = Object.keys(optionTable) as readonly OptionName[];
