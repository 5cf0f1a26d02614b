/**
 * Virtio network interface (virtio 1.2, 5.1) at a port of a virtual switch.
 *
 * One pair of queues. Drivers may leave checksums and the cutting of TCP segments to the device, which
 * hands such frames on as they are to those who take them.
 *
 * @module
 */

import type { Chain } from "./chain.ts";
import { type VirtioDevice, virtioMmio, type VirtioModel, type VirtioWires } from "./mmio.ts";
import type { Answer } from "./queue.ts";
import {
  type Abilities,
  EthernetHeaderBytes,
  HeaderBytes,
  readHeader,
  writeHeader,
} from "./offload.ts";
import { MaxFrameBytes, MaxLongFrameBytes, type Network, type SwitchPort } from "./switch.ts";

/** What a network interface is connected to. */
export interface NetWires extends VirtioWires {
  readonly switch: Network;
  /** Its address: six bytes. */
  readonly mac: readonly number[];
}

/** Feature bits (5.1.3). */
const Feature = {
  checksum: 1n << 0n,
  guestChecksum: 1n << 1n,
  mtu: 1n << 3n,
  mac: 1n << 5n,
  guestTcp4: 1n << 7n,
  guestTcp6: 1n << 8n,
  hostTcp4: 1n << 11n,
  hostTcp6: 1n << 12n,
  status: 1n << 16n,
} as const;
const Queue = { receive: 0, transmit: 1 } as const;
/** Linux keeps 68 KiB in each receive buffer when segments may be long. */
const ReceiveQueueSize = 64;
const TransmitQueueSize = 256;
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
  const frame = new Uint8Array(MaxLongFrameBytes);
  const header = new Uint8Array(HeaderBytes);
  const config = configOf(wires.mac);
  const port: SwitchPort = wires.switch.port(() => chip.serve(Queue.receive, () => {}));

  function receive(s: NetState, chain: Chain): Answer {
    const first = port.first();
    if (!first) return "later";
    const bytes = HeaderBytes + first.bytes.length;
    if (chain.writableBytes < HeaderBytes) {
      return { violation: `a receive buffer must have ${HeaderBytes} bytes for the header` };
    }
    port.drop();
    // Without VIRTIO_NET_F_MRG_RXBUF a frame is in one buffer; a driver that has made it too small
    // gets an empty one.
    if (chain.writableBytes < bytes) {
      chain.write(0, writeHeader(first.bytes, undefined));
      s.refused++;
      return HeaderBytes;
    }
    chain.write(0, writeHeader(first.bytes, first.offload));
    chain.write(HeaderBytes, first.bytes);
    s.received++;
    return bytes;
  }

  function transmit(s: NetState, chain: Chain, features: bigint): Answer {
    const bytes = chain.readableBytes - HeaderBytes;
    const refuse = () => {
      s.refused++;
      return 0;
    };
    if (bytes < EthernetHeaderBytes || bytes > MaxLongFrameBytes) return refuse();
    chain.read(0, header);
    const sent = frame.subarray(0, bytes);
    chain.read(HeaderBytes, sent);
    const offload = readHeader(header, sent, promised(features));
    if (offload === "wrong") return refuse();
    if (bytes > MaxFrameBytes && (offload?.tcp ?? "none") === "none") return refuse();
    port.send(sent, offload);
    s.sent++;
    return 0;
  }

  const model: VirtioModel<NetState> = {
    kind: "virtio-net",
    id: 1,
    features: Object.values(Feature).reduce((all, bit) => all | bit),
    queueSizes: [ReceiveQueueSize, TransmitQueueSize],
    reset: () => ({ received: 0, sent: 0, refused: 0 }),
    config: () => config,
    handle: (s, queue, chain, features) =>
      queue === Queue.receive ? receive(s, chain) : transmit(s, chain, features),
    settle: (_s, running, features) => port.connect(running, abilities(features)),
  };
  const chip: VirtioDevice<NetState> = virtioMmio(model, wires);
  return chip;
}

/** What the device does for a driver that has accepted `features`. */
function promised(features: bigint): Abilities {
  return {
    checksum: (features & Feature.checksum) !== 0n,
    tcp4: (features & Feature.hostTcp4) !== 0n,
    tcp6: (features & Feature.hostTcp6) !== 0n,
  };
}

/** What the driver does itself. */
function abilities(features: bigint): Abilities {
  return {
    checksum: (features & Feature.guestChecksum) !== 0n,
    tcp4: (features & Feature.guestTcp4) !== 0n,
    tcp6: (features & Feature.guestTcp6) !== 0n,
  };
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
