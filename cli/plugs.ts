/** What the options plug into the board: disks and a network. @module */

import { pcapHeader, pcapRecord } from "../devices/virtio/pcap.ts";
import type { VirtioPlug } from "../platforms/virtio.ts";
import { openDrives } from "./drive.ts";
import { reason } from "./files.ts";
import type { Options } from "./options.ts";
import { UsageError } from "./usage_error.ts";

/** Devices for a board, and who listens to its network. */
export interface Plugs {
  readonly virtio: readonly VirtioPlug[];
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
}

/** Opens the files that the options name. @throws {UsageError} When one cannot be used. */
export function openPlugs(options: Options, log: (message: string) => void): Plugs {
  const disks = openDrives(options.drive ?? [], log).map((backend, i): VirtioPlug => {
    return { kind: "block", backend, serial: `drive${i}` };
  });
  const virtio: VirtioPlug[] = options.net ? [...disks, { kind: "net" }] : disks;
  return options.pcap === undefined ? { virtio } : { virtio, capture: openCapture(options.pcap) };
}

function openCapture(path: string): NonNullable<Plugs["capture"]> {
  try {
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    file.writeSync(pcapHeader());
    return (nowNs, frame) => void file.writeSync(pcapRecord(nowNs, frame));
  } catch (error) {
    throw new UsageError(`Cannot write --pcap "${path}": ${reason(error)}`);
  }
}
