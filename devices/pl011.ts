/**
 * PL011 UART (DDI 0183G), revision r1p1 with FIFOs of 16.
 *
 * Transmission takes no time. Modem lines, IrDA and DMA requests lead nowhere. Until the guest
 * writes UARTCR the UART works as if firmware had enabled it, and it transmits even when disabled.
 *
 * @module
 */

import { type Chip, device } from "../core/board/device.ts";
import type { IrqLine } from "../core/board/irq.ts";
import {
  deaf,
  isPolled,
  listens,
  listensFrom,
  noteInterrupts,
  notePoll,
  onRise,
  type SerialPort,
  type SerialWires,
} from "./serial.ts";

/** What a PL011 is connected to. */
export interface Pl011Wires extends SerialWires {
  /** UARTINTR, the combined interrupt. */
  readonly irq: IrqLine;
  /** Frequency of UARTCLK. */
  readonly clockHz: number;
}

/** A PL011 and its receive line. */
export interface Pl011 extends Chip<Pl011State>, SerialPort {}

/** UARTRIS bits (DDI 0183G 3.3.11). */
const Int = { rx: 1 << 4, tx: 1 << 5, rxTimeout: 1 << 6 } as const;
/** UARTFR bits (DDI 0183G 3.3.3). */
const Flag = { rxEmpty: 1 << 4, rxFull: 1 << 6, txEmpty: 1 << 7 } as const;
/** UARTCR bits (DDI 0183G 3.3.8). */
const Control = { enable: 1 << 0, loopback: 1 << 7, rxEnable: 1 << 9 } as const;
/** UARTLCR_H.FEN: FIFOs enabled. */
const FifoEnable = 1 << 4;
const FifoDepth = 16;
/** Bytes that raise UARTRXINTR, by UARTIFLS.RXIFLSEL; the last three values are reserved. */
const RxTrigger = [2, 4, 8, 12, 14, 14, 14, 14] as const;
/** UARTPeriphID and UARTPCellID; revision r1p1, as QEMU's model has it. */
const Id = [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1] as const;
/** Bit times without a new byte until UARTRTINTR (DDI 0183G 2.8). */
const TimeoutBits = 32;
/** Start bit, eight data bits, stop bit. */
const FrameBits = 10;
/** The rate that counts until the guest has set one. */
const DefaultBaud = 115_200;

const powerOn = () => ({
  ilpr: 0,
  ibrd: 0, // baud divisor, integer part
  fbrd: 0, // baud divisor, 1/64 parts
  lcrH: 0,
  cr: 0x300, // TXE | RXE
  configured: false, // the guest has written UARTCR
  ifls: 0x12, // both FIFOs interrupt at half
  imsc: 0,
  ris: 0,
  dmacr: 0,
  rx: [] as number[],
  timeoutNs: -1, // when UARTRTINTR is due; -1 when it is not
  listening: deaf(),
});

type Pl011State = ReturnType<typeof powerOn>;

/** A powered-on PL011. */
export function pl011(wires: Pl011Wires): Pl011 {
  const { clock } = wires;
  const timeout = clock.alarm(() => chip.poke(expire));
  const frame = clock.alarm(() => chip.poke(() => {}));
  const signalReady = onRise(wires.ready);
  const chip: Chip<Pl011State> = device<Pl011State, Pl011Wires>({
    kind: "pl011",
    size: 0x1000,
    reset: powerOn,
    stray: wires.log,
    registers: [
      { at: 0x000, name: "UARTDR", read: take, write: send },
      { at: 0x004, name: "UARTRSR", read: () => 0, write: () => {} },
      {
        at: 0x018,
        name: "UARTFR",
        read: flags,
        steady: (s) => s.rx.length > 0 || isPolled(s.listening),
      },
      { at: 0x020, name: "UARTILPR", field: "ilpr", mask: 0xff },
      { at: 0x024, name: "UARTIBRD", field: "ibrd", mask: 0xffff },
      { at: 0x028, name: "UARTFBRD", field: "fbrd", mask: 0x3f },
      { at: 0x02c, name: "UARTLCR_H", field: "lcrH", mask: 0xff },
      {
        at: 0x030,
        name: "UARTCR",
        field: "cr",
        mask: 0xff87,
        write: (s) => void (s.configured = true),
      },
      { at: 0x034, name: "UARTIFLS", field: "ifls", mask: 0x3f },
      { at: 0x038, name: "UARTIMSC", field: "imsc", mask: 0x7ff },
      { at: 0x03c, name: "UARTRIS", field: "ris" },
      { at: 0x040, name: "UARTMIS", read: (s) => s.ris & s.imsc },
      { at: 0x044, name: "UARTICR", write: clearInterrupts },
      { at: 0x048, name: "UARTDMACR", field: "dmacr", mask: 0x7 },
      { at: 0xfe0, name: "UARTPeriphID", count: 4, read: (_s, _w, i) => Id[i] as number },
      { at: 0xff0, name: "UARTPCellID", count: 4, read: (_s, _w, i) => Id[i + 4] as number },
    ],
    settle: (s, w) => {
      noteInterrupts(s.listening, receiverInterrupts(s), clock.now());
      w.irq.set((s.ris & s.imsc) !== 0);
      timeout.set(s.timeoutNs < 0 ? undefined : s.timeoutNs);
      const due = listensFrom(s.listening, bitsNs(s, w, FrameBits));
      frame.set(due !== undefined && due > clock.now() ? due : undefined);
      signalReady(takes(s, w));
    },
  }, wires);
  return {
    ...chip,
    canReceive: () => chip.peek((s) => takes(s, wires)),
    receive: (byte) => {
      const fits = chip.peek(hasRoom);
      if (fits) chip.poke((s) => accept(s, wires, byte));
      return fits;
    },
    emptyReads: () => chip.peek((s) => s.listening.emptyReads),
  };
}

