/**
 * Planning a VM's memory: its regions, and what is loaded where in them.
 *
 * @module
 */

import { byteCount, hex, hexRange } from "../hex.ts";
import type { PlatformFacts } from "./platform_facts.ts";
import type { Problem } from "./problem.ts";
import { contains, endOf, joined, overlap, PageBytes, type Range } from "./ranges.ts";
import type { VmConfig } from "./vm_config.ts";
import { RegionFlags } from "./vm_keys.ts";

/** Guest memory. */
export interface MemoryRegion {
  readonly gpa: number;
  readonly bytes: number;
  readonly flags: number;
  /** `alloc`: anywhere in RAM; `identical` and `reserved`: where the guest sees it. */
  readonly kind: "alloc" | "identical" | "reserved";
}

/** Something that must be in guest memory when the VM starts. */
export interface Load extends Range {
  readonly what: string;
  /** The key that put it there. */
  readonly key: string;
}

/** Addresses that every core can translate at stage 2. */
export const MaxGuestAddress = 2 ** 40;

/** Guests and the hypervisor map memory in blocks of this size where they can. */
export const BlockBytes = 0x20_0000;

/** RAM that the hypervisor keeps for itself: stage-2 tables. */
export const HypervisorBytes = 0x200_0000;

export function rangeOf(region: MemoryRegion): Range {
  return { base: region.gpa, bytes: region.bytes };
}

export function rangeText({ base, bytes }: Range): string {
  return hexRange(base, bytes);
}

/** A region with the key that describes it. */
export interface KeyedRegion {
  readonly key: string;
  readonly region: MemoryRegion;
}

/**
 * The memory regions of a description. Some files map devices of the board as regions with fixed
 * addresses: those are windows, not memory.
 */
export function regionsOf(config: VmConfig): { ram: KeyedRegion[]; windows: KeyedRegion[] } {
  const all = config.values.kernel.memory_regions.map(
    ({ gpa, size, flags, map_type }, i): KeyedRegion => ({
      key: `kernel.memory_regions[${i}]`,
      region: { gpa, bytes: size, flags, kind: map_type },
    }),
  );
  const isWindow = ({ region }: KeyedRegion) =>
    region.kind !== "alloc" && (region.flags & RegionFlags.device) !== 0;
  return { ram: all.filter((r) => !isWindow(r)), windows: all.filter(isWindow) };
}

/** The VM's memory, with problems of each region for itself and of each pair. */
export function planRegions(
  config: VmConfig,
  facts: PlatformFacts,
  problems: Problem[],
): MemoryRegion[] {
  const { ram } = regionsOf(config);
  ram.forEach(({ key, region }, i) => {
    checkShape(config, key, region, problems);
    if (region.kind !== "alloc") checkInRam(config, key, region, facts, problems);
    const other = ram.slice(0, i).find((r) => overlap(rangeOf(r.region), rangeOf(region)));
    if (other !== undefined) {
      const place = `${other.key.replace("kernel.", "")}, ${rangeText(rangeOf(other.region))}`;
      const expected = `a region that does not overlap ${place}`;
      problems.push(config.problem("error", key, expected, rangeText(rangeOf(region))));
    }
  });
  return ram.map((r) => r.region);
}

function checkShape(
  config: VmConfig,
  key: string,
  region: MemoryRegion,
  problems: Problem[],
): void {
  const { gpa, bytes, flags } = region;
  if (gpa % PageBytes !== 0) {
    problems.push(config.problem("error", `${key}.gpa`, "a multiple of 4 KiB", hex(gpa)));
  } else if (gpa % BlockBytes !== 0) {
    problems.push(config.problem("warning", `${key}.gpa`, "a multiple of 2 MiB", hex(gpa)));
  }
  if (bytes % PageBytes !== 0) {
    problems.push(config.problem("error", `${key}.size`, "a multiple of 4 KiB", hex(bytes)));
  } else if (bytes % BlockBytes !== 0) {
    problems.push(config.problem("warning", `${key}.size`, "a multiple of 2 MiB", hex(bytes)));
  }
  if (gpa + bytes > MaxGuestAddress) {
    problems.push(config.problem(
      "error",
      key,
      `a region below ${hex(MaxGuestAddress)}`,
      rangeText(rangeOf(region)),
    ));
  }
  if ((flags & RegionFlags.read) === 0) {
    problems.push(config.problem(
      "warning",
      `${key}.flags`,
      "a region that can be read (1)",
      `0x${flags.toString(16)}`,
    ));
  }
  if ((flags & RegionFlags.device) !== 0) {
    problems.push(config.problem(
      "warning",
      `${key}.flags`,
      "RAM",
      "the flag for device memory",
      "devices belong in passthrough_devices",
    ));
  }
}

