/**
 * Loads and stores that a syndrome does not describe: pairs, those that write their base register
 * back, and SIMD registers (DDI 0487 C4.1 Loads and Stores).
 *
 * Loads and stores of structures, exclusives and atomics are not among them; they are for memory.
 *
 * @module
 */

import { SystemSlots } from "../cpu/system_register_slots.ts";
import type { Core } from "../cpu/types.ts";

/** What goes between memory and a register. */
export interface Element {
  /** Bytes from the access's address. */
  readonly offset: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly register: number;
  /** Half of a SIMD register that it is; undefined for a general one. */
  readonly half?: 0 | 1;
  /** Bits of a general register that sign extension fills; 0 for none. */
  readonly signBits: 0 | 32 | 64;
}

/** A load or store. */
export interface LoadStore {
  readonly write: boolean;
  readonly bytes: number;
  /** Register with the base; 31 is SP. */
  readonly base: number;
  /** What is added to the base for the address. */
  readonly offset: Offset;
  /** What is added to the base afterwards. */
  readonly writeBack: bigint | undefined;
  readonly elements: readonly Element[];
}

type Offset = bigint | {
  readonly register: number;
  readonly option: number;
  readonly shift: number;
};

const field = (word: number, low: number, width: number) => (word >>> low) & (2 ** width - 1);
const signed = (word: number, low: number, width: number) =>
  BigInt.asIntN(width, BigInt(field(word, low, width)));

/** What a word loads or stores; undefined when it is something else. */
export function decodeLoadStore(word: number): LoadStore | undefined {
  if ((word & 0x3a00_0000) === 0x2800_0000) return decodePair(word);
  if ((word & 0x3a00_0000) === 0x3800_0000) return decodeSingle(word);
  return undefined;
}

/** C4.1.94.24 to .27: no-allocate, post-indexed, offset, pre-indexed. */
function decodePair(word: number): LoadStore | undefined {
  const [opc, mode, isVector] = [field(word, 30, 2), field(word, 23, 2), field(word, 26, 1) === 1];
  const write = field(word, 22, 1) === 0;
  if (opc === 3 || (!isVector && opc === 1 && (write || mode === 0))) return undefined;
  const size = isVector ? 4 << opc : opc === 2 ? 8 : 4;
  const by = signed(word, 15, 7) * BigInt(size);
  const signBits = !isVector && opc === 1 ? 64 : 0;
  return {
    write,
    bytes: size * 2,
    base: field(word, 5, 5),
    offset: mode === 1 ? 0n : by,
    writeBack: mode === 1 || mode === 3 ? by : undefined,
    elements: [
      ...elementsOf(0, size, field(word, 0, 5), isVector, signBits),
      ...elementsOf(size, size, field(word, 10, 5), isVector, signBits),
    ],
  };
}

/** Unscaled, unprivileged, indexed, register and unsigned offsets. */
function decodeSingle(word: number): LoadStore | undefined {
  const [size, opc, isVector] = [field(word, 30, 2), field(word, 22, 2), field(word, 26, 1) === 1];
  if (isVector ? opc > 1 && size !== 0 : opc > 1 && size + opc > 4) return undefined;
  const scale = isVector && opc > 1 ? 4 : size;
  const form = formOf(word, scale);
  if (!form) return undefined;
  const write = isVector ? (opc & 1) === 0 : opc === 0;
  const signBits = isVector || opc < 2 ? 0 : opc === 2 ? 64 : 32;
  return {
    write,
    bytes: 1 << scale,
    base: field(word, 5, 5),
    ...form,
    elements: elementsOf(0, 1 << scale, field(word, 0, 5), isVector, signBits),
  };
}

function formOf(word: number, scale: number): Pick<LoadStore, "offset" | "writeBack"> | undefined {
  if (field(word, 24, 1) === 1) {
    return { offset: BigInt(field(word, 10, 12)) << BigInt(scale), writeBack: undefined };
  }
  const mode = field(word, 10, 2);
  if (field(word, 21, 1) === 1) {
    const option = field(word, 13, 3);
    if (mode !== 2 || (option & 2) === 0) return undefined;
    const shift = field(word, 12, 1) * scale;
    return { offset: { register: field(word, 16, 5), option, shift }, writeBack: undefined };
  }
  const by = signed(word, 12, 9);
  return { offset: mode === 1 ? 0n : by, writeBack: (mode & 1) === 1 ? by : undefined };
}

