/** Globalscale ESPRESSObin: Marvell Armada 3720. @module */

import { type DeviceSlot, type Platform, ppi, spi, unclaimedSlot } from "./platform.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Address of an internal register, given its offset. */
const at = (offset: number): number => 0xd000_0000 + offset;

const clocks = (
  name: string,
  base: number,
  block: "time-base" | "north" | "south",
): DeviceSlot => ({ kind: "armada-clocks", name, base, block, hidden: true });

/** Two Cortex-A53, GICv3, the Armada's own UARTs. */
export const espressobin: Platform = {
  name: "espressobin",
  title: "Globalscale ESPRESSObin (Marvell Armada 3720)",
  source:
    "linux 6.1 arch/arm64/boot/dts/marvell: armada-37xx.dtsi, armada-3720-espressobin.dtsi; " +
    "u-boot include/configs and arch/arm/dts for armada-3720 (timer frequency)",
  cpus: { max: 2, mpidr: (i) => 0x8000_0000n | BigInt(i) },
  ram: { banks: [{ base: 0, size: 2 * GiB }], defaultBytes: 1 * GiB },
  gic: {
    defaultVersion: 3,
    spis: 192,
    v3: {
      distributor: { base: at(0x1d0_0000), size: 0x1_0000 },
      redistributors: { base: at(0x1d4_0000), size: 0x4_0000 },
      cpuInterface: { base: at(0x1d8_0000), size: 0x2000 },
      hypervisorInterface: { base: at(0x1d9_0000), size: 0x2000 },
      virtualCpuInterface: { base: at(0x1da_0000), size: 0x2_0000 },
    },
    maintenance: ppi(9),
  },
  timers: {
    frequencyHz: 12_500_000, // half the crystal's 25 MHz
    el3Physical: ppi(13),
    el1Physical: ppi(14),
    el1Virtual: ppi(11),
    el2Physical: ppi(10),
    el2Virtual: ppi(12),
  },
  pmu: ppi(7),
  psci: { el1: "smc", el2: "smc" },
  clocks: [{ name: "xtal", frequencyHz: 25_000_000, output: "xtal" }],
  devices: [
    {
      kind: "armada-uart",
      layout: "standard",
      name: "uart0",
      base: at(0x1_2000),
      irqs: { sum: spi(11), tx: spi(12), rx: spi(13) },
      clock: "xtal",
    },
    {
      kind: "armada-uart",
      layout: "extended",
      name: "uart1",
      base: at(0x1_2200),
      irqs: { tx: spi(30, "edge"), rx: spi(31, "edge") },
      clock: "xtal",
    },
    unclaimedSlot("watchdog", at(0x8300), 0x40),
    unclaimedSlot("cpu-misc", at(0xd000), 0x1000),
    unclaimedSlot("spi", at(0x1_0600), 0xa00),
    unclaimedSlot("i2c0", at(0x1_1000), 0x24),
    unclaimedSlot("i2c1", at(0x1_1080), 0x24),
    unclaimedSlot("avs", at(0x1_1500), 0x40),
    clocks("north-clocks", at(0x1_3000), "north"),
    clocks("tbg", at(0x1_3200), "time-base"),
    unclaimedSlot("north-pins", at(0x1_3800), 0x100),
    unclaimedSlot("north-gpio", at(0x1_3c00), 0x20),
    unclaimedSlot("north-power", at(0x1_4000), 0x60),
    unclaimedSlot("emmc-pads", at(0x1_7808), 0x4),
    clocks("south-clocks", at(0x1_8000), "south"),
    unclaimedSlot("comphy", at(0x1_8300), 0x300),
    unclaimedSlot("south-pins", at(0x1_8800), 0x100),
    unclaimedSlot("south-gpio", at(0x1_8c00), 0x20),
    unclaimedSlot("sd-pads", at(0x1_e808), 0x4),
    unclaimedSlot("comphy-lane1", at(0x1_f000), 0x400),
    unclaimedSlot("ethernet0", at(0x3_0000), 0x4000),
    unclaimedSlot("ethernet1", at(0x4_0000), 0x4000),
    unclaimedSlot("usb3", at(0x5_8000), 0x4000),
    unclaimedSlot("comphy-lane0", at(0x5_c000), 0x400),
    unclaimedSlot("usb-otg-phy", at(0x5_d000), 0x1000),
    unclaimedSlot("usb2", at(0x5_e000), 0x1000),
    unclaimedSlot("usb-host-phy", at(0x5_f000), 0x1000),
    {
      kind: "armada-xor",
      name: "xor",
      base: at(0x6_0900),
      irqs: [spi(47), spi(48)],
      hidden: true,
    },
    unclaimedSlot("pcie", at(0x7_0000), 0x2_0000),
    unclaimedSlot("crypto", at(0x9_0000), 0x2_0000),
    unclaimedSlot("mailbox", at(0xb_0000), 0x100),
    unclaimedSlot("sd", at(0xd_0000), 0x300),
    unclaimedSlot("emmc", at(0xd_8000), 0x300),
    unclaimedSlot("sata", at(0xe_0000), 0x178),
    unclaimedSlot("comphy-lane2", at(0xe_0178), 0x8),
    unclaimedSlot("pcie-memory", 0xe800_0000, 128 * MiB),
  ],
  consoles: ["uart0", "uart1"],
  unmapped: "abort",
  tree: {
    model: "Globalscale Marvell ESPRESSOBin Board",
    compatible: ["globalscale,espressobin", "marvell,armada3720", "marvell,armada3710"],
    psci: ["arm,psci-1.0", "arm,psci-0.2"],
    timer: ["arm,armv8-timer"],
    timerLevel: "high",
    timerAlwaysOn: false,
    showsEl2: "always",
    emptyBuses: [],
  },
};
