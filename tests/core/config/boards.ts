/**
 * Boards for tests of plans: what matters of qemu-virt and of the boards that templates are for.
 *
 * @module
 */

import type { DeviceFact, PlatformFacts } from "../../../core/config/platform_facts.ts";

const GiB = 2 ** 30;

function device(
  name: string,
  path: string | undefined,
  base: number,
  bytes: number,
  irqs: readonly number[] = [],
  kind: DeviceFact["kind"] = "device",
): DeviceFact {
  return { name, path, base, bytes, irqs, kind };
}

const gicV2 = [
  device("gicd", "/intc@8000000", 0x0800_0000, 0x1_0000, [], "gicd"),
  device("gicc", "/intc@8000000", 0x0801_0000, 0x1_0000, [], "gicc"),
  device("gich", "/intc@8000000", 0x0803_0000, 0x1_0000, [25], "gic"),
  device("gicv", "/intc@8000000", 0x0804_0000, 0x1_0000, [], "gic"),
];

const gicV3 = [
  device("gicd", "/intc@8000000", 0x0800_0000, 0x1_0000, [], "gicd"),
  device("gicr", "/intc@8000000", 0x080a_0000, 0xf6_0000, [], "gicr"),
];

/** The board of most tests. */
export function qemuVirt(
  options: { gic?: 2 | 3; cpus?: number; ramBytes?: number } = {},
): PlatformFacts {
  const { gic = 2, cpus = 2, ramBytes = 4 * GiB } = options;
  return {
    name: "qemu-virt",
    ram: [{ base: 0x4000_0000, bytes: ramBytes }],
    maxRamBytes: 8 * GiB,
    cpus: { count: cpus, max: 8 },
    gicVersion: gic,
    devices: [
      ...gic === 2 ? gicV2 : gicV3,
      device("gic-v2m", undefined, 0x0802_0000, 0x1000),
      device("uart0", "/pl011@9000000", 0x0900_0000, 0x1000, [33], "uart"),
      device("rtc", "/pl031@9010000", 0x0901_0000, 0x1000, [34]),
      device("gpio", "/pl061@9030000", 0x0903_0000, 0x1000, [39]),
      device("uart1", "/pl011@9040000", 0x0904_0000, 0x1000, [40], "uart"),
      ...Array.from({ length: 32 }, (_, i) => {
        const base = 0x0a00_0000 + i * 0x200;
        return device(`virtio${i}`, `/virtio_mmio@${base.toString(16)}`, base, 0x200, [48 + i]);
      }),
    ],
    otherPaths: ["/timer", "/psci", "/pmu"],
  };
}

/** A board with memory in several places and one large window of devices. */
function other(
  name: string,
  ram: readonly (readonly [number, number])[],
  devices: readonly DeviceFact[],
): PlatformFacts {
  return {
    name,
    ram: ram.map(([base, end]) => ({ base, bytes: end - base })),
    maxRamBytes: ram.reduce((sum, [base, end]) => sum + end - base, 0),
    cpus: { count: 8, max: 8 },
    gicVersion: 3,
    devices,
    otherPaths: ["/timer"],
  };
}

const rk3588Devices = [
  device("devices", "/devices", 0xf000_0000, 0xe60_0000),
  device("gicd", "/interrupt-controller@fe600000", 0xfe60_0000, 0x1_0000, [], "gicd"),
  device("gicr", "/interrupt-controller@fe600000", 0xfe68_0000, 0x10_0000, [], "gicr"),
];

export const Rk3588: PlatformFacts = other(
  "rk3588",
  [[0x20_0000, 0xe000_0000], [0x1_0000_0000, 0x4_0000_0000]],
  rk3588Devices,
);

export const A1000: PlatformFacts = other("a1000", [[0x8000_0000, 0x1_0000_0000]], [
  device("uart", "/uart@20008000", 0x2000_8000, 0x1000, [239], "uart"),
  device("gicd", "/interrupt-controller@32000000", 0x3200_0000, 0x1_0000, [], "gicd"),
  device("gicr", "/interrupt-controller@32000000", 0x3204_0000, 0x10_0000, [], "gicr"),
]);

export const Phytiumpi: PlatformFacts = other(
  "phytiumpi",
  [[0x8000_0000, 0xfc00_0000], [0x20_0000_0000, 0x20_8000_0000]],
  [
    device("uart1", "/soc/uart@2800d000", 0x2800_d000, 0x1000, [116], "uart"),
    device("gicd", "/interrupt-controller@30800000", 0x3080_0000, 0x2_0000, [], "gicd"),
    device("gicr", "/interrupt-controller@30800000", 0x3088_0000, 0x8_0000, [], "gicr"),
  ],
);
