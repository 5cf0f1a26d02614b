/**
 * A kernel on a bare board, loaded and started as QEMU does (hw/arm/boot.c).
 *
 * @module
 */

import { writeFdt } from "../core/fdt/blob.ts";
import type { Fdt } from "../core/fdt/node.ts";
import { hex, hexRange } from "../core/hex.ts";
import { type KernelImage, placeImage, type Segment } from "../core/images/image.ts";
import { deviceTree, FixedSeeds, type TreeOptions } from "./device_tree.ts";
import { absentNodes, fitTree } from "./fit_tree.ts";
import { placeKernel } from "./placement.ts";
import { type Platform, ramBanks, type Window } from "./platform.ts";
import type { Simulator } from "./simulator.ts";

/** What is booted. */
export interface BareGuest {
  readonly kernel: KernelImage;
  readonly initrd?: Uint8Array;
  /** Command line; a given tree's own stays when it is absent. */
  readonly append?: string;
  /** A tree to fit to the board instead of the generated one. */
  readonly tree?: Fdt;
  readonly startEl: 1 | 2;
}

/** How much of the board there is. */
export type BareBoard = Pick<TreeOptions, "cores" | "memoryBytes" | "gicVersion" | "cpuCompatible">;

/** What goes where, and how the first core starts. */
export interface BareLoad {
  readonly segments: readonly Segment[];
  readonly entry: number;
  /** X0, the address of the device tree. */
  readonly deviceTree: number;
  readonly startEl: 1 | 2;
  /** Nodes of the given tree that software is told to leave alone. */
  readonly disabled: readonly string[];
}

/**
 * Lays `guest` out in the board's memory.
 *
 * @throws {RangeError} When it does not fit.
 */
export function planBareBoot(platform: Platform, board: BareBoard, guest: BareGuest): BareLoad {
  const ram = ramBanks(platform, board.memoryBytes)[0] as Window;
  const { kernel, initrd } = guest;
  const initrdBytes = initrd?.length ?? 0;
  const place = placeKernel({
    ram,
    initrdBytes,
    ...(kernel.kind === "arm64" ? { textOffset: kernel.textOffset } : {}),
    kernelBytes: kernel.kind === "elf" ? 0 : kernel.memoryBytes,
  });
  const segments = placeImage(kernel, place.kernel);
  const start = Math.min(...segments.map((s) => s.address));
  const end = Math.max(...segments.map((s) => s.address + s.memoryBytes));
  const tree = writeTree(platform, board, guest, {
    base: place.initrd,
    size: initrdBytes,
  });
  // Programs that are no Linux look for the tree at the start of RAM.
  const atStart = kernel.kind === "elf" && (start >= ram.base + tree.length || end <= ram.base);
  const deviceTreeAt = atStart ? ram.base : place.deviceTree;
  const loads = [
    ...segments.map((segment) => ({ what: "the kernel", ...segment })),
    ...(initrd ? [{ what: "the RAM disk", ...whole(place.initrd, initrd) }] : []),
    { what: "the device tree", ...whole(deviceTreeAt, tree) },
  ];
  checkLoads(loads, ramBanks(platform, board.memoryBytes));
  return {
    segments: loads,
    entry: kernel.kind === "elf" ? kernel.entry : place.kernel,
    deviceTree: deviceTreeAt,
    startEl: guest.startEl,
    disabled: guest.tree ? absentNodes(platform, guest.tree.root) : [],
  };
}

/** Loads what was planned and turns the first core on. */
export function startBare({ machine, ram }: Simulator, load: BareLoad): void {
  for (const { address, bytes } of load.segments) ram.slice(address, bytes.length).set(bytes);
  const [first] = machine.cores;
  if (first === undefined) return;
  first.reset({
    pc: BigInt(load.entry),
    el: load.startEl,
    x0: BigInt(load.deviceTree),
  });
  machine.power.start(first);
}

function whole(address: number, bytes: Uint8Array): Segment {
  return { address, bytes, memoryBytes: bytes.length };
}

function checkLoads(
  loads: readonly (Segment & { readonly what: string })[],
  banks: readonly Window[],
): void {
  loads.forEach(({ what, address, memoryBytes }, i) => {
    const inside = banks.some(({ base, size }) =>
      address >= base && address + memoryBytes <= base + size
    );
    if (!inside) {
      const ram = banks.map(({ base, size }) => hexRange(base, size)).join(", ");
      throw new RangeError(
        `Cannot load ${what}: it must fit into RAM at ${ram}, ` +
          `it would be at ${hexRange(address, memoryBytes)}`,
      );
    }
    const other = loads.slice(0, i).find((o) =>
      address < o.address + o.memoryBytes && o.address < address + memoryBytes
    );
    if (other !== undefined && other.what !== what) {
      throw new RangeError(
        `Cannot load ${what} at ${hex(address)}: ${other.what} is at ` +
          hexRange(other.address, other.memoryBytes),
      );
    }
  });
}

/** The device tree blob: generated, or the given one made to fit. */
export function writeTree(
  platform: Platform,
  board: BareBoard,
  guest: Pick<BareGuest, "append" | "tree" | "startEl">,
  initrd: Window = { base: 0, size: 0 },
): Uint8Array {
  const { append, tree, startEl } = guest;
  if (tree === undefined) {
    const { cores, memoryBytes, gicVersion, cpuCompatible } = board;
    return writeFdt(deviceTree(platform, {
      ...{ cores, memoryBytes, gicVersion, cpuCompatible, startEl },
      ...(append === undefined ? {} : { bootargs: append }),
      ...(initrd.size > 0 ? { initrd } : {}),
      seeds: FixedSeeds,
    }));
  }
  return fitTree(platform, board, tree, { append, startEl, initrd });
}
