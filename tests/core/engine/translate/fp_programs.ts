/** Random loops of floating-point and SIMD instructions. @module */

import { type Dice, operand } from "../../fp/operands.ts";

/** V registers in use: few, so that results meet as operands, and as scalars of both precisions. */
const Registers = 6;

type Word = (roll: Dice) => number;

const reg = (roll: Dice, at: number) => roll(Registers) << at;
const threeRegisters = (roll: Dice) => reg(roll, 0) | reg(roll, 5) | reg(roll, 16);
const pick = (roll: Dice, from: readonly number[]) => from[roll(from.length)] as number;
const bit = (roll: Dice, at: number) => (roll(2) << at) >>> 0;

/** FADD and its like; half precision is rare. */
const twoSource: Word = (roll) =>
  0x1e20_0800 | bit(roll, 22) | (roll(9) << 12) | threeRegisters(roll);
const threeSource: Word = (roll) =>
  0x1f00_0000 | bit(roll, 22) | bit(roll, 21) | bit(roll, 15) | reg(roll, 10) |
  threeRegisters(roll);
const oneSource: Word = (roll) => {
  const double = roll(2);
  const opcodes = [0, 1, 2, 3, double ? 4 : 5, 8, 9, 10, 11, 12, 14, 15];
  return 0x1e20_4000 | (double << 22) | (pick(roll, opcodes) << 15) | reg(roll, 0) | reg(roll, 5);
};
const compare: Word = (roll) =>
  0x1e20_2000 | bit(roll, 22) | (roll(4) << 3) | reg(roll, 5) | reg(roll, 16);
const conditionalCompare: Word = (roll) =>
  0x1e20_0400 | bit(roll, 22) | bit(roll, 4) | (roll(14) << 12) | roll(16) | reg(roll, 5) |
  reg(roll, 16);
const conditionalSelect: Word = (roll) =>
  0x1e20_0c00 | bit(roll, 22) | (roll(14) << 12) | threeRegisters(roll);
const conditionalSet: Word = (roll) => 0x9a9f_07e0 | (roll(14) << 12) | (2 + roll(4));
const immediate: Word = (roll) => 0x1e20_1000 | bit(roll, 22) | (roll(256) << 13) | reg(roll, 0);
/** FCVTZS, SCVTF and their like, to and from X2 to X5. */
const toInteger: Word = (roll) =>
  0x1e20_0000 | bit(roll, 31) | bit(roll, 22) | (roll(4) << 19) | bit(roll, 16) | reg(roll, 5) |
  (2 + roll(4));
const fromInteger: Word = (roll) =>
  0x1e22_0000 | bit(roll, 31) | bit(roll, 22) | bit(roll, 16) | ((2 + roll(4)) << 5) | reg(roll, 0);
const move: Word = (roll) => {
  const wide = roll(2);
  const way = roll(2)
    ? (1 << 16) | ((2 + roll(4)) << 5) | reg(roll, 0)
    : reg(roll, 5) | (2 + roll(4));
  return 0x1e26_0000 | (wide << 31) | (wide << 22) | way;
};
const zero: Word = (roll) => pick(roll, [0x0f00_0400, 0x2f00_e400, 0x4f00_0400]) | reg(roll, 0);
/** FADD (vector) and its like, by U:a:opcode. */
const vector: Word = (roll) => {
  const rows = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 14, 15, 18, 19, 20, 21, 22, 23, 26, 28, 29, 30];
  const row = pick(roll, rows);
  const size = pick(roll, [0x4000_0000, 0, 0x4040_0000]);
  const opcode = ((row >> 4) << 29) | (((row >> 3) & 1) << 23) | ((row & 7) << 11);
  return 0x0e20_c400 | size | opcode | threeRegisters(roll);
};
/** FMLA, FMLS, FMUL and FMULX by an element. */
const byElement: Word = (roll) => {
  const double = roll(2);
  const opcode = pick(roll, [0x1000, 0x5000, 0x9000, 0x2000_9000]);
  return 0x4f80_0000 | opcode | (double << 22) | (double ? 0 : bit(roll, 21)) | bit(roll, 11) |
    threeRegisters(roll);
};
/** FRECPE and FRSQRTE, of vectors and scalars. */
const estimate: Word = (roll) =>
  pick(roll, [0x4ea1_d800, 0x0ea1_d800, 0x4ee1_d800, 0x5ea1_d800, 0x5ee1_d800]) | bit(roll, 29) |
  reg(roll, 0) | reg(roll, 5);
/** FCVT from and to half precision, FCVTL and FCVTN. */
const half: Word = (roll) =>
  pick(roll, [0x1e23_c000, 0x1ee2_4000, 0x1ee2_c000, 0x0e21_7800, 0x4e21_7800, 0x0e21_6800]) |
  reg(roll, 0) | reg(roll, 5);
