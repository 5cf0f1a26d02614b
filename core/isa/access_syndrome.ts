/** What a load or store tells an abort handler: ESR_ELx.ISS bits 24:14 of a data abort. @module */

import type { AccessSyndrome } from "../cpu/syndrome.ts";

/**
 * The instruction syndrome of a load or store of one general register without writeback, the only
 * ones that have one (DDI 0487 ESR_ELx, ISS encoding for an exception from a Data Abort, ISV).
 */
export function accessSyndrome(word: number): AccessSyndrome | undefined {
  const size = (word >>> 30) & 3;
  const rt = word & 31;
  // Load/store register: unscaled, unprivileged, register offset, unsigned immediate; no SIMD.
  if ((word & 0x3f00_0000) === 0x3900_0000 || isPlainRegister(word)) {
    return plain(size, rt, (word >>> 22) & 3, false);
  }
  // LDR and LDRSW (literal).
  if ((word & 0x3f00_0000) === 0x1800_0000) {
    const signExtend = size === 2;
    const wide = size !== 0;
    return syndrome(size === 1 ? 3 : 2, rt, { signExtend, wide, acquireRelease: false });
  }
  // Load-acquire and store-release, also of a limited ordering region.
  if ((word & 0x3fa0_0000) === 0x0880_0000) {
    return syndrome(size, rt, { signExtend: false, wide: size === 3, acquireRelease: true });
  }
  // LDAPR.
  if ((word & 0x3fff_fc00) === 0x38bf_c000) {
    return syndrome(size, rt, { signExtend: false, wide: size === 3, acquireRelease: true });
  }
  // LDAPUR and STLUR.
  if ((word & 0x3f20_0c00) === 0x1900_0000) return plain(size, rt, (word >>> 22) & 3, true);
  return undefined;
}

/** Unscaled (00), unprivileged (10) and register offset forms, but not the indexed ones. */
function isPlainRegister(word: number): boolean {
  if ((word & 0x3f00_0000) !== 0x3800_0000) return false;
  const mode = (word >>> 10) & 3;
  return word & 0x0020_0000 ? mode === 2 : (mode & 1) === 0;
}

/** By `opc`: store, load, load signed to 64 bits, load signed to 32 bits. */
function plain(size: number, rt: number, opc: number, acquireRelease: boolean): AccessSyndrome {
  const signExtend = opc >= 2;
  const wide = signExtend ? opc === 2 : size === 3;
  return syndrome(size, rt, { signExtend, wide, acquireRelease });
}

function syndrome(
  size: number,
  rt: number,
  rest: Omit<AccessSyndrome, "bytes" | "rt">,
): AccessSyndrome {
  return { bytes: (1 << size) as 1 | 2 | 4 | 8, rt, ...rest };
}
