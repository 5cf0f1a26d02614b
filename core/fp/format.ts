/**
 * The floating-point formats as data, and the FPCR and FPSR bits that arithmetic reads and sets.
 *
 * @module
 */

/** What an operation reads (FPCR) and adds to (FPSR); bits of FPSR are only ever set here. */
export interface FpEnv {
  readonly fpcr: number;
  fpsr: number;
}

/** Width of an operand in bits. */
export type FpSize = 16 | 32 | 64;

/** FPCR bits. */
export const Fpcr = {
  FZ16: 1 << 19,
  /** Shift of the two-bit field. */
  RMode: 22,
  FZ: 1 << 24,
  DN: 1 << 25,
  AHP: 1 << 26,
} as const;

/** FPSR cumulative exception bits. */
export const Fpsr = {
  IOC: 1 << 0,
  DZC: 1 << 1,
  OFC: 1 << 2,
  UFC: 1 << 3,
  IXC: 1 << 4,
  IDC: 1 << 7,
} as const;

/** Rounding: the first four are the values of FPCR.RMode. */
export const Rounding = {
  tieEven: 0,
  plusInfinity: 1,
  minusInfinity: 2,
  zero: 3,
  tieAway: 4,
  /** To odd; what is too large becomes the largest finite number. */
  odd: 5,
  /** To odd; what is too large becomes an infinity (BFDOT and BFMMLA). */
  oddToInfinity: 6,
  /** Whatever FPCR.RMode says, for callers that pack a rounding into an immediate. */
  current: 7,
} as const;

/** A value of `Rounding`. */
export type RoundingMode = (typeof Rounding)[keyof typeof Rounding];

/** The shape of a format and how FPCR treats its subnormal numbers. */
export interface Format {
  readonly size: FpSize;
  readonly fractionBits: number;
  readonly minExponent: number;
  /** The exponent field that means infinity and NaN; one more than any for alternative half. */
  readonly specialExponent: number;
  /** FPCR bits that flush subnormal inputs and results. */
  readonly flushMask: number;
  /** FPSR bits set when an input is flushed. */
  readonly flushedInputFlags: number;
  readonly signBit: bigint;
  readonly fractionMask: bigint;
  readonly quietBit: bigint;
  readonly infinity: bigint;
  readonly largest: bigint;
  readonly defaultNan: bigint;
}

/** Where formats differ. */
interface Shape {
  readonly size: FpSize;
  readonly exponentBits: number;
  readonly flushMask: number;
  readonly flushedInputFlags: number;
  readonly alternative?: boolean;
}

function format(shape: Shape): Format {
  const { size, exponentBits, flushMask, flushedInputFlags, alternative = false } = shape;
  const fractionBits = size - 1 - exponentBits;
  const fieldOnes = 2 ** exponentBits - 1;
  const infinity = BigInt(fieldOnes) << BigInt(fractionBits);
  const signBit = 1n << BigInt(size - 1);
  const quietBit = 1n << BigInt(fractionBits - 1);
  return {
    size,
    fractionBits,
    minExponent: 2 - 2 ** (exponentBits - 1),
    specialExponent: alternative ? fieldOnes + 1 : fieldOnes,
    flushMask,
    flushedInputFlags,
    signBit,
    fractionMask: (1n << BigInt(fractionBits)) - 1n,
    quietBit,
    infinity,
    largest: alternative ? signBit - 1n : infinity - 1n,
    defaultNan: infinity | quietBit,
  };
}

const flushed = { flushMask: Fpcr.FZ, flushedInputFlags: Fpsr.IDC };

/** The formats. Conversions neither flush half precision nor raise IDC for it (FPUnpackCV). */
export const Formats = {
  half: format({ size: 16, exponentBits: 5, flushMask: Fpcr.FZ16, flushedInputFlags: 0 }),
  convertedHalf: format({ size: 16, exponentBits: 5, flushMask: 0, flushedInputFlags: 0 }),
  alternativeHalf: format({
    size: 16,
    exponentBits: 5,
    flushMask: 0,
    flushedInputFlags: 0,
    alternative: true,
  }),
  brain: format({ size: 16, exponentBits: 8, ...flushed }),
  single: format({ size: 32, exponentBits: 8, ...flushed }),
  double: format({ size: 64, exponentBits: 11, ...flushed }),
} as const;

/** The IEEE format of a width. */
export function formatOf(size: FpSize): Format {
  return size === 64 ? Formats.double : size === 32 ? Formats.single : Formats.half;
}

/** FPCR.RMode as a rounding. */
export function currentRounding(env: FpEnv): RoundingMode {
  return ((env.fpcr >>> Fpcr.RMode) & 3) as RoundingMode;
}