const integerVector: Word = (roll) =>
  pick(roll, [0x4ea0_8400, 0x6e20_1c00, 0x0e20_1c00, 0x4e80_2800, 0x0e80_3800]) |
  threeRegisters(roll);
/** LDR and STR of S, D or Q registers at X1. */
const memory: Word = (roll) => {
  const kind = pick(roll, [0xbd00_0000, 0xfd00_0000, 0x3d80_0000]);
  const load = kind === 0x3d80_0000 ? 0x40_0000 : 0x40_0000;
  return kind | (roll(2) ? load : 0) | (roll(4) << 10) | (1 << 5) | reg(roll, 0);
};
/** MSR FPSR from X6 or X7, MRS of it to X2. */
const status: Word = (roll) => roll(2) ? 0xd51b_4426 | roll(2) : 0xd53b_4422;

const Words: readonly (readonly [weight: number, word: Word])[] = [
  [8, twoSource],
  [6, threeSource],
  [4, oneSource],
  [3, compare],
  [1, conditionalCompare],
  [2, conditionalSelect],
  [2, conditionalSet],
  [1, immediate],
  [2, toInteger],
  [2, fromInteger],
  [2, move],
  [1, zero],
  [5, vector],
  [2, byElement],
  [1, estimate],
  [1, half],
  [1, integerVector],
  [3, memory],
  [1, status],
];
const all: readonly Word[] = Words.flatMap(([weight, word]) => Array<Word>(weight).fill(word));

/** Registers and instructions of one program. */
export interface FpProgram {
  readonly w: readonly string[];
  readonly in: Readonly<Record<string, string>>;
}

const hex = (v: bigint | number) => BigInt(v).toString(16);

/** Numbers that underflow, cancel to less than that, or just do not. */
const Edges = {
  64: [0x0010n, 0x0018n, 0x0020n, 0x8010n, 0x8018n, 0x3fe0n, 0x3ff0n].map((v) => v << 48n),
  32: [0x0080n, 0x00c0n, 0x0100n, 0x8080n, 0x80c0n, 0x3f00n, 0x3f80n].map((v) => v << 16n),
} as const;

function element(roll: Dice, size: 32 | 64, kind: number): bigint {
  if (kind === 0) {
    // Small whole numbers, whose sums and products are exact.
    const three = size === 64 ? 0x4008_0000_0000_0000n : 0x4040_0000n;
    return three + (BigInt(roll(4)) << (size === 64 ? 50n : 21n));
  }
  if (kind === 1 && roll(2)) return 0n;
  if (kind === 2) return (Edges[size][roll(7)] as bigint) - BigInt(roll(2));
  return operand(roll, size);
}

function vectorOf(roll: Dice, edges = false): bigint {
  const size = roll(2) ? 64 : 32;
  const kind = edges ? 2 : roll(5);
  let value = 0n;
  for (let at = 0; at < 128; at += size) {
    value |= BigInt.asUintN(size, element(roll, size, kind)) << BigInt(at);
  }
  return kind === 3 ? BigInt.asUintN(size, value) : value;
}

/** A loop over some of the instructions, with a branch over a part of it on a comparison. */
export function fpProgram(roll: Dice, data: number): FpProgram {
  const some = all.filter(() => roll(3) === 0);
  const from = some.length > 0 ? some : all;
  const body = Array.from({ length: 4 + roll(14) }, () => (from[roll(from.length)] as Word)(roll));
  const skip = 1 + roll(3);
  body.splice(
    roll(body.length - skip),
    0,
    compare(roll),
    0x5400_0000 | ((skip + 1) << 5) | roll(14),
  );
  const back = (-(body.length + 1)) & 0x7ffff;
  const words = [...body, 0xd100_0400, (0xb500_0000 | (back << 5)) >>> 0];
  const modes = [
    0,
    0,
    0,
    0,
    0,
    0,
    1 << 24,
    1 << 24,
    1 << 22,
    1 << 23,
    2 << 22,
    1 << 24,
    1 << 25,
    1 << 26,
  ];
  const mode = pick(roll, modes);
  const edges = roll(mode === 0 ? 8 : 2) === 0;
  const registers: Record<string, string> = {
    x0: hex(1 + roll(4)),
    x1: hex(data),
    x6: hex(0),
    x7: hex(0x10),
    fpcr: hex(mode),
    fpsr: hex(pick(roll, [0, 0, 0x10, 0x10, 0x1f])),
  };
  for (let i = 2; i < 6; i++) {
    registers[`x${i}`] = hex(roll(3) ? roll(1000) : vectorOf(roll) >> 64n);
  }
  for (let i = 0; i < Registers; i++) registers[`v${i}`] = hex(vectorOf(roll, edges));
  return { w: words.map((w) => hex(w >>> 0)), in: registers };
}
