/**
 * What hvsim relies on from `parseArgs` of `@std/cli`; holds for the real package and for the
 * stand-in.
 * @module
 */

import { parseArgs } from "@std/cli";
import { assertEquals } from "@std/assert";

type Options = Parameters<typeof parseArgs>[1];

const cases: { name: string; args: string[]; options?: Options; gives: Record<string, unknown> }[] =
  [
    {
      name: "without options everything has the type that it looks like",
      args: ["--n", "0x10", "--t", "a", "--flag", "-x", "1e3", "b", "7"],
      gives: { _: ["b", 7], n: 16, t: "a", flag: true, x: 1000 },
    },
    {
      name: "a string stays as written",
      args: ["--n=0x10", "--m", "007", "8"],
      options: { string: ["n", "m", "_"] },
      gives: { _: ["8"], n: "0x10", m: "007" },
    },
    {
      name: "a string without value is empty, one that is absent is absent",
      args: ["--n"],
      options: { string: ["n", "m"] },
      gives: { _: [], n: "" },
    },
    {
      name: "an option does not take what starts with a hyphen",
      args: ["--n", "--m", "-"],
      options: { string: ["n", "m"] },
      gives: { _: ["-"], n: "", m: "" },
    },
    {
      name: "with = an option takes what starts with a hyphen",
      args: ["--n=--m", "--o=a=b"],
      options: { string: ["n", "o"] },
      gives: { _: [], n: "--m", o: "a=b" },
    },
    {
      name: "a boolean takes no value but true and false, and is false when absent",
      args: ["--a", "x", "--b", "false", "--c=false", "--d=true"],
      options: { boolean: ["a", "b", "c", "d", "e"] },
      gives: { _: ["x"], a: true, b: false, c: false, d: true, e: false },
    },
    {
      name: "the last of several wins",
      args: ["--n", "1", "--n", "2"],
      gives: { _: [], n: 2 },
    },
    {
      name: "what is collected is a list, empty when absent",
      args: ["--vm", "a", "--vm=b"],
      options: { string: ["vm", "other"], collect: ["vm", "other"] },
      gives: { _: [], vm: ["a", "b"], other: [] },
    },
    {
      name: "a default stands in for what is absent",
      args: ["--a", "1"],
      options: { default: { a: 5, b: "x" } },
      gives: { _: [], a: 1, b: "x" },
    },
    {
      name: "an alias gives both names",
      args: ["-v", "-o", "f"],
      options: {
        boolean: ["verbose"],
        string: ["output"],
        alias: { verbose: "v", output: ["o", "out"] },
      },
      gives: { _: [], v: true, verbose: true, o: "f", out: "f", output: "f" },
    },
    {
      name: "what is negatable has a no- form",
      args: ["--no-color", "--no-other"],
      options: { boolean: ["color"], negatable: ["color"], default: { color: true } },
      gives: { _: [], color: false, "no-other": true },
    },
    {
      name: "stopEarly leaves the rest alone",
      args: ["--a", "1", "run", "--b", "2"],
      options: { stopEarly: true },
      gives: { _: ["run", "--b", "2"], a: 1 },
    },
    {
      name: "what follows -- is no option",
      args: ["--a", "--", "--b", "5"],
      gives: { _: ["--b", "5"], a: true },
    },
    {
      name: "what follows -- can be kept apart",
      args: ["x", "--", "--b", "5"],
      options: { "--": true },
      gives: { _: ["x"], "--": ["--b", "5"] },
    },
    {
      name: "letters can be joined, with a value at the end",
      args: ["-ab", "-n5", "-m=6", "-cd", "x"],
      gives: { _: [], a: true, b: true, n: 5, m: 6, c: true, d: "x" },
    },
  ];

for (const { name, args, options, gives } of cases) {
  Deno.test(`parseArgs: ${name}`, () => {
    assertEquals({ ...parseArgs(args, options) }, gives as never);
  });
}

Deno.test("parseArgs: unknown sees what no option declares, and drops it by false", () => {
  const seen: unknown[][] = [];
  const found = parseArgs(["--known=1", "--odd=2", "file", "-z", "--no-known"], {
    string: ["known"],
    negatable: ["known"],
    unknown: (arg: string, key?: string, value?: unknown) => {
      seen.push([arg, key, value]);
      return key === undefined ? undefined : false;
    },
  });
  assertEquals(seen, [["--odd=2", "odd", "2"], ["file", undefined, undefined], ["-z", "z", true]]);
  assertEquals({ ...found } as unknown, { _: ["file"], known: false });
});
