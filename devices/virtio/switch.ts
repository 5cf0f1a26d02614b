/**
 * A virtual Ethernet switch that learns which port an address is behind, in virtual time.
 *
 * A frame leaves its sender at ten gigabits a second, arrives {@linkcode LatencyNs} later and waits
 * at the receiver's port until it is taken. A port where too much waits loses what comes next. Frames that
 * are sent unfinished stay so, as far as the receiver takes them: see offload.ts.
 *
 * @module
 */

import type { Alarm, Clock } from "../../core/board/clock.ts";
import { assertSameShape, type State } from "../../core/board/device.ts";
import {
  type Abilities,
  EthernetHeaderBytes,
  finish,
  isTaken,
  type Offload,
  segmentCount,
  type TcpKind,
  Unable,
  wireBytes,
} from "./offload.ts";

/** What a switch is connected to. */
export interface SwitchWires {
  readonly clock: Clock;
  /** Sees every frame that a port sends, for a capture file. */
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
}

/** A frame, from the destination address to the end of the payload, and what is left to do with it. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly offload?: Offload | undefined;
}

/** A network interface's end of a cable. */
export interface SwitchPort {
  /** Sends a frame. */
  send(bytes: Uint8Array, offload?: Offload): void;
  /** The frame that has waited longest; undefined when none waits. */
  first(): Frame | undefined;
  /** Takes the frame that has waited longest. */
  drop(): void;
  /**
   * Connects or disconnects; what waits at a port without a connection is lost. Frames that come finish as
   * far as the receiver is not `able` to do it.
   */
  connect(up: boolean, able?: Abilities): void;
  /** Takes the port away, with what is on its way to it; it must not be used any more. */
  remove(): void;
}

/** What network interfaces are plugged into. */
export interface Network {
  /** A new port; `notify` is called when a frame waits that did not wait before. */
  port(notify: () => void): SwitchPort;
}

/** From the end of sending to arrival. */
export const LatencyNs = 10_000;
const NsPerByte = 0.8;
/** Frames that may be on their way to a port, and as many that may wait there. */
const MaxFrames = 1024;
/** Addresses that are remembered; beyond it, the one learned first is forgotten. */
const MaxAddresses = 1024;
const AddressBytes = 6;
/** With a VLAN tag, without the check sequence. */
export const MaxFrameBytes = 1518;
/** The longest IP packet in one. */
export const MaxLongFrameBytes = 65_535 + 18;

interface Travelling extends Frame {
  readonly dueNs: number;
  readonly port: number;
}

interface Port {
  readonly waiting: Frame[];
  notify: () => void;
  up: boolean;
  able: Abilities;
  isRemoved: boolean;
  /** When it has finished sending. */
  freeNs: number;
}

/** A switch; a new port gets the lowest number that is free. */
export class Switch implements Network {
  readonly #clock: Clock;
  readonly #capture: SwitchWires["capture"];
  readonly #alarm: Alarm;
  readonly #ports: Port[] = [];
  readonly #travelling: Travelling[] = []; // soonest first
  readonly #behind = new Map<number, number>(); // address → port
  #lost = 0;

  constructor({ clock, capture }: SwitchWires) {
    this.#clock = clock;
    this.#capture = capture;
    this.#alarm = clock.alarm(() => this.#arrive());
  }

  /** Frames that were lost because too many were on their way or waiting. */
  get lost(): number {
    return this.#lost;
  }

  /** See {@linkcode Network.port}. */
  port(notify: () => void): SwitchPort {
    const free = this.#ports.findIndex(({ isRemoved }) => isRemoved);
    const index = free < 0 ? this.#ports.length : free;
    const port: Port = {
      waiting: [],
      notify,
      up: false,
      able: Unable,
      isRemoved: false,
      freeNs: 0,
    };
    this.#ports[index] = port;
    return {
      send: (bytes, offload) => this.#send(index, { bytes, offload }),
      first: () => port.waiting[0],
      drop: () => void port.waiting.shift(),
      connect: (up, able = Unable) => {
        port.up = up;
        port.able = able;
        if (!up) port.waiting.length = 0;
      },
      remove: () => this.#remove(index, port),
    };
  }

  #remove(index: number, port: Port): void {
    Object.assign(port, { up: false, isRemoved: true, notify: () => {} });
    while (this.#ports.at(-1)?.isRemoved) this.#ports.pop();
    port.waiting.length = 0;
    const others = this.#travelling.filter((frame) => frame.port !== index);
    this.#travelling.splice(0, Infinity, ...others);
    for (const [address, behind] of this.#behind) {
      if (behind === index) this.#behind.delete(address);
    }
    this.#setAlarm();
  }

  /** Forgets addresses and frames; ports stay as they are. */
  reset(): void {
    this.#lost = 0;
    this.#travelling.length = 0;
    this.#behind.clear();
    for (const port of this.#ports) {
      port.waiting.length = 0;
      port.freeNs = 0;
    }
    this.#setAlarm();
  }

