/**
 * Boots a VM again and again in one process and prints the memory that is left after each boot.
 *
 * `deno run --v8-flags=--expose-gc --allow-read tests/boot/boots.ts [--vm FILE] [--expect TEXT]
 * [--boots N]`, FILE below guests/; a line of JSON for each boot.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import { converse, loadVmsOf } from "./vm_rig.ts";

/** Memory in bytes after a boot. */
export interface BootMemory {
  readonly resident: number;
  /** Of V8's heap. */
  readonly heap: number;
  /** Outside of it: buffers. */
  readonly external: number;
  /** Boots of which the linear memory is still there. */
  readonly memories: number;
}

const LimitNs = 30e9;

function boot(vm: string, expect: string): WeakRef<WebAssembly.Memory> {
  const loaded = loadVmsOf({ vms: [vm], memoryBytes: 2 ** 30 });
  converse(loaded, [{ vm: 0, expect, send: "" }], LimitNs);
  if (!loaded.text[0]?.includes(expect)) throw new Error(`"${expect}" was not printed`);
  return new WeakRef(loaded.simulator.machine.parts.memory);
}

/** Lets V8 collect what is garbage; finalizers take their turns, too. */
async function collect(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    (globalThis as { gc?: () => void }).gc?.();
  }
}

if (import.meta.main) {
  const { vm, expect, boots } = parseArgs(Deno.args, {
    string: ["vm", "expect", "boots"],
    default: { vm: "nimbos.toml", expect: ">> ", boots: "10" },
  });
  const memories: WeakRef<WebAssembly.Memory>[] = [];
  for (let i = 0; i < Number(boots); i++) {
    memories.push(boot(vm, expect));
    await collect();
    const { rss, heapUsed, external } = Deno.memoryUsage();
    const line: BootMemory = {
      resident: rss,
      heap: heapUsed,
      external,
      memories: memories.filter((memory) => memory.deref() !== undefined).length,
    };
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
  }
}
