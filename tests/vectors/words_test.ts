import { assert, assertEquals } from "@std/assert";
import { identify } from "../../core/isa/decode.ts";
import { disassemble } from "../../core/isa/disassemble.ts";
import { wordFiles } from "./files.ts";
import { hasObjdump, objdumpTexts } from "./objdump.ts";

const files = wordFiles();
const missing = files.length === 0
  ? "no words.bin.xz beside the vectors"
  : await hasObjdump()
  ? undefined
  : "no aarch64-linux-gnu-objdump";

async function expand(path: string, to: string): Promise<Uint32Array> {
  const { success, stdout } = await new Deno.Command("xz", { args: ["-dc", path] }).output();
  assert(success, `xz cannot expand ${path}`);
  await Deno.writeFile(to, stdout);
  return new Uint32Array(stdout.slice().buffer);
}

/** Words that hvsim prints otherwise, by mnemonic, with one example each. */
function differences(words: Uint32Array, texts: readonly string[], aliases: boolean): string[] {
  const found = new Map<string, [count: number, example: string]>();
  words.forEach((word, i) => {
    const want = texts[i] as string;
    const got = disassemble(word, BigInt(i * 4), { aliases });
    if (got === want) return;
    const mnemonic = want.split(" ")[0] as string;
    const hex = word.toString(16).padStart(8, "0");
    const [count, example] = found.get(mnemonic) ?? [0, `${hex} want ${want}, got ${got}`];
    found.set(mnemonic, [count + 1, example]);
  });
  return [...found].map(([mnemonic, [n, example]]) =>
    `${mnemonic}: ${n} words, such as ${example}`
  );
}

for (const path of files) {
  const name = path.split("/").at(-1);
  const test = missing ? Deno.test.ignore : Deno.test;
  const reason = missing ? ` (skipped: ${missing})` : "";
  test(`words: every word of ${name} is known and printed as objdump prints it${reason}`, async () => {
    const raw = await Deno.makeTempFile();
    try {
      const words = await expand(path, raw);
      assert(words.length > 0);
      for (const aliases of [false, true]) {
        const texts = await objdumpTexts(raw, aliases);
        assertEquals(texts.length, words.length);
        assertEquals(differences(words, texts, aliases), []);
      }
      const unknown = words.filter((word) => identify(word) === undefined);
      assertEquals([...unknown].map((word) => word.toString(16)), []);
    } finally {
      await Deno.remove(raw);
    }
  });
}

if (files.length === 0) {
  Deno.test.ignore(`words: known and printed (skipped: ${missing})`, () => {});
}
