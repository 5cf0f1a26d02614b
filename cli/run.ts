/** Runs VMs or a bare kernel, as the options say. @module */

import { setImmediate } from "node:timers";
import { bareSession, loadBare } from "./bare_session.ts";
import { chooseBoard } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import { consoles } from "./consoles.ts";
import { readFile } from "./files.ts";
import { type Input, noInput, readInput } from "./input.ts";
import { keyHelp, keyReader } from "./keys.ts";
import { type LogLevel, quietFilter } from "./log_levels.ts";
import { logger } from "./log.ts";
import { pacer } from "./pacer.ts";
import { type Ending, runLoop } from "./run_loop.ts";
import { openPlugs } from "./plugs.ts";
import { playScript } from "./script.ts";
import type { Session } from "./session.ts";
import { statsJson, statsTable } from "./stats.ts";
import { onSignals, type Terminal } from "./terminal.ts";
import { openTrace } from "./trace/open_trace.ts";
import type { Tracer } from "./trace/tracer.ts";
import { loadVmPlans, vmSession } from "./vm_session.ts";

/** Runs to the end; the exit code. @throws {UsageError} When there is nothing that could run. */
export async function run(line: CommandLine, terminal: Terminal): Promise<number> {
  const { options, script: steps } = line;
  const remark = logger(options.log ?? quietFilter, terminal);
  let session: Session | undefined;
  const log = (level: LogLevel, target: string, message: string) => {
    const [, vm, part] = /^(vm\d+)(?:\.(.*))?$/.exec(target) ?? [];
    remark({
      level,
      target: part ?? (vm === undefined ? target : "hypervisor"),
      message,
      ns: session?.nowNs ?? 0,
      core: session?.core() ?? 0,
      vm,
    });
  };
  const tracer = options.trace === undefined
    ? undefined
    : openTrace(options.trace, (message) => log("error", "trace", message));
  const powerOn = prepare(line, terminal, log, tracer);

  let stopped: number | undefined;
  onSignals((code) => void (stopped = code));
  const screen = consoles(
    (bytes) => {
      terminal.progress("");
      if (!terminal.show(bytes)) stopped ??= 0;
    },
    (bytes) => script.printed(bytes),
  );
  const script = playScript(steps, options.fail);
  const help = () =>
    terminal.say(`\n${keyHelp.map((row) => `${row[0].padEnd(15)}${row[1]}\n`).join("")}`);
  const input = steps.length > 0 ? noInput : openInput(terminal, {
    quit: () => void (stopped ??= 0),
    help,
    "next-console": () => terminal.say(`\nTyping to ${screen.focusNext()?.name}\n`),
  });

  const startMs = performance.now();
  terminal.raw();
  try {
    const ending = await runLoop({
      powerOn(startNs) {
        return session = powerOn(startNs);
      },
      consoles: screen,
      input,
      script,
      limits: {
        timeoutNs: options.timeout,
        wallTimeoutMs: options["wall-timeout"] === undefined
          ? undefined
          : options["wall-timeout"] / 1e6,
        instructions: options["max-insns"],
      },
      pacer: pacer(() => performance.now()),
      pace: options.pace ?? (terminal.typed && steps.length === 0 ? "real" : "wait-free"),
      nowMs: () => performance.now(),
      breathe: () => new Promise((resolve) => void setImmediate(resolve)),
      stopped: () => stopped,
      progress: ({ nowNs, instructions }) => {
        const ms = performance.now() - startMs;
        if (screen.printed > 0 || ms < 2000) return;
        const mips = (instructions / ms / 1000).toFixed(0);
        terminal.progress(
          `Nothing printed yet: ${(nowNs / 1e9).toFixed(1)} s of virtual time, ${mips} MIPS`,
        );
      },
    });
    terminal.progress("");
    terminal.restore();
    conclude(line, terminal, ending, { wallMs: performance.now() - startMs, ...screen });
    return ending.code;
  } finally {
    terminal.restore();
    tracer?.end(session?.nowNs ?? 0);
  }
}

type Log = (level: LogLevel, target: string, message: string) => void;

/** Reads everything; the function that powers the board on. */
function prepare(
  line: CommandLine,
  terminal: Terminal,
  log: Log,
  tracer: Tracer | undefined,
): (startNs: number) => Session {
  const { options } = line;
  const failed = (message: string) => log("error", "drive", message);
  if (options.kernel !== undefined) {
    const choice = chooseBoard(line);
    const load = loadBare(choice, options);
    const plugs = openPlugs(options, [], failed);
    const remark = (target: string, message: string) => log("info", target, message);
    return (startNs) => bareSession(choice, load, { startNs, plugs, log: remark });
  }
  const load = loadVmPlans(line, { read: readFile, rootfs: options.rootfs });
  terminal.say(load.warnings);
  const plugs = openPlugs(options, load.plans, failed);
  return (startNs) => vmSession(load, { startNs, plugs, tracer, log });
}

/** Standard input, with the keys for hvsim taken out when a person types. */
function openInput(
  terminal: Terminal,
  commands: Readonly<Record<"quit" | "help" | "next-console", () => void>>,
): Input {
  if (!terminal.typed) return readInput(Deno.stdin);
  const read = keyReader();
  return readInput({
    async read(into) {
      for (;;) {
        const length = await Deno.stdin.read(into);
        if (length === null) return null;
        const typed = read(into.subarray(0, length));
        for (const command of typed.commands) commands[command]();
        into.set(typed.bytes);
        if (typed.bytes.length > 0) return typed.bytes.length;
      }
    },
  });
}

function conclude(
  { options }: CommandLine,
  terminal: Terminal,
  { code, text, session, instructions }: Ending,
  { wallMs, printed, midLine }: { wallMs: number; printed: number; midLine: boolean },
): void {
  const lineEnd = midLine ? "\n" : "";
  if (text !== undefined) terminal.say(`${lineEnd}hvsim: ${text}\n`);
  else if (terminal.watched || options.stats !== undefined) terminal.say(lineEnd);
  if (options.stats === undefined) return;
  const stats = {
    instructions,
    virtualNs: session.nowNs,
    wallMs,
    consoleBytes: printed,
    exitCode: code,
    guests: session.guests(),
    ledger: session.ledger,
  };
  terminal.say(options.stats === "json" ? statsJson(stats) : statsTable(stats));
}
