/** Virtio console (virtio 1.2, 5.3) with one port: a serial line without a baud rate. @module */

import { onRise, type SerialPort } from "../serial.ts";
import type { Chain } from "./chain.ts";
import {
  isRunning,
  type VirtioDevice,
  virtioMmio,
  type VirtioModel,
  type VirtioWires,
} from "./mmio.ts";
import type { Answer } from "./queue.ts";

/** What a virtio console is connected to. */
export interface ConsoleWires extends VirtioWires {
  /** Takes every byte the guest transmits. */
  readonly transmit: (byte: number) => void;
  /** Called when {@linkcode SerialPort.canReceive} has become true. */
  readonly ready: () => void;
}

/** A virtio console and its receive line. */
export interface VirtioConsole extends VirtioDevice<ConsoleState>, SerialPort {
  /** Tells the driver the size of the terminal at the other end. */
  resize(columns: number, rows: number): void;
}

/** VIRTIO_CONSOLE_F_SIZE: the configuration has the terminal's size. */
const SizeFeature = 1n << 0n;
const Queue = { receive: 0, transmit: 1 } as const;
const QueueSize = 128;
/** Bytes that wait until the guest provides buffers for them. */
const InputBytes = 4096;
/** Longest text that is taken from a chain. */
const MaxTextBytes = 2 ** 20;
const PieceBytes = 4096;

const DefaultSize = { columns: 80, rows: 25 } as const;

type ConsoleState = { columns: number; rows: number; input: number[] };

/** A console that nobody has typed at. */
export function virtioConsole(wires: ConsoleWires): VirtioConsole {
  const piece = new Uint8Array(PieceBytes);
  const signalReady = onRise(wires.ready);

  function handle(s: ConsoleState, queue: number, chain: Chain): Answer {
    return queue === Queue.receive ? deliver(s, chain) : transmit(chain);
  }

  function deliver(s: ConsoleState, chain: Chain): Answer {
    if (s.input.length === 0) return "later";
    if (chain.writableBytes === 0) return { violation: "a receive buffer must be writable" };
    const bytes = Uint8Array.from(s.input.slice(0, chain.writableBytes));
    s.input.splice(0, bytes.length);
    return chain.write(0, bytes);
  }

  function transmit(chain: Chain): Answer {
    const bytes = Math.min(chain.readableBytes, MaxTextBytes);
    for (let done = 0; done < bytes; done += PieceBytes) {
      const count = Math.min(PieceBytes, bytes - done);
      chain.read(done, piece.subarray(0, count));
      for (let i = 0; i < count; i++) wires.transmit(piece[i] as number);
    }
    return 0;
  }

  const model: VirtioModel<ConsoleState> = {
    kind: "virtio-console",
    id: 3,
    features: SizeFeature,
    queueSizes: [QueueSize, QueueSize],
    reset: (before) => {
      const { columns, rows } = before ?? DefaultSize;
      return { columns, rows, input: [] };
    },
    config({ columns, rows }) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint16(0, columns, true);
      new DataView(bytes.buffer).setUint16(2, rows, true);
      return bytes;
    },
    handle,
    settle: (s, running) => signalReady(running && hasRoom(s)),
  };
  const chip = virtioMmio(model, wires);
  // The guest listens once its driver runs; before that, input waits outside.
  const canReceive = () => chip.peek((s) => isRunning(s) && hasRoom(s.model));
  return {
    ...chip,
    canReceive,
    receive(byte) {
      if (!canReceive()) return false;
      chip.serve(Queue.receive, (s) => void s.input.push(byte & 0xff));
      return true;
    },
    emptyReads: () => 0, // interrupts tell the guest: it does not poll
    resize(columns, rows) {
      chip.changeConfig((s) => void Object.assign(s, { columns, rows }));
    },
  };
}

function hasRoom({ input }: Readonly<ConsoleState>): boolean {
  return input.length < InputBytes;
}
