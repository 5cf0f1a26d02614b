/**
 * Planning a VM's interrupt controller: which version it is of, and where the guest finds it.
 *
 * @module
 */

import { type Fdt, readStrings, walk } from "../fdt/node.ts";
import type { EmulatedKind } from "./emulated_kinds.ts";
import type { DeviceFact, PlatformFacts } from "./platform_facts.ts";
import type { Wish } from "./plan_windows.ts";
import { overlap, type Range } from "./ranges.ts";
import type { VmConfig } from "./vm_config.ts";
import type { VmImages } from "./vm_images.ts";

/** Where the guest finds its interrupt controller. */
export interface VgicPlan {
  /** 2 on a board without a GICv2 means that the CPU interface is emulated, too. */
  readonly version: 2 | 3;
  readonly distributor: number;
  /** GICv2. */
  readonly cpuInterface?: number;
  /** GICv3: the first redistributor. */
  readonly redistributors?: number;
}

/** Windows of the board that belong to its interrupt controller. */
export const GicWindows: readonly DeviceFact["kind"][] = ["gicd", "gicc", "gicr", "gic"];
/** Emulated devices that stand for an interrupt controller. */
export const VgicKinds: readonly EmulatedKind[] = [
  "gicd",
  "gicr",
  "gppt",
  "gppt-gicd",
  "gppt-gicr",
];

/** From the distributor to the CPU interface, as QEMU's `virt` has its GICv2. */
const CpuInterfaceOffset = 0x1_0000;

/** Whoever is given any part of the board's interrupt controller gets a whole virtual one. */
export function planVgic(
  config: VmConfig,
  facts: PlatformFacts,
  wishes: readonly Wish[],
  images: VmImages | undefined,
): VgicPlan | undefined {
  const windows = facts.devices.filter((d) => GicWindows.includes(d.kind));
  const at = (kind: DeviceFact["kind"]) => windows.find((w) => w.kind === kind);
  const board = at("gicd");
  if (board === undefined) return undefined;
  const wishFor = (...frames: readonly Range[]) =>
    wishes.find((w) => frames.some((g) => overlap(g, hostRange(w))));
  const wish = wishFor(board) ?? wishFor(...windows);
  const wanted = (kinds: readonly EmulatedKind[]) => {
    const i = config.emulatedKinds.findIndex((k) => kinds.includes(k));
    return config.values.devices.emu_devices[i]?.base_gpa;
  };
  if (wish === undefined && !config.emulatedKinds.some((k) => VgicKinds.includes(k))) {
    return undefined;
  }
  const guest = (frame: DeviceFact | undefined) =>
    frame && frame.base - ((wishFor(frame) ?? wish)?.offset ?? 0);
  const distributor = wanted(["gicd", "gppt-gicd", "gppt"]) ?? guest(board) ?? board.base;
  if (facts.gicVersion === 2) {
    const cpuInterface = guest(at("gicc"));
    return { version: 2, distributor, ...(cpuInterface === undefined ? {} : { cpuInterface }) };
  }
  if (wantsGicv2(config, facts, wishes, images)) {
    const asked = at("gicc");
    const cpuInterface = asked && wishFor(asked) ? guest(asked) : undefined;
    return {
      version: 2,
      distributor,
      cpuInterface: cpuInterface ?? distributor + CpuInterfaceOffset,
    };
  }
  const redistributors = wanted(["gppt-gicr", "gicr"]) ?? guest(at("gicr"));
  return { version: 3, distributor, ...(redistributors === undefined ? {} : { redistributors }) };
}

/**
 * Whether a guest of a GICv3 board expects a GICv2: what its device tree says, and without one a
 * kernel that has the addresses built in and no window onto redistributors.
 */
function wantsGicv2(
  config: VmConfig,
  facts: PlatformFacts,
  wishes: readonly Wish[],
  images: VmImages | undefined,
): boolean {
  if (config.emulatedKinds.some((k) => k !== "gicd" && VgicKinds.includes(k))) return false;
  if (images?.dtb) return treeVersion(images.dtb) === 2;
  if (images?.kernel.kind === "arm64") return false; // it reads the tree that is made for it
  const redistributors = facts.devices.filter((d) => d.kind === "gicr");
  return !redistributors.some((frame) => wishes.some((w) => overlap(hostRange(w), frame)));
}

function treeVersion({ root }: Fdt): 2 | 3 {
  const names = [...walk(root)].flatMap(({ node }) =>
    readStrings(node.properties.get("compatible"))
  );
  if (names.includes("arm,gic-v3")) return 3;
  return names.some((name) => Gicv2Names.includes(name)) ? 2 : 3;
}

/** `compatible` of GICv2 implementations. */
const Gicv2Names = ["arm,gic-400", "arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,eb11mp-gic"];

function hostRange({ base, offset, bytes }: Wish): Range {
  return { base: base + offset, bytes };
}
