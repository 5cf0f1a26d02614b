/** Runs VMs or a bare kernel, as the options say. @module */

import { setImmediate } from "node:timers";
import { createMeter, type EngineMeter } from "../core/engine/meter.ts";
import { bareSession, loadBare } from "./bare_session.ts";
import { chooseBoard } from "./board_choice.ts";
import type { CommandLine } from "./command_line.ts";
import { type Consoles, consoles } from "./consoles.ts";
import { readFile } from "./files.ts";
import { readInput, type TakeInput } from "./input.ts";
import { keyHelp, keyReader } from "./keys.ts";
import { type LogLevel, quietFilter } from "./log_levels.ts";
import { logger } from "./log.ts";
import { pacer } from "./pacer.ts";
import { type Ending, runLoop } from "./run_loop.ts";
import { type Desk, openDesk } from "./monitor/desk.ts";
import { openPlugs } from "./plugs.ts";
import { openSerials } from "./serial_places.ts";
import { playScript } from "./script.ts";
import type { BoardSession } from "./session.ts";
import { statsJson, statsTable } from "./stats.ts";
import { onSignals, type Terminal } from "./terminal.ts";
import { openTrace } from "./trace/open_trace.ts";
import type { Tracer } from "./trace/tracer.ts";
import { loadVmPlans, vmSession } from "./vm_session.ts";

/** Runs to the end; the exit code. @throws {UsageError} When there is nothing that could run. */
export async function run(line: CommandLine, terminal: Terminal): Promise<number> {
  const { options, script: steps } = line;
  const interactive = terminal.typed && terminal.shown && steps.length === 0;
  let say = terminal.say;
  const remark = logger(options.log ?? quietFilter, {
    colours: terminal.colours,
    say: (text) => say(text),
  });
  let session: BoardSession | undefined;
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
  const meter = options.stats === undefined ? undefined : createMeter(() => performance.now());
  const { powerOn, names } = prepare(line, terminal, { log, tracer, meter });

  let stopped: number | undefined;
  onSignals((code) => void (stopped = code));
  const serials = await openSerials(options.serial ?? [], names, terminal.say);
  const script = playScript(steps, options.fail);
  const screen = consoles({
    write(bytes) {
      terminal.progress("");
      if (!terminal.show(bytes)) stopped ??= 0;
    },
    // What keys are answered with must be seen.
    say: interactive && !terminal.watched
      ? (text) => void terminal.show(new TextEncoder().encode(text.replaceAll("\n", "\r\n")))
      : terminal.say,
    listen: (bytes, name) => script.printed(bytes, name),
    interactive,
    colours: terminal.shown && !Deno.noColor,
    open: (line) => serials.open(line),
  });
  const desk = openDesk({
    get session() {
      return session;
    },
    consoles: () => screen.list(),
    bring(name) {
      if (session) screen.hand(session.nowNs);
      return screen.bring(name) ? undefined : placeOf(screen, name);
    },
    quit: () => void (stopped ??= 0),
    arrived: () => input.notify(),
    leave: () => screen.command("monitor"),
    say: (text) => say(text),
  });
  screen.addMonitor(desk.prompt);
  if (options.monitor) {
    await desk.listen(options.monitor).catch((error) => {
      serials.close();
      throw error;
    });
  }
  const source = steps.length > 0 ? undefined : Deno.stdin;
  const input = readInput(
    source,
    terminal.typed
      ? keys(screen, interactive ? desk : undefined, () => void (stopped ??= 0))
      : (bytes) => {
        screen.type(bytes);
        return screen.focus?.room();
      },
  );
  screen.onArrival = input.notify;
  say = (text) => {
    // A remark comes after what was printed before it.
    if (session) screen.hand(session.nowNs);
    if (interactive && terminal.watched) screen.say(text);
    else terminal.say(text);
  };

  const startMs = performance.now();
  if (terminal.typed && steps.length === 0) {
    terminal.say("Ctrl-A h shows the keys of hvsim, Ctrl-A x quits\n");
  }
  terminal.raw();
  try {
    const ending = await runLoop({
      powerOn(startNs) {
        session = powerOn(startNs);
        desk.commands.serve(session);
        for (const each of serials.missing(session.consoles)) {
          terminal.say(`warning: --serial ${each}: the VM's description has no console\n`);
        }
        return session;
      },
      consoles: screen,
      commands: desk.commands,
      input: {
        get over() {
          return input.over && !screen.listens && !desk.isAttended;
        },
        arrival: input.arrival,
      },
      output: terminal,
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
      breathe: breather(() => screen.listens || options.monitor ? ListeningMs : DeafMs),
      stopped: () => stopped,
      progress: ({ nowNs, instructions }) => {
        const ms = performance.now() - startMs;
        if (screen.printed > 0 || desk.isAttended || ms < 2000) return;
        const mips = (instructions / ms / 1000).toFixed(0);
        terminal.progress(
          `Nothing printed yet: ${(nowNs / 1e9).toFixed(1)} s of virtual time, ${mips} MIPS`,
        );
      },
    });
    const graceMs = stopped === undefined ? undefined : GraceMs;
    await desk.close(GraceMs);
    await screen.close(graceMs ?? SlowReaderMs);
    terminal.progress("");
    if (!await terminal.drained(graceMs)) terminal.abandon();
    terminal.restore();
    conclude(line, terminal, ending, { wallMs: performance.now() - startMs, screen, meter });
    if (!await terminal.drained(graceMs)) terminal.abandon();
    return ending.code;
  } finally {
    terminal.restore();
    await desk.close(0);
    tracer?.end(session?.nowNs ?? 0);
    serials.close();
  }
}

