import { assert, assertEquals, assertMatch } from "@std/assert";
import { hvsim } from "./hvsim.ts";

const vm = ["--vm", "guests/nimbos.toml"];

Deno.test("nimbos: its shell runs a program that was typed into a pipe, and then hvsim ends", async () => {
  const { code, stdout, stderr } = await hvsim(vm, "hello_world\n");
  assertMatch(stdout, /Hello world from user mode program!\s+Shell: Process 5 exited with code 0/);
  assertMatch(stderr, /Only input could go on/);
  assertEquals(code, 0);
});

Deno.test("nimbos: usertests pass, as a script", async () => {
  const { code, stdout, stderr } = await hvsim([
    ...vm,
    ...[
      "--expect",
      ">> ",
      "--send",
      "usertests\\n",
      "--expect",
      "\\nusertests passed!",
      "--timeout",
      "60",
    ],
  ]);
  assert(!/panicked/.test(stdout), stdout);
  assertEquals(code, 0, stdout.slice(-500) + stderr);
});

Deno.test("nimbos: the same input gives the same run", async () => {
  const run = async () => {
    const { stdout, stderr } = await hvsim([...vm, "--stats=json"], "hello_c\nmatrix\n");
    const stats = JSON.parse(stderr.split("\n").find((line) => line.startsWith("{")) ?? "{}");
    return { stdout, instructions: stats.instructions, virtualNs: stats.virtualNs };
  };
  const [first, second] = [await run(), await run()];
  assertEquals(first, second);
  assert(first.instructions > 0);
});

Deno.test("nimbos: the guest inside hvsim runs by its name alone, where no file has it", async () => {
  const { code, stdout } = await hvsim(["--vm", "nimbos.toml", "--expect", ">> "]);
  assertMatch(stdout, /Rust user shell/);
  assertEquals(code, 0);
});

Deno.test("nimbos: limits end a run with exit code 4, and say which", async () => {
  const { code, stderr } = await hvsim([...vm, "--max-insns", "1M", "--stats=json"]);
  assertMatch(stderr, /--max-insns/);
  assertMatch(stderr, /"instructions":1000000,/);
  assertEquals(code, 4);
  const timed = await hvsim([...vm, "--timeout", "2ms"]);
  assertEquals(timed.code, 4);
});

Deno.test("nimbos: text that means failure ends with exit code 3, as does what never came", async () => {
  const failed = await hvsim([...vm, "--fail", "user shell"]);
  assertEquals(failed.code, 3);
  const missed = await hvsim([...vm, "--expect", "no such text"]);
  assertEquals(missed.code, 3);
  assertMatch(missed.stderr, /"no such text" was not printed/);
});
