/** Arm's Base RevC fixed virtual platform. @module */

import { type DeviceSlot, type Platform, ppi, spi, unclaimedSlot } from "./platform.ts";

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const GiB = 2 ** 30;

const uart = (i: number): DeviceSlot => ({
  kind: "pl011",
  name: `uart${i}`,
  base: 0x1c09_0000 + i * 0x1_0000,
  irq: spi(5 + i),
  clock: "apb-pclk",
});

const virtioMmio = (name: string, base: number, interrupt: number): DeviceSlot => ({
  kind: "virtio-mmio",
  name,
  base,
  irq: spi(interrupt),
});

/** Eight cores in two clusters, each core an affinity level of its own, GICv3. */
export const fvp: Platform = {
  name: "fvp",
  title: "Arm FVP Base RevC",
  source: "linux 6.1 arch/arm64/boot/dts/arm: fvp-base-revc.dts, rtsm_ve-motherboard*.dtsi; " +
    "Arm DUI 0966 (Base Platform memory map, interrupts)",
  cpus: {
    max: 8,
    // MT is set: Aff0 is the thread, Aff1 the core, Aff2 the cluster.
    mpidr: (i) => 0x8100_0000n | BigInt((i >> 2) << 16 | (i & 3) << 8),
  },
  ram: {
    banks: [
      { base: 0x8000_0000, size: 2 * GiB },
      { base: 0x8_8000_0000, size: 6 * GiB },
    ],
    defaultBytes: 4 * GiB,
  },
  gic: {
    defaultVersion: 3,
    spis: 224,
    v3: {
      distributor: { base: 0x2f00_0000, size: 0x1_0000 },
      redistributors: { base: 0x2f10_0000, size: 0x20_0000 },
      cpuInterface: { base: 0x2c00_0000, size: 0x2000 },
      hypervisorInterface: { base: 0x2c01_0000, size: 0x2000 },
      virtualCpuInterface: { base: 0x2c02_f000, size: 0x2000 },
    },
    maintenance: ppi(9),
  },
  timers: {
    frequencyHz: 100_000_000,
    el3Physical: ppi(13),
    el1Physical: ppi(14),
    el1Virtual: ppi(11),
    el2Physical: ppi(10),
    el2Virtual: ppi(12),
  },
  pmu: ppi(7),
  psci: { el1: "smc", el2: "smc" },
  clocks: [{ name: "apb-pclk", frequencyHz: 24_000_000, output: "clk24mhz" }],
  devices: [
    virtioMmio("virtio-block", 0x1c13_0000, 42),
    virtioMmio("virtio-9p", 0x1c14_0000, 43),
    virtioMmio("virtio-net", 0x1c15_0000, 44),
    virtioMmio("virtio-rng", 0x1c20_0000, 46),
    { kind: "pl031", name: "rtc", base: 0x1c17_0000, irq: spi(4), clock: "apb-pclk" },
    ...[0, 1, 2, 3].map(uart),
    unclaimedSlot("trusted-boot-rom", 0x0000_0000, 64 * MiB),
    unclaimedSlot("trusted-sram", 0x0400_0000, 256 * KiB),
    unclaimedSlot("trusted-dram", 0x0600_0000, 32 * MiB),
    unclaimedSlot("flash0", 0x0800_0000, 64 * MiB),
    unclaimedSlot("flash1", 0x0c00_0000, 64 * MiB),
    unclaimedSlot("psram", 0x1400_0000, 64 * MiB),
    unclaimedSlot("vram", 0x1800_0000, 32 * MiB),
    unclaimedSlot("ethernet", 0x1a00_0000, 16 * MiB),
    unclaimedSlot("usb", 0x1b00_0000, 16 * MiB),
    { kind: "vexpress-sysreg", name: "system-registers", base: 0x1c01_0000, hidden: true },
    unclaimedSlot("system-controller", 0x1c02_0000, 64 * KiB),
    unclaimedSlot("audio", 0x1c04_0000, 64 * KiB),
    unclaimedSlot("multimedia-card", 0x1c05_0000, 64 * KiB),
    unclaimedSlot("keyboard", 0x1c06_0000, 64 * KiB),
    unclaimedSlot("mouse", 0x1c07_0000, 64 * KiB),
    unclaimedSlot("vfs2", 0x1c0d_0000, 64 * KiB),
    unclaimedSlot("watchdog", 0x1c0f_0000, 64 * KiB),
    unclaimedSlot("power-controller", 0x1c10_0000, 64 * KiB),
    unclaimedSlot("timer01", 0x1c11_0000, 64 * KiB),
    unclaimedSlot("timer23", 0x1c12_0000, 64 * KiB),
    unclaimedSlot("compact-flash", 0x1c1a_0000, 64 * KiB),
    unclaimedSlot("display", 0x1c1f_0000, 64 * KiB),
    unclaimedSlot("refclk-control", 0x2a43_0000, 64 * KiB),
    unclaimedSlot("el2-watchdog-control", 0x2a44_0000, 64 * KiB),
    unclaimedSlot("el2-watchdog-refresh", 0x2a45_0000, 64 * KiB),
    unclaimedSlot("trusted-watchdog", 0x2a49_0000, 64 * KiB),
    unclaimedSlot("refclk-timers", 0x2a81_0000, 192 * KiB),
    {
      kind: "unclaimed",
      name: "smmu",
      base: 0x2b40_0000,
      size: 1 * MiB,
      path: "/iommu@2b400000",
      disabled: true,
    },
    unclaimedSlot("interconnect", 0x2c09_0000, 64 * KiB),
    {
      kind: "unclaimed",
      name: "its",
      base: 0x2f02_0000,
      size: 128 * KiB,
      path: "/interrupt-controller@2f000000/msi-controller@2f020000",
      disabled: true,
    },
    { kind: "unclaimed", name: "pcie-ecam", base: 0x4000_0000, size: 256 * MiB, fill: "ones" },
    unclaimedSlot("pcie-mmio", 0x5000_0000, 256 * MiB),
    unclaimedSlot("hdlcd", 0x7ff6_0000, 64 * KiB),
  ],
  consoles: ["uart0", "uart1", "uart2", "uart3"],
  unmapped: "abort",
  tree: {
    model: "FVP Base RevC",
    compatible: ["arm,fvp-base-revc", "arm,vexpress"],
    psci: ["arm,psci-1.0", "arm,psci-0.2"],
    timer: ["arm,armv8-timer"],
    timerLevel: "low",
    timerAlwaysOn: false,
    showsEl2: "always",
    emptyBuses: [],
  },
};
