/** Debian's kernel with disks that live in files. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { diskFile, isClean } from "./disk_tools.ts";
import { guestPath, realGuestTests } from "../real_guests.ts";
import { hvsim } from "./hvsim.ts";

/** Writes to both disks and reads the second one back. */
const work = [
  "mkdir /a /b",
  "mount /dev/vdb /a",
  "mount /dev/vda /b",
  "cat /sys/block/vdb/serial",
  "seq 1 20000 > /a/numbers",
  "echo kept > /a/note",
  "echo lost > /b/note",
  "umount /a /b",
  "mount /dev/vda /b",
  "cat /b/note",
  "umount /b",
].join("; ");

await realGuestTests(["Image", "initramfs.cpio.gz", "rootfs.ext4"], {
  "linux: what it writes to a disk is in the file, clean; a snapshot's file stays as it was":
    async () => {
      const folder = await Deno.makeTempDir();
      try {
        const [kept, below] = ["kept", "below"].map((name) => join(folder, `${name}.ext4`)) as [
          string,
          string,
        ];
        for (const file of [kept, below]) await Deno.copyFile(guestPath("rootfs.ext4"), file);
        const { code, stdout, stderr } = await hvsim([
          ...["--kernel", guestPath("Image"), "--initrd", guestPath("initramfs.cpio.gz")],
          ...["--append", `console=ttyAMA0 quiet hvsim.run="${work}"`],
          ...["--drive", `file=${kept}`, "--drive", `file=${below},snapshot=on`],
          ...["--timeout", "60"],
        ]);
        assertEquals([code, stderr], [0, ""]);
        assertMatch(stdout, /drive0lost\r?\n/);
        assertEquals(
          await Deno.readFile(below),
          await Deno.readFile(guestPath("rootfs.ext4")),
        );
        assert(await isClean(kept));
        if (await diskFile(kept, "/note") === undefined) return;
        const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
        assertEquals(await diskFile(kept, "/note"), "kept\n");
        assertEquals(await diskFile(kept, "/numbers"), numbers);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
});
