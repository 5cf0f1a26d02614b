/**
 * Memory attributes: MAIR bytes, stage 2 MemAttr, and how the stages combine.
 *
 * @module
 */

/** Attribute bytes in MAIR's encoding. */
export const Attribute = {
  deviceNGnRnE: 0x00,
  normalNonCacheable: 0x44,
  normalWriteThrough: 0xaa,
  normalWriteBack: 0xff,
} as const;

/** SH field values. */
export const Shareability = { none: 0, outer: 2, inner: 3 } as const;

/** Whether an attribute byte means Device memory. */
export function isDevice(attribute: number): boolean {
  return (attribute & 0xf0) === 0;
}

/** Byte `index` of MAIR. */
export function mairAttribute(mairHigh: number, mairLow: number, index: number): number {
  return ((index & 4 ? mairHigh : mairLow) >>> ((index & 3) * 8)) & 0xff;
}

/** Whether a stage 2 MemAttr[3:0] means Device memory. */
export function isStage2Device(memAttr: number): boolean {
  return (memAttr & 0b1100) === 0;
}

// Cacheability ordered so that the smaller wins: 1 Non-cacheable, 2 Write-Through, 3 Write-Back.
function cacheability(nibble: number): number {
  if (nibble === 0b0100) return 1;
  return nibble & 0b0100 ? 3 : 2;
}

function combineNibble(stage1: number, stage2: number): number {
  // MemAttr[1:0] = 0 is reserved for Normal memory; Non-cacheable is the weakest reading of it.
  const weakest = Math.min(cacheability(stage1), Math.max(stage2, 1));
  if (weakest === 1) return 0b0100;
  return (weakest === 2 ? 0b1000 : 0b1100) | (stage1 & 3);
}

/** The attribute byte of both stages together (DDI 0487 D8, combining memory type attributes). */
export function combineAttributes(stage1: number, memAttr: number): number {
  if (isStage2Device(memAttr)) {
    const type = (memAttr & 3) << 2;
    return isDevice(stage1) ? Math.min(stage1 & 0xc, type) : type;
  }
  if (isDevice(stage1)) return stage1;
  return (combineNibble(stage1 >>> 4, memAttr >>> 2) << 4) |
    combineNibble(stage1 & 0xf, memAttr & 3);
}

/** The SH field of both stages together, for the combined `attribute`. */
export function combineShareability(stage1: number, stage2: number, attribute: number): number {
  if (isDevice(attribute) || attribute === Attribute.normalNonCacheable) return Shareability.outer;
  if (stage1 === Shareability.outer || stage2 === Shareability.outer) return Shareability.outer;
  if (stage1 === Shareability.inner || stage2 === Shareability.inner) return Shareability.inner;
  return Shareability.none;
}