function elementsOf(
  offset: number,
  bytes: number,
  register: number,
  isVector: boolean,
  signBits: Element["signBits"],
): Element[] {
  const whole = (at: number, count: number) => ({
    offset: at,
    bytes: count as Element["bytes"],
    register,
    signBits,
  });
  if (!isVector) return [whole(offset, bytes)];
  if (bytes < 16) return [{ ...whole(offset, bytes), half: 0 }];
  return [{ ...whole(offset, 8), half: 0 }, { ...whole(offset + 8, 8), half: 1 }];
}

/** The registers of the guest that runs on `core`. */
export interface GuestRegisterFile {
  /** Xn; 31 is zero. */
  read(n: number): bigint;
  write(n: number, value: bigint): void;
  /** Xn; 31 is the stack pointer. */
  readBase(n: number): bigint;
  writeBase(n: number, value: bigint): void;
  readHalf(register: number, half: 0 | 1): bigint;
  writeHalf(register: number, half: 0 | 1, value: bigint): void;
}

/** The registers of a guest at EL1 or EL0 that has left `core` for EL2 with this PSTATE. */
export function guestRegisterFile(core: Core, pstate: bigint): GuestRegisterFile {
  const { x, v, system } = core.state;
  const sp = SystemSlots[(pstate & 1n) === 0n ? "SP_EL0" : "SP_EL1"];
  const general = {
    read: (n: number) => n === 31 ? 0n : x[n] as bigint,
    write: (n: number, value: bigint) => {
      if (n !== 31) x[n] = value;
    },
  };
  return {
    ...general,
    readBase: (n) => n === 31 ? system[sp] as bigint : general.read(n),
    writeBase: (n, value) => n === 31 ? void (system[sp] = value) : general.write(n, value),
    readHalf: (register, half) => v[register * 2 + half] as bigint,
    writeHalf: (register, half, value) => void (v[register * 2 + half] = value),
  };
}

/** Where the access goes. */
export function addressOf(access: LoadStore, registers: GuestRegisterFile): bigint {
  const { base, offset } = access;
  const by = typeof offset === "bigint" ? offset : extended(registers, offset);
  return BigInt.asUintN(64, registers.readBase(base) + by);
}

/** ExtendReg(): UXTW, LSL, SXTW or SXTX. */
function extended(
  registers: GuestRegisterFile,
  { register, option, shift }: Exclude<Offset, bigint>,
): bigint {
  const value = registers.read(register);
  const wide = (option & 1) === 1;
  const by = wide ? value : option & 4 ? BigInt.asIntN(32, value) : BigInt.asUintN(32, value);
  return by << BigInt(shift);
}

/** Reads or writes memory, by offset from the access's address. */
export interface AccessTarget {
  read(offset: number, bytes: 1 | 2 | 4 | 8): bigint;
  write(offset: number, bytes: 1 | 2 | 4 | 8, value: bigint): void;
}

/** Does what the instruction does, element by element. */
export function performLoadStore(
  access: LoadStore,
  registers: GuestRegisterFile,
  target: AccessTarget,
): void {
  const base = registers.readBase(access.base);
  for (const element of access.elements) {
    const { offset, bytes, register, half } = element;
    if (access.write) {
      const value = half === undefined
        ? registers.read(register)
        : registers.readHalf(register, half);
      target.write(offset, bytes, BigInt.asUintN(bytes * 8, value));
    } else load(element, registers, target.read(offset, bytes));
  }
  if (access.writeBack !== undefined) {
    registers.writeBase(access.base, BigInt.asUintN(64, base + access.writeBack));
  }
}

function load(element: Element, registers: GuestRegisterFile, value: bigint): void {
  const { bytes, register, half, signBits } = element;
  if (half !== undefined) {
    registers.writeHalf(register, half, value);
    if (half === 0) registers.writeHalf(register, 1, 0n); // the other half may follow
    return;
  }
  const extendedValue = signBits === 0
    ? value
    : BigInt.asUintN(signBits, BigInt.asIntN(bytes * 8, value));
  registers.write(register, extendedValue);
}
