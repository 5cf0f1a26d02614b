/** PL061 GPIO (DDI 0190B): eight pins, driven from outside where they are inputs. @module */

import { type Chip, device } from "../core/board/device.ts";
import type { IrqLine } from "../core/board/irq.ts";

/** What a PL061 is connected to. */
export interface Pl061Wires {
  /** GPIOINTR, the combined interrupt. */
  readonly irq: IrqLine;
  readonly log: (message: string) => void;
}

/** A PL061 and its pins. */
export interface Pl061 extends Chip<Pl061State> {
  /** Drives input pin `pin`, 0 to 7. Pins nobody drives are low. */
  setPin(pin: number, level: boolean): void;
}

/** GPIOPeriphID and GPIOPCellID, as QEMU's model has them. */
const Id = [0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1] as const;

const powerOn = () => ({
  out: 0, // what the guest drives
  pins: 0, // what the outside drives
  dir: 0, // 1: output
  is: 0, // 1: level-sensitive
  ibe: 0, // 1: both edges
  iev: 0, // 1: rising edge or high level
  ie: 0,
  edges: 0, // edges seen and not cleared
  afsel: 0,
});

type Pl061State = ReturnType<typeof powerOn>;

/** A powered-on PL061. */
export function pl061(wires: Pl061Wires): Pl061 {
  const byte = 0xff;
  const chip = device<Pl061State, Pl061Wires>({
    kind: "pl061",
    size: 0x1000,
    reset: powerOn,
    stray: wires.log,
    registers: [
      // Address bits 9:2 select the pins that an access reads or changes.
      { at: 0x000, name: "GPIODATA", count: 256, read: (s, _w, i) => levels(s) & i, write: drive },
      { at: 0x400, name: "GPIODIR", field: "dir", mask: byte },
      { at: 0x404, name: "GPIOIS", field: "is", mask: byte },
      { at: 0x408, name: "GPIOIBE", field: "ibe", mask: byte },
      { at: 0x40c, name: "GPIOIEV", field: "iev", mask: byte },
      { at: 0x410, name: "GPIOIE", field: "ie", mask: byte },
      { at: 0x414, name: "GPIORIS", read: raw },
      { at: 0x418, name: "GPIOMIS", read: (s) => raw(s) & s.ie },
      { at: 0x41c, name: "GPIOIC", write: (s, _w, value) => void (s.edges &= ~value) },
      { at: 0x420, name: "GPIOAFSEL", field: "afsel", mask: byte },
      { at: 0xfe0, name: "GPIOPeriphID", count: 4, read: (_s, _w, i) => Id[i] as number },
      { at: 0xff0, name: "GPIOPCellID", count: 4, read: (_s, _w, i) => Id[i + 4] as number },
    ],
    settle: (s, w) => w.irq.set((raw(s) & s.ie) !== 0),
  }, wires);
  return {
    ...chip,
    setPin: (pin, level) => chip.poke((s) => change(s, 1 << pin, level)),
  };
}

function levels(s: Pl061State): number {
  return (s.out & s.dir) | (s.pins & ~s.dir);
}

function raw(s: Pl061State): number {
  return (s.edges & ~s.is) | (~(levels(s) ^ s.iev) & s.is & 0xff);
}

function drive(s: Pl061State, _w: Pl061Wires, value: number, i: number): void {
  s.out = (s.out & ~i) | (value & i);
}

function change(s: Pl061State, bit: number, level: boolean): void {
  const before = levels(s);
  s.pins = level ? s.pins | bit : s.pins & ~bit;
  const now = levels(s);
  const wanted = s.ibe | ~(now ^ s.iev); // an edge into the level that GPIOIEV names
  s.edges |= (before ^ now) & wanted;
}
