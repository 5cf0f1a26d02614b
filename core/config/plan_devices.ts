/**
 * Planning a VM's devices: windows onto the board's, the virtual interrupt controller, and devices
 * that the hypervisor plays.
 *
 * @module
 */

import type { EmulatedKind } from "./emulated_kinds.ts";
import { hex } from "../hex.ts";
import { MaxGuestAddress, type MemoryRegion, rangeOf, rangeText } from "./plan_memory.ts";
import type { DeviceFact, PlatformFacts } from "./platform_facts.ts";
import { GicWindows, planVgic, VgicKinds, type VgicPlan } from "./plan_vgic.ts";
import { readWishes, type Wish } from "./plan_windows.ts";
import type { Problem } from "./problem.ts";
import { endOf, joined, overlap, PageBytes, type Range, wholePages, without } from "./ranges.ts";
import type { VmConfig } from "./vm_config.ts";
import type { VmImages } from "./vm_images.ts";

export type { VgicPlan };

/** An interrupt of the board's as the guest knows it (INTIDs). */
export interface InterruptLink {
  readonly hardware: number;
  readonly guest: number;
}

/** Guest addresses behind which a part of the board lies. */
export interface PassthroughWindow {
  readonly name: string;
  readonly gpa: number;
  readonly hpa: number;
  readonly bytes: number;
  /** Names of the board's devices in it. */
  readonly devices: readonly string[];
  readonly irqs: readonly InterruptLink[];
}

/** A device that the hypervisor plays. */
export interface EmulatedDevice {
  readonly kind: EmulatedKind;
  readonly name: string;
  readonly gpa: number;
  readonly bytes: number;
  readonly irq: number;
  readonly config: readonly number[];
}

export interface DevicePlan {
  readonly passthrough: readonly PassthroughWindow[];
  readonly vgic: VgicPlan | undefined;
  readonly emulated: readonly EmulatedDevice[];
}

/** Kinds that are part of the virtual interrupt controller or stand for nothing. */
const Silent: readonly EmulatedKind[] = [...VgicKinds, "dummy", "icc-sre", "sgir"];

/** Kinds that can be played, and the bytes they take when the description does not say. */
const PlayedBytes: { readonly [kind in EmulatedKind]?: number } = {
  console: PageBytes,
  "ivc-channel": PageBytes,
  "virtio-blk": 0x200,
  "virtio-net": 0x200,
  "virtio-console": 0x200,
};

export function planDevices(
  config: VmConfig,
  facts: PlatformFacts,
  regions: readonly MemoryRegion[],
  images: VmImages | undefined,
  problems: Problem[],
): DevicePlan {
  const wishes = readWishes(config, facts, problems);
  const emulated = planEmulated(config, regions, problems);
  checkWishes(config, wishes, facts, regions, emulated, problems);
  const vgic = planVgic(config, facts, wishes, images);
  return { passthrough: openWindows(wishes, facts, emulated), vgic, emulated };
}

function planEmulated(
  config: VmConfig,
  regions: readonly MemoryRegion[],
  problems: Problem[],
): EmulatedDevice[] {
  const devices: EmulatedDevice[] = [];
  config.values.devices.emu_devices.forEach((d, i) => {
    const kind = config.emulatedKinds[i] ?? "dummy";
    const key = `devices.emu_devices[${i}]`;
    const range = { base: d.base_gpa, bytes: d.length };
    const region = regions.find((r) => overlap(rangeOf(r), range));
    const other = devices.find((e) => overlap({ base: e.gpa, bytes: e.bytes }, range));
    if (region !== undefined || other !== undefined) {
      const what = region !== undefined ? "guest memory" : `"${other?.name}"`;
      problems.push(config.problem("error", key, `a device apart from ${what}`, rangeText(range)));
    }
    const bytes = PlayedBytes[kind];
    if (bytes !== undefined) {
      devices.push({
        kind,
        name: d.name,
        gpa: d.base_gpa,
        bytes: d.length || bytes,
        irq: d.irq_id,
        config: d.cfg_list,
      });
    } else if (!Silent.includes(kind)) {
      problems.push(config.problem(
        "warning",
        `${key}.emu_type`,
        "a console, a virtio device or an interrupt controller",
        `"${d.name}", a ${kind}`,
        "left out, it is not supported yet",
      ));
    }
  });
  return devices;
}

