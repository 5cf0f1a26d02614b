/** A board and what the monitor sees of it, for tests. @module */

import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { bareSession, loadBare } from "../../../cli/bare_session.ts";
import { chooseBoard } from "../../../cli/board_choice.ts";
import { readCommandLine } from "../../../cli/command_line.ts";
import { type Answer, answer } from "../../../cli/monitor/monitor.ts";
import type { MonitorHost } from "../../../cli/monitor/command.ts";
import { openPlugs } from "../../../cli/plugs.ts";
import type { BoardSession } from "../../../cli/session.ts";
import { loadVmPlans, vmSession } from "../../../cli/vm_session.ts";
import { type Program, Spin, Ticker } from "../../boot/vm_programs.ts";
import { PlayedConsole, tinyVm } from "../../boot/vm_rig.ts";

/** A run that takes commands. */
export interface Monitored {
  readonly session: BoardSession;
  readonly host: MonitorHost;
  /** Consoles that were brought to the front. */
  readonly brought: string[];
  hasQuit: boolean;
  /** The answer as text. */
  text(line: string): string;
  /** The same as JSON has it. */
  json(line: string): Answer;
  /** The result, of a command that can be done. */
  result<T>(line: string): T;
}

/** A run over `session`. */
export function monitored(session: BoardSession): Monitored {
  const it: Monitored = {
    session,
    brought: [],
    hasQuit: false,
    host: {
      session,
      consoles: () =>
        session.consoles.map(({ name }) => ({
          name,
          where: "stdio",
          front: name === "vm1",
          ended: false,
          unseenBytes: 0,
        })),
      bring: (name) => name === "vm2" ? "it must be on the terminal" : void it.brought.push(name),
      quit: () => void (it.hasQuit = true),
    },
    text: (line) => answer(it.host, line),
    json: (line) => JSON.parse(answer(it.host, `${line} --format json`)),
    result<T>(line: string): T {
      const done = it.json(line);
      assert(done.ok, done.ok ? "" : done.error);
      return done.result as T;
    },
  };
  return it;
}

/** VMs on a board with a core for each; descriptions of VMs 1 to 3 can be read. */
export function vmRun(
  { vms = [1, 2], programs = [Spin, Ticker, Spin], cpus = 1, gic = "2", emulated = PlayedConsole }:
    {
      vms?: readonly number[];
      programs?: readonly Program[];
      cpus?: number;
      gic?: "2" | "3";
      emulated?: string;
    } = {},
): Monitored {
  const files: Record<string, string | Uint8Array> = Object.assign(
    { "bad.toml": "[base]\nid = 9\n" },
    ...programs.map((program, i) => tinyVm(i + 1, program, { emulated, cpus })),
  );
  const read = (path: string) => {
    const file = files[path];
    if (file === undefined) return "no such file";
    return typeof file === "string" ? new TextEncoder().encode(file) : file;
  };
  const line = readCommandLine([
    ...vms.flatMap((id) => ["--vm", `tiny${id}.toml`]),
    ...["--cpus", "2", "--memory", "128M", "--gic", gic],
  ]);
  const load = loadVmPlans(line, { read });
  const plugs = openPlugs(line.options, load.plans, () => {});
  return monitored(vmSession(load, { startNs: 0, plugs, log: () => {} }));
}

const image = fromFileUrl(new URL("../../../guests/images/bench.img", import.meta.url));

/** Our benchmarks on a bare board. */
export function bareRun(append: string): Monitored {
  const line = readCommandLine(["--kernel", image, "--append", append, "--memory", "128M"]);
  const choice = chooseBoard(line);
  const plugs = openPlugs(line.options, [], () => {});
  const load = loadBare(choice, line.options);
  return monitored(bareSession(choice, load, { startNs: 0, plugs, log: () => {} }));
}