  /** A copy of the state, safe to keep. */
  snapshot(): State {
    return {
      lost: this.#lost,
      ports: this.#ports.map(({ waiting, up, freeNs }) => ({
        up,
        freeNs,
        waiting: waiting.map(savedFrame),
      })),
      travelling: this.#travelling.map((frame) => ({
        dueNs: frame.dueNs,
        port: frame.port,
        ...savedFrame(frame),
      })),
      addresses: [...this.#behind].map(([address, port]) => ({ address, port })),
    };
  }

  /**
   * Takes over a state {@linkcode Switch.snapshot} returned.
   *
   * @throws {TypeError} When `state` was taken from a switch with other ports.
   */
  restore(state: State): void {
    const saved = state as SwitchState;
    assertSameShape(this.snapshot(), state, "switch");
    if (saved.ports.length !== this.#ports.length) {
      throw new TypeError(
        `Cannot restore switch: it must have ${this.#ports.length} ports, ` +
          `the snapshot has ${saved.ports.length}`,
      );
    }
    this.#lost = saved.lost;
    saved.ports.forEach(({ up, freeNs, waiting }, i) => {
      const port = this.#ports[i] as Port;
      Object.assign(port, { up, freeNs });
      port.waiting.splice(0, Infinity, ...waiting.map(restoredFrame));
    });
    const travelling = saved.travelling.map((frame) => {
      return { dueNs: frame.dueNs, port: frame.port, ...restoredFrame(frame) };
    });
    this.#travelling.splice(0, Infinity, ...travelling);
    this.#behind.clear();
    for (const { address, port } of saved.addresses) this.#behind.set(address, port);
    this.#setAlarm();
  }

  #send(from: number, { bytes, offload }: Frame): void {
    const most = (offload?.tcp ?? "none") === "none" ? MaxFrameBytes : MaxLongFrameBytes;
    if (bytes.length < EthernetHeaderBytes || bytes.length > most) return;
    const nowNs = this.#clock.now();
    this.#capture?.(nowNs, bytes);
    this.#learn(addressAt(bytes, AddressBytes), from);
    const sender = this.#ports[from] as Port;
    const sendingNs = Math.ceil(wireBytes(bytes, offload) * NsPerByte);
    sender.freeNs = Math.max(nowNs, sender.freeNs) + sendingNs;
    const dueNs = sender.freeNs + LatencyNs;
    const to = this.#behind.get(addressAt(bytes, 0));
    const receivers = to === undefined ? this.#ports.keys() : [to];
    for (const port of receivers) {
      if (port !== from) this.#travel({ dueNs, port, bytes: bytes.slice(), offload });
    }
    this.#setAlarm();
  }

  #learn(address: number, port: number): void {
    if (isGroup(address)) return;
    if (this.#behind.size >= MaxAddresses && !this.#behind.has(address)) {
      const [oldest] = this.#behind.keys();
      if (oldest !== undefined) this.#behind.delete(oldest);
    }
    this.#behind.set(address, port);
  }

  #travel(frame: Travelling): void {
    if (!this.#ports[frame.port]?.up) return;
    const ahead = this.#travelling.filter(({ port }) => port === frame.port).length;
    if (ahead >= MaxFrames) {
      this.#lost++;
      return;
    }
    let at = this.#travelling.length;
    while (at > 0 && (this.#travelling[at - 1] as Travelling).dueNs > frame.dueNs) at--;
    this.#travelling.splice(at, 0, frame);
  }

  #arrive(): void {
    const nowNs = this.#clock.now();
    for (let next = this.#travelling[0]; next && next.dueNs <= nowNs; next = this.#travelling[0]) {
      this.#travelling.shift();
      const port = this.#ports[next.port] as Port;
      if (!port.up) continue;
      const { bytes, offload } = next;
      const isWhole = offload === undefined || isTaken(offload, port.able);
      const count = isWhole ? 1 : segmentCount(bytes, offload);
      if (port.waiting.length + count > MaxFrames) this.#lost++;
      else {
        if (isWhole) port.waiting.push({ bytes, offload });
        else port.waiting.push(...finish(bytes, offload).map((bytes) => ({ bytes })));
        port.notify();
      }
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#travelling[0]?.dueNs);
  }
}

type SavedFrame = {
  bytes: number[];
  /** Where the checksum is, kind and bytes of segments; empty when nothing is left to do. */
  offload: number[];
};

const kinds: readonly TcpKind[] = ["none", "tcp4", "tcp6"];

function savedFrame({ bytes, offload }: Frame): SavedFrame {
  const saved = offload === undefined ? [] : [
    offload.checksumStart,
    offload.checksumOffset,
    kinds.indexOf(offload.tcp),
    offload.segmentBytes,
  ];
  return { bytes: [...bytes], offload: saved };
}

function restoredFrame({ bytes, offload: saved }: SavedFrame): Frame {
  const [checksumStart, checksumOffset = 0, kind = 0, segmentBytes = 0] = saved;
  const offload = checksumStart === undefined
    ? undefined
    : { checksumStart, checksumOffset, tcp: kinds[kind] ?? "none", segmentBytes };
  return { bytes: Uint8Array.from(bytes), offload };
}

type SwitchState = {
  lost: number;
  ports: { up: boolean; freeNs: number; waiting: SavedFrame[] }[];
  travelling: ({ dueNs: number; port: number } & SavedFrame)[];
  addresses: { address: number; port: number }[];
};

/** The 48-bit address in a frame. */
function addressAt(frame: Uint8Array, at: number): number {
  let address = 0;
  for (let i = 0; i < AddressBytes; i++) address = address * 256 + (frame[at + i] ?? 0);
  return address;
}

/** Broadcast and multicast: the first byte is odd. */
function isGroup(address: number): boolean {
  return Math.floor(address / 2 ** 40) % 2 === 1;
}
