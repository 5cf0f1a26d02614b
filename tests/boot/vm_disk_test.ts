/** Two VMs with Debian's kernel, each with a disk of its own, on one network. */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { hvsim } from "./hvsim.ts";

/** What VM `id` does: writes its name to its disk and pings the other one. */
function work(id: number): string {
  return [
    `ip addr add 10.0.0.${id}/24 dev eth0`,
    "ip link set eth0 up",
    `echo vm${id} > /mnt/note`,
    "sleep 1",
    `ping -c 3 10.0.0.${3 - id}`,
    "sleep 2",
  ].join("; ");
}

/** A description of VM `id`, which finds its disk beside it. */
function description(id: number): string {
  return `[base]
id = ${id}
name = "linux${id}"
vm_type = 1
cpu_num = 1
phys_cpu_sets = [1]
[kernel]
entry_point = 0x4020_0000
kernel_path = "${guestPath("Image")}"
kernel_load_addr = 0x4020_0000
image_location = "memory"
ramdisk_path = "${guestPath("initramfs.cpio.gz")}"
ramdisk_load_addr = 0x4800_0000
dtb_load_addr = 0x4000_0000
cmdline = 'console=ttyAMA0 quiet hvsim.root=/dev/vda hvsim.run="${work(id)}"'
disk_path = "disk${id}.ext4"
memory_regions = [[0x4000_0000, 0x1000_0000, 0x7, 0]]
[devices]
emu_devices = [
  ["disk", 0xa00_0000, 0x200, 48, 0xe1, []],
  ["net", 0xa00_1000, 0x200, 49, 0xe2, []],
]
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x5_0000, 0x1],
  ["pl011@9000000", 0x900_0000, 0x900_0000, 0x1000, 0x1],
]
`;
}

await realGuestTests(["Image", "initramfs.cpio.gz", "rootfs.ext4"], {
  "linux as VMs: each writes to its own disk, and they reach each other": async () => {
    const folder = await Deno.makeTempDir();
    try {
      const files = [1, 2].map((id) => join(folder, `vm${id}.toml`)) as [string, string];
      for (const [i, file] of files.entries()) {
        await Deno.writeTextFile(file, description(i + 1));
        const disk = join(folder, `disk${i + 1}.ext4`);
        await Deno.copyFile(guestPath("rootfs.ext4"), disk);
      }
      const { code, stdout } = await hvsim(
        [...files.flatMap((file) => ["--vm", file]), "--timeout", "60"],
      );
      assertEquals(code, 0);
      for (const id of [1, 2]) {
        assertMatch(stdout, new RegExp(`\\[vm${id}\\] 3 packets transmitted, 3 packets received`));
        const disk = await Deno.readFile(join(folder, `disk${id}.ext4`));
        assertEquals(new TextDecoder("latin1").decode(disk).includes(`vm${id}\n\0\0\0\0`), true);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
