import { assert, assertEquals } from "@std/assert";
import type { BootMemory } from "./boots.ts";
import { inRepository } from "./hvsim.ts";

const MB = 1e6;

async function boots(count: number): Promise<BootMemory[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--v8-flags=--expose-gc", "--allow-read", "--allow-env"],
      ...[inRepository("tests/boot/boots.ts"), "--boots", String(count)],
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line));
}

Deno.test("boots: ten in one process take no more memory than two", async () => {
  const all = await boots(10);
  const [, second, last] = [all[0], all[1], all[9]] as [BootMemory, BootMemory, BootMemory];
  const told = JSON.stringify(all);
  assertEquals(last.memories, 0, told);
  assert(last.external - second.external < MB, told);
  assert(last.heap - second.heap < 4 * MB, told);
  // How much V8 and the allocator hold on to varies; a boot that stayed would be 40 MB a time.
  assert(last.resident - second.resident < 80 * MB, told);
});
