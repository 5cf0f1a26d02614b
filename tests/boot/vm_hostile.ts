/** guests/hostile as a VM. @module */

import { assert } from "@std/assert";
import { type LoadedVms, loadVmsOf, PlayedConsole, type VmRun } from "./vm_rig.ts";
import { HypervisorBytes } from "../../core/config/plan_memory.ts";
import { memoryDisk } from "../devices/virtio/rig.ts";

/** What the guest does in the end. */
export const Ending = { spin: 0, lost: 1, reset: 2 } as const;

/** Where the image says which of those. */
const EndingAt = 32;

/** Files of a VM with the hostile guest on core `core`, which has one device of every kind. */
export function hostileVm(
  id: number,
  core: number,
  ending: number,
): Record<string, string | Uint8Array> {
  const image = Deno.readFileSync(new URL("../../guests/images/hostile.img", import.meta.url));
  new DataView(image.buffer).setUint32(EndingAt, ending, true);
  const toml = `[base]
id = ${id}
name = "hostile"
vm_type = 1
cpu_num = 1
phys_cpu_sets = [${1 << core}]
[kernel]
entry_point = 0x4020_0000
kernel_path = "hostile.img"
kernel_load_addr = 0x4020_0000
image_location = "memory"
memory_regions = [[0x4000_0000, 0x100_0000, 0x7, 0]]
[devices]
emu_devices = [
  ${PlayedConsole},
  ["disk", 0xa00_0000, 0x200, 48, 0xe1, []],
  ["net", 0xa00_0200, 0x200, 49, 0xe2, []],
  ["terminal", 0xa00_0400, 0x200, 50, 0xe3, []],
  ["ivc", 0x5000_0000, 0x1000, 0, 0xa, []],
]
passthrough_devices = [
  ["intc@8000000", 0x800_0000, 0x800_0000, 0x2_0000, 0x1],
]
`;
  return { "hostile.toml": toml, "hostile.img": image };
}

/** Loads it beside others. */
export function loadHostile(
  run: Partial<VmRun>,
  id: number,
  core: number,
  ending: number,
): LoadedVms {
  return loadVmsOf({
    ...run,
    vms: [...run.vms ?? [], "hostile.toml"],
    files: { ...run.files, ...hostileVm(id, core, ending) },
    disks: (plan) => plan.name === "hostile" ? [memoryDisk(64).backend] : [],
  });
}

/** RAM at the bottom in which the hypervisor puts channels between VMs. */
const ChannelBytes = 4096;

/** The test fails when RAM that nobody was given is not zero. */
export function noHarm({ simulator: { ram }, hypervisor }: LoadedVms): void {
  const given = hypervisor.vms.flatMap((vm) => vm.memory.flat());
  let checked = 0;
  for (const bank of ram.banks) {
    const unused = given.flatMap(({ base, bytes }) => [base, base + bytes]);
    const edges = [bank.base + ChannelBytes, ...unused, bank.base + bank.size].sort((a, b) =>
      a - b
    );
    for (let i = 0; i < edges.length - 1; i++) {
      const [from, to] = [edges[i] as number, edges[i + 1] as number];
      const isGiven = given.some(({ base, bytes }) => base <= from && to <= base + bytes);
      // The hypervisor's tables are at the top.
      const end = to === bank.base + bank.size ? to - HypervisorBytes : to;
      if (isGiven || end <= from) continue;
      const host = ram.hostOffset(from);
      const words = new BigUint64Array(ram.bytes.buffer, host, (end - from) / 8);
      assert(words.every((word) => word === 0n), `RAM from ${from} to ${end}`);
      checked += end - from;
    }
  }
  assert(checked > 0);
}
