/** What can be plugged into virtio slots, and where it goes. @module */

import type { State } from "../core/board/device.ts";
import type { BlockBackend } from "../devices/virtio/block_backend.ts";
import { virtioBlock } from "../devices/virtio/block.ts";
import type { VirtioDevice, VirtioWires } from "../devices/virtio/mmio.ts";
import { macAddress, virtioNet } from "../devices/virtio/net.ts";
import { virtioRng } from "../devices/virtio/rng.ts";
import type { Network } from "../devices/virtio/switch.ts";
import type { Platform } from "./platform.ts";

/** A device for a virtio slot. */
export type VirtioPlug =
  | {
    readonly kind: "block";
    readonly backend: BlockBackend;
    /** What the guest finds in `/sys/block/vda/serial`. */
    readonly serial: string;
  }
  | { readonly kind: "net"; readonly mac?: readonly number[] }
  | { readonly kind: "rng"; readonly seed: number };

/**
 * Which plug is in which slot, by the slot's name. A slot that is named after the kind of device is
 * taken first, then the one with the highest address, as QEMU does it.
 *
 * @throws {RangeError} When there are more plugs than slots.
 */
export function assignSlots(
  platform: Platform,
  plugs: readonly VirtioPlug[],
): ReadonlyMap<string, VirtioPlug> {
  const free = platform.devices.filter((slot) => slot.kind === "virtio-mmio")
    .sort((a, b) => b.base - a.base).map(({ name }) => name);
  if (plugs.length > free.length) {
    throw new RangeError(
      `Cannot plug in ${plugs.length} virtio devices: ${platform.name} has ${free.length} slots`,
    );
  }
  return new Map(plugs.map((plug) => {
    const own = free.indexOf(`virtio-${plug.kind}`);
    const [name] = free.splice(Math.max(own, 0), 1);
    return [name as string, plug];
  }));
}

/** Makes the device; `nic` counts the network interfaces of its owner, VM `vm` or the board (0). */
export function virtioDevice(
  plug: VirtioPlug,
  wires: VirtioWires,
  { hub, vm, nic }: { readonly hub: Network; readonly vm: number; readonly nic: number },
): VirtioDevice<State> {
  switch (plug.kind) {
    case "block":
      return erase(virtioBlock({ ...wires, backend: plug.backend, serial: plug.serial }));
    case "net":
      return erase(virtioNet({ ...wires, switch: hub, mac: plug.mac ?? macAddress(vm, nic) }));
    case "rng":
      return erase(virtioRng({ ...wires, seed: plug.seed }));
  }
}

/** Boards do not look into their devices' state. */
function erase<S extends State>(device: VirtioDevice<S>): VirtioDevice<State> {
  return device as unknown as VirtioDevice<State>;
}
