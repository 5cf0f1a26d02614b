import { assertEquals, assertMatch } from "@std/assert";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { hvsim } from "./hvsim.ts";

const bare = [
  ...["--kernel", guestPath("Image"), "--initrd", guestPath("initramfs.cpio.gz")],
];
const fvp = ["--platform", "fvp", "--dtb", guestPath("fvp-base-revc.dtb")];
const espressobin = [
  ...["--platform", "espressobin", "--dtb", guestPath("armada-3720-espressobin.dtb")],
];

/** What comes between hvsim and the script, and how many cores the guest must count. */
const runs: readonly (readonly [name: string, args: readonly string[], cores: number])[] = [
  ["as a VM with GICv2", ["--vm", "guests/linux.toml", "--gic", "2"], 1],
  ["as a VM with GICv3", ["--vm", "guests/linux.toml", "--gic", "3"], 1],
  ["bare at EL1", [...bare, "--append", "console=ttyAMA0", "--gic", "3"], 1],
  [
    "bare at EL2 on 4 cores",
    [...bare, "--append", "console=ttyAMA0", "--el", "2", "--cpus", "4"],
    4,
  ],
  ["bare on fvp", [...bare, ...fvp, "--append", "console=ttyAMA0", "--cpus", "2"], 2],
  [
    "bare on espressobin",
    [...bare, ...espressobin, "--append", "console=ttyMV0", "--cpus", "2"],
    2,
  ],
];

await realGuestTests(
  ["Image", "initramfs.cpio.gz", "fvp-base-revc.dtb", "armada-3720-espressobin.dtb"],
  Object.fromEntries(runs.map(([name, args, cores]) => [
    `linux: Debian's kernel boots to its shell ${name}`,
    async () => {
      const { code, stdout, stderr } = await hvsim([
        ...args,
        ...["--expect", "hvsim# ", "--send", "nproc; cat /proc/interrupts; echo all $((6*7))\\n"],
        ...["--expect", "all 42", "--timeout", "20"],
      ]);
      assertEquals(code, 0, stdout.slice(-1000) + stderr);
      assertMatch(stdout, new RegExp(`\\n${cores}\\r\\n`));
      assertMatch(stdout, /arch_timer/);
    },
  ])),
);
