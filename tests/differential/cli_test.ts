import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

const cli = fromFileUrl(new URL("cli.ts", import.meta.url));

async function run(...args: string[]): Promise<[code: number, out: string, err: string]> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", "--allow-env", cli, ...args],
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return [code, text(stdout), text(stderr)];
}

Deno.test("differential command: counts the programs that pass", async () => {
  assertEquals(await run("--programs", "3", "--seed", "77"), [
    0,
    "seeds 77 to 79: 3 passed, 0 failed\n",
    "",
  ]);
});

Deno.test("differential command: says what is wrong with its options", async () => {
  for (const args of [["--programs", "many"], ["--program", "3"]]) {
    const [code, out, err] = await run(...args);
    assertEquals([code, out], [2, ""]);
    assertStringIncludes(err, args[0] === "--program" ? "--program" : "many");
  }
});
