import { assertEquals, assertThrows } from "@std/assert";
import { usage } from "../../../cli/monitor/command.ts";
import { completions, parseWords, quoted, splitLine } from "../../../cli/monitor/grammar.ts";
import { monitorCommands } from "../../../cli/monitor/monitor.ts";
import { UsageError } from "../../../cli/usage_error.ts";

const parse = (line: string) => parseWords(monitorCommands, splitLine(line));

Deno.test("monitor grammar: what every command takes can be given as its usage says", () => {
  for (const [name, row] of Object.entries(monitorCommands)) {
    const words = usage(name, row).replaceAll(/[[\]]/g, "").split(" ");
    const parsed = parseWords(monitorCommands, words);
    assertEquals(parsed.name, name);
    const given = row.operands.map((operand) => operand.replaceAll(/[[\]]/g, ""));
    assertEquals(Object.keys(parsed.operands), given);
    assertEquals([...parsed.flags], row.flags ?? []);
    const short = [name, ...row.operands.filter((operand) => !operand.startsWith("["))].join(" ");
    assertEquals(parse(short).name, name);
  }
});

Deno.test("monitor grammar: lines are read as they are meant", () => {
  const format = { "/FMT": "/8xw", ADDRESS: "40", WHERE: "vm2.1" };
  assertEquals(parse("x/8xw 40 vm2.1").operands, format);
  assertEquals(parse("  x  /8xw 40\tvm2.1\r").operands, format);
  assertEquals(parse('vm create "/a b/c.toml"').operands, { FILE: "/a b/c.toml" });
  assertEquals(splitLine(`vm create ${quoted("/a b/c")}`).at(-1), "/a b/c");
  assertEquals(parse("--format json vm list").format, "json");
  assertEquals(parse("vm list --format=json").format, "json");
  assertEquals(parse("vm stop --force 2").flags, new Set(["force"] as const));
  assertEquals(parse("help vm list").operands, { COMMAND: "vm list" });
});

Deno.test("monitor grammar: what is wrong is said", () => {
  const wrong: [line: string, text: string][] = [
    ["vn list", 'Cannot do "vn": there is no such command; did you mean vm?'],
    ["vm pase 1", 'Cannot do "vm pase": there is no such command; did you mean vm pause?'],
    ["vm", "Cannot do vm: list, show, create, start,"],
    ["vm stop", "Cannot do vm stop: VM must follow, found too little"],
    ["vm list 1", 'Cannot do vm list: nothing must follow, found "1" as well'],
    ["x/8xw", "Cannot do x: [/FMT] ADDRESS [WHERE] must follow, found too little"],
    ["vm list --force", "Cannot use --force: vm list has no such option"],
    ["vm list --format xml", "Cannot use --format xml: it must be text or json"],
    ["vm list --format", "Cannot use --format: it must be text or json"],
    ['vm create "a', 'Cannot read the line: every " must have an end'],
    ["--format json", "Cannot do nothing: a command must be there"],
    ["\x00\x01", "there is no such command; help lists the commands"],
  ];
  for (const [line, text] of wrong) assertThrows(() => parse(line), UsageError, text);
});

Deno.test("monitor grammar: Tab completes commands, operands and options", () => {
  const choices = (line: string) =>
    completions(monitorCommands, line, (operand) => operand === "VM" ? ["vm1", "vm12"] : []);
  assertEquals(choices("vm re"), ["resume", "restart"]);
  assertEquals(choices("qu"), ["quit"]);
  assertEquals(choices(""), ["vm", "info", "x", "xp", "quit", "help"]);
  assertEquals(choices("vm stop "), ["vm1", "vm12"]);
  assertEquals(choices("vm stop vm12 --"), ["--force"]);
  assertEquals(choices("nothing "), []);
});
