/** The monitor of a run: its prompt, its server, and that the run waits for them. @module */

import type { Console } from "../console_line.ts";
import type { RunHost } from "../run_loop.ts";
import type { BoardSession } from "../session.ts";
import type { Endpoint } from "../sockets.ts";
import type { MonitorHost } from "./command.ts";
import { answer, complete } from "./monitor.ts";
import { promptConsole } from "./prompt.ts";
import { commandQueue } from "./queue.ts";
import { type MonitorServer, openMonitor } from "./server.ts";

/** The run, as far as the monitor needs it. */
export interface DeskHost extends Omit<MonitorHost, "session"> {
  readonly session: BoardSession | undefined;
  /** A command has come. */
  arrived(): void;
  /** Goes back from the prompt to the guests. */
  leave(): void;
  say(text: string): void;
}

/** See the module. */
export interface Desk {
  /** For Ctrl-A c. */
  readonly prompt: Console;
  readonly commands: NonNullable<RunHost["commands"]>;
  /** Somebody may have commands: the run goes on without guests. */
  readonly isAttended: boolean;
  /** Somebody has turned to the prompt. */
  attend(): void;
  /** Opens a server. @throws {UsageError} When it cannot listen. */
  listen(endpoint: Endpoint): Promise<void>;
  close(graceMs: number): Promise<void>;
}

/** A monitor that nobody uses yet. */
export function openDesk(host: DeskHost): Desk {
  const queue = commandQueue(() => host.arrived());
  let server: MonitorServer | undefined;
  let isAttended = false;
  let isAlone = false; // and that was said
  const view = (session: BoardSession): MonitorHost => ({
    session,
    consoles: () => host.consoles(),
    bring: (name) => host.bring(name),
    quit: () => host.quit(),
  });
  const now = () => host.session && view(host.session);

  return {
    prompt: promptConsole({
      answer(line) {
        const current = now();
        return current ? answer(current, line) : "";
      },
      complete(line) {
        const current = now();
        return current ? complete(current, line) : [];
      },
      leave: () => host.leave(),
    }),
    commands: {
      get waiting() {
        return queue.waiting;
      },
      serve() {
        const { session } = host;
        if (session === undefined) return;
        const { hypervisor } = session.vms ?? {};
        if (hypervisor) hypervisor.isAttended = isAttended;
        if (queue.waiting) queue.serve((line) => answer(view(session), line));
        const wasAlone = isAlone;
        isAlone = isAttended && (hypervisor?.vms.every((vm) => vm.ended) ?? false);
        if (isAlone && !wasAlone) {
          const where = server === undefined ? "Ctrl-A c" : server.about;
          host.say(`No VM runs any more; hvsim waits for commands (${where}), quit ends it\n`);
        }
      },
    },
    get isAttended() {
      return isAttended;
    },
    attend() {
      isAttended = true;
    },
    async listen(endpoint) {
      server = await openMonitor(endpoint, queue.submit);
      isAttended = true;
      host.say(`monitor on ${server.about}\n`);
    },
    async close(graceMs) {
      await server?.close(graceMs);
    },
  };
}
