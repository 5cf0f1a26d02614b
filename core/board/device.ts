/**
 * Devices: state, a register map over it, and outputs derived from it.
 *
 * A device author writes `reset` (the state and its power-on values), `registers` (how the guest
 * sees it) and `settle` (what the outside sees). Snapshot, restore and reset follow from these.
 *
 * @module
 */

import { hex } from "../hex.ts";

/** Access width in bytes; the bus splits wider accesses. */
export type Width = 1 | 2 | 4;

/** One member of a {@linkcode State}. */
export type StateValue =
  | number
  | boolean
  | bigint
  | readonly number[]
  | readonly bigint[]
  | readonly State[]
  | State;

/** Anything `structuredClone` copies faithfully and a snapshot can carry. */
export type State = { [name: string]: StateValue };

/** What the bus and the snapshot store see of a device. */
export interface Device {
  /** Model name, equal for every instance; a snapshot of one kind fits no other. */
  readonly kind: string;
  /** Bytes of address space the device decodes. */
  readonly size: number;
  /**
   * Guest read of `width` bytes at `offset` by core `from`, inside one 32-bit word.
   *
   * Returns an unsigned value of `width` bytes.
   */
  read(offset: number, width: Width, from: number): number;
  /** Guest write of the low `width` bytes of `value` by core `from`, inside one 32-bit word. */
  write(offset: number, width: Width, value: number, from: number): void;
  /** Name of the register at `offset`, where there is one: "GICD_ISENABLER+4". */
  registerAt?(offset: number): string | undefined;
  /** Returns to the power-on state. */
  reset(): void;
  /** A copy of the state, safe to keep. */
  snapshot(): State;
  /**
   * Takes over a state {@linkcode Device.snapshot} returned, and drives the outputs it implies.
   *
   * @throws {TypeError} When `state` was taken from a device of another shape.
   */
  restore(state: State): void;
}

/** Members of `S` that hold a number. */
export type NumberKeys<S> = { [K in keyof S]: S[K] extends number ? K : never }[keyof S];

/** Members of `S` that hold a number, or one number for each of `count` registers. */
export type FieldKeys<S> = {
  [K in keyof S]: S[K] extends number | number[] ? K : never;
}[keyof S];

/** One register, or `count` equal ones `stride` bytes apart. */
export interface Register<S, W> {
  /** Byte offset, a multiple of 4. */
  readonly at: number;
  /** Name in the reference manual. */
  readonly name: string;
  /** Bits of `field` the guest can write; the others keep their value. Defaults to none. */
  readonly mask?: number;
  /** State member the register shows; an array has one element for each of `count`. */
  readonly field?: FieldKeys<S>;
  /** How many equal registers follow one another; 1 when omitted. */
  readonly count?: number;
  /** Bytes from one to the next; 4 when omitted. */
  readonly stride?: number;
  /** Whether a read would change nothing now that outputs follow from: it does not settle then. */
  readonly steady?: (s: S) => boolean;
  /** The word the guest reads. `i` counts within `count`, `from` is the accessing core. */
  readonly read?: (s: S, w: W, i: number, from: number) => number;
  /**
   * Effect of a guest write, after `field` took the masked value. `value` is the word with zeros
   * in the byte lanes the access does not cover; `lanes` has ones in those it does.
   */
  readonly write?: (s: S, w: W, value: number, i: number, from: number, lanes: number) => void;
}

/** What a device author writes; `W` is the set of wires the device is connected to. */
export interface DeviceSpec<S extends State, W> {
  /** See {@linkcode Device.kind}. */
  readonly kind: string;
  /** See {@linkcode Device.size}. */
  readonly size: number;
  /** The whole state at power-on. Its shape is the snapshot format. */
  readonly reset: () => S;
  /** What the guest sees, in offset order. */
  readonly registers: readonly Register<S, W>[];
  /** Drives the outputs from the state. Runs after every change; must be idempotent. */
  readonly settle: (s: S, w: W) => void;
  /** Told, once for each place, about accesses no register claims. */
  readonly stray: (message: string) => void;
}

/** A device and the inputs the outside may push into it. */
export interface Chip<S extends State> extends Device {
  /** Applies an outside event to the state, then settles. */
  poke(event: (s: S) => void): void;
  /** Looks at the state without changing it. */
  peek<T>(view: (s: Readonly<S>) => T): T;
}

/** The bits of an access, by its width in bytes. */
const Mask = [0, 0xff, 0xffff, 0, 0xffff_ffff] as const;

/** A register in its place; every row has all members, so that access to them is fast. */
interface Row<S, W> {
  readonly at: number;
  readonly name: string;
  readonly index: number;
  readonly mask: number | undefined;
  readonly field: Register<S, W>["field"];
  readonly steady: Register<S, W>["steady"];
  readonly read: Register<S, W>["read"];
  readonly write: Register<S, W>["write"];
}

