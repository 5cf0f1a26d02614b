/**
 * Memory-mapped frames, and the register families that hold something for each interrupt.
 *
 * A family is one row however its interrupts are packed: a bit, two bits or a byte each. The same
 * rows show a distributor's SPIs, its private interrupts banked by core, or a redistributor.
 *
 * @module
 */

import { type Device, device, type Register } from "../../core/board/device.ts";
import type { Interrupts } from "./interrupts.ts";
import { word } from "./words.ts";

/** GICD_IIDR and GICR_IIDR: implementer Arm, product and revision 0. */
export const Iidr = 0x0000_043b;

/** A frame's own state: none, it is all in the parts it shows. */
export type NoState = { [name: string]: never };

/** A frame's row; frames need no wires. */
export type Row = Register<NoState, undefined>;

/** Reads word `i` of a register family as `core` sees it. */
export type ReadWord = (core: number, i: number) => number;
/** Writes the bits of `lanes` in word `i` of a register family. */
export type WriteWord = (core: number, i: number, value: number, lanes: number) => void;

/** What every frame of a GIC is connected to. */
export interface FrameWires {
  /** Runs after every access, to derive what follows from it. */
  readonly settle: () => void;
  /** Told, once for each place, about accesses no register claims. */
  readonly log: (message: string) => void;
}

/** A device of `size` bytes without state of its own. */
export function frame(
  kind: string,
  size: number,
  rows: readonly Row[],
  wires: FrameWires,
): Device {
  return device<NoState, undefined>({
    kind,
    size,
    reset: () => ({}),
    registers: rows,
    settle: wires.settle,
    stray: (message) => wires.log(`${kind}: ${message}`),
  }, undefined);
}

/** Registers that read as a constant and ignore writes. */
export function constant(name: string, at: number, values: readonly number[] | number): Row {
  const list = typeof values === "number" ? [values] : values;
  return { at, name, count: list.length, read: (_s, _w, i) => word(list, i), write: () => {} };
}

/** `count` reserved registers: RAZ/WI without remark, because drivers do touch them. */
export function ignored(name: string, at: number, count = 1): Row {
  return { at, name, count, read: () => 0, write: () => {} };
}

/** A register banked by the accessing core. */
export function banked(
  name: string,
  at: number,
  read: (core: number) => number,
  write: (core: number, value: number) => void = () => {},
): Row {
  return {
    at,
    name,
    read: (_s, _w, _i, from) => read(from),
    write: (_s, _w, value, _i, from) => write(from, value),
  };
}

/** A block of registers `words` long. */
export interface Family {
  readonly name: string;
  /** Offset from where a frame's interrupt registers are. */
  readonly at: number;
  readonly words: number;
  readonly read: ReadWord;
  readonly write: WriteWord;
}

/** Places a family in a frame that banks by the accessing core. */
export function bankedFamily(family: Family): Row {
  return {
    at: family.at,
    name: family.name,
    count: family.words,
    read: (_s, _w, i, from) => family.read(from, i),
    write: (_s, _w, value, i, from, lanes) => family.write(from, i, value, lanes),
  };
}

/**
 * Says which bank `n` of a frame's registers shows to `core`; `undefined` where the registers are
 * reserved.
 */
export type BankOf = (core: number, n: number) => number | undefined;

/** Bits of GICD_xxR<n>: one per interrupt. */
export function perBit(
  name: string,
  at: number,
  bankOf: BankOf,
  read: (bank: number) => number,
  write: (bank: number, value: number, lanes: number) => void,
): Family {
  return {
    name,
    at,
    words: 32,
    read: (core, n) => {
      const bank = bankOf(core, n);
      return bank === undefined ? 0 : read(bank);
    },
    write: (core, n, value, lanes) => {
      const bank = bankOf(core, n);
      if (bank !== undefined) write(bank, value, lanes);
    },
  };
}

/** Fields of `width` bits, one per interrupt. */
export function perField(
  name: string,
  at: number,
  width: 2 | 8,
  bankOf: BankOf,
  read: (slot: number, core: number) => number,
  write: (slot: number, value: number) => void,
): Family {
  const perWord = 32 / width;
  const field = 2 ** width - 1;
  return {
    name,
    at,
    words: 1024 / perWord,
    read: (core, i) => {
      const bank = bankOf(core, Math.floor(i / width));
      if (bank === undefined) return 0;
      const first = bank * 32 + (i % width) * perWord;
      let value = 0;
      for (let n = 0; n < perWord; n++) value |= read(first + n, core) << (n * width);
      return value;
    },
    write: (core, i, value, lanes) => {
      const bank = bankOf(core, Math.floor(i / width));
      if (bank === undefined) return;
      const first = bank * 32 + (i % width) * perWord;
      for (let n = 0; n < perWord; n++) {
        if ((lanes >>> (n * width)) & field) write(first + n, (value >>> (n * width)) & field);
      }
    },
  };
}

/** The families that every GIC has, distributor and redistributor alike. */
export function commonFamilies(
  prefix: "GICD" | "GICR",
  interrupts: Interrupts,
  bankOf: BankOf,
): Family[] {
  const s = interrupts.state;
  const bits = (
    name: string,
    at: number,
    read: (bank: number) => number,
    write: (bank: number, value: number, lanes: number) => void,
  ) => perBit(`${prefix}_${name}`, at, bankOf, read, write);
  const enabled = (bank: number) => word(s.enabled, bank);
  const pending = (bank: number) => interrupts.pending(bank);
  const active = (bank: number) => word(s.active, bank);
  const edge = (slot: number) => (word(s.edge, slot >> 5) >>> (slot & 31)) & 1;
  return [
    bits("IGROUPR", 0x080, (b) => word(s.group, b), (b, v, l) => interrupts.setGroup(b, v, l)),
    bits("ISENABLER", 0x100, enabled, (b, v) => interrupts.setEnabled(b, v, true)),
    bits("ICENABLER", 0x180, enabled, (b, v) => interrupts.setEnabled(b, v, false)),
    bits("ISPENDR", 0x200, pending, (b, v) => interrupts.setLatched(b, v, true)),
    bits("ICPENDR", 0x280, pending, (b, v) => interrupts.setLatched(b, v, false)),
    bits("ISACTIVER", 0x300, active, (b, v) => interrupts.setActive(b, v, true)),
    bits("ICACTIVER", 0x380, active, (b, v) => interrupts.setActive(b, v, false)),
    perField(
      `${prefix}_IPRIORITYR`,
      0x400,
      8,
      bankOf,
      (slot) => word(s.priority, slot),
      (slot, value) => interrupts.setPriority(slot, value),
    ),
    perField(
      `${prefix}_ICFGR`,
      0xc00,
      2,
      bankOf,
      (slot) => edge(slot) << 1,
      (slot, value) => interrupts.setEdge(slot, (value & 2) !== 0),
    ),
  ];
}

/** The identification registers at the end of a frame: PIDR4 to PIDR7, PIDR0 to PIDR3, CIDR. */
export function identification(prefix: string, at: number, pidr: readonly number[]): Row {
  return constant(`${prefix}_PIDR`, at, [...pidr, 0x0d, 0xf0, 0x05, 0xb1]);
}
