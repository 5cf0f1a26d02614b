/** DecodeBitMasks of the Arm pseudocode (DDI 0487 J1, shared/functions/common). @module */

/**
 * The value of a logical immediate, replicated to `size` bits; undefined when reserved.
 */
export function bitmaskImmediate(
  n: number,
  imms: number,
  immr: number,
  size: 32 | 64,
): bigint | undefined {
  const combined = (n << 6) | (~imms & 0x3f);
  const len = 31 - Math.clz32(combined);
  if (len < 1 || (size === 32 && n)) return undefined;
  const levels = (1 << len) - 1;
  const s = imms & levels;
  const r = immr & levels;
  if (s === levels) return undefined;
  const width = 1 << len;
  const ones = (1n << BigInt(s + 1)) - 1n;
  const element = rotateRight(ones, r, width);
  let value = 0n;
  for (let at = 0; at < size; at += width) value |= element << BigInt(at);
  return value;
}

function rotateRight(value: bigint, by: number, width: number): bigint {
  if (by === 0) return value;
  const low = value >> BigInt(by);
  return BigInt.asUintN(width, low | (value << BigInt(width - by)));
}