/** Builds a device from its description, in its power-on state and with its outputs driven. */
export function device<S extends State, W>(spec: DeviceSpec<S, W>, wires: W): Chip<S> {
  const rows = layOut(spec);
  const stray = oncePerPlace(spec.stray);
  let state = spec.reset();
  const settle = () => spec.settle(state, wires);
  settle();
  return {
    kind: spec.kind,
    size: spec.size,
    read(offset, width, from) {
      const row = rows[offset >>> 2];
      if (!row) {
        stray(offset, "read", `read${width * 8} at ${hex(offset)}: no register there`);
        return 0;
      }
      if (row.read === undefined && row.field === undefined) {
        stray(offset, "read", `read${width * 8} at ${hex(offset)}: ${row.name} is write-only`);
        return 0;
      }
      const steady = row.steady !== undefined && row.steady(state);
      const word = row.read
        ? row.read(state, wires, row.index, from)
        : load(state, row.field, row.index);
      if (!steady) settle();
      return ((word >>> shiftOf(offset)) & (Mask[width] as number)) >>> 0;
    },
    write(offset, width, value, from) {
      const row = rows[offset >>> 2];
      if (!row || (row.mask === undefined && !row.write)) {
        const why = row ? `${row.name} is read-only` : "no register there";
        stray(offset, "write", `write${width * 8} ${hex(value)} at ${hex(offset)}: ${why}`);
        return;
      }
      const { index } = row;
      const lanes = ((Mask[width] as number) << shiftOf(offset)) >>> 0;
      const word = ((value << shiftOf(offset)) & lanes) >>> 0;
      if (row.field !== undefined) {
        const mask = (row.mask ?? 0) & lanes;
        const kept = load(state, row.field, index) & ~mask;
        store(state, row.field, index, (kept | (word & mask)) >>> 0);
      }
      row.write?.(state, wires, word, index, from, lanes);
      settle();
    },
    registerAt(offset) {
      const row = rows[offset >>> 2];
      if (!row) return undefined;
      const from = offset - row.at;
      return from === 0 ? row.name : `${row.name}+${from}`;
    },
    reset() {
      state = spec.reset();
      settle();
    },
    snapshot: () => structuredClone(state),
    restore(saved) {
      assertSameShape(spec.reset(), saved, spec.kind);
      state = structuredClone(saved) as S;
      settle();
    },
    poke(event) {
      event(state);
      settle();
    },
    peek: (view) => view(state),
  };
}

/**
 * Throws unless `got` has the members of `expected`, of the same types.
 *
 * @throws {TypeError} Naming the member that differs, under `path`.
 */
export function assertSameShape(expected: State, got: State, path: string): void {
  for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    assertSameKind(expected[key], got[key], `${path}.${key}`);
  }
}

function assertSameKind(
  expected: StateValue | undefined,
  got: StateValue | undefined,
  path: string,
): void {
  const [a, b] = [kindOf(expected), kindOf(got)];
  if (a !== b) {
    throw new TypeError(`Cannot restore ${path}: it must be ${a}, the snapshot has ${b}`);
  }
  if (Array.isArray(expected) && Array.isArray(got)) {
    // Queues vary in length, so an element answers to the first one expected, where there is one.
    got.forEach((element, i) => {
      const model = expected[i] ?? expected[0];
      if (model !== undefined) assertSameKind(model, element, `${path}[${i}]`);
    });
  } else if (a === "a record") {
    assertSameShape(expected as State, got as State, path);
  }
}

function kindOf(value: StateValue | undefined): string {
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "object" ? "a record" : typeof value;
}

/** Rows by word. */
function layOut<S extends State, W>(spec: DeviceSpec<S, W>): (Row<S, W> | undefined)[] {
  const rows: (Row<S, W> | undefined)[] = [];
  for (const register of spec.registers) {
    for (let index = 0; index < (register.count ?? 1); index++) {
      const at = register.at + index * (register.stride ?? 4);
      const other = rows[at >>> 2];
      const why = other
        ? `${other.name} is there`
        : at % 4 !== 0
        ? "an offset must be a multiple of 4"
        : at + 4 > spec.size
        ? `${spec.kind} ends at ${hex(spec.size)}`
        : undefined;
      if (why) throw new RangeError(`Cannot place ${register.name} at ${hex(at)}: ${why}`);
      const { name, mask, field, steady, read, write } = register;
      rows[at >>> 2] = { at: register.at, name, index, mask, field, steady, read, write };
    }
  }
  return rows;
}

/** Passes on the first message about each word and direction; the set is no part of the state. */
function oncePerPlace(tell: (message: string) => void) {
  const told = new Set<string>();
  return (offset: number, verb: "read" | "write", message: string): void => {
    const place = `${verb} ${offset & ~3}`;
    if (told.has(place)) return;
    told.add(place);
    tell(message);
  };
}

function load<S extends State>(state: S, field: keyof S | undefined, index: number): number {
  const value: unknown = field === undefined ? 0 : state[field];
  return Array.isArray(value) ? value[index] ?? 0 : value as number;
}

function store<S extends State>(state: S, field: keyof S, index: number, word: number): void {
  const members = state as Record<PropertyKey, unknown>;
  const value = members[field];
  if (Array.isArray(value)) value[index] = word;
  else members[field] = word;
}

/** Bit position of byte `offset` within its 32-bit word. */
function shiftOf(offset: number): number {
  return (offset & 3) * 8;
}
