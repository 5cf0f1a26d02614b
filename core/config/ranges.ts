/**
 * Address ranges: where they overlap, what is left of them.
 *
 * @module
 */

/** `bytes` bytes from `base` on. */
export interface Range {
  readonly base: number;
  readonly bytes: number;
}

export const PageBytes = 0x1000;

export function endOf(range: Range): number {
  return range.base + range.bytes;
}

export function overlap(a: Range, b: Range): boolean {
  return a.base < endOf(b) && b.base < endOf(a);
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.base <= inner.base && endOf(inner) <= endOf(outer);
}

/** The ranges in ascending order, those that touch or overlap joined. */
export function joined(ranges: readonly Range[]): Range[] {
  const out: Range[] = [];
  for (const next of [...ranges].sort((a, b) => a.base - b.base)) {
    const last = out.at(-1);
    if (last === undefined || next.base > endOf(last)) out.push(next);
    else {
      const end = Math.max(endOf(last), endOf(next));
      out[out.length - 1] = { base: last.base, bytes: end - last.base };
    }
  }
  return out;
}

/** What of `range` lies in none of `holes`. */
export function without(range: Range, holes: readonly Range[]): Range[] {
  const out: Range[] = [];
  let base = range.base;
  for (const hole of joined(holes)) {
    if (!overlap(hole, range)) continue;
    if (hole.base > base) out.push({ base, bytes: hole.base - base });
    base = Math.max(base, endOf(hole));
  }
  if (base < endOf(range)) out.push({ base, bytes: endOf(range) - base });
  return out;
}

/** The smallest range of whole pages that holds `range`. */
export function wholePages(range: Range): Range {
  const base = Math.floor(range.base / PageBytes) * PageBytes;
  return { base, bytes: roundUp(endOf(range), PageBytes) - base };
}

export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
