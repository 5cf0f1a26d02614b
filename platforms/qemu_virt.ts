/** QEMU's `virt` machine, without security extensions. @module */

import { type DeviceSlot, type Platform, ppi, spi, unclaimedSlot } from "./platform.ts";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const virtioMmio = (i: number): DeviceSlot => ({
  kind: "virtio-mmio",
  name: `virtio${i}`,
  base: 0x0a00_0000 + i * 0x200,
  irq: spi(16 + i, "edge"),
});

const PowerKey = { name: "poweroff", label: "GPIO Key Poweroff", pin: 3, code: 116 } as const;

/** One cluster of AArch64 cores, GICv2 or GICv3, 32 virtio-mmio transports. */
export const qemuVirt: Platform = {
  name: "qemu-virt",
  title: "QEMU's virt machine",
  source: "qemu 7.2 hw/arm/virt.c: base_memmap, extended_memmap, a15irqmap; and its dumpdtb",
  cpus: { max: 8, mpidr: (i) => 0x8000_0000n | BigInt(i) },
  ram: { banks: [{ base: 0x4000_0000, size: 8 * GiB }], defaultBytes: 1 * GiB },
  gic: {
    defaultVersion: 2,
    spis: 256,
    v3Spis: 224, // GICD_TYPER of QEMU's GICv3 says one bank less than there is
    v2: {
      distributor: { base: 0x0800_0000, size: 0x1_0000 },
      cpuInterface: { base: 0x0801_0000, size: 0x1_0000 },
      hypervisorInterface: { base: 0x0803_0000, size: 0x1_0000 },
      virtualCpuInterface: { base: 0x0804_0000, size: 0x1_0000 },
    },
    v3: {
      distributor: { base: 0x0800_0000, size: 0x1_0000 },
      redistributors: { base: 0x080a_0000, size: 0xf6_0000 },
    },
    maintenance: ppi(9),
  },
  timers: {
    frequencyHz: 62_500_000,
    el3Physical: ppi(13),
    el1Physical: ppi(14),
    el1Virtual: ppi(11),
    el2Physical: ppi(10),
    el2Virtual: ppi(12),
  },
  pmu: ppi(7),
  psci: { el1: "hvc", el2: "smc" },
  clocks: [{ name: "apb-pclk", frequencyHz: 24_000_000, output: "clk24mhz" }],
  devices: [
    ...Array.from({ length: 32 }, (_, i) => virtioMmio(i)),
    {
      kind: "pl061",
      name: "gpio",
      base: 0x0903_0000,
      irq: spi(7),
      clock: "apb-pclk",
      keys: [PowerKey],
    },
    { kind: "pl031", name: "rtc", base: 0x0901_0000, irq: spi(2), clock: "apb-pclk" },
    { kind: "pl011", name: "uart0", base: 0x0900_0000, irq: spi(1), clock: "apb-pclk" },
    {
      // QEMU has it for the Secure state, or from 9.1 on for a second serial line.
      kind: "pl011",
      name: "uart1",
      base: 0x0904_0000,
      irq: spi(8),
      clock: "apb-pclk",
      hidden: true,
    },
    unclaimedSlot("flash", 0x0000_0000, 128 * MiB),
    unclaimedSlot("gic-v2m", 0x0802_0000, 0x1000, "/intc@8000000/v2m@8020000"),
    unclaimedSlot("gic-its", 0x0808_0000, 0x2_0000, "/intc@8000000/its@8080000"),
    unclaimedSlot("fw-cfg", 0x0902_0000, 0x18),
    unclaimedSlot("platform-bus", 0x0c00_0000, 32 * MiB),
    unclaimedSlot("pcie-mmio", 0x1000_0000, 0x2eff_0000, "/pcie@10000000"),
    unclaimedSlot("pcie-pio", 0x3eff_0000, 0x1_0000, "/pcie@10000000"),
    // A bus without devices: configuration reads return ones.
    {
      kind: "unclaimed",
      name: "pcie-ecam",
      base: 0x40_1000_0000,
      size: 256 * MiB,
      fill: "ones",
      path: "/pcie@10000000",
    },
  ],
  consoles: ["uart0", "uart1"],
  unmapped: "abort",
  tree: {
    model: "linux,dummy-virt",
    compatible: ["linux,dummy-virt"],
    psci: ["arm,psci-1.0", "arm,psci-0.2", "arm,psci"],
    timer: ["arm,armv8-timer", "arm,armv7-timer"],
    timerLevel: "high",
    timerAlwaysOn: true,
    showsEl2: "at-el2",
    emptyBuses: [{
      name: "platform-bus",
      base: 0x0c00_0000,
      size: 32 * MiB,
      compatible: ["qemu,platform", "simple-bus"],
    }],
  },
};
