/** `hvsim vm list` and its like: commands for an hvsim that runs elsewhere. @module */

import { join } from "@std/path";
import type { CommandLine } from "../command_line.ts";
import { reason } from "../files.ts";
import { type Endpoint, endpointText, writeAll } from "../sockets.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage_error.ts";
import type { Command } from "./command.ts";
import { remoteCommands } from "./commands.ts";
import { parseWords, quoted } from "./grammar.ts";
import type { Answer } from "./monitor.ts";
import { monitorPlace } from "./place.ts";

/** An hvsim whose output nobody reads, or that reads a large image, may take a while. */
const PatienceMs = 30_000;
/** Exit code of a command that was not done. */
const Refused = 1;

/**
 * Sends the command to an hvsim with `--monitor` and shows its answer; the exit code.
 *
 * @throws {UsageError} When nobody says where that is.
 */
export async function askMonitor(line: CommandLine, terminal: Terminal): Promise<number> {
  const { command, operands, options } = line;
  const endpoint = options.socket ?? fromEnvironment();
  const flags = options.force ? ["--force"] : [];
  const words = [...command.split(" "), ...operands, ...flags];
  const { name, operands: given } = parseWords(remoteCommands, words);
  const file = given.FILE;
  const sent = words.map((word) => quoted(word === file ? absolute(word) : word));
  let text: string;
  try {
    text = await inTime(ask(endpoint, `${sent.join(" ")} --format json\n`));
  } catch (error) {
    terminal.say(`Cannot reach hvsim at ${endpointText(endpoint)}: ${unreachable(error)}\n`);
    return Refused;
  }
  const answer = readAnswer(text);
  if (answer === undefined) {
    terminal.say(`Cannot reach hvsim at ${endpointText(endpoint)}: it ended before it answered\n`);
    return Refused;
  }
  const show = (shown: string) => terminal.show(new TextEncoder().encode(shown));
  if (options.format === "json") show(text);
  else if (answer.ok) show((remoteCommands[name] as Command<unknown>).text(answer.result));
  else terminal.say(`${answer.error}\n`);
  return answer.ok ? 0 : Refused;
}

/** The environment may be closed to hvsim. */
function fromEnvironment(): Endpoint {
  let text: string | undefined;
  try {
    text = Deno.env.get("HVSIM_MONITOR");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  if (!text) {
    throw new UsageError(
      "Cannot reach hvsim: --socket PATH or the variable HVSIM_MONITOR must say where its " +
        "--monitor is",
    );
  }
  const endpoint = monitorPlace.parse(text);
  if (endpoint) return endpoint;
  throw new UsageError(`Cannot use HVSIM_MONITOR "${text}": it must be ${monitorPlace.expected}`);
}

/** The other hvsim has a directory of its own; what is not here may be among its guests. */
function absolute(file: string): string {
  try {
    Deno.statSync(file);
  } catch {
    return file;
  }
  return file.startsWith("/") ? file : join(Deno.cwd(), file);
}

async function ask(endpoint: Endpoint, line: string): Promise<string> {
  const client = endpoint.transport === "unix"
    ? await Deno.connect(endpoint)
    : await Deno.connect(endpoint);
  try {
    // A server that sends everybody away says so before it reads.
    await writeAll(client, new TextEncoder().encode(line)).catch(() => {});
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65536);
    let text = "";
    while (!text.endsWith("\n")) {
      const count = await client.read(buffer);
      if (count === null) break;
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    return text;
  } finally {
    client.close();
  }
}

/** @throws {UsageError} When it takes too long. */
async function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const seconds = PatienceMs / 1000;
    const error = new UsageError(`it has not answered in ${seconds} s`);
    timer = setTimeout(() => reject(error), PatienceMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unreachable(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "it needs the permission --allow-net";
  if (error instanceof Deno.errors.NotFound) return "nobody listens there, there is no such socket";
  if (error instanceof Deno.errors.ConnectionRefused) return "nobody listens there";
  return reason(error).replace(/ \(os error \d+\)$/, "");
}

function readAnswer(text: string): Answer | undefined {
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch {
    // Not an answer: who listens there has something else to say.
    return { ok: false, virtualNs: 0, error: text.trimEnd() };
  }
}
