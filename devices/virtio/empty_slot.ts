/** Virtio over MMIO (virtio 1.2, 4.2): a slot with no device behind it. @module */

import { type Device, device } from "../../core/board/device.ts";

/** "virt", little endian. */
export const Magic = 0x7472_6976;
/** "QEMU", little endian: what guests that know the board expect. */
export const Vendor = 0x554d_4551;
/** The standard's register layout, as opposed to the legacy one. */
export const Version = 2;
/** Bytes of a slot. */
export const SlotBytes = 0x200;

/** An empty slot: DeviceID 0 tells drivers to leave it alone. */
export function virtioMmioSlot(log: (message: string) => void): Device {
  return device({
    kind: "virtio-mmio-empty",
    size: SlotBytes,
    reset: () => ({}),
    stray: log,
    registers: [
      { at: 0x000, name: "MagicValue", read: () => Magic },
      { at: 0x004, name: "Version", read: () => Version },
      { at: 0x008, name: "DeviceID", read: () => 0 },
      { at: 0x00c, name: "VendorID", read: () => Vendor },
      { at: 0x010, name: "unused", count: 124, read: () => 0, write: () => {} },
    ],
    settle: () => {},
  }, null);
}