/** Whether the guest waits for receive interrupts from an enabled UART. */
function receiverInterrupts(s: Pl011State): boolean {
  const on = Control.enable | Control.rxEnable;
  return (s.imsc & (Int.rx | Int.rxTimeout)) !== 0 && (!s.configured || (s.cr & on) === on);
}

function takes(s: Readonly<Pl011State>, w: Pl011Wires): boolean {
  return hasRoom(s) && listens(s.listening, bitsNs(s, w, FrameBits), w.clock.now());
}

function hasRoom(s: Readonly<Pl011State>): boolean {
  return s.rx.length < (s.lcrH & FifoEnable ? FifoDepth : 1);
}

/** The FIFO level at which UARTRXINTR rises. */
function rxTrigger(s: Pl011State): number {
  return s.lcrH & FifoEnable ? RxTrigger[(s.ifls >> 3) & 7] as number : 1;
}

/** How long `bits` bit times last at the programmed rate (DDI 0183G 3.3.6). */
function bitsNs(s: Readonly<Pl011State>, w: Pl011Wires, bits: number): number {
  const divisor = s.ibrd + s.fbrd / 64;
  const bitSeconds = s.ibrd === 0 ? 1 / DefaultBaud : 16 * divisor / w.clockHz;
  return Math.ceil(bits * bitSeconds * 1e9);
}

function accept(s: Pl011State, w: Pl011Wires, byte: number): void {
  s.rx.push(byte & 0xff);
  s.listening.polls = 0;
  if (s.rx.length === rxTrigger(s)) s.ris |= Int.rx;
  if (s.lcrH & FifoEnable) s.timeoutNs = w.clock.now() + bitsNs(s, w, TimeoutBits);
}

function expire(s: Pl011State): void {
  s.timeoutNs = -1;
  s.ris |= Int.rxTimeout;
}

function take(s: Pl011State): number {
  const byte = s.rx.shift();
  if (byte === undefined) {
    notePoll(s.listening);
    return 0;
  }
  s.listening.polls = 0;
  if (s.rx.length < rxTrigger(s)) s.ris &= ~Int.rx;
  if (s.rx.length === 0) {
    s.ris &= ~Int.rxTimeout;
    s.timeoutNs = -1;
  }
  return byte;
}

function send(s: Pl011State, w: Pl011Wires, value: number): void {
  s.listening.polls = 0;
  s.ris |= Int.tx;
  if ((s.cr & Control.loopback) === 0) w.transmit(value & 0xff);
  else if (hasRoom(s)) accept(s, w, value);
}

function flags(s: Pl011State): number {
  if (s.rx.length === 0) notePoll(s.listening);
  return Flag.txEmpty | (s.rx.length === 0 ? Flag.rxEmpty : 0) | (hasRoom(s) ? 0 : Flag.rxFull);
}

function clearInterrupts(s: Pl011State, w: Pl011Wires, value: number): void {
  // A driver that clears the timeout and leaves bytes behind is told of them again.
  if (value & s.ris & Int.rxTimeout && s.rx.length > 0) {
    s.timeoutNs = w.clock.now() + bitsNs(s, w, TimeoutBits);
  }
  s.ris &= ~value;
}
