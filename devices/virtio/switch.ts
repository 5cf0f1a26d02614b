/**
 * A virtual Ethernet switch that learns which port an address is behind, in virtual time.
 *
 * A frame leaves its sender at ten gigabits a second, arrives {@linkcode LatencyNs} later and waits
 * at the receiver's port until it is taken. A port where too much waits loses what comes next.
 *
 * @module
 */

import type { Alarm, Clock } from "../../core/board/clock.ts";
import { assertSameShape, type State } from "../../core/board/device.ts";

/** What a switch is connected to. */
export interface SwitchWires {
  readonly clock: Clock;
  /** Sees every frame that a port sends, for a capture file. */
  readonly capture?: (nowNs: number, frame: Uint8Array) => void;
}

/** A network interface's end of a cable. */
export interface SwitchPort {
  /** Sends a frame, from the destination address to the end of the payload. */
  send(frame: Uint8Array): void;
  /** The frame that has waited longest; undefined when none waits. */
  first(): Uint8Array | undefined;
  /** Takes the frame that has waited longest. */
  drop(): void;
  /** Connects or disconnects; what waits at a port without a connection is lost. */
  connect(up: boolean): void;
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
/** Destination, source, type. */
export const EthernetHeaderBytes = 14;
/** With a VLAN tag, without the check sequence. */
export const MaxFrameBytes = 1518;

interface Travelling {
  readonly dueNs: number;
  readonly port: number;
  readonly frame: Uint8Array;
}

interface Port {
  readonly waiting: Uint8Array[];
  notify: () => void;
  up: boolean;
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
    const port: Port = { waiting: [], notify, up: false, isRemoved: false, freeNs: 0 };
    this.#ports[index] = port;
    return {
      send: (frame) => this.#send(index, frame),
      first: () => port.waiting[0],
      drop: () => void port.waiting.shift(),
      connect: (up) => {
        port.up = up;
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
        waiting: waiting.map((frame) => ({ bytes: [...frame] })),
      })),
      travelling: this.#travelling.map(({ dueNs, port, frame }) => ({
        dueNs,
        port,
        bytes: [...frame],
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
      port.waiting.splice(0, Infinity, ...waiting.map(({ bytes }) => Uint8Array.from(bytes)));
    });
    const travelling = saved.travelling.map(({ dueNs, port, bytes }) => {
      return { dueNs, port, frame: Uint8Array.from(bytes) };
    });
    this.#travelling.splice(0, Infinity, ...travelling);
    this.#behind.clear();
    for (const { address, port } of saved.addresses) this.#behind.set(address, port);
    this.#setAlarm();
  }

  #send(from: number, frame: Uint8Array): void {
    if (frame.length < EthernetHeaderBytes || frame.length > MaxFrameBytes) return;
    const nowNs = this.#clock.now();
    this.#capture?.(nowNs, frame);
    this.#learn(addressAt(frame, AddressBytes), from);
    const sender = this.#ports[from] as Port;
    sender.freeNs = Math.max(nowNs, sender.freeNs) + Math.ceil(frame.length * NsPerByte);
    const dueNs = sender.freeNs + LatencyNs;
    const to = this.#behind.get(addressAt(frame, 0));
    const receivers = to === undefined ? this.#ports.keys() : [to];
    for (const port of receivers) {
      if (port !== from) this.#travel({ dueNs, port, frame: frame.slice() });
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
      if (port.waiting.length >= MaxFrames) this.#lost++;
      else {
        port.waiting.push(next.frame);
        port.notify();
      }
    }
    this.#setAlarm();
  }

  #setAlarm(): void {
    this.#alarm.set(this.#travelling[0]?.dueNs);
  }
}

type SwitchState = {
  lost: number;
  ports: { up: boolean; freeNs: number; waiting: { bytes: number[] }[] }[];
  travelling: { dueNs: number; port: number; bytes: number[] }[];
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
