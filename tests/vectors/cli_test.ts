import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";

const zeros = (count: number) => Array.from({ length: count }, () => "0");
const header = {
  pc: "10000",
  window: ["10000", "1000"],
  data: ["20000", "1000"],
  bases: [{ x: zeros(31), sp: "0", nzcv: "0", fpcr: "0", fpsr: "0", v: zeros(32), mem: "" }],
};
/** mov x0, #1; the second claims that it writes 2. */
const vectors = [
  {
    id: 1,
    cls: "movewide/movz",
    w: ["d2800020"],
    asm: "movz x0, #0x1",
    base: 0,
    in: {},
    out: { x0: "1" },
  },
  {
    id: 2,
    cls: "wrong/movz",
    w: ["d2800020"],
    asm: "movz x0, #0x2",
    base: 0,
    in: {},
    out: { x0: "2" },
  },
];

async function run(...args: string[]): Promise<readonly [code: number, out: string, err: string]> {
  const cli = fromFileUrl(new URL("cli.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", "--allow-env", cli, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return [code, text(stdout), text(stderr)];
}

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "some.jsonl");
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const sample = [header, ...vectors].map((line) => JSON.stringify(line)).join("\n");

Deno.test("vectors command: names what differs and counts", () =>
  withFile(sample, async (path) => {
    assertEquals(await run(path), [
      1,
      "2 wrong/movz d2800020 movz x0, #0x2\n    x0: want 2, got 1\nwrong/movz: 1\n1 passed, 1 failed\n",
      "",
    ]);
    assertEquals(await run("--class", "move", path), [0, "1 passed, 0 failed\n", ""]);
    assertEquals(await run("--engine", "translator", "--class", "move", path), [
      0,
      "1 passed, 0 failed\n",
      "",
    ]);
    const [code, out] = await run("--text", "--show", "0", path);
    assertEquals([code, out], [1, "wrong/movz: 1\n1 passed, 1 failed\n"]);
  }));

Deno.test("vectors command: wrong usage and damaged files are said in a line, with exit code 2", () =>
  withFile(sample.replace('"base":0', '"base":1'), async (path) => {
    const refused: [args: string[], message: string][] = [
      [[path], "line 2 must be a vector"],
      [["/no/such/file"], "there is no such file"],
      [["--shw", "3", path], "--shw is no option"],
      [["--show", "x", path], '--show must be a number, got "x"'],
      [["--engine", "x", path], '--engine must be interpreter or translator, got "x"'],
    ];
    for (const [args, message] of refused) {
      const [code, out, err] = await run(...args);
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, message);
      assertEquals(err.trim().split("\n").length, 1);
    }
  }));
