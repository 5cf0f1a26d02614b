import { assert, assertEquals, assertThrows } from "@std/assert";
import { readCommandLine } from "../../cli/command_line.ts";
import { completions, shells } from "../../cli/completions.ts";
import { helpText } from "../../cli/help.ts";
import { commands, optionNames, rowOf } from "../../cli/options.ts";
import { UsageError } from "../../cli/usage_error.ts";

Deno.test("command line: values come typed, repeated options as lists", () => {
  const { command, options } = readCommandLine(
    [
      "--vm",
      "a.toml",
      "--vm=b.toml",
      "--cpus",
      "4",
      "--memory=1.5G",
      "--stats",
      "--timeout",
      "20ms",
    ],
  );
  assertEquals(command, "run");
  assertEquals(options, {
    vm: ["a.toml", "b.toml"],
    cpus: 4,
    memory: 1.5 * 2 ** 30,
    stats: "text",
    timeout: 20e6,
  });
});

Deno.test("command line: --expect and --send keep their order, whatever their text", () => {
  const { script } = readCommandLine(
    ["--kernel=k", "--send", "-x\\n", "--expect", "$ ", "--send=--cpus", "--expect", "a=b"],
  );
  assertEquals(script, [
    { kind: "send", text: "-x\n" },
    { kind: "expect", text: "$ " },
    { kind: "send", text: "--cpus" },
    { kind: "expect", text: "a=b" },
  ]);
});

Deno.test("command line: the last of an option that is no list counts, and texts may be empty", () => {
  const { options } = readCommandLine(["--kernel=k", "--append", "a", "--cpus", "2", "--append="]);
  assertEquals([options.append, options.cpus], ["", 2]);
});

Deno.test("command line: commands have operands and only their own options", () => {
  const line = readCommandLine(["config", "check", "a.toml", "--platform", "fvp", "b.toml"]);
  assertEquals([line.command, ...line.operands], ["config check", "a.toml", "b.toml"]);
  assertEquals(line.options, { platform: "fvp" });
  for (
    const args of [
      ["config", "check"],
      ["config"],
      ["config", "schema", "x"],
      ["guests", "list", "--cpus", "2"],
      ["guests", "extract"],
    ]
  ) assertThrows(() => readCommandLine(args), UsageError, args[0]);
});

Deno.test("command line: every message names the option and what was found", () => {
  const wrong: [string[], string][] = [
    [["--platfrm", "fvp"], "did you mean --platform?"],
    [["-x"], "-x"],
    [["--el", "3", "--kernel", "k"], '--el "3": it must be 1 or 2'],
    [["--vm", "--cpus", "2"], "--vm: FILE must follow it, found --cpus"],
    [["--help=yes"], "--help takes no value"],
    [["--initrd", "x"], "--initrd: it goes with --kernel"],
    [["--expect", "\\q"], "--expect"],
    [["nimbos.toml"], "a VM is given as --vm nimbos.toml"],
    [["confg", "check"], "did you mean config?"],
    [["--socket", "x"], "--socket: it goes with commands for a running hvsim"],
    [["vm", "list", "--force"], "--force: hvsim vm list has no such option"],
    [["vm", "list", "--vm", "x"], "--vm: hvsim vm list has no such option"],
    [["vm", "stop"], "VM must follow, found too little"],
    [["vm"], "list, show, create"],
  ];
  for (const [args, text] of wrong) assertThrows(() => readCommandLine(args), UsageError, text);
});

Deno.test("command line: every listed choice of every option can be given", () => {
  for (const name of optionNames) {
    const { value, needs, remote } = rowOf(name);
    for (const choice of value?.choices ?? []) {
      const { options } = readCommandLine([
        `--${name}=${choice}`,
        ...(needs ? [`--${needs}=file`] : []),
        ...(remote ? ["vm", "list"] : []),
      ]);
      assertEquals(String(options[name]), choice);
    }
  }
});

Deno.test("help: it names every option, command and exit code, in at most 100 columns", () => {
  const text = helpText("1.2.3");
  for (const name of optionNames) assert(text.includes(`--${name}`), name);
  for (const name of Object.keys(commands)) if (name !== "run") assert(text.includes(name), name);
  for (const code of ["0", "1", "2", "3", "4", "70"]) assert(text.includes(`\n  ${code} `), code);
  assertEquals(text.split("\n").filter((line) => line.length > 100), []);
});

Deno.test("completions: every shell's know every option", () => {
  for (const shell of shells) {
    for (const name of optionNames) assert(completions(shell).includes(name), `${shell} ${name}`);
    for (const name of Object.keys(commands)) {
      if (name === "run") continue;
      const last = name.split(" ").at(-1) ?? "";
      assert(completions(shell).includes(last), `${shell} ${name}`);
    }
  }
});
