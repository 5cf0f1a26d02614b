/** What Debian's kernel complains about here is what it complains about on QEMU or on the board. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { hvsim } from "./hvsim.ts";

/** Linux 6.1 on `qemu-system-aarch64 -M virt` (GICv2, GICv3, EL1, EL2, 1 and 4 cores). */
const Qemu = [/^pci-host-generic .*: Memory resource size exceeds max for 32 bits$/];

/** Linux with the board's own tree: clocks and GPIOs of the motherboard that come up too late. */
const Fvp = [
  /^timer_sp804: timer clock not found: -517$/,
  /^timer_sp804: arm,sp804 clock not found: -2$/,
  /^Failed to initialize '.*\/timer@1[12]0000': -22$/,
  /^basic-mmio-gpio: Failed to locate of_node \[id: -2\]$/,
];

/** Linux with the board's own tree: what its drivers say of themselves. */
const Espressobin = [
  /^gpio gpiochip[01]: \(GPIO[12]\): not an immutable chip, please consider fixing it!$/,
  /^debugfs: Directory 'd0060900\.xor' with parent 'dmaengine' already present!$/,
];

const bare = (console: string) => [
  ...["--kernel", guestPath("Image"), "--initrd", guestPath("initramfs.cpio.gz")],
  ...["--append", `console=${console} hvsim.run="dmesg -r"`],
];

interface Boot {
  readonly args: readonly string[];
  readonly known: readonly RegExp[];
}

const boots: Readonly<Record<string, Boot>> = {
  "qemu-virt at EL2 on 4 cores": {
    args: [...bare("ttyAMA0"), "--gic", "3", "--el", "2", "--cpus", "4"],
    known: Qemu,
  },
  "qemu-virt as a VM with GICv2": {
    args: [
      ...[
        "--vm",
        "guests/linux.toml",
        "--gic",
        "2",
        "--expect",
        "hvsim# ",
        "--send",
        "dmesg -r\\n",
      ],
      ...["--expect", "hvsim# ", "--send", "poweroff -f\\n", "--expect", "Power down"],
    ],
    known: Qemu,
  },
  "fvp at EL2 on 8 cores": {
    args: [
      ...["--platform", "fvp", "--dtb", guestPath("fvp-base-revc.dtb"), "--el", "2"],
      ...["--cpus", "8", ...bare("ttyAMA0")],
    ],
    known: Fvp,
  },
  "espressobin at EL1 on both cores": {
    args: [
      ...["--platform", "espressobin", "--dtb", guestPath("armada-3720-espressobin.dtb")],
      ...["--cpus", "2", ...bare("ttyMV0,115200")],
    ],
    known: Espressobin,
  },
};

/** Messages of a level from emergency to warning, as `dmesg -r` shows them. */
function warnings(text: string): string[] {
  return [...text.matchAll(/^<([0-9]+)>\[ *[0-9.]+\] (.*?)\r*$/gm)]
    .filter(([, level]) => (Number(level) & 7) <= 4).map(([, , message = ""]) => message);
}

await realGuestTests(
  ["Image", "initramfs.cpio.gz", "fvp-base-revc.dtb", "armada-3720-espressobin.dtb"],
  Object.fromEntries(
    Object.entries(boots).map(([name, { args, known }]) => [
      `dmesg: no warning is new on ${name}, and the run ends with power off`,
      async () => {
        const { code, stdout, stderr } = await hvsim([...args, "--timeout", "20"]);
        assertEquals(code, 0, stdout.slice(-1000) + stderr);
        assertMatch(stdout, /^<6>\[ *[0-9.]+\] .*Booting Linux on physical CPU/m);
        assert(stdout.includes("Power down"), stdout.slice(-1000));
        const unknown = (line: string) => !known.some((pattern) => pattern.test(line));
        assertEquals(warnings(stdout).filter(unknown), []);
      },
    ]),
  ),
);
