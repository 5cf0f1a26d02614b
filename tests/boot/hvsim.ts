/** Runs hvsim as a user does, in a process of its own. @module */

import { fromFileUrl, join } from "@std/path";

const root = fromFileUrl(new URL("../../", import.meta.url));

/** What a run printed, and how it ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Path of a file of the repository. */
export function inRepository(path: string): string {
  return join(root, path);
}

/** hvsim with these arguments, and `input` piped into it; it has a minute or so. */
export async function hvsim(args: readonly string[], input = ""): Promise<Run> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--allow-read", "--allow-write", "--allow-env"],
      inRepository("main.ts"),
      ...args,
    ],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const limit = setTimeout(() => child.kill("SIGKILL"), LimitMs);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  clearTimeout(limit);
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A run that takes this long will not end. */
const LimitMs = 240_000;
