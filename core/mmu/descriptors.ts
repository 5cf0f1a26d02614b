/**
 * Shape of translation tables: levels, strides and the bits of a descriptor (VMSAv8-64).
 *
 * A descriptor is handled as two 32-bit halves; the constants below say which half they belong to.
 *
 * @module
 */

/** log2 of the translation granule. */
export type GranuleBits = 12 | 14 | 16;

/** Bits in the low half of a descriptor. */
export const Low = {
  valid: 1 << 0,
  /** Table at levels 0 to 2, page at level 3. */
  tableOrPage: 1 << 1,
  /** Stage 1: AP[1], accessible at EL0. */
  ap1: 1 << 6,
  /** Stage 1: AP[2], read-only. */
  ap2: 1 << 7,
  accessFlag: 1 << 10,
  notGlobal: 1 << 11,
} as const;

/** Bits in the high half of a descriptor: bit 51 is 19 here. */
export const High = {
  dirtyBitModifier: 1 << 19,
  privilegedExecuteNever: 1 << 21,
  /** UXN, or XN where there is one privilege level. At stage 2, XN[1]. */
  executeNever: 1 << 22,
  privilegedExecuteNeverTable: 1 << 27,
  executeNeverTable: 1 << 28,
  /** APTable[0]: no access at EL0. */
  apTable0: 1 << 29,
  /** APTable[1]: read-only. */
  apTable1: 1 << 30,
} as const;

/** The lowest address bit that the index into a table of this level takes. */
export function levelShift(granuleBits: number, level: number): number {
  return granuleBits + (3 - level) * (granuleBits - 3);
}

/** Whether a block descriptor is allowed at this level (without 52-bit addresses). */
export function allowsBlock(granuleBits: number, level: number): boolean {
  return level === 2 || (level === 1 && granuleBits === 12);
}

/** Lookup level at which a stage 1 walk of `inputBits` starts. */
export function startLevel(granuleBits: number, inputBits: number): number {
  return 4 - Math.ceil((inputBits - granuleBits) / (granuleBits - 3));
}

/** Bits `shift` and up of the 64-bit value (high, low); `shift` is not 0 or 32. */
export function upperBits(high: number, low: number, shift: number): number {
  return shift < 32 ? (low >>> shift) | (high << (32 - shift)) : high >>> (shift - 32);
}

/** The address `low`, `high` [15:0], as a number. */
export function address48(high: number, low: number): number {
  return (high & 0xffff) * 0x1_0000_0000 + (low >>> 0);
}

/** Physical address bits that an IPS or PS field means; reserved values mean 48. */
export function outputBits(field: number): number {
  return [32, 36, 40, 42, 44, 48][field & 7] ?? 48;
}

/** Whether bits 47 to `bits` of an address are not all zero. */
export function exceeds(high: number, bits: number): boolean {
  return ((high & 0xffff) >>> (bits - 32)) !== 0;
}

/** Swaps the bytes of a 32-bit word. */
export function swap32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
