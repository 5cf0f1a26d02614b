import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { cases } from "./cases.ts";
import type { Outcome } from "./run_cases.ts";

const script = fromFileUrl(new URL("./run_cases.ts", import.meta.url));

Deno.test("broken input: hvsim refuses all of it with its message and exit code 2", async (t) => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script],
    stdin: "null",
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const outcomes: Outcome[] = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(outcomes.map(({ name }) => name), cases.map(({ name }) => name));
  for (const [i, { name, code, text }] of outcomes.entries()) {
    await t.step(name, () => {
      assertMatch(text, cases[i]?.expect as RegExp);
      assertEquals(code, 2, text);
      assert(!/\n\s+at .*:\d+/.test(text), "there is a stack trace");
    });
  }
});
