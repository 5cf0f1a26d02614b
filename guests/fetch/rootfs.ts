/**
 * The small ext4 disk of the Linux guest: busybox with an init that starts a shell, and a text to read.
 * @module
 */

import { join } from "@std/path";
import { run } from "./run.ts";

const sizeMiB = 32;
const epochSeconds = 1_700_000_000;
const uuid = "6876736d-0000-4000-8000-000000000001";
const lineCount = 20_000;

/** What busybox's init does. */
const inittab = `::sysinit:/etc/init.d/rcS
ttyAMA0::respawn:-/bin/sh
::ctrlaltdel:/bin/reboot
::shutdown:/bin/umount -a -r
`;

/** What comes before the shell; `hvsim.ip=10.0.0.1/24` on the command line is for eth0. */
const rcS = `#!/bin/sh
/bin/busybox mount -a
[ -e /bin/ls ] || /bin/busybox --install -s /bin
for word in $(cat /proc/cmdline); do
  case $word in
    hvsim.ip=*)
      ip addr add "\${word#hvsim.ip=}" dev eth0
      ip link set eth0 up
      ;;
  esac
done
echo "Welcome to $(hostname)"
`;

/** Writes the disk image to `path`, by way of files under `scratch`. */
export async function buildRootfs(
  { path, scratch, busybox }: { path: string; scratch: string; busybox: Uint8Array<ArrayBuffer> },
): Promise<void> {
  const tree = join(scratch, "rootfs");
  await Deno.remove(tree, { recursive: true }).catch(() => {});
  const directories = [
    "bin",
    "data",
    "dev",
    "etc",
    "etc/init.d",
    "mnt",
    "proc",
    "root",
    "sbin",
    "sys",
    "tmp",
    "usr",
  ];
  for (const name of [...directories, "usr/bin", "usr/sbin"]) {
    await Deno.mkdir(join(tree, name), { recursive: true, mode: 0o755 });
  }
  const files: Record<string, string | Uint8Array<ArrayBuffer>> = {
    "bin/busybox": busybox,
    "data/text": sampleText(),
    "etc/group": "root:x:0:\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/fstab": "proc /proc proc defaults 0 0\nsysfs /sys sysfs defaults 0 0\n",
    "etc/inittab": inittab,
    "etc/init.d/rcS": rcS,
    "etc/profile": "export PS1='\\h:\\w# '\n",
  };
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(join(tree, name), bytes);
    await Deno.chmod(join(tree, name), /^bin\/|\.d\//.test(name) ? 0o755 : 0o644);
  }
  await Deno.symlink("busybox", join(tree, "bin/sh"));
  await Deno.symlink("../bin/busybox", join(tree, "sbin/init"));

  const part = `${path}.part`;
  await Deno.remove(part).catch(() => {});
  const env = {
    E2FSPROGS_FAKE_TIME: String(epochSeconds),
    SOURCE_DATE_EPOCH: String(epochSeconds),
  };
  const options = `root_owner=0:0,hash_seed=${uuid}`;
  await run("mke2fs", [
    "-q",
    "-t",
    "ext4",
    "-E",
    options,
    "-U",
    uuid,
    "-d",
    tree,
    part,
    `${sizeMiB}M`,
  ], { env });
  await settleInodes(part, { tree, env });
  await Deno.rename(part, path);
  await Deno.remove(tree, { recursive: true });
}

/** mke2fs copies the host's owners and change times, which would make every build another file. */
async function settleInodes(
  image: string,
  { tree, env }: { tree: string; env: Record<string, string> },
): Promise<void> {
  const commands: string[] = [];
  for (const path of ["/", "/lost+found", ...await paths(tree, "")]) {
    for (const field of ["uid", "gid"]) commands.push(`sif "${path}" ${field} 0`);
    for (const field of ["atime", "ctime", "mtime", "crtime"]) {
      commands.push(`sif "${path}" ${field} @${epochSeconds}`, `sif "${path}" ${field}_extra 0`);
    }
  }
  const input = new TextEncoder().encode(commands.join("\n") + "\n");
  await run("debugfs", ["-w", "-f", "-", image], { env, input });
}

async function paths(tree: string, dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(join(tree, dir))) {
    found.push(`${dir}/${entry.name}`);
    if (entry.isDirectory) found.push(...await paths(tree, `${dir}/${entry.name}`));
  }
  return found;
}

function sampleText(): string {
  const lines = Array.from({ length: lineCount }, (_, i) => {
    const n = i + 1;
    return `line ${n}: its square modulo 9973 is ${(n * n) % 9973}, its cube ${(n ** 3) % 9973}\n`;
  });
  return lines.join("");
}
