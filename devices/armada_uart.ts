/**
 * Marvell Armada 3720 UART, in its standard (UART1) and extended (UART2) register layouts.
 *
 * Names are those of the functional specification; bit positions are as Linux's mvebu-uart driver
 * uses them. Transmission takes no time, and nothing goes wrong on the line, so the error bits stay
 * clear. UART1's BRDV selects the source clock of both; UART2 here always has the crystal.
 *
 * @module
 */

import { type Chip, device, type Register } from "../core/board/device.ts";
import type { IrqLine } from "../core/board/irq.ts";
import { GeneratorsHz } from "./armada_clocks.ts";
import {
  deaf,
  listens,
  listensFrom,
  noteInterrupts,
  notePoll,
  onRise,
  type SerialPort,
  type SerialWires,
} from "./serial.ts";

/** What an Armada UART is connected to. */
export interface ArmadaUartWires extends SerialWires {
  /** Every enabled condition; the extended layout has no such line. */
  readonly sum: IrqLine;
  readonly tx: IrqLine;
  readonly rx: IrqLine;
  /** Frequency of the crystal. */
  readonly clockHz: number;
}

/** An Armada UART and its receive line. */
export interface ArmadaUart extends Chip<ArmadaUartState>, SerialPort {}

/** Which of the two layouts a UART has. */
export type ArmadaUartLayout = "standard" | "extended";

/** Where one layout has what the other has elsewhere. */
interface Layout {
  readonly size: number;
  readonly receive: number;
  readonly transmit: number;
  readonly control: number;
  /** Interrupt enables; the standard layout has them in the control register. */
  readonly enables: number;
  readonly rxReadyEnable: number;
  readonly txReadyEnable: number;
  readonly rxReady: number;
  readonly txReady: number;
}

const Layouts: { readonly [name in ArmadaUartLayout]: Layout } = {
  standard: {
    size: 0x18,
    receive: 0x00,
    transmit: 0x04,
    control: 0x08,
    enables: 0x08,
    rxReadyEnable: 1 << 4,
    txReadyEnable: 1 << 5,
    rxReady: 1 << 4,
    txReady: 1 << 5,
  },
  extended: {
    size: 0x30,
    receive: 0x18,
    transmit: 0x1c,
    control: 0x04,
    enables: 0x20,
    rxReadyEnable: 1 << 5,
    txReadyEnable: 1 << 6,
    rxReady: 1 << 14,
    txReady: 1 << 15,
  },
};

/** Control bits both layouts have. */
const Control = {
  txEmptyEnable: 1 << 6,
  rxHalfEnable: 1 << 7,
  txHalfEnable: 1 << 8,
  loopback: 1 << 12,
  rxFifoReset: 1 << 14,
  softReset: 1 << 31,
} as const;

/** Status bits both layouts have. */
const Status = {
  txEmpty: 1 << 6,
  rxHalf: 1 << 7,
  rxFull: 1 << 8,
  txHalf: 1 << 10, // at least half of the transmit FIFO is free
  rxFifoEmpty: 1 << 12,
  txFifoEmpty: 1 << 13,
} as const;

const FifoDepth = 32;
/** Oversampling that OSAMP 0 stands for. */
const Oversampling = 16;
const FrameBits = 10;
/** BRDV: the divisor. */
const BaudMask = 0x3ff;
/** BRDV: the source is the generator of bits 11:10, divided by bits 17:15 and by bits 14:12. */
const NoCrystal = 1 << 19;
const DefaultBaud = 115_200;

const powerOn = () => ({
  control: 0,
  enables: 0, // in the extended layout only
  brdv: 0, // baud rate divisor, bits 9:0
  osamp: 0,
  rx: [] as number[],
  listening: deaf(),
});

type ArmadaUartState = ReturnType<typeof powerOn>;

/** A powered-on Armada UART. */
export function armadaUart(layoutName: ArmadaUartLayout, wires: ArmadaUartWires): ArmadaUart {
  const layout = Layouts[layoutName];
  const { clock } = wires;
  const frame = clock.alarm(() => chip.poke(() => {}));
  const signalReady = onRise(wires.ready);
  const chip: Chip<ArmadaUartState> = device<ArmadaUartState, ArmadaUartWires>({
    kind: `armada-uart-${layoutName}`,
    size: layout.size,
    reset: powerOn,
    stray: wires.log,
    registers: registersOf(layout),
    settle: (s, w) => {
      const enabled = enablesOf(s, layout);
      noteInterrupts(s.listening, (enabled & layout.rxReadyEnable) !== 0, clock.now());
      const rx = receiveInterrupt(s, layout, enabled);
      const tx = transmitInterrupt(layout, enabled);
      w.rx.set(rx);
      w.tx.set(tx);
      w.sum.set(rx || tx);
      const due = listensFrom(s.listening, frameNs(s, w));
      frame.set(due !== undefined && due > clock.now() ? due : undefined);
      signalReady(takes(s, w));
    },
  }, wires);
  return {
    ...chip,
    canReceive: () => chip.peek((s) => takes(s, wires)),
    receive: (byte) => {
      const fits = chip.peek(hasRoom);
      if (fits) chip.poke((s) => accept(s, byte));
      return fits;
    },
    emptyReads: () => chip.peek((s) => s.listening.emptyReads),
  };
}

