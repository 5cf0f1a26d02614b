/** `--kernel`: a kernel on the bare board. @module */

import type { EngineMeter } from "../core/engine/meter.ts";
import { parseFdt } from "../core/fdt/blob.ts";
import { openImage } from "../core/images/image.ts";
import { type BareBoard, type BareLoad, planBareBoot, startBare } from "../platforms/bare_boot.ts";
import { buildSimulator } from "../platforms/simulator.ts";
import type { BoardChoice } from "./board_choice.ts";
import { readFileOf } from "./files.ts";
import type { Options } from "./options.ts";
import type { Plugs } from "./plugs.ts";
import { type BoardSession, boardSession, engineOptions } from "./session.ts";
import { UsageError } from "./usage_error.ts";

/** The size of the board, as its device tree shows it. */
export function bareBoard({ cores, memoryBytes, gicVersion, cpu }: BoardChoice): BareBoard {
  // QEMU's cpu "max" has no name of its own in device trees either.
  const cpuCompatible = cpu === "max" ? "arm,armv8" : `arm,${cpu}`;
  return { cores, memoryBytes, gicVersion, cpuCompatible };
}

/** Reads the files and lays them out. @throws {UsageError} When they cannot be used. */
export function loadBare(choice: BoardChoice, options: Options): BareLoad {
  const { kernel = "", initrd, append, dtb, el } = options;
  const image = openImage(readFileOf("kernel", kernel), kernel);
  const disk = initrd === undefined ? undefined : readFileOf("initrd", initrd);
  if (disk?.length === 0) {
    throw new UsageError(
      `Cannot use --initrd "${initrd}": it must be a RAM disk, found an empty file`,
    );
  }
  const tree = dtb === undefined ? undefined : parseFdt(readFileOf("dtb", dtb));
  return planBareBoot(choice.platform, bareBoard(choice), {
    kernel: image,
    startEl: el ?? 1,
    ...(disk ? { initrd: disk } : {}),
    ...(append === undefined ? {} : { append }),
    ...(tree ? { tree } : {}),
  });
}

/** Builds the board and starts `load` on it. */
export function bareSession(
  choice: BoardChoice,
  load: BareLoad,
  { startNs, plugs, meter, log }: {
    readonly startNs: number;
    readonly plugs: Plugs;
    readonly meter?: EngineMeter | undefined;
    readonly log: (target: string, message: string) => void;
  },
): BoardSession {
  const { platform, ...board } = choice;
  const simulator = buildSimulator(platform, {
    ...board,
    ...plugs,
    engine: engineOptions(meter),
    hasEl2: load.startEl === 2,
    log,
  });
  const common = boardSession(simulator, startNs);
  startBare(simulator, load);
  for (const path of load.disabled) {
    log("device-tree", `${path}: disabled in the given tree, the device is not modelled`);
  }
  const serials = [...simulator.board.serials];
  return Object.assign(common, {
    core: () => simulator.machine.running.index,
    consoles: serials.map(([name, serial]) => ({ name, ...serial })),
    labelled: false,
    guests: () => [],
  });
}
