import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readCommandLine } from "../../cli/command_line.ts";
import { dumpTranslation } from "../../cli/dump_translation.ts";
import { fromFileUrl } from "@std/path";
import type { Terminal } from "../../cli/terminal.ts";

const image = fromFileUrl(new URL("../../guests/images/bench.img", import.meta.url));

/** Where the inner loop of the crc32 benchmark begins: with `ldrb w1, [x2], #1`. */
function loopAddress(): number {
  const bytes = Deno.readFileSync(image);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
  return 0x4020_0000 + 4 * words.indexOf(0x3840_1441);
}
const loop = loopAddress().toString(16);

function dump(...args: string[]): { code: number; shown: string; said: string } {
  const line = readCommandLine(["--kernel", image, ...args]);
  const out = { shown: "", said: "" };
  const terminal = {
    show: (bytes: Uint8Array) => (out.shown += new TextDecoder().decode(bytes)) !== "",
    say: (text: string) => void (out.said += text),
  } as unknown as Terminal;
  const pc = line.options["dump-translation"] ?? 0n;
  return { code: dumpTranslation(line, pc, terminal), ...out };
}

Deno.test("--dump-translation: shows a loop's instructions and its function", () => {
  const args = ["--append", "bench=crc32 scale=20", "--dump-translation", `0x${loop}`];
  const { code, shown, said } = dump(...args);
  assertEquals([code, said], [0, ""]);
  assertStringIncludes(`\n${shown}`, `\n${loop}  38401441  ldrb w1, [x2], #1  <- entry\n`);
  // A call's operands are its own, whatever its type.
  assertMatch(shown, /\(call \$findRead \$tlb \$t\d+ \(i64\.and \$t\d+ -4096\) 0x[0-9a-f]+ \d+/);
  assertStringIncludes(shown, "(func (param $record i64) (param $budget i32)");
  assertMatch(shown, new RegExp(`;; [0-9a-f]{8}: b\\.ne 0x${loop}\n +\\(if `));
});

Deno.test("--dump-translation: says that code was not translated", () => {
  const { code, shown, said } = dump("--max-insns", "1000", `--dump-translation=${loop}`);
  assertEquals([code, shown], [4, ""]);
  assertStringIncludes(said, "was not translated in 1000 instructions");
  assertStringIncludes(said, "--max-insns");
});
