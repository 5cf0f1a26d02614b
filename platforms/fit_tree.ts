/**
 * A device tree from elsewhere, made to fit the simulated board: its size, and what it lacks.
 *
 * @module
 */

import { writeFdt } from "../core/fdt/blob.ts";
import {
  cellCounts,
  cells64,
  ensure,
  type Fdt,
  type FdtNode,
  find,
  readCells,
  readString,
  readStrings,
  strings,
  walk,
} from "../core/fdt/node.ts";
import { patchFdt } from "../core/fdt/patch.ts";
import { FixedSeeds, nodePath, type TreeOptions } from "./device_tree.ts";
import { type Platform, ramBanks, type Window } from "./platform.ts";

/** What a loader says in the tree. */
export interface TreeFit {
  /** Command line; the tree's own stays when it is absent. */
  readonly append: string | undefined;
  readonly startEl: 1 | 2;
  /** Where the initial RAM disk lies; of size 0 when there is none. */
  readonly initrd: Window;
}

/** The blob of `tree`, with as much of the board as there is. */
export function fitTree(
  platform: Platform,
  board: Pick<TreeOptions, "cores" | "memoryBytes">,
  tree: Fdt,
  { append, startEl, initrd }: TreeFit,
): Uint8Array {
  const { address, size } = cellCounts(tree.root);
  const banks = ramBanks(platform, board.memoryBytes);
  const wide = banks.some((bank) => bank.base + bank.size > 2 ** 32);
  if (wide && (address < 2 || size < 2)) {
    throw new RangeError(
      "Cannot fit the device tree: its root must have two cells for addresses and sizes, " +
        `found ${address} and ${size}`,
    );
  }
  const fitted = patchFdt(tree, {
    memory: banks.map((bank) => ({ base: bank.base, bytes: bank.size })),
    cpus: Array.from(
      { length: board.cores },
      (_, i) => Number(platform.cpus.mpidr(i) & 0xff_00ff_ffffn),
    ),
    ...(append === undefined ? {} : { bootargs: append }),
    ...(initrd.size > 0 ? { initrd: { start: initrd.base, bytes: initrd.size } } : {}),
  });
  setConduit(fitted, platform.psci[startEl === 2 ? "el2" : "el1"]);
  for (const path of absentNodes(platform, fitted.root)) {
    find(fitted.root, path)?.properties.set("status", strings("disabled"));
  }
  dropCpuInterfaceFrames(fitted.root);
  const chosen = ensure(fitted.root, "/chosen").properties;
  if (!chosen.has("kaslr-seed")) chosen.set("kaslr-seed", cells64(FixedSeeds.kaslr));
  if (!chosen.has("rng-seed")) chosen.set("rng-seed", FixedSeeds.rng);
  return writeFdt(fitted.root, fitted.reservations, fitted.bootCpu);
}

/** Paths of nodes whose devices Linux reports as broken when they read as zero. */
export function absentNodes(platform: Platform, root: FdtNode): string[] {
  return platform.devices
    .flatMap((slot) => slot.kind === "unclaimed" && slot.disabled ? nodePath(slot) : [])
    .filter((path) => find(root, path) !== undefined);
}

/** Cores reach their CPU interfaces by system registers alone: ICC_SRE_EL1.SRE is 1 for good. */
function dropCpuInterfaceFrames(root: FdtNode): void {
  for (const { node: { properties }, parent } of walk(root)) {
    if (!parent || !readStrings(properties.get("compatible")).includes("arm,gic-v3")) continue;
    const { address, size } = cellCounts(parent);
    const regions = readCells(properties.get("#redistributor-regions"))[0] ?? 1;
    const bytes = (1 + regions) * 4 * (address + size);
    const reg = properties.get("reg");
    if (reg) properties.set("reg", reg.slice(0, bytes));
  }
}

/** HVC reaches the firmware only from below EL2, and only where nobody is at EL2. */
function setConduit({ root }: Fdt, conduit: "hvc" | "smc"): void {
  const psci = find(root, "/psci");
  if (psci === undefined || readString(psci.properties.get("method")) === conduit) return;
  psci.properties.set("method", strings(conduit));
}
