/** What the planning of VMs must know of a board. @module */

import type { DeviceFact, PlatformFacts } from "../core/config/platform_facts.ts";
import { intid } from "../core/board/irq.ts";
import type { BoardOptions } from "./assemble.ts";
import { gicPath, nodePath } from "./device_tree.ts";
import {
  type DeviceSlot,
  gicWindows,
  interruptsOf,
  maxRamBytes,
  type Platform,
  ramBanks,
  type Window,
  windowOf,
} from "./platform.ts";

const GicKinds: { readonly [frame: string]: DeviceFact["kind"] } = {
  distributor: "gicd",
  cpuInterface: "gicc",
  redistributors: "gicr",
};

/**
 * The facts of `platform` as `options` configure it.
 *
 * @throws {RangeError} When `platform` cannot have what `options` ask for.
 */
export function platformFacts(
  platform: Platform,
  options: Pick<BoardOptions, "cores" | "memoryBytes" | "gicVersion">,
): PlatformFacts {
  const range = ({ base, size }: Window) => ({ base, bytes: size });
  const frames = gicWindows(platform, options.gicVersion);
  return {
    name: platform.name,
    ram: ramBanks(platform, options.memoryBytes).map(range),
    maxRamBytes: maxRamBytes(platform),
    cpus: { count: options.cores, max: platform.cpus.max },
    gicVersion: options.gicVersion,
    devices: [
      ...frames.map(([name, window]): DeviceFact => ({
        name: `gic.${name}`,
        path: gicPath(platform, options.gicVersion),
        kind: GicKinds[name] ?? "gic",
        irqs: name === "hypervisorInterface" ? [intid(platform.gic.maintenance)] : [],
        ...range(window),
      })),
      ...platform.devices.map((slot): DeviceFact => ({
        name: slot.name,
        path: nodePath(slot),
        kind: isUart(slot) ? "uart" : "device",
        irqs: interruptsOf(slot).map(intid),
        ...range(windowOf(slot)),
      })),
    ],
    otherPaths: ["/timer", "/psci", "/pmu", ...platform.clocks.map(({ name }) => `/${name}`)],
  };
}

function isUart(slot: DeviceSlot): boolean {
  return slot.kind === "pl011" || slot.kind === "armada-uart";
}
