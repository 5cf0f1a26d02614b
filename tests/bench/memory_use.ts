/** Resident memory of a process, apart from the guest RAM that it holds (Linux: proc(5)). @module */

import { MemoryMap } from "../../core/memory_map.ts";
import { type CommandLine, hvsimArgs, hvsimCommand } from "./emulators.ts";
import type { LinuxWorkload } from "./workloads.ts";

/** Resident memory in bytes. */
export interface MemoryUse {
  readonly resident: number;
  /** Of it, RAM of the guest. */
  readonly guestRam: number;
}

const HostPage = 4096;
const SampleMs = 200;

/** Boots Linux and takes the greatest use seen; undefined where the system does not tell. */
export async function linuxMemory(folder: string): Promise<MemoryUse | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const boot: LinuxWorkload = {
    kind: "linux",
    name: "boot",
    group: "linux-boot",
    command: "true",
  };
  const [program, ...args]: CommandLine = hvsimCommand(await hvsimArgs(boot, folder));
  const child = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let running = true;
  const ended = child.status.then(() => running = false);
  let most: MemoryUse | undefined;
  while (running) {
    const use = await usedBy(child.pid).catch(() => undefined);
    if (use && use.resident - use.guestRam >= (most ? most.resident - most.guestRam : 0)) {
      most = use;
    }
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, SampleMs))]);
  }
  return most;
}

async function usedBy(pid: number): Promise<MemoryUse> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  const maps = await Deno.readTextFile(`/proc/${pid}/maps`);
  return { resident, guestRam: await residentPages(pid, guestRamOf(maps)) * HostPage };
}

/** The guest's RAM is the end of the largest private mapping that can be written. */
function guestRamOf(maps: string): readonly [start: number, end: number] {
  const areas = [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw-p \S+ \S+ 0\s*$/gm)]
    .map(([, start = "", end = ""]) => [parseInt(start, 16), parseInt(end, 16)] as const)
    .sort((a, b) => (b[1] - b[0]) - (a[1] - a[0]));
  const [start, end] = areas[0] ?? [0, 0];
  return end - start > MemoryMap.ram ? [start + MemoryMap.ram, end] : [0, 0];
}

async function residentPages(
  pid: number,
  [start, end]: readonly [number, number],
): Promise<number> {
  if (end === start) return 0;
  using file = await Deno.open(`/proc/${pid}/pagemap`);
  await file.seek(start / HostPage * 8, Deno.SeekMode.Start);
  const entries = new Uint8Array((end - start) / HostPage * 8);
  for (let at = 0; at < entries.length;) {
    const read = await file.read(entries.subarray(at));
    if (read === null) break;
    at += read;
  }
  let present = 0;
  // Bit 63 of an entry, the highest of its last byte: the page is in memory.
  for (let at = 7; at < entries.length; at += 8) present += (entries[at] as number) >> 7;
  return present;
}
