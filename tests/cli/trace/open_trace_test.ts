import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openTextFile } from "../../../cli/trace/trace_file.ts";
import { hvsim, inRepository } from "../../boot/hvsim.ts";
import { eventsOf, readTrace } from "./read_trace.ts";

const nimbos = ["--vm", "guests/nimbos.toml"];

Deno.test("--trace: a file of another kind, one that cannot be written, and no VM are errors", async () => {
  const wrong: readonly (readonly [args: readonly string[], said: string])[] = [
    [[...nimbos, "--trace", "x.txt"], "a file whose name ends in .json"],
    [[...nimbos, "--trace", "/nowhere/x.json"], 'Cannot write --trace "/nowhere/x.json"'],
    [["--kernel", "x", "--trace", "x.json"], "it goes with --vm"],
  ];
  for (const [args, said] of wrong) {
    const { code, stdout, stderr } = await hvsim(args);
    assertEquals([code, stdout], [2, ""]);
    assertStringIncludes(stderr, said);
  }
});

/** Runs with a trace into a file of that ending, until a signal or the end. */
async function tracedRun(ending: string, signal?: Deno.Signal): Promise<[number, string]> {
  const file = await Deno.makeTempFile({ suffix: ending });
  try {
    const script = signal ? [] : ["--expect", ">> "];
    const permissions = ["--quiet", "--allow-read", "--allow-write", "--allow-env"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, inRepository("main.ts"), ...nimbos, ...script, "--trace", file],
      cwd: inRepository("."),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const limit = setTimeout(() => child.kill("SIGKILL"), 60_000);
    let text = "";
    for await (const bytes of child.stdout) {
      text += new TextDecoder().decode(bytes);
      if (signal && text.includes("Rust user shell")) {
        child.kill(signal);
        text = "";
      }
    }
    const { code } = await child.status;
    clearTimeout(limit);
    await child.stdin.close().catch(() => {});
    return [code, await Deno.readTextFile(file)];
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("--trace: a run to its end leaves a whole timeline", async () => {
  const [code, text] = await tracedRun(".json");
  assertEquals(code, 0);
  assert(text.endsWith("\n]\n"));
  const { problems, tracks } = readTrace(eventsOf(text));
  assertEquals([problems, tracks.length], [[], 2]);
});

Deno.test("--trace: a process with a trace has the same exits as one without", async () => {
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const args = [...nimbos, "--expect", ">> ", "--send", "sleep\n", "--expect", "exited"];
    const ledgerOf = async (more: readonly string[]) => {
      const { code, stderr } = await hvsim([...args, "--stats=json", ...more]);
      assertEquals(code, 0, stderr);
      const { exits, ledger } = JSON.parse(stderr.slice(stderr.indexOf("{")));
      return { exits, ledger };
    };
    const traced = await ledgerOf(["--trace", file]);
    assertEquals(await ledgerOf([]), traced);
    assertEquals(/^[0-9a-f]{16}$/.test(traced.ledger), true);
    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    assertEquals(lines.length, traced.exits);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  name: "--trace: a signal ends the timeline properly",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const [code, text] = await tracedRun(".json", "SIGINT");
    assertEquals(code, 130);
    assertEquals(readTrace(JSON.parse(text)).problems, []);
  },
});

Deno.test({
  name: "--trace: a signal leaves whole lines",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const [code, text] = await tracedRun(".jsonl", "SIGTERM");
    assertEquals(code, 143);
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert(lines.length > 500);
  },
});

Deno.test({
  name: "--trace: a disk that is full ends the trace and not the run, and is said once",
  ignore: Deno.build.os !== "linux",
  fn: () => {
    const said: string[] = [];
    const file = openTextFile("/dev/full", (message) => void said.push(message));
    for (let i = 0; i < 10; i++) file.write("x".repeat(1 << 16));
    file.close();
    assertEquals(said.length, 1);
    assertStringIncludes(said[0] ?? "", 'Cannot write --trace "/dev/full"');
  },
});
