/**
 * Virtio network interface (virtio 1.2, 5.1) at a port of a virtual switch.
 *
 * One pair of queues, no offloads: the driver computes checksums and sends frames as they are.
 *
 * @module
 */

import type { Chain } from "./chain.ts";
import { type VirtioDevice, virtioMmio, type VirtioModel, type VirtioWires } from "./mmio.ts";
import type { Answer } from "./queue.ts";
import { EthernetHeaderBytes, MaxFrameBytes, type Network, type SwitchPort } from "./switch.ts";

/** What a network interface is connected to. */
export interface NetWires extends VirtioWires {
  readonly switch: Network;
  /** Its address: six bytes. */
  readonly mac: readonly number[];
}

/** Feature bits (5.1.3). */
const Feature = { mtu: 1n << 3n, mac: 1n << 5n, status: 1n << 16n } as const;
const Queue = { receive: 0, transmit: 1 } as const;
const QueueSize = 256;
/** struct virtio_net_hdr with num_buffers, which VIRTIO_F_VERSION_1 implies. */
const HeaderBytes = 12;
const NumBuffersAt = 10;
const LinkUp = 1;
const Mtu = 1500;

type NetState = { received: number; sent: number; refused: number };

/**
 * The address of interface `nic` of VM `vm`, or of the board when `vm` is 0: locally administered,
 * after the fashion of QEMU's.
 */
export function macAddress(vm: number, nic: number): readonly number[] {
  return [0x52, 0x54, 0x00, (vm >>> 8) & 0xff, vm & 0xff, nic & 0xff];
}

/** A network interface with its cable plugged in. */
export function virtioNet(wires: NetWires): VirtioDevice<NetState> {
  const frame = new Uint8Array(MaxFrameBytes);
  const config = configOf(wires.mac);
  const port: SwitchPort = wires.switch.port(() => chip.serve(Queue.receive, () => {}));

  function receive(s: NetState, chain: Chain): Answer {
    const first = port.first();
    if (!first) return "later";
    const bytes = HeaderBytes + first.length;
    if (chain.writableBytes < HeaderBytes) {
      return { violation: `a receive buffer must have ${HeaderBytes} bytes for the header` };
    }
    port.drop();
    // Without VIRTIO_NET_F_MRG_RXBUF a frame is in one buffer; a driver that has made it too small
    // gets an empty one.
    const fits = chain.writableBytes >= bytes;
    const header = new Uint8Array(HeaderBytes);
    header[NumBuffersAt] = 1;
    chain.write(0, header);
    if (!fits) {
      s.refused++;
      return HeaderBytes;
    }
    chain.write(HeaderBytes, first);
    s.received++;
    return bytes;
  }

  function transmit(s: NetState, chain: Chain): Answer {
    const bytes = chain.readableBytes - HeaderBytes;
    if (bytes < EthernetHeaderBytes || bytes > MaxFrameBytes) {
      s.refused++;
      return 0;
    }
    chain.read(HeaderBytes, frame.subarray(0, bytes));
    port.send(frame.subarray(0, bytes));
    s.sent++;
    return 0;
  }

  const model: VirtioModel<NetState> = {
    kind: "virtio-net",
    id: 1,
    features: Feature.mac | Feature.status | Feature.mtu,
    queueSizes: [QueueSize, QueueSize],
    reset: () => ({ received: 0, sent: 0, refused: 0 }),
    config: () => config,
    handle: (s, queue, chain) => queue === Queue.receive ? receive(s, chain) : transmit(s, chain),
    settle: (_s, running) => port.connect(running),
  };
  const chip: VirtioDevice<NetState> = virtioMmio(model, wires);
  return chip;
}

/** struct virtio_net_config (5.1.4). */
function configOf(mac: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  bytes.set(mac);
  view.setUint16(6, LinkUp, true);
  view.setUint16(8, 1, true); // max_virtqueue_pairs
  view.setUint16(10, Mtu, true);
  return bytes;
}