/** How often sockets get their turn while guests are busy, and how often signals do. */
const ListeningMs = 32;
const DeafMs = 250;

/**
 * Gives the host its turns. Timers and threads have theirs in each; sockets and signals only when
 * Deno sleeps, however shortly, which takes a millisecond: that is done every `sleepMs()`.
 */
function breather(sleepMs: () => number): () => Promise<void> {
  let sleptMs = performance.now();
  return () =>
    new Promise((resolve) => {
      if (performance.now() - sleptMs < sleepMs()) return void setImmediate(resolve);
      setTimeout(() => {
        sleptMs = performance.now();
        resolve();
      }, 0);
    });
}

/** How long output may take that was not read when the user wants to end. */
const GraceMs = 250;
/** The same for clients of consoles when the guests end. */
const SlowReaderMs = 2000;

type Log = (level: LogLevel, target: string, message: string) => void;

/** Who is told what happens. */
export interface Watchers {
  readonly log: Log;
  readonly tracer?: Tracer | undefined;
  readonly meter?: EngineMeter | undefined;
}

/** Something that can run. */
export interface Prepared {
  readonly powerOn: (startNs: number) => BoardSession;
  /** Names of its consoles. */
  readonly names: readonly string[];
}

/** Reads everything. */
export function prepare(
  line: CommandLine,
  terminal: Terminal,
  { log, tracer, meter }: Watchers,
): Prepared {
  const { options } = line;
  const { scheduler } = options;
  const failed = (message: string) => log("error", "drive", message);
  if (options.kernel !== undefined) {
    const choice = chooseBoard(line);
    const load = loadBare(choice, options);
    const plugs = openPlugs(options, [], failed);
    const remark = (target: string, message: string) => log("info", target, message);
    return {
      names: choice.platform.consoles,
      powerOn: (startNs) => bareSession(choice, load, { startNs, plugs, meter, log: remark }),
    };
  }
  const load = loadVmPlans(line, { read: readFile, rootfs: options.rootfs });
  terminal.say(load.warnings);
  const plugs = openPlugs(options, load.plans, failed);
  return {
    names: load.plans.map(({ id }) => `vm${id}`),
    powerOn: (startNs) => vmSession(load, { startNs, plugs, scheduler, tracer, meter, log }),
  };
}

/** So much typing may wait for a guest that does not read; more is for nobody. */
const MaxTyped = 1 << 20;

/** Takes typed bytes, with the keys for hvsim among them. */
function keys(screen: Consoles, desk: Desk | undefined, quit: () => void): TakeInput {
  const read = keyReader();
  return (bytes) => {
    for (const typed of read(bytes)) {
      if (typed === "quit") quit();
      else if (typed === "help") screen.say(helpOf(screen));
      else if (!(typed instanceof Uint8Array)) {
        if (typed === "monitor") desk?.attend();
        screen.command(typed);
      } else if ((screen.focus?.waiting ?? 0) < MaxTyped) screen.type(typed);
      else screen.say(`${screen.focus?.name} does not read what is typed\n`);
    }
  };
}

/** Why a console does not come to the front. */
function placeOf(screen: Consoles, name: string): string {
  const where = screen.list().find((each) => each.name === name)?.where;
  return where === undefined ? "it has none" : `it must be on the terminal, it is ${where}`;
}

/** The keys, and where the consoles are. */
function helpOf(screen: Consoles): string {
  const rows = screen.list().map((info): [string, string] => {
    const { name, where, front, ended, unseenBytes } = info;
    const place = where === "stdio" ? "here" : where;
    const unseen = unseenBytes > 0 ? `, ${unseenBytes} bytes not shown yet` : "";
    return [name, `${place}${front ? ", in front" : ""}${ended ? ", ended" : ""}${unseen}`];
  });
  const table = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([left, right]) => `  ${left.padEnd(15)}${right}\n`).join("");
  return `Keys:\n${table(keyHelp)}Consoles:\n${table(rows)}`;
}

function conclude(
  { options }: CommandLine,
  terminal: Terminal,
  { code, text, session, instructions }: Ending,
  { wallMs, screen, meter }: {
    wallMs: number;
    screen: Consoles;
    meter: EngineMeter | undefined;
  },
): void {
  const lineEnd = screen.midLine ? "\n" : "";
  if (text !== undefined) terminal.say(`${lineEnd}hvsim: ${text}\n`);
  else if (terminal.watched || options.stats !== undefined) terminal.say(lineEnd);
  if (options.stats === undefined) return;
  const stats = {
    instructions,
    virtualNs: session.nowNs,
    wallMs,
    consoleBytes: screen.printed,
    exitCode: code,
    guests: session.guests(),
    ledger: session.ledger,
    scheduling: session.scheduling?.(),
    meter,
  };
  terminal.say(options.stats === "json" ? statsJson(stats) : statsTable(stats));
}