function checkInRam(
  config: VmConfig,
  key: string,
  region: MemoryRegion,
  facts: PlatformFacts,
  problems: Problem[],
): void {
  const range = rangeOf(region);
  if (joined(facts.ram).some((ram) => contains(ram, range))) return;
  if (region.kind === "reserved" && facts.devices.some((d) => contains(d, range))) return;
  problems.push(config.problem(
    "error",
    key,
    `a region in RAM of ${facts.name}, ${facts.ram.map(rangeText).join(" and ")}, ` +
      `as map type "${region.kind}" needs`,
    rangeText(range),
    adviceForRam(range, facts),
  ));
}

function adviceForRam(range: Range, facts: PlatformFacts): string {
  const base = facts.ram[0]?.base ?? 0;
  const needed = endOf(range) - base;
  return range.base >= base && needed <= facts.maxRamBytes
    ? `give the board more: --memory ${memoryOption(needed)}`
    : "map type 0 takes RAM from anywhere";
}

/** A size as `--memory` reads it, rounded up to whole MiB. */
export function memoryOption(bytes: number): string {
  const mib = Math.ceil(bytes / 2 ** 20);
  return mib % 1024 === 0 ? `${mib / 1024}G` : `${mib}M`;
}

/** Checks that what is loaded lies in guest memory and apart from each other. */
export function checkLoads(
  config: VmConfig,
  regions: readonly MemoryRegion[],
  loads: readonly Load[],
  problems: Problem[],
): void {
  const memory = joined(regions.map(rangeOf));
  loads.forEach((load, i) => {
    if (!memory.some((m) => contains(m, load))) {
      problems.push(config.problem(
        "error",
        load.key,
        `guest memory for ${load.what} at ${rangeText(load)}`,
        memory.map(rangeText).join(", "),
        inPart(memory, load),
      ));
    }
    const other = loads.slice(0, i).find((l) => overlap(l, load));
    if (other !== undefined) {
      problems.push(config.problem(
        "error",
        load.key,
        `room for ${load.what} that nothing else takes`,
        `${rangeText(load)}, where ${other.what} is (${rangeText(other)})`,
      ));
    }
  });
}

function inPart(memory: readonly Range[], load: Range): string | undefined {
  const home = memory.find((m) => load.base >= m.base && load.base < endOf(m));
  if (home === undefined) return undefined;
  return `the region is ${byteCount(endOf(load) - endOf(home))} too small`;
}

/** Less than a block, and what fits into it crosses no block's end: the finest place to look for. */
const SmallAlignment = 0x1_0000;

/**
 * The highest place of `bytes` bytes in the main region that nothing else takes: at the start of a
 * block if there is one.
 */
export function freePlace(
  regions: readonly MemoryRegion[],
  loads: readonly Load[],
  bytes: number,
): number | undefined {
  const main = regions[0];
  if (main === undefined) return undefined;
  return highestFree(rangeOf(main), loads, bytes, BlockBytes) ??
    highestFree(rangeOf(main), loads, bytes, SmallAlignment);
}

function highestFree(
  main: Range,
  loads: readonly Load[],
  bytes: number,
  alignment: number,
): number | undefined {
  const alignedDown = (address: number) => Math.floor(address / alignment) * alignment;
  let at = alignedDown(endOf(main) - bytes);
  while (at >= main.base) {
    const taken = loads.find((l) => overlap(l, { base: at, bytes }));
    if (taken === undefined) return at;
    at = Math.min(at - alignment, alignedDown(taken.base - bytes));
  }
  return undefined;
}