function registersOf(layout: Layout): Register<ArmadaUartState, ArmadaUartWires>[] {
  const separate = layout.enables !== layout.control;
  return [
    { at: layout.receive, name: "UART_RBR", read: take, write: () => {} },
    { at: layout.transmit, name: "UART_TSH", read: () => 0, write: send },
    {
      at: layout.control,
      name: "UART_CTRL",
      field: "control",
      mask: 0xffff_ffff,
      write: applyControl,
    },
    {
      at: 0x0c,
      name: "UART_STAT",
      read: (s) => status(s, layout),
      write: () => {}, // clears error bits, of which none is ever set
    },
    { at: 0x10, name: "UART_BRDV", field: "brdv", mask: separate ? BaudMask : 0xffff_ffff },
    { at: 0x14, name: "UART_OSAMP", field: "osamp", mask: 0x3f3f_3f3f },
    ...(separate
      ? [{ at: layout.enables, name: "UART_INTR", field: "enables", mask: 0xffff_ffff } as const]
      : []),
  ];
}

function enablesOf(s: ArmadaUartState, layout: Layout): number {
  return layout.enables === layout.control ? s.control : s.enables;
}

function receiveInterrupt(s: ArmadaUartState, layout: Layout, enabled: number): boolean {
  return ((enabled & layout.rxReadyEnable) !== 0 && s.rx.length > 0) ||
    (layout.enables === layout.control && (enabled & Control.rxHalfEnable) !== 0 &&
      s.rx.length >= FifoDepth / 2);
}

/** The transmitter is always empty and ready. */
function transmitInterrupt(layout: Layout, enabled: number): boolean {
  const causes = layout.enables === layout.control
    ? layout.txReadyEnable | Control.txEmptyEnable | Control.txHalfEnable
    : layout.txReadyEnable;
  return (enabled & causes) !== 0;
}

/** The crystal, or a time base generator behind two dividers. */
function sourceHz({ brdv }: Readonly<ArmadaUartState>, { clockHz }: ArmadaUartWires): number {
  if ((brdv & NoCrystal) === 0) return clockHz;
  const [first, second] = [brdv >>> 15 & 7, brdv >>> 12 & 7];
  const generatorHz = GeneratorsHz[brdv >>> 10 & 3] ?? clockHz;
  return generatorHz / (Math.max(1, first) * Math.max(1, second));
}

function frameNs(s: Readonly<ArmadaUartState>, w: ArmadaUartWires): number {
  const divisor = s.brdv & BaudMask;
  const baud = divisor === 0 ? DefaultBaud : sourceHz(s, w) / (Oversampling * divisor);
  return Math.ceil(FrameBits * 1e9 / baud);
}

function takes(s: Readonly<ArmadaUartState>, w: ArmadaUartWires): boolean {
  return hasRoom(s) && listens(s.listening, frameNs(s, w), w.clock.now());
}

function hasRoom(s: Readonly<ArmadaUartState>): boolean {
  return s.rx.length < FifoDepth && (s.control & Control.rxFifoReset) === 0;
}

function accept(s: ArmadaUartState, byte: number): void {
  s.rx.push(byte & 0xff);
  s.listening.polls = 0;
}

function take(s: ArmadaUartState): number {
  const byte = s.rx.shift();
  if (byte === undefined) notePoll(s.listening);
  else s.listening.polls = 0;
  return byte ?? 0;
}

function send(s: ArmadaUartState, w: ArmadaUartWires, value: number): void {
  s.listening.polls = 0;
  w.tx.set(false); // not ready for as long as it takes: each byte makes an edge of its own
  if ((s.control & Control.loopback) === 0) w.transmit(value & 0xff);
  else if (hasRoom(s)) accept(s, value);
}

function applyControl(s: ArmadaUartState): void {
  if (s.control & (Control.rxFifoReset | Control.softReset)) s.rx = [];
}

function status(s: ArmadaUartState, layout: Layout): number {
  if (s.rx.length === 0) notePoll(s.listening);
  return layout.txReady | Status.txEmpty | Status.txHalf | Status.txFifoEmpty |
    (s.rx.length > 0 ? layout.rxReady : Status.rxFifoEmpty) |
    (s.rx.length >= FifoDepth / 2 ? Status.rxHalf : 0) |
    (s.rx.length >= FifoDepth ? Status.rxFull : 0);
}
