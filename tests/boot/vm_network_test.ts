/** Two VMs with Debian's kernel on one network: they reach each other, and 100 MB arrive intact. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { hvsim } from "./hvsim.ts";

const Bytes = 100_000_000;
const BlockBytes = 64_000;

/** What VM 1 and VM 2 do: from the disk of one to that of the other. */
const work = [
  "sleep 2; ping -c 3 10.0.0.2; nc 10.0.0.2 5000 -e dd if=/dev/vda bs=64000",
  "nc -l -p 5000 -e dd of=/dev/vda bs=64000 iflag=fullblock; ifconfig eth0; sync",
];

/** A description of VM `id`, which finds its disk beside it. */
function description(id: number): string {
  const network = `ip addr add 10.0.0.${id}/24 dev eth0; ip link set eth0 up`;
  return `[base]
id = ${id}
name = "linux${id}"
vm_type = 2
cpu_num = 1
phys_cpu_sets = [${id}]
[kernel]
entry_point = 0x4020_0000
kernel_path = "${guestPath("Image")}"
kernel_load_addr = 0x4020_0000
image_location = "memory"
ramdisk_path = "${guestPath("initramfs.cpio.gz")}"
ramdisk_load_addr = 0x4800_0000
dtb_load_addr = 0x4000_0000
cmdline = 'console=ttyAMA0 quiet hvsim.run="${network}; ${work[id - 1]}"'
disk_path = "disk${id}"
memory_regions = [[0x4000_0000, 0x1000_0000, 0x7, 0]]
[devices]
emu_devices = [
  ["disk", 0xa00_0000, 0x200, 48, 0xe1, []],
  ["net", 0xa00_0200, 0x200, 49, 0xe2, []],
]
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x2_0000, 0x1],
  ["pl011@9000000", 0x900_0000, 0x900_0000, 0x1000, 0x1],
]
`;
}

/** Bytes that do not repeat within reach of any buffer. */
function sample(): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(Bytes / 4));
  let state = 1;
  for (let i = 0; i < words.length; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    words[i] = state ^ state >>> 15;
  }
  return new Uint8Array(words.buffer, 0, Bytes - Bytes % BlockBytes);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

await realGuestTests(["Image", "initramfs.cpio.gz"], {
  "linux as VMs: they ping each other, and 100 MB arrive intact": async () => {
    const folder = await Deno.makeTempDir();
    try {
      const sent = sample();
      await Deno.writeFile(join(folder, "disk1"), sent);
      await Deno.writeFile(join(folder, "disk2"), new Uint8Array());
      await Deno.truncate(join(folder, "disk2"), sent.length);
      const args: string[] = [];
      for (const id of [1, 2]) {
        const file = join(folder, `vm${id}.toml`);
        await Deno.writeTextFile(file, description(id));
        args.push("--vm", file);
      }
      const { code, stdout, stderr } = await hvsim([...args, "--timeout", "60"]);
      assertEquals(code, 0, stderr);
      assertMatch(stdout, /\[vm1\] 3 packets transmitted, 3 packets received/);
      const arrived = await Deno.readFile(join(folder, "disk2"));
      assertEquals([arrived.length, await sha256(arrived)], [sent.length, await sha256(sent)]);
      // Segments are not cut on the way: there would be 70,000 frames.
      const frames = Number(/\[vm2\] +RX packets:(\d+)/.exec(stdout)?.[1]);
      assert(frames > 0 && frames < 10_000, `${frames}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
