/**
 * The initramfs of the Linux guest: busybox, an init script and the kernel modules it may load.
 * @module
 */

import { gzipSync } from "node:zlib";
import { type Module, moduleClosure } from "./kernel.ts";
import type { Member } from "./package.ts";

/** The lists of modules that `hvsim.mods=` names. */
const moduleLists: Readonly<Record<string, readonly string[]>> = {
  base: [
    "virtio_mmio",
    "virtio_blk",
    "virtio_net",
    "virtio_console",
    "virtio_rng",
    "crc32c_generic",
    "ext4",
  ],
  pci: ["virtio_pci", "virtio_balloon"],
  xen: ["xen_privcmd", "xen_evtchn", "xenfs"],
  "9p": ["9pnet_virtio", "9p"],
};

export const Mode = {
  directory: 0o040_755,
  file: 0o100_644,
  program: 0o100_755,
  device: 0o020_600,
};

/** A member of an archive. */
export interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

/** Builds initramfs.cpio.gz; the same inputs give the same bytes. */
export async function buildInitramfs(
  { busybox, init, kernel }: {
    busybox: Uint8Array<ArrayBuffer>;
    init: string;
    kernel: ReadonlyMap<string, Member>;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const text = (value: string) => new TextEncoder().encode(value);
  const directories = [
    "bin",
    "sbin",
    "etc",
    "proc",
    "sys",
    "dev",
    "tmp",
    "mnt",
    "root",
    "lib",
    "lib/hvsim",
  ];
  const entries: Entry[] = directories.map((path) => ({ path, mode: Mode.directory }));
  entries.push(
    // The kernel opens the console before init runs, when nothing has mounted /dev yet.
    { path: "dev/console", mode: Mode.device, device: [5, 1] },
    { path: "bin/busybox", mode: Mode.program, bytes: busybox },
    { path: "init", mode: Mode.program, bytes: text(init) },
    { path: "etc/passwd", mode: Mode.file, bytes: text("root:x:0:0:root:/root:/bin/sh\n") },
    { path: "etc/group", mode: Mode.file, bytes: text("root:x:0:\n") },
  );
  const modules = new Map<string, Module>();
  for (const [list, names] of Object.entries(moduleLists)) {
    const needed = await moduleClosure(names, kernel);
    for (const module of needed) modules.set(module.name, module);
    const lines = needed.map((module) => `${module.name}\n`).join("");
    entries.push({ path: `etc/mods.${list}`, mode: Mode.file, bytes: text(lines) });
  }
  for (const { name, bytes } of modules.values()) {
    entries.push({ path: `lib/hvsim/${name}.ko`, mode: Mode.file, bytes });
  }
  return packed(entries);
}

/** A gzipped archive, which Linux unpacks also behind another one. */
export function packed(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(cpio(entries), { level: 9 }));
}

/** A "newc" archive: Linux Documentation/driver-api/early-userspace/buffer-format.rst. */
function cpio(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const pad = (length: number) => parts.push(new Uint8Array((4 - length % 4) % 4));
  const add = (entry: Entry, inode: number): void => {
    const name = new TextEncoder().encode(`${entry.path}\0`);
    const bytes = entry.bytes ?? new Uint8Array();
    const [major, minor] = entry.device ?? [0, 0];
    // inode, mode, uid, gid, links, mtime, size, device, special device, name length, checksum
    const fields = [
      inode,
      entry.mode,
      0,
      0,
      1,
      0,
      bytes.length,
      0,
      0,
      major,
      minor,
      name.length,
      0,
    ];
    const header = "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
    parts.push(new TextEncoder().encode(header), name);
    pad(header.length + name.length);
    parts.push(bytes);
    pad(bytes.length);
  };
  const sorted = [...entries].sort((a, b) => a.path < b.path ? -1 : 1);
  sorted.forEach((entry, i) => add(entry, i + 1));
  add({ path: "TRAILER!!!", mode: 0 }, 0);
  return concatenate(parts);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
