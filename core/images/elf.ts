/**
 * ELF64 executables for AArch64: what to load where, and where to start.
 *
 * @module
 */

import { hex } from "../hex.ts";
import { ImageError } from "./image_error.ts";

/** A part of an image that goes to one place. */
export interface Segment {
  /** Physical address. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** What it takes in memory; zeros follow `bytes`. */
  readonly memoryBytes: number;
}

export interface ElfImage {
  readonly kind: "elf";
  /** Physical address of the entry point. */
  readonly entry: number;
  /** In ascending order of address. */
  readonly segments: readonly Segment[];
}

/** Values of the ELF header and program headers (System V ABI, chapters 4 and 5). */
const Elf = { class64: 2, dataLsb: 1, exec: 2, dyn: 3, aarch64: 183, load: 1, interp: 3 } as const;
const HeaderBytes = 64;
const ProgramHeaderBytes = 56;
const MaxAddress = 1n << 52n;

const Machines: Readonly<Record<number, string>> = {
  3: "x86 (32-bit)",
  8: "MIPS",
  21: "PowerPC",
  22: "s390",
  40: "Arm (32-bit)",
  62: "x86-64",
  243: "RISC-V",
  258: "LoongArch",
};

/** Whether the bytes begin an ELF file. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/** @throws {ImageError} When the file is no executable for AArch64, or not whole. */
export function openElf(bytes: Uint8Array, file: string): ElfImage {
  const bad = (offset: number, expected: string, found: string) =>
    new ImageError(file, offset, expected, found);
  if (bytes.length < HeaderBytes) {
    throw bad(bytes.length, `an ELF header of ${HeaderBytes} bytes`, "the end of the file");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const half = (at: number) => view.getUint16(at, true);
  if (bytes[4] !== Elf.class64) throw bad(4, "a 64-bit ELF file", `class ${bytes[4]}`);
  if (bytes[5] !== Elf.dataLsb) throw bad(5, "a little-endian ELF file", `encoding ${bytes[5]}`);
  if (half(18) !== Elf.aarch64) {
    const name = Machines[half(18)] ?? `machine ${half(18)}`;
    throw bad(18, "an ELF file for AArch64", name);
  }
  if (half(16) !== Elf.exec && half(16) !== Elf.dyn) {
    throw bad(16, "an executable ELF file", `type ${half(16)}`);
  }
  const count = half(56);
  const table = Number(view.getBigUint64(32, true));
  if (count === 0) throw bad(56, "program headers", "none");
  if (half(54) !== ProgramHeaderBytes) {
    throw bad(54, `program headers of ${ProgramHeaderBytes} bytes`, `${half(54)} bytes`);
  }
  if (table + count * ProgramHeaderBytes > bytes.length) {
    throw bad(32, "program headers inside the file", `them at ${hex(table)}`);
  }
  const headers = Array.from(
    { length: count },
    (_, i) => programHeader(view, table + i * ProgramHeaderBytes),
  );
  const interpreter = headers.find((h) => h.type === Elf.interp);
  if (interpreter !== undefined) {
    throw bad(interpreter.at, "an ELF file that stands alone", "a program for an operating system");
  }
  const loads = headers.filter((h) => h.type === Elf.load && h.memoryBytes > 0n);
  if (loads.length === 0) throw bad(table, "a segment to load", "none");
  loads.sort((a, b) => Number(a.physical - b.physical));
  const segments = loads.map((h) => segment(h, bytes, bad));
  segments.forEach((s, i) => {
    const before = segments[i - 1];
    if (before !== undefined && before.address + before.memoryBytes > s.address) {
      throw bad(
        loads[i]?.at ?? 0,
        `segments that do not overlap`,
        `one at ${hex(s.address)} in one that ends at ${hex(before.address + before.memoryBytes)}`,
      );
    }
  });
  const entry = view.getBigUint64(24, true);
  const home = loads.find((h) => entry >= h.virtual && entry < h.virtual + h.memoryBytes);
  if (home !== undefined) {
    return { kind: "elf", entry: Number(entry - home.virtual + home.physical), segments };
  }
  // Some linkers are told the physical address of the entry point.
  const physical = segments.some((s) => entry >= s.address && entry < s.address + s.memoryBytes);
  if (!physical) throw bad(24, "an entry point in a segment", hex(entry));
  return { kind: "elf", entry: Number(entry), segments };
}

interface ProgramHeader {
  at: number;
  type: number;
  offset: bigint;
  virtual: bigint;
  physical: bigint;
  fileBytes: bigint;
  memoryBytes: bigint;
}

function programHeader(view: DataView, at: number): ProgramHeader {
  const word = (offset: number) => view.getBigUint64(at + offset, true);
  return {
    at,
    type: view.getUint32(at, true),
    offset: word(8),
    virtual: word(16),
    physical: word(24),
    fileBytes: word(32),
    memoryBytes: word(40),
  };
}

function segment(
  h: ProgramHeader,
  bytes: Uint8Array,
  bad: (offset: number, expected: string, found: string) => ImageError,
): Segment {
  if (h.fileBytes > h.memoryBytes) {
    throw bad(
      h.at + 32,
      "a segment no larger in the file than in memory",
      `${h.fileBytes} and ${h.memoryBytes} bytes`,
    );
  }
  if (h.offset + h.fileBytes > BigInt(bytes.length)) {
    throw bad(
      h.at + 8,
      "segments inside the file",
      `one that ends at ${hex(h.offset + h.fileBytes)}`,
    );
  }
  if (h.physical + h.memoryBytes > MaxAddress) {
    throw bad(h.at + 24, "physical addresses below 2^52", hex(h.physical));
  }
  const start = Number(h.offset);
  return {
    address: Number(h.physical),
    bytes: bytes.subarray(start, start + Number(h.fileBytes)),
    memoryBytes: Number(h.memoryBytes),
  };
}