function checkWishes(
  config: VmConfig,
  wishes: readonly Wish[],
  facts: PlatformFacts,
  regions: readonly MemoryRegion[],
  emulated: readonly EmulatedDevice[],
  problems: Problem[],
): void {
  wishes.forEach((wish, i) => {
    const host = { base: wish.base + wish.offset, bytes: wish.bytes };
    const region = regions.find((r) => overlap(rangeOf(r), wish));
    const device = wish.found
      ? undefined
      : emulated.find((e) => overlap({ base: e.gpa, bytes: e.bytes }, wish));
    const earlier = wishes.slice(0, i).find((w) => overlap(w, wish) && w.offset !== wish.offset);
    const conflict = region !== undefined
      ? `guest memory at ${rangeText(rangeOf(region))}`
      : device !== undefined
      ? `the emulated "${device.name}" at ${hex(device.gpa)}`
      : earlier !== undefined
      ? `"${earlier.name}" at ${rangeText(earlier)}`
      : undefined;
    if (conflict !== undefined) {
      problems.push(config.problem(
        "error",
        wish.key,
        `a window apart from ${conflict}`,
        `"${wish.name}" at ${rangeText(wish)}`,
      ));
    }
    if (endOf(wish) > MaxGuestAddress || endOf(host) > MaxGuestAddress) {
      problems.push(config.problem(
        "error",
        wish.key,
        `a window below ${hex(MaxGuestAddress)}`,
        `${rangeText(wish)} onto ${rangeText(host)}`,
      ));
    } else if (facts.ram.some((ram) => overlap(ram, host))) {
      problems.push(config.problem(
        "error",
        wish.key,
        `devices of ${facts.name}`,
        `its RAM at ${rangeText(host)}`,
        "RAM belongs in memory_regions",
      ));
    } else if (!wish.found && !facts.devices.some((d) => overlap(d, host))) {
      problems.push(config.problem(
        "warning",
        wish.key,
        `a device of ${facts.name}`,
        `nothing at ${rangeText(host)}`,
        "it reads as 0",
      ));
    }
  });
}

/** The windows that remain when the interrupt controller and emulated devices are taken out. */
function openWindows(
  wishes: readonly Wish[],
  facts: PlatformFacts,
  emulated: readonly EmulatedDevice[],
): PassthroughWindow[] {
  const gic = facts.devices.filter((d) => GicWindows.includes(d.kind)).map(wholePages);
  const played = emulated.map((e) => wholePages({ base: e.gpa, bytes: e.bytes }));
  const windows: PassthroughWindow[] = [];
  for (const offset of new Set(wishes.map((w) => w.offset))) {
    const here = wishes.filter((w) => w.offset === offset);
    const moved = ({ base, bytes }: Range): Range => ({ base: base - offset, bytes });
    const holes = [...gic.map(moved), ...played];
    const there = facts.devices.map((d) => moved(wholePages(d)));
    for (const range of joined(here)) {
      const pieces = without(range, holes);
      const whole = pieces.length === 1 && pieces[0]?.bytes === range.bytes;
      // Of a window that was cut, only what holds something is left.
      const left = whole ? pieces : joined(pieces.flatMap((p) => within(p, there)));
      for (const { base, bytes } of left) {
        const host = { base: base + offset, bytes };
        const devices = facts.devices.filter((d) => overlap(host, d));
        const inside = here.filter((w) => overlap(w, { base, bytes }));
        const asked = whole && inside.length === 1 ? inside[0]?.name : undefined;
        windows.push({
          name: asked ?? devices[0]?.name ?? hex(base),
          gpa: base,
          hpa: host.base,
          bytes,
          devices: devices.map((d) => d.name),
          irqs: links(devices, offset, facts, inside),
        });
      }
    }
  }
  return windows.sort((a, b) => a.gpa - b.gpa);
}

/** The parts of `ranges` that lie in `frame`. */
function within(frame: Range, ranges: readonly Range[]): Range[] {
  return ranges.filter((r) => overlap(r, frame)).map((r) => {
    const base = Math.max(r.base, frame.base);
    return { base, bytes: Math.min(endOf(r), endOf(frame)) - base };
  });
}

/**
 * A device behind another one's address takes that one's interrupts: the guest's device tree
 * describes what the board has at the guest address.
 */
function links(
  devices: readonly DeviceFact[],
  offset: number,
  facts: PlatformFacts,
  wishes: readonly Wish[],
): InterruptLink[] {
  if (devices.length === 0) {
    return wishes.filter((w) => w.irq >= 32).map((w) => ({ hardware: w.irq, guest: w.irq }));
  }
  return devices.flatMap((device) => {
    const seen = facts.devices.find((d) => d.base === device.base - offset) ?? device;
    return device.irqs.map((hardware, i) => ({ hardware, guest: seen.irqs[i] ?? hardware }));
  });
}

/**
 * Paths of the board's device tree nodes that describe nothing in the guest's address space.
 */
export function absentPaths(facts: PlatformFacts, plan: DevicePlan): string[] {
  const present = [...plan.passthrough, ...plan.emulated]
    .map(({ gpa, bytes }): Range => ({ base: gpa, bytes }));
  const isPresent = (d: DeviceFact) =>
    GicWindows.includes(d.kind) ? plan.vgic !== undefined : present.some((r) => overlap(r, d));
  const kept = new Set(facts.devices.filter(isPresent).map((d) => d.path));
  const paths = facts.devices.flatMap((d) =>
    d.path === undefined || kept.has(d.path) ? [] : d.path
  );
  return [...new Set(paths)];
}

/** The parts of the board that both plans reach, the interrupt controller aside. */
export function sharedDevices(a: DevicePlan, b: DevicePlan): string[] {
  const ranges = (plan: DevicePlan) => plan.passthrough.map((w) => ({ base: w.hpa, ...w }));
  return ranges(a).filter((w) => ranges(b).some((v) => w.base < endOf(v) && v.base < endOf(w)))
    .flatMap((w) => w.devices.length > 0 ? w.devices : [w.name]);
}
