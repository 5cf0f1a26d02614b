/**
 * Instruction patterns: one string names every bit of an encoding.
 *
 * `"sf:1 op:1 S:1 100010 sh:1 imm12:12 Rn:5 Rd:5"` is read left to right from bit 31. A run of
 * `0`/`1` is fixed; `name:width` is a field. The widths must add up to 32.
 *
 * @module
 */

type FieldNames<P extends string> = P extends `${infer Head} ${infer Tail}`
  ? FieldNames<Head> | FieldNames<Tail>
  : P extends `${infer Name}:${number}` ? Name
  : never;

/** Decoded fields of pattern `P`: unsigned integers, one per named field. */
export type Fields<P extends string> = { readonly [K in FieldNames<P>]: number };

/** A compiled pattern: `(word & mask) === match` selects it, `decode` extracts its fields. */
export interface Pattern<P extends string> {
  readonly text: P;
  /** Fixed bits. */
  readonly mask: number;
  /** Values of the fixed bits. */
  readonly match: number;
  decode(word: number): Fields<P>;
  encode(fields: Fields<P>): number;
}

interface Slice {
  readonly name: string;
  readonly shift: number;
  readonly mask: number;
}

/**
 * Compiles a pattern.
 *
 * @throws {SyntaxError} When the text is malformed or does not describe exactly 32 bits.
 */
export function pattern<P extends string>(text: P): Pattern<P> {
  const { slices, mask, match } = parse(text);
  return {
    text,
    mask,
    match,
    decode(word) {
      const fields: Record<string, number> = {};
      for (const s of slices) fields[s.name] = ((word >>> s.shift) & s.mask) >>> 0;
      return fields as Fields<P>;
    },
    encode(fields) {
      let word = match;
      for (const s of slices) {
        const value = (fields as Record<string, number>)[s.name] ?? 0;
        word |= (value & s.mask) << s.shift;
      }
      return word >>> 0;
    },
  };
}

function parse(text: string): { slices: Slice[]; mask: number; match: number } {
  const slices: Slice[] = [];
  let mask = 0;
  let match = 0;
  let bit = 32;
  for (const token of text.trim().split(/\s+/)) {
    const field = /^([A-Za-z]\w*):(\d+)$/.exec(token);
    const width = field ? Number(field[2]) : token.length;
    bit -= width;
    if (field) {
      slices.push({ name: field[1] as string, shift: bit, mask: 2 ** width - 1 });
    } else if (/^[01]+$/.test(token)) {
      mask |= (2 ** width - 1) << bit;
      match |= parseInt(token, 2) << bit;
    } else {
      throw new SyntaxError(
        `Cannot compile pattern "${text}": "${token}" is not bits or name:width`,
      );
    }
  }
  if (bit !== 0) {
    throw new SyntaxError(`Cannot compile pattern "${text}": it must be 32 bits, got ${32 - bit}`);
  }
  return { slices, mask: mask >>> 0, match: match >>> 0 };
}
