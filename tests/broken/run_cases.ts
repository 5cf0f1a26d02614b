/**
 * Runs every case of broken input through hvsim's command line, each in a folder of its own, and
 * prints what came of them as JSON. A process of its own, as the working directory changes.
 *
 * @module
 */

import { join } from "@std/path";
import type { Terminal } from "../../cli/terminal.ts";
import { main } from "../../main.ts";
import { cases } from "./cases.ts";

/** What hvsim did with one case. */
export interface Outcome {
  readonly name: string;
  readonly code: number;
  readonly text: string;
}

async function outcomes(): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (const { name, files, args } of cases) {
    const folder = await Deno.makeTempDir({ prefix: "hvsim-broken-" });
    for (const [file, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(folder, file), bytes);
    }
    Deno.chdir(folder);
    let text = "";
    const terminal: Terminal = {
      typed: false,
      shown: false,
      watched: false,
      colours: false,
      raw: () => {},
      restore: () => {},
      show: (bytes) => {
        text += new TextDecoder().decode(bytes);
        return true;
      },
      say: (line) => void (text += line),
      progress: () => {},
      full: false,
      drained: () => Promise.resolve(true),
      abandon: () => {},
    };
    // A case that runs after all must not run for long.
    const code = await main(
      [...args, ...(args[0] === "config" ? [] : ["--max-insns=1"])],
      terminal,
    );
    found.push({ name, code, text });
    Deno.chdir("/");
    await Deno.remove(folder, { recursive: true });
  }
  return found;
}

if (import.meta.main) {
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(await outcomes())));
  Deno.exit(0);
}
