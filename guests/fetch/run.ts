/**
 * Runs the host's programs for the fetch script.
 * @module
 */

/** A failure that the user can do something about; shown without a stack trace. */
export class FetchError extends Error {
  override name = "FetchError";
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: Uint8Array<ArrayBuffer>;
}

/**
 * Runs a program and returns its standard output.
 * @throws {FetchError} when the program is absent or fails, with the end of what it said
 */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const child = start(program, args, options);
  const fed = options.input === undefined ? undefined : feed(child, options.input);
  const { code, stdout, stderr } = await child.output();
  await fed;
  if (code === 0) return stdout;
  const said = new TextDecoder().decode(stderr).trim() || new TextDecoder().decode(stdout).trim();
  const end = said.split("\n").slice(-8).join("\n  ");
  throw new FetchError(`Cannot run ${program} ${args.join(" ")}: it ended with ${code}\n  ${end}`);
}

/** As `run`, with the output as text. */
export async function runText(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return new TextDecoder().decode(await run(program, args, options));
}

/** Whether a program can be started at all. */
export async function present(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, {
      ...searchPath(),
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    })
      .output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function start(program: string, args: readonly string[], options: RunOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { LC_ALL: "C", ...searchPath().env, ...options.env },
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new FetchError(`Cannot run ${program}: it must be installed, it was not found in PATH`);
  }
}

/** mke2fs lives where an ordinary user's PATH does not look. */
function searchPath(): { env: Record<string, string> } {
  return { env: { PATH: `${Deno.env.get("PATH") ?? "/usr/bin:/bin"}:/usr/sbin:/sbin` } };
}

async function feed(child: Deno.ChildProcess, input: Uint8Array<ArrayBuffer>): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(input);
    await writer.close();
  } catch {
    // A program that stops reading early reports why by its exit code.
  }
}
